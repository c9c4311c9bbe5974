//! `corswatch explain`: verdicts for exchanges from a file or standard input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read as _, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use cors::{Exchange, Headers, Mode, Request, RequestParts, Ruling};
use explain::fix::{Platform, Policy, snippet};
use explain::{Asked, Verdict, dump, har};

use crate::cli::{Explain, Format};
use crate::exit::Failure;

/// Answers every exchange of the input. Exit code 2 where some could not be read.
pub(crate) fn run(args: &Explain) -> Result<ExitCode, Failure> {
    let mut output = BufWriter::new(io::stdout().lock());
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
    let reader = open(args)?;
    let failed = match args.format {
        Some(Format::Text) => lines_text(args, reader, output),
        _ => explain::jsonl(reader, output).map(|summary| summary.failed_lines),
    };
    match failed.context("explaining")? {
        0 => Ok(ExitCode::SUCCESS),
        lines => Err(Failure::Input(format!(
            "{lines} of the lines could not be read"
        ))),
    }
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
                say_exchange(args, &exchange, output)?;
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

fn say_exchange(
    args: &Explain,
    exchange: &Exchange,
    output: &mut impl io::Write,
) -> io::Result<()> {
    let verdict = explain::explain(exchange);
    let policy = Policy::of(exchange, &verdict.judgement);
    say(&verdict, policy.as_ref(), args.fix_for, output)
}

/// A verdict in words, with the configuration that mends it where it was asked for.
fn say(
    verdict: &Verdict,
    policy: Option<&Policy>,
    fix_for: Option<Platform>,
    output: &mut impl io::Write,
) -> io::Result<()> {
    write!(output, "  {verdict}")?;
    let (Some(platform), Ruling::Blocked) = (fix_for, verdict.judgement.ruling) else {
        return Ok(());
    };
    match policy {
        Some(policy) => {
            writeln!(output, "  {}:", platform.as_str())?;
            for line in snippet(platform, policy).lines() {
                writeln!(output, "    {line}")?;
            }
            Ok(())
        }
        None => writeln!(output, "  no server should permit it: its origin is null"),
    }
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
    let request = Request::new(RequestParts {
        page_origin: args.origin.as_deref().unwrap_or_default(),
        url: args.url.as_deref().unwrap_or_default(),
        method: &args.method,
        mode: Mode::Cors,
        credentials: args.credentials,
        headers,
    })
    .map_err(|error| bad(error.to_string()))?;
    let answers = dump::parse(&read(args)?).map_err(|error| bad(error.to_string()))?;
    let exchange = dump::exchange(request, answers);
    match args.format {
        Some(Format::Json) => {
            let verdict = explain::explain(&exchange);
            writeln!(output, "{:#}", verdict_json(&verdict))
        }
        _ => say_exchange(args, &exchange, output),
    }
    .context("writing the answer")?;
    Ok(ExitCode::SUCCESS)
}

fn verdict_json(verdict: &Verdict) -> serde_json::Value {
    let judgement = &verdict.judgement;
    serde_json::json!({
        "verdict": judgement.ruling.as_str(),
        "stage": judgement.stage.map(cors::Stage::as_str),
        "error": judgement.error.map(cors::CorsError::as_str),
        "parameter": judgement.parameter_text(),
        "hop": judgement.hop,
        "explanation": verdict.explanation,
        "fix": verdict.fix,
    })
}

fn explain_har(args: &Explain, output: &mut impl io::Write) -> Result<ExitCode, Failure> {
    let report = har::explain(&read(args)?).map_err(|error| Failure::Input(error.to_string()))?;
    match args.format {
        Some(Format::Json) => har_json(&report, output),
        _ => har_text(&report, args.fix_for, output),
    }
    .context("writing the answer")?;
    match report.bad_entries.len() {
        0 => Ok(ExitCode::SUCCESS),
        bad => Err(Failure::Input(format!(
            "{bad} of the entries could not be read"
        ))),
    }
}

fn har_text(
    report: &har::HarReport,
    fix_for: Option<Platform>,
    output: &mut impl io::Write,
) -> io::Result<()> {
    for finding in &report.findings {
        let har::HarFinding {
            entry,
            line,
            method,
            url,
            page_origin,
            verdict,
            policy,
        } = finding;
        writeln!(
            output,
            "entry {entry} (line {line}): {method} {url} from {page_origin}"
        )?;
        say(verdict, policy.as_ref(), fix_for, output)?;
    }
    for bad in &report.bad_entries {
        let (entry, line, reason) = (bad.entry, bad.line, &bad.reason);
        writeln!(
            output,
            "entry {entry} (line {line}): cannot be read: {reason}"
        )?;
    }
    let (judged, blocked) = (report.judged, report.findings.len());
    writeln!(output, "{judged} cross-origin requests, {blocked} blocked")
}

fn har_json(report: &har::HarReport, output: &mut impl io::Write) -> io::Result<()> {
    let findings = report.findings.iter().map(|finding| {
        let mut value = verdict_json(&finding.verdict);
        value["entry"] = finding.entry.into();
        value["line"] = finding.line.into();
        value["method"] = finding.method.as_str().into();
        value["url"] = finding.url.as_str().into();
        value["page_origin"] = finding.page_origin.as_str().into();
        value
    });
    let bad = report.bad_entries.iter().map(
        |bad| serde_json::json!({"entry": bad.entry, "line": bad.line, "error_text": bad.reason}),
    );
    let report = serde_json::json!({
        "judged": report.judged,
        "findings": findings.collect::<Vec<_>>(),
        "bad_entries": bad.collect::<Vec<_>>(),
    });
    writeln!(output, "{report:#}")
}

fn read(args: &Explain) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    open(args)?
        .read_to_end(&mut bytes)
        .context("reading the file")?;
    Ok(bytes)
}

fn open(args: &Explain) -> Result<Box<dyn BufRead>, Failure> {
    let Some(file) = &args.file else {
        return Ok(Box::new(io::stdin().lock()));
    };
    let opened = File::open(file).with_context(|| format!("opening {}", file.display()));
    Ok(Box::new(BufReader::new(opened.map_err(Failure::Missing)?)))
}
