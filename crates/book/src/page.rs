//! A page around its body, and what helps to find one.

use std::fmt::Write as _;

use pulldown_cmark::HeadingLevel;
use pulldown_cmark_escape::{escape_href, escape_html};

use crate::markdown::Chapter;
use crate::path::relative;
use crate::summary::{Item, Summary};

/// Files of the book's looks.
pub(crate) const THEME: &[(&str, &str)] = &[
    ("book.css", include_str!("../theme/book.css")),
    ("search.js", include_str!("../theme/search.js")),
];

/// A picture in the address itself: without one browsers ask every host for `/favicon.ico`.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E\
     %3Ccircle cx='8' cy='8' r='7' fill='%232f5fd0'/%3E%3C/svg%3E";

/// What the search looks into.
pub(crate) const SEARCH_INDEX: &str = "search.json";

/// The pages before and after one.
pub(crate) struct Neighbours<'a> {
    pub(crate) before: Option<&'a Chapter>,
    pub(crate) after: Option<&'a Chapter>,
}

/// The whole document.
pub(crate) fn document(
    chapter: &Chapter,
    body: &str,
    summary: &Summary,
    neighbours: &Neighbours<'_>,
) -> String {
    let here = &chapter.entry.output;
    let address = |to: &str| href(&relative(here, to));
    let title = text(chapter.title());
    let (css, script) = (address("book.css"), address("search.js"));
    let (index, root) = (address(SEARCH_INDEX), address("index.html"));
    let contents = contents(here, summary);
    let turn = turn(here, neighbours);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} - corswatch</title>\n<link rel=\"icon\" href=\"{ICON}\">\n\
         <link rel=\"stylesheet\" href=\"{css}\">\n\
         <script src=\"{script}\" defer data-index=\"{index}\" data-root=\"{root}\"></script>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#content\">Skip to the content</a>\n\
         <nav aria-label=\"Contents\">\n<p><a href=\"{root}\">corswatch</a></p>\n\
         <search hidden><label>Search <input type=\"search\" autocomplete=\"off\"></label>\
         <ul aria-live=\"polite\"></ul></search>\n{contents}</nav>\n\
         <main id=\"content\">\n{body}{turn}</main>\n</body>\n</html>\n"
    )
}

fn contents(here: &str, summary: &Summary) -> String {
    let mut out = String::new();
    let mut is_open = false;
    for item in &summary.items {
        match item {
            Item::Part(part) => {
                if std::mem::take(&mut is_open) {
                    out.push_str("</ul>\n");
                }
                let _ = writeln!(out, "<h2>{}</h2>", text(part));
            }
            Item::Page { entry, depth } => {
                if !std::mem::replace(&mut is_open, true) {
                    out.push_str("<ul>\n");
                }
                let current = if entry.output == here {
                    " aria-current=\"page\""
                } else {
                    ""
                };
                let _ = writeln!(
                    out,
                    "<li class=\"depth-{depth}\"><a href=\"{}\"{current}>{}</a></li>",
                    href(&relative(here, &entry.output)),
                    text(&entry.title)
                );
            }
        }
    }
    if is_open {
        out.push_str("</ul>\n");
    }
    out
}

fn turn(here: &str, neighbours: &Neighbours<'_>) -> String {
    let link = |chapter: Option<&Chapter>, relation: &str, word: &str| {
        chapter.map_or_else(String::new, |chapter| {
            format!(
                "<a rel=\"{relation}\" href=\"{}\">{word}: {}</a>\n",
                href(&relative(here, &chapter.entry.output)),
                text(&chapter.entry.title)
            )
        })
    };
    format!(
        "<footer>\n{}{}</footer>\n",
        link(neighbours.before, "prev", "Before"),
        link(neighbours.after, "next", "Next")
    )
}

/// Pages and headings with their addresses, as JSON: `[["title", "address", "page"], ..]`.
pub(crate) fn search_index(chapters: &[Chapter]) -> String {
    let mut rows = Vec::new();
    for chapter in chapters {
        let page = &chapter.entry;
        rows.push(row(&[&page.title, &page.output, ""]));
        let headings = chapter.headings.iter();
        for heading in headings.filter(|heading| heading.level != HeadingLevel::H1) {
            let address = format!("{}#{}", page.output, heading.id);
            rows.push(row(&[&heading.text, &address, &page.title]));
        }
    }
    format!("[{}]\n", rows.join(",\n"))
}

fn row(texts: &[&str; 3]) -> String {
    let quoted = texts.map(|text| {
        let escaped: String = text
            .chars()
            .map(|c| match c {
                '"' | '\\' => format!("\\{c}"),
                c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
                c => c.to_string(),
            })
            .collect();
        format!("\"{escaped}\"")
    });
    format!("[{}]", quoted.join(","))
}

fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    // Writing into a String cannot fail.
    let _ = escape_html(&mut out, raw);
    out
}

fn href(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let _ = escape_href(&mut out, raw);
    out
}
