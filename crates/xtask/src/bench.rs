//! `cargo xtask bench`: measures.

use anyhow::Result;

use crate::setup::{self, Part};
use crate::{build, shell, workspace};

/// Arguments of `bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Handed to the benches: names and options. `sdk-js` runs those of the SDK; all when left out.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

/// Runs the benches of the product, of the SDK, or both.
pub(crate) fn run(args: &Args) -> Result<()> {
    let first = args.args.first().map(String::as_str);
    if first != Some("sdk-js") {
        setup::set_up(Part::Engine)?;
        product(&args.args)?;
    }
    if matches!(first, None | Some("sdk-js")) {
        build::scripts()?;
        scripts()?;
    }
    Ok(())
}

fn product(args: &[String]) -> Result<()> {
    // The benches start the product as users do: the binary.
    let product = build::product_and(build::Profile::Release, &["corswatch-benches", "baseline"])?;
    shell::run(std::process::Command::new(product.with_file_name("corswatch-benches")).args(args))
}

fn scripts() -> Result<()> {
    for folder in workspace::npm_packages()? {
        let scripts = workspace::npm_scripts(&folder)?;
        for script in scripts.iter().filter(|name| name.starts_with("bench")) {
            shell::run(&mut shell::npm(&folder, ["run", "--silent", script]))?;
        }
    }
    Ok(())
}
