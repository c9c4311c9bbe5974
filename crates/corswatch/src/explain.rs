//! `corswatch explain`: verdicts for exchanges from a file or standard input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use cors::Headers;
use explain::fix::Platform;
use explain::{Asked, dump, har};
use printable::Notation;

use crate::cli::{Explain, Format};
use crate::exit::Failure;
use crate::long_lines::BoundedLines;

/// Answers every exchange of the input. Exit code 2 where some could not be read.
pub(crate) fn run(args: &Explain) -> Result<ExitCode, Failure> {
    let notation = match args.format {
        Some(Format::Json) => Notation::Json,
        None if !args.har && !args.dump => Notation::Json,
        Some(Format::Text) | None => Notation::Text,
    };
    let mut output = crate::output::stdout(notation);
    let done = if args.har {
        explain_har(args, &mut output)
    } else if args.dump {
        explain_dump(args, &mut output)
    } else {
        explain_lines(args, &mut output)
    };
    output.flush().context("writing the answer")?;
    done
}

fn explain_lines(args: &Explain, output: &mut impl io::Write) -> Result<ExitCode, Failure> {
    let reader = BoundedLines::new(open(args)?);
    let failed = match (args.format, args.fix_for) {
        (Some(Format::Text), _) => lines_text(args, reader, output),
        (_, Some(platform)) => lines_json(platform, reader, output),
        _ => explain::jsonl(reader, output).map(|summary| summary.failed_lines),
    };
    match failed.context("explaining")? {
        0 => Ok(ExitCode::SUCCESS),
        lines => Err(Failure::Input(format!(
            "{lines} of the lines could not be read"
        ))),
    }
}

/// Answers lines as JSON with the configuration of `platform`; the value is how many could not be read.
fn lines_json(
    platform: Platform,
    reader: impl BufRead,
    output: &mut impl io::Write,
) -> io::Result<u64> {
    let mut failed = 0;
    for (number, line) in (1..).zip(reader.split(b'\n')) {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        match explain::ask(line.trim()) {
            _ if line.trim().is_empty() => {}
            Asked::Exchange(id, exchange) => {
                let verdict = explain::recorded(&exchange);
                let answer = explain::verdict_json_for(&exchange, &verdict, platform).to_string();
                let id = id.map(|id| format!("\"id\":{id},")).unwrap_or_default();
                // The `id` is written as it came, whatever it is.
                writeln!(output, "{{{id}{}", answer.trim_start_matches('{'))?;
            }
            Asked::Part(answer) => writeln!(output, "{answer}")?,
            Asked::Unreadable(_) => {
                failed += 1;
                writeln!(output, "{}", explain::line(&line, number))?;
            }
        }
    }
    Ok(failed)
}

/// Answers lines in words; the value is how many could not be read.
fn lines_text(
    args: &Explain,
    reader: impl BufRead,
    output: &mut impl io::Write,
) -> io::Result<u64> {
    let mut failed = 0;
    for (number, line) in (1..).zip(reader.split(b'\n')) {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        if line.trim().is_empty() {
            continue;
        }
        match explain::ask(line.trim()) {
            Asked::Exchange(id, exchange) => {
                let id = id.map(|id| format!(" {id}")).unwrap_or_default();
                let request = &exchange.request;
                let (method, url) = (request.method(), request.url());
                let origin = request.page_origin();
                writeln!(output, "line {number}{id}: {method} {url} from {origin}")?;
                let verdict = explain::recorded(&exchange);
                explain::text(&exchange, &verdict, args.fix_for, output)?;
            }
            Asked::Part(answer) => writeln!(output, "line {number}: {answer}")?,
            Asked::Unreadable(reason) => {
                writeln!(output, "line {number}: cannot be read: {reason}")?;
                failed += 1;
            }
        }
    }
    Ok(failed)
}

fn explain_dump(args: &Explain, output: &mut impl io::Write) -> Result<ExitCode, Failure> {
    let bad = |reason: String| Failure::Input(reason);
    let mut headers = Headers::new();
    for header in &args.headers {
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| bad(format!("--header {header}: write NAME: VALUE")))?;
        headers.push(name.trim(), value.trim());
    }
    let given = dump::Given {
        origin: args.origin.clone(),
        url: args.url.clone(),
        method: args.method.clone(),
        headers,
        credentials: args.credentials,
    };
    let dump = dump::read(&read(args)?, &given).map_err(|error| bad(error.to_string()))?;
    let mut verdict = explain::recorded(&dump.exchange);
    verdict.caveats.extend(dump.notes);
    if let Some(explanation) = dump.explanation {
        verdict.explanation = explanation;
    }
    match args.format {
        Some(Format::Json) => {
            let value = match args.fix_for {
                Some(platform) => explain::verdict_json_for(&dump.exchange, &verdict, platform),
                None => explain::verdict_json(&verdict),
            };
            writeln!(output, "{value:#}")
        }
        _ => {
            let request = &dump.exchange.request;
            let (method, url) = (request.method(), request.url());
            writeln!(output, "{method} {url} from {}", request.page_origin())
                .and_then(|()| explain::text(&dump.exchange, &verdict, args.fix_for, output))
        }
    }
    .context("writing the answer")?;
    Ok(ExitCode::SUCCESS)
}

fn explain_har(args: &Explain, output: &mut impl io::Write) -> Result<ExitCode, Failure> {
    let report = har::explain(&read(args)?).map_err(|error| Failure::Input(error.to_string()))?;
    match args.format {
        Some(Format::Json) => explain::har_json(&report, args.fix_for, output),
        _ => explain::har_text(&report, args.fix_for, output),
    }
    .context("writing the answer")?;
    match report.bad_entries.len() {
        0 => Ok(ExitCode::SUCCESS),
        bad => Err(Failure::Input(format!(
            "{bad} of the entries cannot be read"
        ))),
    }
}

fn read(args: &Explain) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    open(args)?
        .take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .context("reading the file")?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Failure::Input(format!(
            "what is to be explained is larger than {MOST_BYTES} bytes: export fewer requests"
        )));
    }
    Ok(bytes)
}

/// A HAR or a dump is no larger.
const MOST_BYTES: u64 = 1 << 30;

/// Lines are answered together as they are read.
const READ_BYTES: usize = 1 << 20;

fn open(args: &Explain) -> Result<Box<dyn BufRead>, Failure> {
    let Some(file) = &args.file else {
        let input = BufReader::with_capacity(READ_BYTES, io::stdin().lock());
        return Ok(Box::new(input));
    };
    let opened = File::open(file).with_context(|| format!("opening {}", file.display()));
    let file = opened.map_err(Failure::Missing)?;
    Ok(Box::new(BufReader::with_capacity(READ_BYTES, file)))
}
