//! `corswatch slo`: objectives as files, and what they would have raised.

mod backtest;
mod gate;
mod openslo;
mod print;
mod stored;

pub(crate) use gate::{deploy, gate};
pub(crate) use stored::StoredBacktests;

use std::path::Path;
use std::process::ExitCode;

use settings::Problem;

use crate::cli::{Format, Show, SloCommand, Validate};
use crate::config::{Config, Objectives, objectives_of};
use crate::exit::Failure;

/// A file is no larger.
const MOST_BYTES: u64 = 8 << 20;

pub(crate) fn run(command: SloCommand) -> Result<ExitCode, Failure> {
    match command {
        SloCommand::Validate(args) => validate(&args),
        SloCommand::Show(args) => show(&args),
        SloCommand::Backtest(args) => backtest::run(args),
        SloCommand::Import(args) => openslo::import(&args),
        SloCommand::Export(args) => openslo::export(&args),
    }
}

/// The objectives of a file; mistakes name it.
fn read(file: &Path, apps: Option<&[String]>) -> Result<Objectives, Failure> {
    let name = file.display();
    let (text, _) = crate::file::text(file, MOST_BYTES)
        .map_err(|reason| Failure::Input(format!("{name}: {reason}")))?;
    objectives_of(&text, apps).map_err(|problems| {
        let named = |problem: Problem| Problem {
            path: format!("{name}: {}", problem.path),
            ..problem
        };
        Failure::Config(problems.into_iter().map(named).collect())
    })
}

fn validate(args: &Validate) -> Result<ExitCode, Failure> {
    let apps = match &args.config {
        Some(file) => Some(read(file, None)?.apps),
        None => None,
    };
    let mut all = Vec::new();
    let mut count = 0;
    for file in &args.files {
        match read(file, apps.as_deref()) {
            Ok(objectives) => count += objectives.slos.len() + objectives.flows.len(),
            Err(Failure::Config(problems)) => all.extend(problems),
            Err(failure) => return Err(failure),
        }
    }
    if !all.is_empty() {
        return Err(Failure::Config(all));
    }
    say!("{count} objectives have no problems");
    Ok(ExitCode::SUCCESS)
}

fn show(args: &Show) -> Result<ExitCode, Failure> {
    let Objectives { slos, flows, apps } = read(&args.config, None)?;
    let slos = Config::default().resolved((&slos, &flows), &apps);
    match args.format {
        Format::Json => say!("{}", print::objectives_json(&slos)),
        Format::Text => print::objectives_text(&slos),
    }
    Ok(ExitCode::SUCCESS)
}
