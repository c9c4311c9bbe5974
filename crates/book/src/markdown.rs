//! Markdown to HTML, as far as pages of documentation need it.

use pulldown_cmark::{Alignment, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use crate::Mistake;
use crate::link::{Links, Target};
use crate::slug::Slugs;
use crate::summary::Entry;

/// A heading of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heading {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) level: HeadingLevel,
}

/// A page, read.
#[derive(Debug)]
pub(crate) struct Chapter {
    pub(crate) entry: Entry,
    pub(crate) text: String,
    pub(crate) headings: Vec<Heading>,
}

/// What rendering a page found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) mistakes: Vec<Mistake>,
    /// Files that the page links to, from the root of the checkout.
    pub(crate) files: Vec<String>,
}

fn parser(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES)
}

impl Chapter {
    pub(crate) fn parse(entry: &Entry, text: &str) -> Self {
        let (mut slugs, mut headings) = (Slugs::default(), Vec::new());
        let mut open: Option<(HeadingLevel, String)> = None;
        for event in parser(text) {
            match (event, &mut open) {
                (Event::Start(Tag::Heading { level, .. }), _) => {
                    open = Some((level, String::new()))
                }
                (Event::End(TagEnd::Heading(_)), Some((level, text))) => {
                    headings.push(Heading {
                        id: slugs.of(text),
                        text: std::mem::take(text),
                        level: *level,
                    });
                    open = None;
                }
                (Event::Text(part) | Event::Code(part), Some((_, text))) => text.push_str(&part),
                _ => {}
            }
        }
        Self {
            entry: entry.clone(),
            text: text.to_owned(),
            headings,
        }
    }

    /// What the page calls itself.
    pub(crate) fn title(&self) -> &str {
        self.headings
            .first()
            .map_or(self.entry.title.as_str(), |heading| heading.text.as_str())
    }
}

/// The body of a page.
pub(crate) fn render(chapter: &Chapter, links: &Links) -> (String, Found) {
    let mut found = Found::default();
    let mut ids = chapter.headings.iter().map(|heading| heading.id.as_str());
    let events: Vec<Event<'_>> = parser(&chapter.text)
        .filter_map(|event| {
            adapted(event, &mut ids, |link| {
                follow(chapter, links, link, &mut found)
            })
            .map_err(|raw| {
                let what = format!("raw HTML, which is not shown: `{raw}`; write Markdown");
                found
                    .mistakes
                    .push(Mistake::new(&chapter.entry.source, what));
            })
            .unwrap_or_default()
        })
        .collect();
    let mut body = String::with_capacity(chapter.text.len() * 2);
    html::push_html(&mut body, events.into_iter());
    (body, found)
}

/// The address of a link; one that leads nowhere stays as it is, and is noted.
fn follow(chapter: &Chapter, links: &Links, link: &str, found: &mut Found) -> String {
    match links.target(&chapter.entry, link) {
        Ok(Target::AsItIs) => link.to_owned(),
        Ok(Target::Page(address)) => address,
        Ok(Target::File { address, source }) => {
            found.files.push(source);
            address
        }
        Err(what) => {
            found
                .mistakes
                .push(Mistake::new(&chapter.entry.source, what));
            link.to_owned()
        }
    }
}

/// An event as the book has it: none for a comment, an error for raw HTML.
fn adapted<'a>(
    event: Event<'a>,
    ids: &mut impl Iterator<Item = &'a str>,
    mut follow: impl FnMut(&str) -> String,
) -> Result<Option<Event<'a>>, String> {
    Ok(Some(match event {
        Event::Start(Tag::Heading {
            level,
            classes,
            attrs,
            ..
        }) => Event::Start(Tag::Heading {
            level,
            id: ids.next().map(CowStr::from),
            classes,
            attrs,
        }),
        Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }) => Event::Start(Tag::Link {
            link_type,
            dest_url: follow(&dest_url).into(),
            title,
            id,
        }),
        Event::Start(Tag::Image {
            link_type,
            dest_url,
            title,
            id,
        }) => Event::Start(Tag::Image {
            link_type,
            dest_url: follow(&dest_url).into(),
            title,
            id,
        }),
        Event::Start(Tag::CodeBlock(kind)) => Event::Start(Tag::CodeBlock(language(kind))),
        // Alignment would be a style in each cell, which the policy forbids.
        Event::Start(Tag::Table(columns)) => {
            Event::Start(Tag::Table(vec![Alignment::None; columns.len()]))
        }
        Event::Html(raw) | Event::InlineHtml(raw) => {
            let raw = raw.trim();
            return if raw.is_empty() || raw.starts_with("<!--") {
                Ok(None)
            } else {
                Err(raw.to_owned())
            };
        }
        Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => return Ok(None),
        other => other,
    }))
}

/// The language of a block alone: the other words after a fence are for the test that runs it.
fn language(kind: pulldown_cmark::CodeBlockKind<'_>) -> pulldown_cmark::CodeBlockKind<'_> {
    use pulldown_cmark::CodeBlockKind::{Fenced, Indented};
    match kind {
        Fenced(words) => Fenced(
            words
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .to_owned()
                .into(),
        ),
        Indented => Indented,
    }
}
