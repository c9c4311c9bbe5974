//! What may stand in which Rust file: SQL, `unsafe`, names, the first line of a crate.

use anyhow::Result;

use crate::{git, workspace};

/// Words that start a statement of SQL in a text.
const SQL: &[&str] = &[
    "SELECT ",
    "INSERT INTO ",
    "CREATE TABLE ",
    "ALTER TABLE ",
    "DELETE FROM ",
    "DROP TABLE ",
];

/// Where SQL may stand: the store, SQLite in the disk journal, and the tests that count for
/// themselves what the product says.
const SQL_HOMES: &[&str] = &["crates/store/", "crates/journal/", "tests/", "benches/"];

/// Where `unsafe` may stand: the host of the embedded engine calls a C library.
const UNSAFE_HOMES: &[&str] = &["crates/store/src/engine"];

/// Names that say nothing about what lies behind them.
const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "common", "helpers", "core", "types", "manager", "misc", "v2",
];

/// Files that hold the words which they look for.
const SELF: &str = "crates/xtask/src/check/";

/// Everything that stands where it may not.
pub(super) fn problems() -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for file in git::tracked()? {
        if !file.ends_with(".rs") || file.starts_with(SELF) {
            continue;
        }
        if let Some(text) = workspace::text(&file)? {
            problems.extend(in_file(&file, &text));
        }
    }
    Ok(problems)
}

fn in_file(file: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let at_home = |homes: &[&str]| homes.iter().any(|home| file.starts_with(home));
    for (number, line) in (1..).zip(text.lines()) {
        let code = line.split("//").next().unwrap_or_default();
        if !at_home(SQL_HOMES) && SQL.iter().any(|word| code.contains(word)) {
            problems.push(format!("{file}:{number}: SQL stands only in the store"));
        }
        if !at_home(UNSAFE_HOMES) && is_unsafe(code) {
            problems.push(format!(
                "{file}:{number}: unsafe stands only in the engine host"
            ));
        }
        if code.contains("#[ignore") {
            problems.push(format!("{file}:{number}: a test is ignored"));
        }
    }
    let root = file.ends_with("src/lib.rs") || file.ends_with("src/main.rs");
    if root && !text.starts_with("//!") {
        problems.push(format!(
            "{file}: a crate starts by saying what it is (`//!`)"
        ));
    }
    let stem = file.trim_end_matches("/mod.rs").trim_end_matches(".rs");
    if stem.split('/').any(|name| EMPTY_NAMES.contains(&name)) {
        problems.push(format!(
            "{file}: the name says nothing about what lies there"
        ));
    }
    problems
}

fn is_unsafe(code: &str) -> bool {
    [
        "unsafe {",
        "unsafe fn",
        "unsafe impl",
        "unsafe extern",
        "(unsafe_code",
    ]
    .iter()
    .any(|word| code.contains(word))
        && !["deny(unsafe_code", "forbid(unsafe_code"]
            .iter()
            .any(|word| code.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_wrong_file_is_found_with_its_line() {
        let cases = [
            (
                "crates/slo/src/a.rs",
                "x\nlet q = \"SELECT 1\";",
                "a.rs:2: SQL",
            ),
            ("crates/slo/src/a.rs", "unsafe { f() }", "a.rs:1: unsafe"),
            (
                "crates/slo/src/a.rs",
                "#[expect(unsafe_code)]",
                "a.rs:1: unsafe",
            ),
            (
                "crates/slo/src/a.rs",
                "#[ignore]",
                "a.rs:1: a test is ignored",
            ),
            ("crates/slo/src/lib.rs", "mod a;", "starts by saying"),
            ("crates/slo/src/util.rs", "", "says nothing"),
            ("crates/slo/src/helpers/mod.rs", "", "says nothing"),
        ];
        for (file, text, expected) in cases {
            let found = in_file(file, text);
            assert!(
                found.len() == 1 && found[0].contains(expected),
                "{file}: {found:?}"
            );
        }
    }

    #[test]
    fn what_stands_at_home_or_in_a_comment_is_no_problem() {
        let cases = [
            ("crates/store/src/query.rs", "\"SELECT 1\""),
            ("crates/store/src/engine/library.rs", "unsafe { f() }"),
            (
                "crates/slo/src/a.rs",
                "// SELECT or unsafe { .. } in a comment",
            ),
            (
                "crates/slo/src/lib.rs",
                "//! Says so.\n#![forbid(unsafe_code)]",
            ),
        ];
        for (file, text) in cases {
            assert_eq!(in_file(file, text), Vec::<String>::new(), "{file}");
        }
    }
}
