//! Logging to standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging with an `EnvFilter` directive such as `info,loader=debug`. A second call changes
/// nothing. A directive that cannot be read falls back to `info` and says so.
pub fn init(directive: &str, format: Format) {
    let (filter, problem) = match EnvFilter::try_new(directive) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new("info"), Some(error)),
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(has_colours())
        .with_writer(std::io::stderr);
    let started = match format {
        Format::Text => builder.with_target(false).try_init().is_ok(),
        Format::Json => builder.json().try_init().is_ok(),
    };
    if let (true, Some(problem)) = (started, problem) {
        tracing::warn!(directive, %problem, "log directive not understood, using `info`");
    }
}

/// Files and log collectors get no escape sequences; people who want none say so (no-color.org).
fn has_colours() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !refused && std::io::stderr().is_terminal()
}
