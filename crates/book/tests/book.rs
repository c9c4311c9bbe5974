//! The book of this checkout, and of small ones that are wrong.
#![allow(missing_docs)]

use std::path::Path;

use book::{Mistake, build};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

#[test]
fn the_documentation_is_a_book_in_which_every_link_leads_somewhere() {
    let made = build(root());
    let lines: Vec<String> = made.mistakes.iter().map(Mistake::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
    for page in [
        "index.html",
        "alerts.html",
        "glossary.html",
        "book.css",
        "search.js",
        "search.json",
    ] {
        assert!(made.files.contains_key(page), "{page}");
    }
}

#[test]
fn pages_stand_under_a_policy_without_inline_scripts_and_styles() {
    let made = build(root());
    for (path, content) in made
        .files
        .iter()
        .filter(|(path, _)| path.ends_with(".html"))
    {
        let text = String::from_utf8_lossy(content);
        let scripts = text.matches("<script").count();
        assert_eq!(
            (scripts, text.matches("<script src=").count()),
            (1, 1),
            "{path}"
        );
        for inline in ["<style", " style=\"", " onclick=", "javascript:"] {
            assert!(!text.contains(inline), "{path}: {inline}");
        }
    }
}

/// The mistakes of a checkout with these files.
fn mistakes(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        std::fs::write(file, text).expect("written");
    }
    let made = build(folder.path());
    made.mistakes.iter().map(Mistake::to_string).collect()
}

#[test]
fn what_is_wrong_is_told_all_at_once_with_its_page() {
    let summary = (
        "docs/SUMMARY.md",
        "# Summary\n- [A](a.md)\n- [Gone](gone.md)\n- [Out](../OUT.md)\n",
    );
    let page = "# A\n[b](b.md) [c](#nowhere) [d](../OUT.md#here) [e](x) [f](javascript:x) [g](../../../etc/passwd)\n\n\
                <b>raw</b>\n<!-- a comment -->\n[good](../OUT.md#there) ![p](p.png)\n";
    let found = mistakes(&[
        summary,
        ("docs/a.md", page),
        ("docs/b.md", "# B\n"),
        ("docs/x/y.txt", ""),
        ("OUT.md", "# There\n"),
    ]);
    let expected = [
        "docs/a.md: links to #nowhere: docs/a.md has no such heading",
        "docs/a.md: links to ../../../etc/passwd, which is outside of the checkout",
        "docs/a.md: links to ../OUT.md#here: OUT.md has no such heading",
        "docs/a.md: links to b.md: docs/b.md is not a page of the book; list it in docs/SUMMARY.md",
        "docs/a.md: links to javascript:x: the scheme is https, http or mailto",
        "docs/a.md: links to p.png, which is not there",
        "docs/a.md: links to x, which is a folder: link to a file in it",
        "docs/a.md: raw HTML, which is not shown: `<b>`; write Markdown",
        "docs/a.md: raw HTML, which is not shown: `</b>`; write Markdown",
        "docs/b.md: is not in docs/SUMMARY.md: list it there",
    ];
    for line in expected {
        assert!(found.iter().any(|text| text == line), "{line}\n{found:#?}");
    }
    assert!(
        found
            .iter()
            .any(|text| text.starts_with("docs/gone.md: cannot be read")),
        "{found:#?}"
    );
    assert_eq!(found.len(), expected.len() + 1, "{found:#?}");
}
