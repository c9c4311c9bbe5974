//! The JSON lines of `corswatch explain --jsonl`: one exchange a line in, one verdict a line out.

use std::io::{self, BufRead, Write};
use std::num::NonZero;
use std::thread;

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

/// Writes the answer to one line of JSON; `line_no` counts from 1. Says whether the line could be
/// answered.
fn answer(line: &str, line_no: u64, output: &mut Vec<u8>) -> bool {
    let Err(error) = try_answer(line, output) else {
        return true;
    };
    let line = ErrorLine {
        id: None,
        line: line_no,
        error_text: error.to_string(),
    };
    json(&line, output);
    false
}

/// The answer to one line of JSON, without a line end; `line_no` counts from 1.
#[must_use]
pub fn line(line: &str, line_no: u64) -> String {
    let mut output = Vec::new();
    answer(line, line_no, &mut output);
    text_of(output)
}

fn text_of(json: Vec<u8>) -> String {
    String::from_utf8(json).expect("JSON is UTF-8")
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
            let mut output = Vec::new();
            try_answer(text, &mut output)?;
            return Ok(Asked::Part(text_of(output)));
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

fn try_answer(text: &str, output: &mut Vec<u8>) -> Result<(), BadLine> {
    let mut line: Line<'_> = serde_json::from_str(text)?;
    let id = line.id;
    match line.kind.as_deref() {
        None => return verdict(id, line, output),
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
            json(&ReadableLine { id, readable }, output);
        }
        Some("safelisted") => {
            let name = line.name.ok_or(BadLine::Missing("name"))?.0;
            let value = line.value.ok_or(BadLine::Missing("value"))?.0;
            let name = String::from_utf8_lossy(&name);
            let safelisted = cors::is_safelisted(&name, trim(&value));
            json(&SafelistedLine { id, safelisted }, output);
        }
        Some("cache") => return second_preflight(id, line, output),
        Some(other) => return Err(BadLine::Kind(other.to_owned())),
    }
    Ok(())
}

fn verdict(id: Option<&RawValue>, line: Line<'_>, output: &mut Vec<u8>) -> Result<(), BadLine> {
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
    let line = VerdictLine {
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
    };
    json(&line, output);
    Ok(())
}

fn second_preflight(
    id: Option<&RawValue>,
    line: Line<'_>,
    output: &mut Vec<u8>,
) -> Result<(), BadLine> {
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
    let line = CacheLine {
        id,
        second_preflight,
    };
    json(&line, output);
    Ok(())
}

fn json(line: &impl Serialize, output: &mut Vec<u8>) {
    serde_json::to_writer(output, line).expect("the line types hold nothing that JSON cannot say");
}

/// What came of a stream of lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Lines that were answered.
    pub answered_lines: u64,
    /// Lines that could not be read; with any, the tool ends with exit code 2.
    pub failed_lines: u64,
}

/// Lines are taken together up to this many bytes, and answered on several processors.
const BLOCK_BYTES: usize = 1 << 20;

/// Fewer lines than this are answered sooner than a thread starts.
const MIN_LINES_PER_THREAD: usize = 16;

/// Answers each line of `reader` with a line on `writer`, in the same order. Blank lines are
/// skipped. A line that is not UTF-8 fails like one that is not JSON. What the reader has at hand is
/// answered before more is read.
pub fn jsonl(mut reader: impl BufRead, mut writer: impl Write) -> io::Result<Summary> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let mut summary = Summary::default();
    let mut block = Vec::new();
    let mut line_no = 1;
    while read_lines(&mut reader, &mut block)? {
        // A line that is not UTF-8 is read with what is not replaced; it fails unless that stands in a
        // member that no one reads.
        let text = String::from_utf8_lossy(&block);
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for (output, part) in answers(&lines, line_no, threads) {
            writer.write_all(&output)?;
            summary.answered_lines += part.answered_lines;
            summary.failed_lines += part.failed_lines;
        }
        line_no += lines.len() as u64;
    }
    writer.flush()?;
    Ok(summary)
}

/// Fills `block` with the whole lines that the reader has at hand, at least one; `false` at the end.
fn read_lines(reader: &mut impl BufRead, block: &mut Vec<u8>) -> io::Result<bool> {
    block.clear();
    loop {
        let at_hand = reader.fill_buf()?;
        let at_hand = &at_hand[..at_hand.len().min(BLOCK_BYTES)];
        if at_hand.is_empty() {
            return Ok(!block.is_empty());
        }
        let end = at_hand.iter().rposition(|byte| *byte == b'\n');
        let taken = end.map_or(at_hand.len(), |at| at + 1);
        block.extend_from_slice(&at_hand[..taken]);
        reader.consume(taken);
        if end.is_some() {
            return Ok(true);
        }
    }
}

/// The answers to lines, in parts that stand one behind the other; `line_no` is the number of the first.
fn answers(lines: &[&str], line_no: u64, threads: usize) -> Vec<(Vec<u8>, Summary)> {
    let size = lines.len().div_ceil(threads).max(MIN_LINES_PER_THREAD);
    let parts = lines.chunks(size).zip((line_no..).step_by(size));
    if lines.len() <= size {
        return parts.map(|(lines, line_no)| part(lines, line_no)).collect();
    }
    thread::scope(|scope| {
        let running: Vec<_> = parts
            .map(|(lines, line_no)| scope.spawn(move || part(lines, line_no)))
            .collect();
        running
            .into_iter()
            .map(|thread| match thread.join() {
                Ok(part) => part,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}

fn part(lines: &[&str], line_no: u64) -> (Vec<u8>, Summary) {
    let mut output = Vec::with_capacity(lines.iter().map(|line| line.len()).sum());
    let mut summary = Summary::default();
    for (line, line_no) in lines.iter().zip(line_no..) {
        let line = line.trim_end();
        if line.is_empty() {
            continue;
        }
        match answer(line, line_no, &mut output) {
            true => summary.answered_lines += 1,
            false => summary.failed_lines += 1,
        }
        output.push(b'\n');
    }
    (output, summary)
}
