//! `cargo xtask package`: what a release is made of, below `target/package`.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::{build, shell, workspace};

/// Completions, by shell and by the name under which that shell looks for them.
const COMPLETIONS: &[(&str, &str)] = &[
    ("bash", "corswatch.bash"),
    ("zsh", "_corswatch"),
    ("fish", "corswatch.fish"),
];

/// Arguments of `package`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Packages the debug binary: to try packaging itself.
    #[arg(long)]
    dev: bool,
}

/// Builds, writes man pages and completions, and packs a `.deb`.
pub(crate) fn run(args: &Args) -> Result<()> {
    let profile = match args.dev {
        true => build::Profile::Dev,
        false => build::Profile::Release,
    };
    let binary = build::product(profile)?;
    let out = workspace::target().join("package");
    described(&binary, &out)?;
    if !shell::has("cargo-deb") {
        bail!("cargo-deb is not installed: cargo install --locked cargo-deb");
    }
    let options = "deb --no-build --no-strip --package corswatch --profile";
    let mut deb = shell::cargo(options.split(' '));
    deb.arg(match args.dev {
        true => "dev",
        false => "release",
    });
    shell::run(deb.arg("--output").arg(&out))?;
    eprintln!("packages are in {}", out.display());
    Ok(())
}

/// Has the binary write its man pages and completions.
fn described(binary: &Path, out: &Path) -> Result<()> {
    let program = binary.to_string_lossy();
    let man = out.join("man");
    let folder = man.to_string_lossy();
    shell::run(&mut shell::command(&program, ["man", "--out", &folder]))?;
    let completions = out.join("completions");
    std::fs::create_dir_all(&completions)?;
    for (shell, file) in COMPLETIONS {
        let text = shell::output(&mut shell::command(&program, ["completions", shell]))?;
        let path = completions.join(file);
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}
