//! What the command line says of itself: completions, man pages, the reference.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::exit::Failure;

/// Prints the completions of a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<ExitCode, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "corswatch", &mut text);
    // Not guarded as other output is: it is all our own, and has to be byte by byte what a shell reads. Whoever
    // reads may go away.
    let _ = std::io::stdout().write_all(&text);
    Ok(ExitCode::SUCCESS)
}

/// Writes `corswatch.1`, `corswatch-up.1`, .. into a folder.
pub(crate) fn man(out: &Path) -> Result<ExitCode, Failure> {
    let writing = || format!("{} cannot be written", out.display());
    std::fs::create_dir_all(out)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), out))
        .with_context(writing)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the reference.
pub(crate) fn reference() -> Result<ExitCode, Failure> {
    let options = clap_markdown::MarkdownOptions::new()
        .title("Command line".to_owned())
        .show_footer(false)
        .show_table_of_contents(false);
    let text = clap_markdown::help_markdown_command_custom(&Cli::command(), &options);
    for line in text.lines() {
        say!("{}", line.trim_end());
    }
    Ok(ExitCode::SUCCESS)
}
