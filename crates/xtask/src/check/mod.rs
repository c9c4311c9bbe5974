//! `cargo xtask check`: every static check, all of them even when one fails.

mod chart;
mod docs;
mod fences;
mod graph;
mod length;
mod licences;
mod prose;
mod shipped;
mod source;
mod spdx;

use anyhow::{Result, bail};
use clap::ValueEnum;

pub(crate) use graph::{is_compiled_in, metadata};

use crate::progress::step;
use crate::{build, generate, shell, workspace};

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Checks to run; all when left out.
    #[arg(value_enum)]
    checks: Vec<Check>,
}

/// One static check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Check {
    /// rustfmt.
    Fmt,
    /// Which crate may depend on what; where SQL and `unsafe` may stand; lengths of files.
    Fences,
    /// Machine paths, open ends, crate docs.
    Prose,
    /// Licences of everything that the project takes from others.
    Licences,
    /// Clippy, warnings denied.
    Clippy,
    /// The fuzz targets compile: they are no part of the workspace.
    Fuzz,
    /// Lint, format, types and size of the npm packages.
    Npm,
    /// The documentation speaks of commands, crates and files that exist.
    Docs,
    /// The Helm chart: lint, unit tests, schemas of Kubernetes.
    Chart,
    /// The workflows, by actionlint.
    Workflows,
    /// The container file, by hadolint.
    Containers,
    /// The units, by systemd.
    Units,
    /// The generated files are up to date.
    Generated,
}

impl Check {
    fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Scripts of an npm package that are checks.
const NPM_CHECKS: &[&str] = &["typecheck", "lint", "format:check", "size"];

/// Runs the checks and reports them all.
pub(crate) fn run(args: &Args) -> Result<()> {
    let checks = if args.checks.is_empty() {
        Check::value_variants()
    } else {
        &args.checks
    };
    let mut failed = Vec::new();
    for check in checks {
        let done = step(&format!("check {}", check.name()), || one(*check));
        if let Err(error) = done {
            eprintln!("    FAILED: {error:#}");
            failed.push(check.name());
        }
    }
    let good = checks.len() - failed.len();
    println!("{good} checks passed, {} failed", failed.len());
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn one(check: Check) -> Result<()> {
    match check {
        Check::Fmt => shell::run(&mut shell::cargo(["fmt", "--all", "--check"])),
        Check::Fences => report(&fences::problems()?),
        Check::Prose => report(&prose::problems()?),
        Check::Licences => report(&licences::problems()?),
        Check::Clippy => clippy(),
        Check::Fuzz => fuzz(),
        Check::Npm => npm(),
        Check::Docs => report(&docs::problems()?),
        Check::Chart => report(&chart::problems()?),
        Check::Workflows => shipped::workflows(),
        Check::Containers => shipped::containers(),
        Check::Units => report(&shipped::units()?),
        Check::Generated => report(&generate::stale()?),
    }
}

fn clippy() -> Result<()> {
    build::scripts()?;
    let args = "clippy --locked --workspace --all-targets -- -D warnings";
    shell::run(&mut shell::cargo(args.split(' ')))
}

fn fuzz() -> Result<()> {
    let args = "check --quiet --locked --manifest-path crates/intake/fuzz/Cargo.toml --target-dir";
    let folder = workspace::target().join("fuzz");
    shell::run(shell::cargo(args.split(' ')).arg(folder))
}

fn npm() -> Result<()> {
    build::scripts()?;
    let mut failed = Vec::new();
    for folder in workspace::npm_packages()? {
        let scripts = workspace::npm_scripts(&folder)?;
        for script in NPM_CHECKS
            .iter()
            .filter(|s| scripts.iter().any(|has| has == *s))
        {
            if shell::run(&mut shell::npm(&folder, ["run", "--silent", script])).is_err() {
                failed.push(format!("npm run {script} in {folder}"));
            }
        }
    }
    report(&failed)
}

/// Fails with all problems, one a line.
fn report(problems: &[String]) -> Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    bail!("\n      {}", problems.join("\n      "))
}
