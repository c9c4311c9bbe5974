//! What PowerShell prints of an answer where it leaves out the raw one.

use cors::{Answer, Headers};

use super::error::BadDump;
use super::is_of_answers;
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
    let listed = match table(text)? {
        None => json(text).or_else(|| list(text)),
        table => table,
    };
    let answer = match (status, listed) {
        (Some(status), _) => Answer {
            status,
            headers: headers(text)?,
        },
        (None, Some((line, headers))) => {
            start = line;
            // Any other status would have been an error.
            Answer {
                status: 200,
                headers,
            }
        }
        (None, None) => return Ok(Vec::new()),
    };
    let phrase = String::new();
    Ok(vec![Message {
        line: start,
        stream: Stream::Plain,
        body: Body::Answer { answer, phrase },
    }])
}

/// The table of `.Headers`, a name and its value a line, and where it starts.
fn table(text: &str) -> Result<Option<(usize, Headers)>, BadDump> {
    let mut lines = (1..).zip(text.lines());
    let is_head = |line: &str| line.split_whitespace().eq(["Key", "Value"]);
    let Some((start, _)) = lines.by_ref().find(|(_, line)| is_head(line)) else {
        return Ok(None);
    };
    let mut headers = Headers::new();
    let rows = lines
        .skip_while(|(_, line)| line.trim_start().starts_with("---"))
        .take_while(|(_, line)| !line.trim().is_empty());
    for (number, line) in rows {
        let line = line.trim();
        if line.ends_with("...") || line.ends_with(['\u{2026}']) || line.ends_with("...}") {
            return Err(BadDump::Cut { line: number });
        }
        if let Some((name, value)) = line.split_once(' ') {
            headers.push(name, bare(value.trim()));
        }
    }
    Ok(Some((start, headers)))
}

/// The list of `.Headers | Format-List`: `Key   : name` and `Value : {value}` in turn.
fn list(text: &str) -> Option<(usize, Headers)> {
    let mut headers = Headers::new();
    let mut name = None;
    let mut start = 0;
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(key) = member(line, "Key") {
            name = Some(key);
            start = if start == 0 { number } else { start };
        } else if let (Some(value), Some(name)) = (member(line, "Value"), name.take()) {
            headers.push(name, bare(value));
        }
    }
    (start > 0).then_some((start, headers))
}

/// The object of `.Headers | ConvertTo-Json`: a text or a list of texts by name.
fn json(text: &str) -> Option<(usize, Headers)> {
    let start = text.find('{')?;
    let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter();
    let object: serde_json::Map<String, serde_json::Value> = values.next()?.ok()?;
    let mut headers = Headers::new();
    for (name, value) in &object {
        let lines = match value {
            serde_json::Value::Array(lines) => lines.as_slice(),
            line => std::slice::from_ref(line),
        };
        for line in lines {
            headers.push(name, line.as_str().unwrap_or_default());
        }
    }
    let known = |name: &String| is_of_answers(name) || name.eq_ignore_ascii_case("content-type");
    let line = text[..start].lines().count();
    object.keys().any(known).then_some((line.max(1), headers))
}

/// PowerShell 7 shows lists: `{https://app.test}`.
fn bare(value: &str) -> &str {
    let inner = value
        .strip_prefix('{')
        .and_then(|value| value.strip_suffix('}'));
    inner.unwrap_or(value)
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
