//! Programs that check what is shipped: `target/tools/go` (helm, its unit tests, actionlint) and
//! `target/tools/python` (kubernetes-validate with its schemas, hadolint).

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::progress::step;
use crate::{shell, workspace};

/// Versions and hashes of what is written in Go.
const GO: &str = "crates/xtask/go";
const REQUIREMENTS: &str = "crates/xtask/python/requirements.txt";

/// Builds or fetches them, as locked.
pub(crate) fn install() -> Result<()> {
    of_go()?;
    of_python()
}

fn of_go() -> Result<()> {
    if !shell::has("go") {
        bail!("go is missing: install Go 1.25 or newer (Debian 12 has 1.19: use go.dev)");
    }
    let folder = go_tools();
    let locked = workspace::root().join(GO);
    super::stamp(folder.clone(), vec![locked.clone()]).refresh(|| {
        step("helm, helm-unittest and actionlint, for the checks", || {
            std::fs::create_dir_all(&folder)?;
            let mut go = shell::command("go", ["build", "-mod=readonly", "-o"]);
            go.arg(&folder).arg("tool").current_dir(&locked);
            shell::run(&mut go)
                .context("go could not build them; check the connection to the Go module proxy")
        })
    })?;
    Ok(())
}

fn of_python() -> Result<()> {
    let folder = python_tools();
    let pinned = workspace::root().join(REQUIREMENTS);
    super::stamp(folder.clone(), vec![pinned]).refresh(|| {
        step("kubernetes-validate and hadolint, for the checks", || {
            let target = folder.display().to_string();
            let args = "-m pip install --quiet --no-deps --only-binary=:all: --require-hashes --upgrade --target";
            let rest = [target.as_str(), "-r", REQUIREMENTS];
            let mut pip = shell::command("/usr/bin/python3", args.split(' ').chain(rest));
            shell::run(&mut pip)
                .context("pip could not fetch them; check the connection to the Python Package Index")
        })
    })?;
    Ok(())
}

fn go_tools() -> PathBuf {
    workspace::target().join("tools/go")
}

fn python_tools() -> PathBuf {
    workspace::target().join("tools/python")
}

/// One of them, started at the root of the checkout.
pub(crate) fn command<'a>(program: Linter, args: impl IntoIterator<Item = &'a str>) -> Command {
    let go = |name: &str| go_tools().join(name);
    match program {
        Linter::Helm => shell::command(&go("helm").to_string_lossy(), args),
        Linter::HelmUnittest => shell::command(&go("helm-unittest").to_string_lossy(), args),
        Linter::Actionlint => shell::command(&go("actionlint").to_string_lossy(), args),
        Linter::Hadolint => {
            let hadolint = python_tools().join("bin/hadolint");
            shell::command(&hadolint.to_string_lossy(), args)
        }
        Linter::KubernetesValidate => {
            let module = ["-m", "kubernetes_validate"];
            let mut python = shell::command("/usr/bin/python3", module.into_iter().chain(args));
            python.env("PYTHONPATH", python_tools());
            python
        }
    }
}

/// A program of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Linter {
    Helm,
    HelmUnittest,
    Actionlint,
    Hadolint,
    KubernetesValidate,
}
