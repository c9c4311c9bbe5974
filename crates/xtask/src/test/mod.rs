//! `cargo xtask test`: every test there is, all of them even when one fails, counted.

mod counts;

use std::io::{BufRead as _, BufReader, Write};
use std::num::NonZero;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::progress::{seconds, timed};
use crate::{build, setup, shell, workspace};
use counts::Counts;

/// Arguments of `test`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Suites to run: `rust`, or a folder with an npm package; all when left out.
    suites: Vec<String>,
}

/// The name of the Rust suite.
const RUST: &str = "rust";

/// Scripts of an npm package that are suites.
const NPM_SUITES: &[&str] = &["test", "test:browser"];

struct Suite {
    name: String,
    command: Command,
}

struct Outcome {
    name: String,
    counts: Counts,
    finished_well: bool,
    took: Duration,
}

impl Outcome {
    /// Failed tests; a suite that broke without naming one, or that ran none, counts as one.
    fn failed(&self) -> u64 {
        let broke = !self.finished_well || self.counts.passed == 0;
        self.counts.failed.max(u64::from(broke))
    }

    fn line(&self) -> String {
        let note = match (self.finished_well, self.counts.failed, self.counts.passed) {
            (false, 0, _) => " (did not run to its end)",
            (true, 0, 0) => " (ran no test)",
            _ => "",
        };
        let (passed, failed) = (self.counts.passed, self.failed());
        let took = seconds(self.took);
        format!(
            "{:<32} {passed:>6} passed {failed:>4} failed  {took}{note}",
            self.name
        )
    }
}

/// Runs the suites and counts. What fails on the way there is counted, and shows in the suites that
/// needed it; only Rust tests that do not compile are not tried.
pub(crate) fn run(args: &Args) -> Result<()> {
    let mut suites = suites(&args.suites)?;
    let mut outcomes = Vec::new();
    outcomes.extend(prepare("setup", setup::all));
    outcomes.extend(prepare("scripts", build::scripts));
    if suites.iter().any(|suite| suite.name == RUST) {
        // The end-to-end tests start it; no deadline of theirs is to be spent on compiling.
        let binary = || build::product(build::Profile::Dev).map(drop);
        outcomes.extend(prepare("binary", binary));
        let tests = || shell::run(&mut rust_tests(["--no-run"]));
        if let Some(failed) = prepare(RUST, tests) {
            outcomes.push(failed);
            suites.retain(|suite| suite.name != RUST);
        }
    }
    outcomes.extend(play_all(suites)?);
    println!();
    for outcome in &outcomes {
        println!("{}", outcome.line());
    }
    let passed: u64 = outcomes.iter().map(|outcome| outcome.counts.passed).sum();
    let failed: u64 = outcomes.iter().map(Outcome::failed).sum();
    println!("{passed} passed, {failed} failed");
    if failed > 0 {
        bail!("not every test passed");
    }
    Ok(())
}

/// Does what comes before the suites; only its failure is an outcome.
fn prepare(name: &str, work: impl FnOnce() -> Result<()>) -> Option<Outcome> {
    let (done, took) = timed(work);
    let error = done.err()?;
    eprintln!("{name}: {error:#}");
    Some(Outcome {
        name: name.to_owned(),
        counts: Counts::default(),
        finished_well: false,
        took,
    })
}

fn suites(wanted: &[String]) -> Result<Vec<Suite>> {
    let mut rust = rust_tests(["--no-fail-fast"]);
    rust.env("RUST_TEST_THREADS", threads().to_string());
    let mut suites = vec![Suite {
        name: RUST.to_owned(),
        command: rust,
    }];
    for folder in workspace::npm_packages()? {
        let scripts = workspace::npm_scripts(&folder)?;
        for script in NPM_SUITES
            .iter()
            .filter(|s| scripts.iter().any(|has| has == *s))
        {
            suites.push(Suite {
                name: format!("{folder} {script}"),
                // Without what npm would run before: the scripts are built already, and building them
                // again would make cargo compile again whatever embeds them.
                command: shell::npm(&folder, ["run", "--silent", "--ignore-scripts", script]),
            });
        }
    }
    let belongs = |suite: &Suite, name: &str| suite.name.split(' ').next() == Some(name);
    for name in wanted {
        if !suites.iter().any(|suite| belongs(suite, name)) {
            let names: Vec<_> = suites.iter().map(|suite| suite.name.as_str()).collect();
            bail!(
                "there is no suite `{name}`; there are: {}",
                names.join(", ")
            );
        }
    }
    suites.retain(|suite| wanted.is_empty() || wanted.iter().any(|name| belongs(suite, name)));
    Ok(suites)
}

fn rust_tests<const N: usize>(more: [&str; N]) -> Command {
    shell::cargo(["test", "--locked", "--workspace"].into_iter().chain(more))
}

/// Tests at once: they wait for brokers, engines and browsers more than they compute.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get) * 3
}

/// Plays the suites one after the other: what browsers are asked is told by how long answers take,
/// and another suite beside it would change that.
fn play_all(suites: Vec<Suite>) -> Result<Vec<Outcome>> {
    let outcomes = suites.into_iter();
    outcomes
        .map(|suite| play(suite, std::io::stdout()))
        .collect()
}

fn play(mut suite: Suite, shown: impl Write) -> Result<Outcome> {
    eprintln!("==> {}: {}", suite.name, shell::words(&suite.command));
    let (played, took) = timed(|| listen(&mut suite.command, shown));
    let (counts, finished_well) = played.with_context(|| format!("in suite {}", suite.name))?;
    Ok(Outcome {
        name: suite.name,
        counts,
        finished_well,
        took,
    })
}

/// Shows what the suite prints, and counts.
fn listen(command: &mut Command, mut shown: impl Write) -> Result<(Counts, bool)> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().context("stdout is piped")?;
    let mut counts = Counts::default();
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line?;
        shown.write_all(&line)?;
        shown.write_all(b"\n")?;
        counts.read(&String::from_utf8_lossy(&line));
    }
    Ok((counts, child.wait()?.success()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(passed: u64, failed: u64, finished_well: bool) -> Outcome {
        Outcome {
            name: "a".to_owned(),
            counts: Counts { passed, failed },
            finished_well,
            took: Duration::ZERO,
        }
    }

    #[test]
    fn a_suite_that_broke_or_ran_nothing_is_never_counted_as_good() {
        let cases = [
            (outcome(3, 0, true), 0, ""),
            (outcome(3, 2, false), 2, ""),
            (outcome(3, 0, false), 1, "did not run to its end"),
            (outcome(0, 0, true), 1, "ran no test"),
        ];
        for (outcome, failed, note) in cases {
            assert_eq!(outcome.failed(), failed, "{}", outcome.line());
            assert!(outcome.line().contains(note), "{}", outcome.line());
        }
    }
}
