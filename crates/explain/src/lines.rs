//! The JSON lines of `corswatch explain --jsonl`: one exchange a line in, one verdict a line out.

use std::io::{self, BufRead, Write};

use cors::{Exchange, NotAnExchange, cache, trim};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::verdict::{Verdict, recorded};
use crate::wire::{
    self, ByEngine, CacheLine, ErrorLine, Line, ReadableLine, SafelistedLine, VerdictLine,
};

/// Why a line has no answer.
#[derive(Debug, thiserror::Error)]
enum BadLine {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Exchange(#[from] NotAnExchange),
    #[error("`{0}` is missing")]
    Missing(&'static str),
    #[error("`{0}` is not a kind of line: exposed, safelisted, cache")]
    Kind(String),
    #[error("elapsed_seconds is not a time")]
    Elapsed,
}

/// The answer to one line of JSON; `line_no` counts from 1. The second value says whether the line
/// could be answered.
fn answer(line: &str, line_no: u64) -> (String, bool) {
    match try_answer(line) {
        Ok(answer) => (answer, true),
        Err(error) => (
            json(&ErrorLine {
                id: None,
                line: line_no,
                error_text: error.to_string(),
            }),
            false,
        ),
    }
}

/// The answer to one line of JSON, without a line end; `line_no` counts from 1.
#[must_use]
pub fn line(line: &str, line_no: u64) -> String {
    answer(line, line_no).0
}

/// What a line of JSON asks, for those who answer in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// What becomes of an exchange; with the `id` of the line as it is written.
    Exchange(Option<String>, Box<Exchange>),
    /// Something about a part of the protocol; this is the answer, as JSON.
    Part(String),
    /// Nothing that can be read, for this reason.
    Unreadable(String),
}

/// Reads one line of JSON.
#[must_use]
pub fn ask(text: &str) -> Asked {
    let read = || -> Result<Asked, BadLine> {
        let line: Line<'_> = serde_json::from_str(text)?;
        if line.kind.is_some() {
            return try_answer(text).map(Asked::Part);
        }
        let request = line.request.ok_or(BadLine::Missing("request"))?;
        let hops = line.hops.ok_or(BadLine::Missing("hops"))?;
        let id = line.id.map(|id| id.get().to_owned());
        Ok(Asked::Exchange(
            id,
            Box::new(wire::exchange(request, hops)?),
        ))
    };
    read().unwrap_or_else(|error| Asked::Unreadable(error.to_string()))
}

fn try_answer(text: &str) -> Result<String, BadLine> {
    let mut line: Line<'_> = serde_json::from_str(text)?;
    let id = line.id;
    match line.kind.as_deref() {
        None => verdict(id, line),
        Some("exposed") => {
            let headers = line
                .response_headers
                .take()
                .ok_or(BadLine::Missing("response_headers"))?
                .read();
            let credentials = line.credentials.ok_or(BadLine::Missing("credentials"))?;
            let mut readable = cors::readable(&headers, credentials);
            if let Some(names) = line.names {
                readable.retain(|name| {
                    names
                        .iter()
                        .any(|asked| asked.0.eq_ignore_ascii_case(name.as_bytes()))
                });
            }
            Ok(json(&ReadableLine { id, readable }))
        }
        Some("safelisted") => {
            let name = line.name.ok_or(BadLine::Missing("name"))?.0;
            let value = line.value.ok_or(BadLine::Missing("value"))?.0;
            let name = String::from_utf8_lossy(&name);
            let safelisted = cors::is_safelisted(&name, trim(&value));
            Ok(json(&SafelistedLine { id, safelisted }))
        }
        Some("cache") => second_preflight(id, line),
        Some(other) => Err(BadLine::Kind(other.to_owned())),
    }
}

fn verdict(id: Option<&RawValue>, line: Line<'_>) -> Result<String, BadLine> {
    let request = line.request.ok_or(BadLine::Missing("request"))?;
    let exchange = wire::exchange(request, line.hops.ok_or(BadLine::Missing("hops"))?)?;
    let Verdict {
        judgement,
        reason,
        explanation,
        fix,
        caveats,
        by_engine,
        ..
    } = recorded(&exchange);
    Ok(json(&VerdictLine {
        id,
        verdict: judgement.ruling,
        stage: judgement.stage,
        error: judgement.error,
        parameter: judgement.parameter_text(),
        hop: judgement.hop,
        preflight_sent: judgement.preflight_sent,
        explanation,
        fix,
        reason,
        caveats,
        by_engine: ByEngine(by_engine),
    }))
}

fn second_preflight(id: Option<&RawValue>, line: Line<'_>) -> Result<String, BadLine> {
    let first = line.first.ok_or(BadLine::Missing("first"))?.read()?;
    let second = line.second.ok_or(BadLine::Missing("second"))?.read()?;
    let preflight = line.preflight.ok_or(BadLine::Missing("preflight"))?.read();
    let elapsed = line
        .elapsed_seconds
        .ok_or(BadLine::Missing("elapsed_seconds"))?;
    if !elapsed.is_finite() || elapsed < 0.0 {
        return Err(BadLine::Elapsed);
    }
    let second_preflight = cache::second_preflight(&first, &preflight, elapsed, &second);
    Ok(json(&CacheLine {
        id,
        second_preflight,
    }))
}

fn json(line: &impl Serialize) -> String {
    serde_json::to_string(line).expect("the line types hold nothing that JSON cannot say")
}

/// What came of a stream of lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Lines that were answered.
    pub answered_lines: u64,
    /// Lines that could not be read; with any, the tool ends with exit code 2.
    pub failed_lines: u64,
}

/// Answers each line of `reader` with a line on `writer`, in the same order. Blank lines are
/// skipped. A line that is not UTF-8 fails like one that is not JSON.
pub fn jsonl(mut reader: impl BufRead, mut writer: impl Write) -> io::Result<Summary> {
    let mut summary = Summary::default();
    let mut buffer = Vec::new();
    for line_no in 1.. {
        buffer.clear();
        if reader.read_until(b'\n', &mut buffer)? == 0 {
            break;
        }
        if buffer.trim_ascii().is_empty() {
            continue;
        }
        let (mut output, good) = match std::str::from_utf8(&buffer) {
            Ok(text) => answer(text.trim_end(), line_no),
            Err(_) => answer(&String::from_utf8_lossy(&buffer), line_no),
        };
        if good {
            summary.answered_lines += 1;
        } else {
            summary.failed_lines += 1;
        }
        output.push('\n');
        writer.write_all(output.as_bytes())?;
    }
    writer.flush()?;
    Ok(summary)
}
