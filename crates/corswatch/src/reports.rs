//! Where the reports of `check` and `audit` go.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use findings::Report;

use crate::cli::Telling;
use crate::exit::Failure;

/// Prints the report, writes the files that were asked for, and says how the process ends: what
/// could not be read weighs more than what was found.
pub(crate) fn tell(report: &Report, unread: usize, telling: &Telling) -> Result<ExitCode, Failure> {
    let mut output = BufWriter::new(io::stdout().lock());
    report
        .write(telling.format, &mut output)
        .and_then(|()| output.flush())
        .context("writing the report")?;
    for (format, path) in &telling.reports {
        let writing = || format!("writing {}", path.display());
        let mut file = BufWriter::new(File::create(path).with_context(writing)?);
        report
            .write(*format, &mut file)
            .and_then(|()| file.flush())
            .with_context(writing)?;
    }
    Ok(match (unread, report.total().failed) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::from(1),
        _ => ExitCode::from(2),
    })
}
