//! An answer without its status line: the lines of a panel with the headers of an answer, a server's log, or
//! lines that were copied alone.

use cors::{Answer, Headers, is_token, trim};

use super::error::BadDump;
use super::is_of_answers;
use super::messages::{Body, Message, Stream};

/// The status that is taken for one that is not shown.
pub(super) const ASSUMED: u16 = 200;

/// The note about it.
pub(super) const NOTE: &str = "The status of the answer is not shown and assumed to be 200. One that is not from 200 to 299 fails a preflight, whatever its headers are; `curl -i` prints it.";

/// Headers that come with another status.
const OF_OTHERS: [&str; 5] = [
    "location",
    "www-authenticate",
    "proxy-authenticate",
    "retry-after",
    "allow",
];

/// Programs that let only some lines through.
const FILTERS: [&str; 5] = ["| grep", "|grep", "| findstr", "| select-string", "| rg "];

/// The first run of lines that are headers of an answer, where they do not tell of another status and no
/// program has left lines out; `whole` is the text with its commands.
pub(super) fn read(whole: &str, text: &str) -> Result<Option<Message>, BadDump> {
    let Some((start, headers)) = run(text) else {
        return Ok(None);
    };
    let lower = whole.to_ascii_lowercase();
    let is_filtered = FILTERS.iter().any(|filter| lower.contains(filter));
    if is_filtered || !may_be_good(&headers) {
        return Err(BadDump::NoStatus { line: start });
    }
    let answer = Answer {
        status: ASSUMED,
        headers,
    };
    Ok(Some(Message {
        line: start,
        stream: Stream::Plain,
        body: Body::Answer {
            answer,
            phrase: String::new(),
        },
    }))
}

/// Whether nothing in the headers says that the status is not one of success.
pub(super) fn may_be_good(headers: &Headers) -> bool {
    OF_OTHERS.iter().all(|name| headers.joined(name).is_none())
}

/// The first run of headers with one that only answers have, and its first line.
fn run(text: &str) -> Option<(usize, Headers)> {
    let mut headers = Headers::new();
    let (mut start, mut is_answer) = (0, false);
    for (number, line) in (1..).zip(text.lines().chain([""])) {
        let pair = line
            .trim()
            .split_once(':')
            .filter(|(name, _)| is_token(name.as_bytes()));
        if let Some((name, value)) = pair {
            if headers.iter().next().is_none() {
                start = number;
            }
            is_answer |= is_of_answers(name);
            headers.push(name, trim(value.as_bytes()));
        } else if is_answer {
            break;
        } else {
            headers = Headers::new();
        }
    }
    is_answer.then_some((start, headers))
}
