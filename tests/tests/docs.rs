//! Documentation does what it says: commands are run, and what they print is compared with the page.
//!
//! The words after a fence say what is done with a block. Blocks of a page share a folder.
//!
//! | words | |
//! |---|---|
//! | `sh run [exit=N]` | run by bash with `corswatch` in the path |
//! | `text output` | what the block before it printed |
//! | `LANG file=NAME` | written to the folder for later blocks |
//! | `toml config` | a part of a configuration that `check-config` accepts |
//! | `text figure` | a drawing, or the form of something: nothing to run |
//!
//! `UPDATE_DOCS=1` writes what was printed into the page.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use corswatch_tests::markdown::{Block, blocks, pages};
use testkit::checkout;

/// Blocks that may stay unrun, in all pages together.
const MOST_NOT_RUN: usize = 10;

/// What a configuration needs beside the part that a page shows.
const APP: &str =
    "[[apps]]\nname = \"shop\"\nkeys = [\"test-key-1\"]\norigins = [\"https://shop.example\"]\n";

/// Pages that are under the rule.
fn under_the_rule() -> Vec<PathBuf> {
    pages(&checkout::root().join("docs/understand"), &[])
}

#[test]
fn every_command_of_the_documentation_does_what_the_page_says() {
    let mut wrong = String::new();
    let mut not_run = 0;
    for page in under_the_rule() {
        let text = std::fs::read_to_string(&page).expect("a page");
        let found = blocks(&text);
        not_run += found.iter().filter(|block| block.not_run.is_some()).count();
        let printed = run(&page, &found, &mut wrong);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&page, replaced(&text, &found, &printed)).expect("written");
        } else {
            compare(&page, &found, &printed, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(not_run <= MOST_NOT_RUN, "{not_run} blocks are not run");
}

/// Runs the blocks of a page; what was printed stands at the place of each block that shows it.
fn run(page: &Path, blocks: &[Block], wrong: &mut String) -> Vec<Option<String>> {
    let folder = tempfile::tempdir().expect("a directory");
    let mut last = None;
    let mut printed = Vec::new();
    for block in blocks {
        let place = format!("{}:{}", page.display(), block.line);
        let mut shown = None;
        let outcome = match block.runner() {
            _ if block.not_run.is_some() => Ok(()),
            _ if block.option("file").is_some() => write(folder.path(), block),
            "run" => shell(folder.path(), block).map(|out| last = Some(out)),
            "output" => {
                shown = last.take();
                match shown {
                    Some(_) => Ok(()),
                    None => Err("no command before it".to_owned()),
                }
            }
            "config" => config(folder.path(), block),
            "figure" => Ok(()),
            other => Err(format!("no runner is called `{other}`")),
        };
        if let Err(reason) = outcome {
            let _ = writeln!(wrong, "{place}: {reason}");
        }
        printed.push(shown);
    }
    printed
}

fn write(folder: &Path, block: &Block) -> Result<(), String> {
    let name = block.option("file").expect("it was asked for");
    std::fs::write(folder.join(name), &block.text).map_err(|error| format!("{name}: {error}"))
}

fn shell(folder: &Path, block: &Block) -> Result<String, String> {
    let binary = checkout::corswatch();
    let folder_of_binary = binary.parent().expect("a folder").display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("bash")
        .args(["-uo", "pipefail", "-c", &block.text])
        .env("PATH", format!("{folder_of_binary}:{path}"))
        .current_dir(folder)
        .output()
        .map_err(|error| format!("bash: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let expected = block.option("exit").unwrap_or("0");
    let code = output.status.code().unwrap_or(-1).to_string();
    if code == expected {
        return Ok(text(&output.stdout));
    }
    let (out, complaints) = (text(&output.stdout), text(&output.stderr));
    Err(format!(
        "exit {code} instead of {expected}\n{out}{complaints}"
    ))
}

fn config(folder: &Path, block: &Block) -> Result<(), String> {
    let app = if block.text.contains("[[apps]]") {
        ""
    } else {
        APP
    };
    let file = folder.join("part.toml");
    std::fs::write(&file, format!("{}\n{app}", block.text)).map_err(|error| error.to_string())?;
    let output = Command::new(checkout::corswatch())
        .arg("check-config")
        .arg("--config")
        .arg(&file)
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

fn compare(page: &Path, blocks: &[Block], printed: &[Option<String>], wrong: &mut String) {
    for (block, printed) in blocks.iter().zip(printed) {
        if let Some(printed) = printed
            && *printed != block.text
        {
            let place = format!("{}:{}", page.display(), block.line);
            let _ = writeln!(
                wrong,
                "{place}: printed was\n{printed}instead of\n{}",
                block.text
            );
        }
    }
}

/// The page with what was printed in it.
fn replaced(text: &str, blocks: &[Block], printed: &[Option<String>]) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut page = String::new();
    let mut at = 0;
    for (block, printed) in blocks.iter().zip(printed) {
        let Some(printed) = printed else { continue };
        for line in &lines[at..block.line] {
            let _ = writeln!(page, "{line}");
        }
        page.push_str(printed);
        at = block.line + block.text.lines().count();
    }
    for line in &lines[at..] {
        let _ = writeln!(page, "{line}");
    }
    page
}
