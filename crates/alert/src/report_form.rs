//! Forms of a report, which is written as Markdown: the page of a browser, and the text and the page of a mail.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1f;background:#fff}\
    table{border-collapse:collapse}th,td{border:1px solid #c5c6d0;padding:.3rem .6rem;text-align:left}\
    @media(prefers-color-scheme:dark){body{color:#e4e2e6;background:#1b1b1f}th,td{border-color:#46464f}}";

/// Its events. Markup of HTML is text in it: a report has none of its own.
fn events(markdown: &str) -> impl Iterator<Item = Event<'_>> {
    Parser::new_ext(markdown, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        event => event,
    })
}

/// A page of its own, which needs nothing else.
#[must_use]
pub fn report_page(title: &str, markdown: &str) -> String {
    let mut body = String::new();
    html::push_html(&mut body, events(markdown));
    let mut head = String::new();
    html::push_html(&mut head, std::iter::once(Event::Text(title.into())));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{head}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

/// Text that reads well without any markup, in letters of any width: what a table has in columns stands below the first
/// cell of its row, each with the name of its column.
pub(crate) fn report_text(markdown: &str) -> String {
    let mut text = Text::default();
    for event in events(markdown) {
        text.take(event);
    }
    text.out.trim().to_owned() + "\n"
}

#[derive(Default)]
struct Text {
    out: String,
    /// What the element says that is read now.
    said: String,
    columns: Vec<String>,
    cells: Vec<String>,
}

impl Text {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::Heading { .. } | Tag::Paragraph | Tag::TableCell) => {
                self.said.clear();
            }
            Event::Start(Tag::Item) => {
                self.said.clear();
                self.said.push_str("- ");
            }
            Event::Start(Tag::Table(_)) => self.columns.clear(),
            Event::Text(part) | Event::Code(part) => self.said.push_str(&part),
            Event::SoftBreak | Event::HardBreak => self.said.push(' '),
            Event::End(end) => self.end(end),
            _ => {}
        }
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::Heading(level) => self.heading(level),
            TagEnd::Paragraph => {
                let said = std::mem::take(&mut self.said);
                self.line(&said);
                self.out.push('\n');
            }
            TagEnd::Item => {
                let said = std::mem::take(&mut self.said);
                self.line(&said);
            }
            TagEnd::TableCell => self.cells.push(std::mem::take(&mut self.said)),
            TagEnd::TableHead => self.columns = std::mem::take(&mut self.cells),
            TagEnd::TableRow => self.row(),
            TagEnd::List(_) | TagEnd::Table => self.out.push('\n'),
            _ => {}
        }
    }

    fn line(&mut self, text: &str) {
        if !text.is_empty() {
            self.out.push_str(text);
            self.out.push('\n');
        }
    }

    /// Underlined, and a line free before it.
    fn heading(&mut self, level: HeadingLevel) {
        let said = std::mem::take(&mut self.said);
        while !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
        let below = if level == HeadingLevel::H1 { "=" } else { "-" };
        let below = below.repeat(said.chars().count().min(72));
        self.line(&said);
        self.line(&below);
        self.out.push('\n');
    }

    fn row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        let columns = std::mem::take(&mut self.columns);
        let mut named = columns.iter().zip(&cells);
        if let Some((_, first)) = named.next() {
            self.line(first);
        }
        for (column, cell) in named.filter(|(_, cell)| !cell.is_empty()) {
            self.line(&format!("    {column}: {cell}"));
        }
        self.columns = columns;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "# CORS of shop: week\n\n## Objectives\n\n| objective | measured | without maintenance |\n|---|---|---|\n\
        | a\\_b | 1 % | |\n| c | 2 % | 3 % |\n\n## Incidents\n\n2 opened.\n\n- one \\<img src=x\\>\n- two\n\n## Changes\n\nNone.\n";

    #[test]
    fn as_text_it_has_no_markup_and_names_what_stood_in_columns() {
        assert_eq!(
            report_text(REPORT),
            "CORS of shop: week\n==================\n\n\
             Objectives\n----------\n\n\
             a_b\n    measured: 1 %\nc\n    measured: 2 %\n    without maintenance: 3 %\n\n\
             Incidents\n---------\n\n2 opened.\n\n- one <img src=x>\n- two\n\n\
             Changes\n-------\n\nNone.\n"
        );
    }

    #[test]
    fn as_a_page_it_has_tables_and_what_strangers_wrote_is_text() {
        let page = report_page("a <b>", REPORT);
        assert!(page.contains("<title>a &lt;b&gt;</title>"), "{page}");
        assert!(page.contains("<td>a_b</td>"), "{page}");
        let raw = report_page("t", "a <img src=x> b\n\n<script>x</script>\n");
        assert!(!raw.contains("<img") && !raw.contains("<script"), "{raw}");
    }
}
