//! Reads how many tests passed and failed from what the test runners print.

/// Tests that passed and failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: u64,
    pub(super) failed: u64,
}

impl Counts {
    /// Adds what one line of a runner's output says.
    pub(super) fn read(&mut self, line: &str) {
        let line = without_colour(line);
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("test result: ") {
            self.add_all(rest); // libtest
        } else if let Some(rest) = line.strip_prefix("Tests ") {
            self.add_all(rest); // vitest; its "Test Files" line counts files
        } else if let Some(rest) = line.strip_prefix("# ").or(line.strip_prefix("ℹ ")) {
            self.add_named(rest); // node --test
        } else if line.starts_with(|first: char| first.is_ascii_digit()) {
            self.add_leading(line); // playwright
        }
    }

    /// `12 passed; 1 failed`, in any order, with anything between.
    fn add_all(&mut self, text: &str) {
        let words: Vec<&str> = text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        for pair in words.windows(2) {
            self.add(pair[1], pair[0]);
        }
    }

    /// `pass 12`.
    fn add_named(&mut self, text: &str) {
        let mut words = text.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some("pass"), Some(number), None) => self.add("passed", number),
            (Some("fail"), Some(number), None) => self.add("failed", number),
            _ => {}
        }
    }

    /// `12 passed (3.4s)` or `1 failed`, alone on its line.
    fn add_leading(&mut self, text: &str) {
        let mut words = text.split_whitespace();
        let (Some(number), Some(word)) = (words.next(), words.next()) else {
            return;
        };
        if words.next().is_none_or(|rest| rest.starts_with('(')) {
            self.add(word, number);
        }
    }

    fn add(&mut self, word: &str, number: &str) {
        let Ok(number) = number.parse::<u64>() else {
            return;
        };
        match word {
            "passed" => self.passed += number,
            "failed" => self.failed += number,
            _ => {}
        }
    }
}

/// The line without terminal colours (`ESC [ .. m`).
fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_runner_of_the_project_is_understood() {
        let cases = [
            (
                "test result: ok. 12 passed; 1 failed; 0 ignored; 0 measured; 3 filtered out; \
                 finished in 0.01s",
                (12, 1),
            ),
            ("      Tests  2 failed | 12 passed (14)", (12, 2)),
            (
                "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[32m7 passed\u{1b}[39m (7)",
                (7, 0),
            ),
            (" Test Files  3 passed (3)", (0, 0)),
            ("# pass 5", (5, 0)),
            ("# fail 2", (0, 2)),
            ("ℹ pass 9", (9, 0)),
            ("# passing the time 4", (0, 0)),
            ("  12 passed (3.4s)", (12, 0)),
            ("  1 failed", (0, 1)),
            ("12 passed, 0 failed", (0, 0)),
            ("test tests::three_3_passed ... ok", (0, 0)),
        ];
        for (line, (passed, failed)) in cases {
            let mut counts = Counts::default();
            counts.read(line);
            assert_eq!(counts, Counts { passed, failed }, "{line}");
        }
    }
}
