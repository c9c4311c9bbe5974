//! Files stop at a length at which a reader still sees the whole.

use anyhow::Result;

use crate::{git, workspace};

/// Lines of a production file.
const PRODUCTION: usize = 400;
/// Lines of a test file, and of a production file with its tests.
const TESTS: usize = 800;

/// What counts as source.
const SOURCES: &[&str] = &[
    ".rs", ".ts", ".tsx", ".js", ".mjs", ".svelte", ".css", ".sql",
];

/// Files that may be longer, each with its reason.
const LONGER: &[(&str, &str)] = &[(
    "dashboard-ui/src/api/openapi.ts",
    "written by a generator from the description of the API",
)];

/// Every file over its stop.
pub(super) fn problems() -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for file in git::tracked()? {
        let exempt = LONGER.iter().any(|(longer, _)| *longer == file);
        if exempt || !SOURCES.iter().any(|suffix| file.ends_with(suffix)) {
            continue;
        }
        if let Some(text) = workspace::text(&file)? {
            problems.extend(too_long(&file, &text));
        }
    }
    Ok(problems)
}

fn too_long(file: &str, text: &str) -> Option<String> {
    let total = text.lines().count();
    let production = text
        .lines()
        .position(|line| line.trim_start() == "#[cfg(test)]")
        .unwrap_or(total);
    if !is_test(file) && production > PRODUCTION {
        return Some(format!("{file}: {production} lines, stop at {PRODUCTION}"));
    }
    (total > TESTS).then(|| format!("{file}: {total} lines with its tests, stop at {TESTS}"))
}

fn is_test(file: &str) -> bool {
    let folders = [
        "tests/",
        "test/",
        "benches/",
        "bench/",
        "e2e/",
        "testkit/",
        "differential/",
    ];
    folders
        .iter()
        .any(|folder| file.starts_with(folder) || file.contains(&format!("/{folder}")))
        || file.contains(".test.")
        || file.contains(".spec.")
        || file.ends_with("tests.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_lines_and_tests_have_their_own_stops() {
        let lines = |count: usize| "x\n".repeat(count);
        let with_tests =
            |production, tests| format!("{}#[cfg(test)]\n{}", lines(production), lines(tests));
        let cases = [
            ("crates/a/src/b.rs", lines(400), false),
            ("crates/a/src/b.rs", lines(401), true),
            ("crates/a/src/b.rs", with_tests(390, 390), false),
            ("crates/a/src/b.rs", with_tests(390, 420), true),
            ("crates/a/tests/b.rs", lines(800), false),
            ("sdk-js/src/b.test.ts", lines(801), true),
        ];
        for (file, text, long) in cases {
            assert_eq!(too_long(file, &text).is_some(), long, "{file}");
        }
    }
}
