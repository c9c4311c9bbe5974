//! `SUMMARY.md`: which pages there are, in which order, in which part.

use crate::path::{joined, output_of};
use crate::{DOCS, Mistake};

/// A page of the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What the table of contents calls it.
    pub(crate) title: String,
    /// Its source, from the root of the checkout.
    pub(crate) source: String,
    /// Its page, from the book's address.
    pub(crate) output: String,
}

/// A line of the table of contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    Part(String),
    Page {
        entry: Entry,
        /// How deep it is indented: 0 for most.
        depth: usize,
    },
}

/// The table of contents.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) items: Vec<Item>,
    entries: Vec<Entry>,
}

impl Summary {
    /// Reads the part of mdBook's format that says what there is: headings, and links in lists.
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, Vec<Mistake>> {
        let (mut items, mut entries, mut mistakes) = (Vec::new(), Vec::<Entry>::new(), Vec::new());
        for (number, line) in (1..).zip(text.lines()) {
            let mut wrong = |what: &str| {
                mistakes.push(Mistake::new(file, format!("line {number}: {what}")));
            };
            let trimmed = line.trim();
            if let Some(part) = trimmed.strip_prefix("# ") {
                // The first heading is the title of the list itself.
                if number > 1 {
                    items.push(Item::Part(part.to_owned()));
                }
            } else if !trimmed.is_empty() {
                let Some((title, link)) = link(trimmed) else {
                    wrong("write `- [title](page.md)`, or a part as `# title`");
                    continue;
                };
                let Some(source) = joined(&format!("{DOCS}/SUMMARY.md"), link) else {
                    wrong("the link leaves the checkout");
                    continue;
                };
                if entries.iter().any(|entry| entry.source == source) {
                    wrong("the page is listed already");
                    continue;
                }
                let entry = Entry {
                    title: title.to_owned(),
                    output: output_of(&source),
                    source,
                };
                entries.push(entry.clone());
                let indent = line.len() - line.trim_start().len();
                items.push(Item::Page {
                    entry,
                    depth: indent / 2,
                });
            }
        }
        match mistakes.is_empty() {
            true => Ok(Self { items, entries }),
            false => Err(mistakes),
        }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// Title and target of `- [title](target)` or `[title](target)`.
fn link(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_prefix("- ").unwrap_or(line);
    let (title, target) = line.strip_prefix('[')?.split_once("](")?;
    Some((title, target.strip_suffix(')')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_pages_are_read_in_order_and_mistakes_have_their_lines() {
        let text = "# Summary\n\n[First](README.md)\n\n# For SREs\n\n- [Alerts](alerts.md)\n  - [Deploys](../deploy/README.md)\n";
        let summary = Summary::parse("docs/SUMMARY.md", text).expect("well formed");
        let shown: Vec<String> = summary
            .items
            .iter()
            .map(|item| match item {
                Item::Part(part) => part.clone(),
                Item::Page { entry, depth } => format!("{depth} {} {}", entry.source, entry.output),
            })
            .collect();
        assert_eq!(
            shown,
            [
                "0 docs/README.md index.html",
                "For SREs",
                "0 docs/alerts.md alerts.html",
                "1 deploy/README.md repository/deploy/index.html"
            ]
        );
        let found =
            Summary::parse("s", "# S\nno link\n- [a](a.md)\n- [b](a.md)\n").expect_err("wrong");
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "s: line 2: write `- [title](page.md)`, or a part as `# title`",
                "s: line 4: the page is listed already"
            ]
        );
    }
}
