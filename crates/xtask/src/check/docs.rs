//! The documentation speaks of commands, crates and files that exist.

use std::collections::BTreeSet;

use anyhow::Result;
use clap::CommandFactory as _;

use super::graph::Graph;
use crate::{build, git, shell, workspace};

/// Documents that a reader looks for.
const DOCUMENTS: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
];

/// Everything that the documentation gets wrong.
pub(super) fn problems() -> Result<Vec<String>> {
    let files = git::tracked()?;
    let mut problems: Vec<String> = DOCUMENTS
        .iter()
        .filter(|document| !files.iter().any(|file| file == *document))
        .map(|document| format!("{document} is missing"))
        .collect();
    let mut words = BTreeSet::new();
    for file in files.iter().filter(|file| file.ends_with(".md")) {
        let text = workspace::text(file)?.unwrap_or_default();
        words.extend(commands(&text));
        problems.extend(broken_links(file, &text));
        if file == "ARCHITECTURE.md" {
            problems.extend(unlisted(&text, &Graph::of_workspace()?));
        }
    }
    problems.extend(unknown_commands(&words)?);
    // Its mistakes are told when the binary is built, too.
    if let Err(mistakes) = book::build(workspace::root()) {
        problems.extend(mistakes.iter().map(ToString::to_string));
    }
    Ok(problems)
}

/// A subcommand of `cargo xtask` or `corswatch` that a document names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Xtask(String),
    Product(String),
}

/// Subcommands that stand in code blocks and code spans.
fn commands(text: &str) -> Vec<Named> {
    let mut found = Vec::new();
    let code = text.split('`').skip(1).step_by(2);
    // A fence is three back-ticks: its content falls into the code parts as well.
    for line in code.flat_map(str::lines) {
        let words: Vec<&str> = line.trim_start_matches("$ ").split_whitespace().collect();
        let is_word = |word: &str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        match words[..] {
            ["cargo", "xtask", name, ..] if is_word(name) => {
                found.push(Named::Xtask(name.to_owned()));
            }
            ["corswatch", name, ..] if is_word(name) && !name.starts_with('-') => {
                found.push(Named::Product(name.to_owned()));
            }
            _ => {}
        }
    }
    found
}

fn unknown_commands(named: &BTreeSet<Named>) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut product = None;
    for name in named {
        match name {
            Named::Xtask(name) => {
                if crate::Cli::command().find_subcommand(name).is_none() {
                    problems.push(format!("`cargo xtask {name}` does not exist"));
                }
            }
            Named::Product(name) => {
                if product.is_none() {
                    product = Some(build::product(build::Profile::Dev)?);
                }
                let binary = workspace::binary();
                let binary = product.as_ref().unwrap_or(&binary).to_string_lossy();
                let mut help = shell::command(&binary, [name, "--help"]);
                help.stdout(std::process::Stdio::null());
                help.stderr(std::process::Stdio::null());
                if !help.status()?.success() {
                    problems.push(format!("`corswatch {name}` does not exist"));
                }
            }
        }
    }
    Ok(problems)
}

/// Crates that the code map leaves out.
fn unlisted(architecture: &str, graph: &Graph) -> Vec<String> {
    graph
        .members
        .iter()
        .filter(|name| !name.starts_with("corswatch-"))
        .filter(|name| {
            !architecture.contains(&format!("crates/{name}"))
                && !architecture.contains(&format!("`{name}`"))
        })
        .map(|name| format!("ARCHITECTURE.md does not list {name}"))
        .collect()
}

/// Links to files of the checkout that are not there.
fn broken_links(file: &str, text: &str) -> Vec<String> {
    let folder = workspace::root().join(file);
    let folder = folder.parent().unwrap_or(workspace::root());
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', ' ', '#']).next())
        .filter(|link| !link.is_empty() && !link.contains("://") && !link.starts_with("mailto:"))
        .filter(|link| !folder.join(link).exists())
        .map(|link| format!("{file}: links to {link}, which is not there"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_in_blocks_and_spans_only() {
        let text = "Run `cargo xtask up`, not cargo xtask nothing.\n```sh\n$ corswatch up --demo\n\
                    cargo xtask test\n```\n`corswatch --help` and `corswatch.toml`";
        let product = |name: &str| Named::Product(name.to_owned());
        let xtask = |name: &str| Named::Xtask(name.to_owned());
        assert_eq!(commands(text), [xtask("up"), product("up"), xtask("test")]);
    }

    #[test]
    fn a_link_to_a_file_that_is_gone_is_found() {
        let text = "[a](Cargo.toml) [b](gone.md#x) [c](https://example.test/x) [d](#here)";
        let found = broken_links("README.md", text);
        assert_eq!(found, ["README.md: links to gone.md, which is not there"]);
    }
}
