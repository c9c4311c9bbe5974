//! The corswatch binary: reads the command line and the configuration, puts the stages together,
//! and runs them until it is asked to stop.
//!
//! **Promises.** Every mistake in the configuration is reported in one run, before anything starts. The stages
//! of one process drain in the order of the data, each within its deadline. Exit codes are in `exit`: what a
//! script needs to know is never only in the text.
//!
//! ```text
//! corswatch up --config corswatch.toml         # every stage in one process
//! corswatch collector --config corswatch.toml  # or one role per process
//! corswatch doctor --config corswatch.toml     # what is wrong with configuration and surroundings
//! corswatch explain --jsonl < exchanges.jsonl  # the engine alone, without a server
//! ```
//!
//! **Never.** It holds no logic of a stage: what it does is in the crates, and is tested there.

#[macro_use]
mod output;

mod api;
mod audit;
mod check;
mod cli;
mod command_line;
mod config;
mod doctor;
mod exit;
mod explain;
mod file;
mod incidents;
mod init;
mod long_lines;
mod mcp;
mod objectives;
mod operations;
mod partner_links;
mod parts;
mod policies;
mod reload;
mod reports;
mod repository;
mod roles;
mod targets;
mod up;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{AlertCommand, Cli, Command};
use config::{Config, Examined};
use exit::Failure;

/// Every beacon is a few dozen small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Up(args) => serve(args.config.clone(), |config| up::run(config, args)),
        Command::Demo(args) => {
            let args = args.up();
            serve(args.config.clone(), |config| up::run(config, args))
        }
        Command::Collector(role) => serve_role(role, roles::collector),
        Command::Loader(args) => serve_role(args.role, |config, file| {
            roles::loader(config, file, args.replay_from)
        }),
        Command::Aggregator(role) => serve_role(role, roles::aggregator),
        Command::Prober(role) => serve_role(role, roles::prober),
        Command::Dashboard(role) => serve_role(role, roles::dashboard),
        Command::Alert(args) => match args.command {
            AlertCommand::Test(args) => run_with(args.config.clone(), |config| {
                operations::alert_test(config, args)
            }),
        },
        Command::DeadLetters(args) => run_with(args.config.clone(), |config| {
            operations::dead_letters(config, args)
        }),
        Command::DemoData(args) => run_with(args.config.clone(), |config| {
            operations::demo_data(config, args)
        }),
        Command::Verify(args) => run_with(args.config.clone(), |config| {
            operations::verify(config, args)
        }),
        Command::Slo(args) => objectives::run(args.command),
        Command::Gate(args) => objectives::gate(&args),
        Command::Report(args) => operations::report(args),
        Command::Deploy(args) => objectives::deploy(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Simulate(args) => policies::simulate(&args),
        Command::Generate(args) => policies::generate(&args),
        Command::Incident(args) => incidents::run(&args),
        Command::PartnerLink(args) => partner_links::run(&args),
        Command::Mcp(args) => mcp::run(&args.api),
        Command::Init(args) => init::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::CheckConfig(args) => check_config(&args),
        Command::Completions { shell } => command_line::completions(shell),
        Command::Man { out } => command_line::man(&out),
        Command::Reference => command_line::reference(),
        Command::Openapi => {
            say!("{}", dashboard::openapi());
            Ok(ExitCode::SUCCESS)
        }
        Command::EngineHost { args } => store::engine::child_main(args),
    }
}

/// Loads the configuration, starts logging and a runtime, and runs a service to its end.
fn serve<F>(
    file: Option<std::path::PathBuf>,
    service: impl FnOnce(Config) -> F,
) -> Result<ExitCode, Failure>
where
    F: Future<Output = Result<(), Failure>>,
{
    run_with(file, |config| {
        let service = service(config);
        async { service.await.map(|()| ExitCode::SUCCESS) }
    })
}

/// The same for a role, which reads its file again when it is asked to.
fn serve_role<F>(
    role: cli::Role,
    service: impl FnOnce(Config, std::path::PathBuf) -> F,
) -> Result<ExitCode, Failure>
where
    F: Future<Output = Result<(), Failure>>,
{
    let file = role.config.clone();
    serve(Some(role.config), |config| service(config, file))
}

/// The same for what has an exit code of its own.
fn run_with<F>(
    file: Option<std::path::PathBuf>,
    service: impl FnOnce(Config) -> F,
) -> Result<ExitCode, Failure>
where
    F: Future<Output = Result<ExitCode, Failure>>,
{
    let (config, warnings) = Config::load(file.as_deref())?;
    config.log.start();
    // Without a file everything is a default, which is not a mistake of anybody.
    for warning in warnings.iter().filter(|_| file.is_some()) {
        tracing::warn!(setting = warning.path, "{}", warning.reason);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    runtime.block_on(service(config))
}

fn check_config(args: &cli::CheckConfig) -> Result<ExitCode, Failure> {
    if args.print_defaults {
        print!("{}", config::reference());
        return Ok(ExitCode::SUCCESS);
    }
    let Examined {
        config,
        mut problems,
        warnings,
        ..
    } = Config::examine(args.config.as_deref())?;
    if let (Some(config), Some(role)) = (&config, args.role) {
        problems.extend(config.role_problems(role));
    }
    print_warnings(&warnings);
    let Some(config) = config.filter(|_| problems.is_empty()) else {
        return Err(Failure::Config(problems));
    };
    if config.store.url.is_empty() && args.role.is_none() {
        say!(
            "without `store.url` this is a configuration of `corswatch up`, and of collectors beside \
             it: the embedded engine serves one process. Roles share a ClickHouse server: set `store.url`"
        );
    }
    match warnings.len() {
        0 => say!("the configuration has no problems"),
        1 => say!("the configuration can be used; 1 warning"),
        count => say!("the configuration can be used; {count} warnings"),
    }
    Ok(ExitCode::SUCCESS)
}

fn print_warnings(warnings: &[settings::Problem]) {
    if warnings.is_empty() {
        return;
    }
    let count = warnings.len();
    let noun = if count == 1 { "warning" } else { "warnings" };
    complain!("corswatch: {count} {noun}:");
    for warning in warnings {
        complain!("  {warning}");
    }
}
