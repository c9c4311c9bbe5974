//! `cargo xtask build`: the SDK and the web UI first, because the binary embeds them.

use anyhow::Result;

use crate::progress::step;
use crate::stamp::Stamp;
use crate::{setup, shell, workspace};

/// Arguments of `build`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Optimised, for production.
    #[arg(long)]
    release: bool,
}

/// With which optimisation the binary is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to compile; what the tests use too.
    Dev,
    /// Quick to run.
    Release,
}

/// Builds everything.
pub(crate) fn run(args: &Args) -> Result<()> {
    let profile = if args.release {
        Profile::Release
    } else {
        Profile::Dev
    };
    let binary = product(profile)?;
    eprintln!("built {}", binary.display());
    Ok(())
}

/// Builds the scripts and the binary; returns where the binary is.
pub(crate) fn product(profile: Profile) -> Result<std::path::PathBuf> {
    product_and(profile, &[])
}

/// As [`product`], and other binaries of the workspace beside it.
pub(crate) fn product_and(profile: Profile, others: &[&str]) -> Result<std::path::PathBuf> {
    setup::compilers()?;
    scripts()?;
    let optimised = match profile {
        Profile::Dev => "--profile=dev",
        Profile::Release => "--release",
    };
    // Of the whole workspace: for fewer packages cargo chooses other features of the libraries, and
    // builds most of them a second time.
    let mut args = vec!["build", "--locked", "--workspace", optimised];
    for binary in ["corswatch"].iter().chain(others) {
        args.extend(["--bin", binary]);
    }
    step("the binary", || shell::run(&mut shell::cargo(args)))?;
    Ok(match profile {
        Profile::Dev => workspace::binary(),
        Profile::Release => workspace::target().join("release/corswatch"),
    })
}

/// Builds the npm packages whose sources changed.
pub(crate) fn scripts() -> Result<()> {
    setup::npm()?;
    for folder in workspace::npm_packages()? {
        if workspace::npm_scripts(&folder)?
            .iter()
            .any(|s| s == "build")
        {
            script(&folder)?;
        }
    }
    Ok(())
}

fn script(folder: &str) -> Result<()> {
    let root = workspace::root();
    let inputs = vec![root.join(folder), root.join("schemas")];
    let stamps = workspace::target().join("xtask");
    Stamp::new(&stamps, root.join(folder).join("dist"), inputs).refresh(|| {
        step(&format!("npm run build in {folder}"), || {
            shell::run(&mut shell::npm(folder, ["run", "--silent", "build"]))
        })
    })?;
    Ok(())
}
