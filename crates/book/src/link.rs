//! Where links of pages lead.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::markdown::Chapter;
use crate::path::{joined, output_of, relative};
use crate::summary::Entry;

/// Everything that can be linked to.
#[derive(Debug)]
pub(crate) struct Links {
    root: PathBuf,
    /// The headings of every page, by its source.
    pages: BTreeMap<String, BTreeSet<String>>,
}

/// Where a link leads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Elsewhere on the web, or within this page.
    AsItIs,
    /// A page of the book, at this address.
    Page(String),
    /// A file that has to be taken along.
    File { address: String, source: String },
}

impl Links {
    pub(crate) fn of(root: &Path, chapters: &[Chapter]) -> Self {
        let pages = chapters.iter().map(|chapter| {
            let headings = chapter.headings.iter().map(|heading| heading.id.clone());
            (chapter.entry.source.clone(), headings.collect())
        });
        Self {
            root: root.to_owned(),
            pages: pages.collect(),
        }
    }

    /// Where `link` leads from a page; an error says what is wrong with it.
    pub(crate) fn target(&self, page: &Entry, link: &str) -> Result<Target, String> {
        if let Some((scheme, _)) = link.split_once(':')
            && scheme.chars().all(|c| c.is_ascii_alphabetic())
        {
            return match scheme {
                "https" | "http" | "mailto" => Ok(Target::AsItIs),
                _ => Err(format!(
                    "links to {link}: the scheme is https, http or mailto"
                )),
            };
        }
        let (path, heading) = link.split_once('#').unwrap_or((link, ""));
        let source = match path {
            "" => page.source.clone(),
            path => joined(&page.source, path)
                .ok_or_else(|| format!("links to {link}, which is outside of the checkout"))?,
        };
        if let Some(headings) = self.pages.get(&source) {
            if !heading.is_empty() && !headings.contains(heading) {
                return Err(format!("links to {link}: {source} has no such heading"));
            }
            if path.is_empty() {
                return Ok(Target::AsItIs);
            }
            let address = relative(&page.output, &output_of(&source));
            let heading = if heading.is_empty() {
                String::new()
            } else {
                format!("#{heading}")
            };
            return Ok(Target::Page(format!("{address}{heading}")));
        }
        let file = self.root.join(&source);
        match () {
            () if source.ends_with(".md") && file.is_file() => Err(format!(
                "links to {link}: {source} is not a page of the book; list it in docs/SUMMARY.md"
            )),
            () if file.is_file() => Ok(Target::File {
                address: relative(&page.output, &output_of(&source)),
                source,
            }),
            () if file.is_dir() => Err(format!(
                "links to {link}, which is a folder: link to a file in it"
            )),
            () => Err(format!("links to {link}, which is not there")),
        }
    }
}
