//! `cargo xtask generate`: reference files that the binary writes about itself, and what is made from
//! them.

use anyhow::{Context as _, Result, bail};

use crate::{build, shell, workspace};

/// A reference file and the subcommand that prints it.
struct Reference {
    file: &'static str,
    args: &'static [&'static str],
}

const REFERENCES: &[Reference] = &[
    Reference {
        file: "docs/reference/corswatch.toml",
        args: &["check-config", "--print-defaults"],
    },
    Reference {
        file: "docs/reference/openapi.json",
        args: &["openapi"],
    },
    Reference {
        file: "docs/reference/cli.md",
        args: &["command-reference"],
    },
];

/// The types of the web UI's client, and the package that makes them from the reference of the API.
const CLIENT: &str = "dashboard-ui/src/api/openapi.ts";
const CLIENT_GENERATOR: &str = "dashboard-ui/openapi";

/// Arguments of `generate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Writes nothing; fails where a file is not up to date.
    #[arg(long)]
    check: bool,
}

/// Writes the reference files, or compares them.
pub(crate) fn run(args: &Args) -> Result<()> {
    if args.check {
        return report(&stale()?);
    }
    let binary = build::product(build::Profile::Dev)?;
    for reference in REFERENCES {
        let path = workspace::root().join(reference.file);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, print(&binary, reference)?)
            .with_context(|| format!("cannot write {}", reference.file))?;
        eprintln!("wrote {}", reference.file);
    }
    let client = workspace::root().join(CLIENT);
    std::fs::write(&client, client_types()?).with_context(|| format!("cannot write {CLIENT}"))?;
    eprintln!("wrote {CLIENT}");
    Ok(())
}

/// What is wrong with the reference files as they are.
pub(crate) fn stale() -> Result<Vec<String>> {
    let binary = build::product(build::Profile::Dev)?;
    let mut problems = Vec::new();
    for reference in REFERENCES {
        let now = print(&binary, reference)?;
        match std::fs::read_to_string(workspace::root().join(reference.file)) {
            Ok(was) if was == now => {}
            Ok(_) => problems.push(format!("{} is not what the binary prints", reference.file)),
            Err(_) => problems.push(format!("{} is missing", reference.file)),
        }
    }
    let types = client_types()?;
    if workspace::text(CLIENT)?.is_none_or(|was| was != types) {
        problems.push(format!(
            "{CLIENT} is not made from the description of the API"
        ));
    }
    Ok(problems)
}

fn client_types() -> Result<String> {
    let run = ["run", "--silent", "generate"];
    shell::output(&mut shell::npm(CLIENT_GENERATOR, run))
}

fn print(binary: &std::path::Path, reference: &Reference) -> Result<String> {
    let program = binary.to_string_lossy();
    shell::output(&mut shell::command(
        &program,
        reference.args.iter().copied(),
    ))
}

fn report(problems: &[String]) -> Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    bail!("{}; run `cargo xtask generate`", problems.join("; "))
}
