//! The fenced blocks of Markdown files.

use std::path::{Path, PathBuf};

/// One fenced block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Line of the opening fence, from 1.
    pub line: usize,
    /// The words after the fence: language, runner, options.
    pub info: Vec<String>,
    /// What is between the fences, with a line feed at the end of each line.
    pub text: String,
    /// Why it is not run, where a comment above it says so.
    pub not_run: Option<String>,
}

impl Block {
    /// The word that says what a test does with it; empty where none does.
    #[must_use]
    pub fn runner(&self) -> &str {
        self.info.get(1).map_or("", String::as_str)
    }

    /// The value of `name=value` among the words.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.info
            .iter()
            .filter_map(|word| word.split_once('='))
            .find_map(|(option, value)| (option == name).then_some(value))
    }
}

/// The fenced blocks of `text`, in their order.
///
/// # Panics
/// When a fence is not closed.
#[must_use]
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let mut not_run = None;
    for (at, line) in text.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        match (&mut open, fence) {
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(info)) => {
                open = Some(Block {
                    line: at + 1,
                    info: info.split_whitespace().map(str::to_owned).collect(),
                    text: String::new(),
                    not_run: not_run.take(),
                });
            }
            (None, None) => {
                let comment = line
                    .strip_prefix("<!-- not-run: ")
                    .and_then(|rest| rest.strip_suffix(" -->"));
                not_run = comment.map(str::to_owned);
            }
        }
    }
    assert_eq!(open, None, "a fence is not closed");
    blocks
}

/// Every Markdown file below `folder`, sorted; folders in `without` are left out.
///
/// # Panics
/// When a folder cannot be read.
#[must_use]
pub fn pages(folder: &Path, without: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str());
            if path.is_dir() {
                if !name.is_some_and(|name| without.contains(&name)) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|end| end == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_their_words_their_line_and_the_reason_not_to_run_them() {
        let text = "a\n```sh run exit=1\nls\n```\n<!-- not-run: needs a cluster -->\n```sh\nx\n```\n```\ny\n```\n";
        let got = blocks(text);
        let lines: Vec<_> = got.iter().map(|block| block.line).collect();
        assert_eq!(lines, [2, 6, 9]);
        assert_eq!((got[0].runner(), got[0].option("exit")), ("run", Some("1")));
        assert_eq!(got[0].text, "ls\n");
        assert_eq!(got[1].not_run.as_deref(), Some("needs a cluster"));
        assert_eq!((got[2].runner(), &got[2].not_run), ("", &None));
    }
}
