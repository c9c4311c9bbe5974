//! Answers as `curl -i`, `curl -iL` and `curl -v` print them.

use cors::{Answer, Exchange, Headers, Hop, Request, Ruling, Stage, is_token, judge, trim};

/// Why a dump cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadDump {
    /// No status line was found.
    #[error("no line of the form `HTTP/1.1 200 OK`")]
    NoAnswer,
    /// A line between a status line and the blank line after it that is no header.
    #[error("line {line} is not a header: `{text}`")]
    Header {
        /// Line number, from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
}

/// The answers in a dump, in order. Bodies and what a verbose dump says of the request are skipped;
/// answers of status 100 to 199 announce another one and are skipped too.
pub fn parse(dump: &[u8]) -> Result<Vec<Answer>, BadDump> {
    let mut answers: Vec<Answer> = Vec::new();
    let mut open = false;
    for (index, line) in dump.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = line
            .strip_prefix(b"< ")
            .or_else(|| line.strip_prefix(b"<"))
            .unwrap_or(line);
        if let Some(status) = status(line) {
            answers.push(Answer {
                status,
                headers: Headers::new(),
            });
            open = true;
        } else if line.is_empty() {
            open = false;
        } else if open {
            let bad = || BadDump::Header {
                line: index + 1,
                text: String::from_utf8_lossy(line).into_owned(),
            };
            let colon = line.iter().position(|byte| *byte == b':').ok_or_else(bad)?;
            let name = trim(&line[..colon]);
            if !is_token(name) {
                return Err(bad());
            }
            let answer = answers.last_mut().expect("a status line opened it");
            answer.headers.push(name, trim(&line[colon + 1..]));
        }
    }
    answers.retain(|answer| answer.status >= 200);
    if answers.is_empty() {
        Err(BadDump::NoAnswer)
    } else {
        Ok(answers)
    }
}

fn status(line: &[u8]) -> Option<u16> {
    let rest = line.strip_prefix(b"HTTP/")?;
    let blank = rest.iter().position(|byte| *byte == b' ')?;
    let digits = rest[blank + 1..].get(..3)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Lays answers along a request, each where the browser would have asked for it: the preflight
/// first where one is needed, then the response, then the same at the next hop of a redirect.
#[must_use]
pub fn exchange(request: Request, answers: impl IntoIterator<Item = Answer>) -> Exchange {
    let mut exchange = Exchange {
        request,
        hops: Vec::new(),
    };
    for answer in answers {
        let judgement = judge(&exchange);
        if judgement.ruling != Ruling::Incomplete {
            break;
        }
        if exchange.hops.len() <= judgement.hop {
            exchange.hops.push(Hop {
                url: judgement.scene.url,
                ..Hop::default()
            });
        }
        let hop = exchange
            .hops
            .last_mut()
            .expect("pushed where it was missing");
        match judgement.scene.missing {
            Some(Stage::Preflight) => hop.preflight = Some(answer),
            _ => hop.response = Some(answer),
        }
    }
    exchange
}
