//! `corswatch explain`: verdicts for exchanges from a file or standard input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;

use crate::cli::Explain;
use crate::exit::Failure;

/// Answers every exchange of the input. Exit code 2 where some could not be read.
pub(crate) fn run(args: &Explain) -> Result<ExitCode, Failure> {
    let input = open(args)?;
    let mut output = BufWriter::new(io::stdout().lock());
    let summary = cors::explain::jsonl(input, &mut output).context("explaining")?;
    output.flush().context("writing the answer")?;
    if summary.failed_lines > 0 {
        let lines = summary.failed_lines;
        return Err(Failure::Input(format!("{lines} of the lines could not be read")));
    }
    Ok(ExitCode::SUCCESS)
}

fn open(args: &Explain) -> Result<Box<dyn BufRead>, Failure> {
    let Some(file) = &args.file else { return Ok(Box::new(io::stdin().lock())) };
    let opened = File::open(file).with_context(|| format!("opening {}", file.display()));
    Ok(Box::new(BufReader::new(opened.map_err(Failure::Missing)?)))
}
