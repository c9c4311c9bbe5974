//! `corswatch check`: a live server against contracts.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use contract::{Contract, Options};
use findings::{Level, Report, Suite};

use crate::cli::Check;
use crate::exit::Failure;
use crate::{reports, repository, targets};

/// A contract is no larger.
const MOST_BYTES: u64 = 8 << 20;
/// Contracts below a directory are looked for this deep.
const DEPTH: usize = 8;

/// Carries out every request of every contract. What cannot be read is reported by line; the rest
/// is checked all the same.
pub(crate) fn run(args: &Check) -> Result<ExitCode, Failure> {
    let options = Options {
        target: args.target.clone(),
        vars: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .chain(args.vars.iter().cloned())
            .collect(),
    };
    let mut unread = 0;
    let mut contracts = Vec::new();
    for file in files(&args.paths)? {
        let name = repository::path(&file);
        match crate::file::text(&file, MOST_BYTES) {
            Ok((text, _)) => {
                let contract = contract::read(&text, &options);
                for problem in &contract.problems {
                    complain!("{name}:{}: {}", problem.line, problem.reason);
                }
                unread += contract.problems.len();
                contracts.push((name, contract));
            }
            Err(error) => {
                complain!("{name}: {error}");
                unread += 1;
            }
        }
    }
    targets::run(check(contracts, unread, args))
}

async fn check(
    contracts: Vec<(String, Contract)>,
    unread: usize,
    args: &Check,
) -> Result<ExitCode, Failure> {
    let cases = contracts.iter().flat_map(|(_, contract)| &contract.cases);
    let client = targets::client(cases.map(|case| case.request.url()), &args.asking)?;
    let mut suites = Vec::new();
    for (name, contract) in contracts {
        let jobs = usize::from(args.asking.jobs);
        let cases = contract::run(&client, &name, &contract.cases, jobs).await;
        suites.push(Suite { name, cases });
    }
    let report = Report {
        tool: "check",
        rules: contract::RULES,
        fail_on: Level::Error,
        suites,
    };
    reports::tell(&report, contract::NO_ANSWER, unread, &args.reporting)
}

/// The contracts that the paths lead to, those of a directory by name.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = files.len();
            collect(path, DEPTH, &mut files)?;
            if files.len() == before {
                let path = path.display();
                return Err(Failure::Input(format!(
                    "{path}: no contract (*.toml) in it"
                )));
            }
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let unreadable = |error| Failure::Input(format!("{}: {error}", folder.display()));
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut entries: Vec<_> = entries.collect::<Result<_, _>>().map_err(unreadable)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        let is_hidden = name.as_encoded_bytes().starts_with(b".");
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() && !is_hidden && depth > 0 {
            collect(&path, depth - 1, files)?;
        } else if !kind.is_dir()
            && path
                .extension()
                .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
    Ok(())
}
