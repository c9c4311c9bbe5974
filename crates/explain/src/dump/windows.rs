//! What PowerShell prints of an answer where it leaves out the raw one.

use cors::{Answer, Headers};

use super::error::BadDump;
use super::messages::{Body, Message, Stream};

/// The answer of `StatusCode : 200` and `Headers : {[name, value], ..}`, or of the table of
/// `.Headers`.
pub(super) fn read(text: &str) -> Result<Vec<Message>, BadDump> {
    let mut status = None;
    let mut start = 0;
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(code) = refused(line) {
            return Err(BadDump::WindowsError(code));
        }
        if let Some(value) = member(line, "StatusCode") {
            status = value.parse().ok();
            start = number;
        }
    }
    let Some(status) = status else {
        return Ok(Vec::new());
    };
    let answer = Answer {
        status,
        headers: headers(text)?,
    };
    let phrase = String::new();
    Ok(vec![Message {
        line: start,
        stream: Stream::Plain,
        body: Body::Answer { answer, phrase },
    }])
}

/// The status of `The remote server returned an error: (403) Forbidden.` (5) and `Response status
/// code does not indicate success: 403 (Forbidden).` (7).
fn refused(line: &str) -> Option<u16> {
    let rest = line
        .split_once("returned an error: (")
        .or_else(|| line.split_once("does not indicate success: "))?
        .1;
    rest.get(..3)?.parse().ok()
}

/// The value of a member of a list, as in `StatusCode        : 200`.
fn member<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let rest = line.trim_start().strip_prefix(name)?.trim_start();
    Some(rest.strip_prefix(':')?.trim())
}

fn headers(text: &str) -> Result<Headers, BadDump> {
    let mut headers = Headers::new();
    let Some((number, _)) = (1..)
        .zip(text.lines())
        .find(|(_, line)| member(line, "Headers").is_some())
    else {
        return Err(BadDump::Cut { line: 1 });
    };
    let list: String = text
        .lines()
        .skip(number - 1)
        .enumerate()
        .take_while(|(index, line)| *index == 0 || line.starts_with(' '))
        .map(|(_, line)| line.trim())
        .collect::<Vec<_>>()
        .join(" ");
    // `System.String[]` stands for the values in PowerShell 7.
    if !list.trim_end().ends_with('}')
        || list.contains("...")
        || list.contains('\u{2026}')
        || list.contains("System.String[]")
    {
        return Err(BadDump::Cut { line: number });
    }
    for pair in list.split("], [") {
        let pair = pair
            .trim_start_matches("Headers")
            .trim_start_matches([' ', ':', '{', '['])
            .trim_end_matches(['}', ']', ' ']);
        if let Some((name, value)) = pair.split_once(", ") {
            headers.push(name.trim(), value.trim());
        }
    }
    Ok(headers)
}
