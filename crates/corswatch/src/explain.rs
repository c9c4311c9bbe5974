//! `corswatch explain`: verdicts for exchanges from a file or standard input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read as _, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use cors::har;

use crate::cli::{Explain, Format};
use crate::exit::Failure;

/// Answers every exchange of the input. Exit code 2 where some could not be read.
pub(crate) fn run(args: &Explain) -> Result<ExitCode, Failure> {
    let mut output = BufWriter::new(io::stdout().lock());
    let done = match args.har {
        true => explain_har(args, &mut output),
        false => explain_lines(args, &mut output),
    };
    output.flush().context("writing the answer")?;
    done
}

fn explain_lines(args: &Explain, output: &mut impl io::Write) -> Result<ExitCode, Failure> {
    let summary = cors::explain::jsonl(open(args)?, output).context("explaining")?;
    match summary.failed_lines {
        0 => Ok(ExitCode::SUCCESS),
        lines => Err(Failure::Input(format!(
            "{lines} of the lines could not be read"
        ))),
    }
}

fn explain_har(args: &Explain, output: &mut impl io::Write) -> Result<ExitCode, Failure> {
    let mut bytes = Vec::new();
    open(args)?
        .read_to_end(&mut bytes)
        .context("reading the HAR file")?;
    let report = har::explain(&bytes).map_err(|error| Failure::Input(error.to_string()))?;
    match args.format {
        Format::Text => har_text(&report, output),
        Format::Json => har_json(&report, output),
    }
    .context("writing the answer")?;
    match report.bad_entries.len() {
        0 => Ok(ExitCode::SUCCESS),
        bad => Err(Failure::Input(format!(
            "{bad} of the entries could not be read"
        ))),
    }
}

fn har_text(report: &har::HarReport, output: &mut impl io::Write) -> io::Result<()> {
    for finding in &report.findings {
        let har::HarFinding {
            entry,
            method,
            url,
            page_origin,
            verdict,
        } = finding;
        writeln!(output, "entry {entry}: {method} {url} from {page_origin}")?;
        writeln!(output, "  {verdict}")?;
    }
    for bad in &report.bad_entries {
        writeln!(
            output,
            "entry {}: cannot be read: {}",
            bad.entry, bad.reason
        )?;
    }
    let (judged, blocked) = (report.judged, report.findings.len());
    writeln!(output, "{judged} cross-origin requests, {blocked} blocked")
}

fn har_json(report: &har::HarReport, output: &mut impl io::Write) -> io::Result<()> {
    let findings = report.findings.iter().map(|finding| {
        let judgement = &finding.verdict.judgement;
        serde_json::json!({
            "entry": finding.entry,
            "method": finding.method,
            "url": finding.url,
            "page_origin": finding.page_origin,
            "verdict": judgement.ruling.as_str(),
            "stage": judgement.stage.map(cors::Stage::as_str),
            "error": judgement.error.map(cors::CorsError::as_str),
            "parameter": judgement.parameter_text(),
            "hop": judgement.hop,
            "explanation": finding.verdict.explanation,
            "fix": finding.verdict.fix,
        })
    });
    let bad = report
        .bad_entries
        .iter()
        .map(|bad| serde_json::json!({"entry": bad.entry, "error_text": bad.reason}));
    let report = serde_json::json!({
        "judged": report.judged,
        "findings": findings.collect::<Vec<_>>(),
        "bad_entries": bad.collect::<Vec<_>>(),
    });
    writeln!(output, "{report:#}")
}

fn open(args: &Explain) -> Result<Box<dyn BufRead>, Failure> {
    let Some(file) = &args.file else {
        return Ok(Box::new(io::stdin().lock()));
    };
    let opened = File::open(file).with_context(|| format!("opening {}", file.display()));
    Ok(Box::new(BufReader::new(opened.map_err(Failure::Missing)?)))
}
