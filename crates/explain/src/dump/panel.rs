//! What the headers panel of DevTools shows, as people copy it: sections with a name and its value a line,
//! or the value in the line below.

use cors::{Answer, Headers, is_token};

use super::headless;
use super::messages::{Body, Message, Sent, Stream};
use super::request::is_method;

/// The part of the panel that a line stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    General,
    Answer,
    Request,
}

/// What a panel shows.
pub(super) struct Panel {
    /// The request, and its answer.
    pub(super) messages: Vec<Message>,
    /// Whether the status is not shown.
    pub(super) is_assumed: bool,
}

/// The request and the answer of a panel; nothing where the text is none.
pub(super) fn read(text: &str) -> Option<Panel> {
    let mut section = Section::General;
    let (mut url, mut method, mut status) = (None, None, None);
    let (mut sent, mut got) = (Headers::new(), Headers::new());
    let mut start = 0;
    let mut answered = false;
    // What was marked with the mouse has the lines without the headings.
    let has_headings = text
        .lines()
        .any(|line| named(line.trim()) == Some(Section::Answer));
    for (number, name, value) in pairs(text) {
        let Some(value) = value else {
            // Consoles of REST clients: `GET https://api.test/x`, and `200` or `200 OK` below it.
            if let Some((asked, target)) = asked(name) {
                (url, method, start) = (Some(target), Some(asked), number);
            }
            status = status.or_else(|| bare_status(name));
            section = named(name).unwrap_or(section);
            answered |= section == Section::Answer;
            continue;
        };
        match (section, name.to_ascii_lowercase().as_str()) {
            (_, "request url") => (url, start) = (Some(value), number),
            (Section::General, _) if is_method(name) => {
                (url, method, start) = (Some(value), Some(name), number);
            }
            (_, "request method") => method = Some(value),
            (Section::General, "status") | (_, "status code") => {
                status = value.get(..3).and_then(|code| code.parse().ok())
            }
            (Section::General, name) if !has_headings && status.is_some() => {
                if is_of_requests(name) {
                    section = Section::Request;
                    sent.push(name, value);
                } else if !["remote address", "referrer policy"].contains(&name) {
                    answered = true;
                    got.push(name, value);
                }
            }
            (Section::Answer, name) => got.push(name, value),
            (Section::Request, name) if !name.starts_with(':') => sent.push(name, value),
            _ => {}
        }
    }
    // Without any header of it there is no answer to judge.
    let (Some(url), Some(method), true) = (url, method, answered) else {
        return None;
    };
    let is_assumed = status.is_none() && headless::may_be_good(&got);
    let status = status.or(is_assumed.then_some(headless::ASSUMED))?;
    let message = |body| Message {
        line: start,
        stream: Stream::Plain,
        body,
    };
    let sent = Sent {
        method: method.to_owned(),
        target: url.to_owned(),
        version: String::new(),
        headers: sent,
    };
    let answer = Answer {
        status,
        headers: got,
    };
    let phrase = String::new();
    Some(Panel {
        messages: vec![
            message(Body::Request(sent)),
            message(Body::Answer { answer, phrase }),
        ],
        is_assumed,
    })
}

/// `GET https://api.test/x`.
fn asked(line: &str) -> Option<(&str, &str)> {
    let (method, target) = line.split_once(' ')?;
    let is_url = target.starts_with("http://") || target.starts_with("https://");
    (is_method(method) && is_url && !target.contains(' ')).then_some((method, target))
}

/// `200`, `200 OK`.
fn bare_status(line: &str) -> Option<u16> {
    let (code, phrase) = line.split_once(' ').unwrap_or((line, ""));
    let is_phrase = phrase
        .chars()
        .all(|c| c.is_alphabetic() || " -'".contains(c));
    let code: u16 = code.parse().ok()?;
    (is_phrase && (100..=599).contains(&code)).then_some(code)
}

/// Whether a header is one that only requests have: DevTools show those of the answer first.
fn is_of_requests(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "accept",
        "accept-encoding",
        "accept-language",
        "authorization",
        "cookie",
        "host",
        "if-modified-since",
        "if-none-match",
        "origin",
        "referer",
        "upgrade-insecure-requests",
        "user-agent",
    ];
    NAMES.contains(&name)
        || [":", "sec-", "access-control-request-"]
            .iter()
            .any(|start| name.starts_with(start))
}

fn named(line: &str) -> Option<Section> {
    let line = line.trim_start_matches(|c: char| !c.is_alphabetic());
    let is = |name: &str| {
        line.get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    if is("general") {
        Some(Section::General)
    } else if is("response headers") {
        Some(Section::Answer)
    } else if is("request headers") {
        Some(Section::Request)
    } else {
        None
    }
}

/// The lines as names with values; what has none is a heading.
fn pairs(text: &str) -> impl Iterator<Item = (usize, &str, Option<&str>)> {
    let mut lines = (1..).zip(text.lines()).peekable();
    std::iter::from_fn(move || {
        let (number, line) = lines.find(|(_, line)| !line.trim().is_empty())?;
        let line = line.trim();
        if named(line).is_some() && !line.contains(": ") {
            return Some((number, line, None));
        }
        if asked(line).is_some() {
            return Some((number, line, None));
        }
        // Names of HTTP/2 begin with a colon.
        let colon = line.char_indices().skip(1).find(|(_, c)| *c == ':');
        Some(
            match colon.map(|(at, _)| (&line[..at], line[at + 1..].trim())) {
                Some((name, "")) => (number, name, lines.next().map(|(_, value)| value.trim())),
                Some((name, value)) => (number, name, Some(value)),
                None => {
                    const GENERAL: [&str; 6] = [
                        "Request URL",
                        "Request Method",
                        "Status",
                        "Status Code",
                        "Remote Address",
                        "Referrer Policy",
                    ];
                    // Newer releases show names in lower case with their values below.
                    let is_header = is_token(line.as_bytes())
                        && line
                            .bytes()
                            .all(|b| !b.is_ascii_uppercase() && !b.is_ascii_digit());
                    // Firefox begins with the method, and indents what belongs to the line above.
                    let is_of_above = |value: &str| {
                        is_method(line) && value.trim().starts_with("http")
                            || is_token(line.as_bytes()) && value.starts_with('\t')
                    };
                    let has_value = GENERAL.contains(&line) || is_header;
                    let value = lines.next_if(|(_, value)| has_value || is_of_above(value));
                    let value = value.map(|(_, value)| value.trim());
                    (number, line, value)
                }
            },
        )
    })
}
