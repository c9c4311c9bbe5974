//! The book: the Markdown of `docs/`, in the layout of mdBook (`book.toml`, `SUMMARY.md`), as pages that work
//! under a strict Content-Security-Policy: no script, no style and no picture that is not a file beside them.
//!
//! **Promises.** [`build`] reads `SUMMARY.md` and everything that its pages link to. A link that leads nowhere, a
//! page that is not listed, raw HTML: each is a [`Mistake`] with its place, and all are reported together.
//!
//! ```
//! let folder = std::env::temp_dir().join("corswatch-book-example");
//! std::fs::create_dir_all(folder.join("docs"))?;
//! std::fs::write(folder.join("docs/SUMMARY.md"), "# Summary\n\n- [Start](start.md)\n")?;
//! std::fs::write(folder.join("docs/start.md"), "# Start\n\nSee [this](missing.md).\n")?;
//! let book = book::build(&folder);
//! assert!(book.files.contains_key("start.html"));
//! assert_eq!(book.mistakes[0].file, "docs/start.md");
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! **Never.** No part of it is in the product: it is used when the binary is built and by `cargo xtask check docs`.
#![forbid(unsafe_code)]

mod link;
mod markdown;
mod page;
mod path;
mod slug;
mod summary;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::link::Links;
use crate::markdown::{Chapter, render};
use crate::summary::{Entry, Summary};

/// The folder with the sources, below the root of the checkout.
pub const DOCS: &str = "docs";
/// The largest file that a page may link to, in bytes.
const MAX_FILE: usize = 1 << 20;

/// Something wrong in the sources.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {what}")]
pub struct Mistake {
    /// The file, from the root of the checkout.
    pub file: String,
    /// What is wrong, and what to do.
    pub what: String,
}

impl Mistake {
    fn new(file: &str, what: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            what: what.into(),
        }
    }
}

/// The book, as files.
#[derive(Debug, Default)]
pub struct Book {
    /// Path below the book's address, and content.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The files that it was made from: where one changes, it is to be made again.
    pub sources: Vec<PathBuf>,
    /// What is wrong in them, by file. What could be made is in the book all the same.
    pub mistakes: Vec<Mistake>,
}

impl Book {
    /// A number that changes with any file: FNV-1a over names and contents
    /// (<https://datatracker.ietf.org/doc/html/rfc9923>).
    #[must_use]
    pub fn tag(&self) -> u64 {
        let bytes = self
            .files
            .iter()
            .flat_map(|(path, content)| path.as_bytes().iter().chain(content));
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }
}

/// Makes the book of the checkout at `root`, and finds all mistakes in it together.
#[must_use]
pub fn build(root: &Path) -> Book {
    let mut book = Book::default();
    let summary_file = format!("{DOCS}/SUMMARY.md");
    book.sources.push(root.join(&summary_file));
    let summary = read(root, &summary_file).map_err(|mistake| vec![mistake]);
    let summary = summary.and_then(|text| Summary::parse(&summary_file, &text));
    match summary {
        Ok(summary) => fill(root, &summary, &mut book),
        Err(mistakes) => book.mistakes = mistakes,
    }
    book.mistakes
        .sort_by(|a, b| (&a.file, &a.what).cmp(&(&b.file, &b.what)));
    book
}

fn fill(root: &Path, summary: &Summary, book: &mut Book) {
    book.mistakes = unlisted(root, summary);
    let mut chapters = Vec::new();
    for entry in summary.entries() {
        match read(root, &entry.source) {
            Ok(text) => chapters.push(Chapter::parse(entry, &text)),
            Err(mistake) => book.mistakes.push(mistake),
        }
        book.sources.push(root.join(&entry.source));
    }
    let links = Links::of(root, &chapters);
    for (at, chapter) in chapters.iter().enumerate() {
        let (body, found) = render(chapter, &links);
        book.mistakes.extend(found.mistakes);
        for file in found.files {
            if let Err(mistake) = carry(root, &chapter.entry, &file, book) {
                book.mistakes.push(mistake);
            }
        }
        let neighbours = page::Neighbours {
            before: at.checked_sub(1).and_then(|at| chapters.get(at)),
            after: chapters.get(at + 1),
        };
        let html = page::document(chapter, &body, summary, &neighbours);
        let output = chapter.entry.output.clone();
        book.files.insert(output, html.into_bytes());
    }
    for (name, content) in page::THEME {
        let content = content.as_bytes().to_vec();
        book.files.insert((*name).to_owned(), content);
    }
    let index = page::search_index(&chapters).into_bytes();
    book.files.insert(page::SEARCH_INDEX.to_owned(), index);
}

fn read(root: &Path, file: &str) -> Result<String, Mistake> {
    std::fs::read_to_string(root.join(file))
        .map_err(|error| Mistake::new(file, format!("cannot be read: {error}")))
}

/// Pages of the folder that the summary leaves out.
fn unlisted(root: &Path, summary: &Summary) -> Vec<Mistake> {
    let mut found = Vec::new();
    let mut folders = vec![DOCS.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(root.join(&folder)).into_iter().flatten();
        for entry in entries.filter_map(Result::ok) {
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                folders.push(path);
            } else if path.ends_with(".md")
                && !path.ends_with("/SUMMARY.md")
                && !summary.entries().iter().any(|entry| entry.source == path)
            {
                found.push(Mistake::new(
                    &path,
                    "is not in docs/SUMMARY.md: list it there",
                ));
            }
        }
    }
    found
}

/// Takes a file along that a page links to.
fn carry(root: &Path, page: &Entry, source: &str, book: &mut Book) -> Result<(), Mistake> {
    let output = path::output_of(source);
    if book.files.contains_key(&output) {
        return Ok(());
    }
    let wrong = |what: String| Mistake::new(&page.source, what);
    let bytes = std::fs::read(root.join(source))
        .map_err(|error| wrong(format!("links to {source}, which cannot be read: {error}")))?;
    if bytes.len() > MAX_FILE {
        return Err(wrong(format!(
            "links to {source}, which is larger than {MAX_FILE} bytes"
        )));
    }
    book.sources.push(root.join(source));
    book.files.insert(output, bytes);
    Ok(())
}
