//! `cargo xtask`: the one interface to work on corswatch.
#![forbid(unsafe_code)]

mod bench;
mod build;
mod chaos;
mod check;
mod generate;
mod git;
mod lab;
mod long;
mod package;
mod progress;
mod sbom;
mod screenshots;
mod setup;
mod shell;
mod stamp;
mod test;
mod up;
mod workspace;

use clap::{Parser, Subcommand};

/// Works on corswatch: sets up, builds, runs, tests, checks.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Installs what is missing: system packages, npm packages, engine library, Kafka.
    Setup(setup::Args),
    /// Builds the SDK, the web UI and the binary.
    Build(build::Args),
    /// Builds what is needed and runs the whole product with the demo shop.
    Up(up::Args),
    /// Runs every test: Rust, SDK, browser, web UI.
    Test(test::Args),
    /// Breaks the product in every way that is promised to be survived, while beacons flow.
    Chaos(chaos::Args),
    /// Runs every static check: format, lints, fences, licences, sizes, docs, generated files.
    Check(check::Args),
    /// Measures.
    Bench(bench::Args),
    /// Plays every way in which a request can fail to the SDK in three engines: precision and recall.
    Lab(lab::Args),
    /// Runs the whole of a test that has a short form among the tests.
    Long(long::Args),
    /// Writes what the binary and the npm packages are made of, as CycloneDX, into target/sbom.
    Sbom(sbom::Args),
    /// Packs what a release is made of.
    Package(package::Args),
    /// Takes the pictures of the documentation, from the demo in a browser.
    Screenshots,
    /// Writes the generated reference files.
    Generate(generate::Args),
}

fn main() -> std::process::ExitCode {
    let done = match Cli::parse().command {
        Command::Setup(args) => setup::run(&args),
        Command::Build(args) => build::run(&args),
        Command::Up(args) => up::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Chaos(args) => chaos::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Lab(args) => lab::run(&args),
        Command::Long(args) => long::run(&args),
        Command::Sbom(args) => sbom::run(&args),
        Command::Package(args) => package::run(&args),
        Command::Screenshots => screenshots::run(),
        Command::Generate(args) => generate::run(&args),
    };
    match done {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
