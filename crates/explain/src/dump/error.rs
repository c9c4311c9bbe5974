//! What a dump is read with, and why it cannot be.

use cors::{Credentials, Headers, NotAnExchange};

/// Why a dump cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadDump {
    /// No status line and no command was found.
    #[error(
        "no line of the form `HTTP/1.1 200 OK`, no curl, fetch or Invoke-WebRequest command, and no message of a browser's console"
    )]
    NoAnswer,
    /// A message of the console about a failure that no header decides.
    #[error(
        "the browser's message is not about the headers of CORS (reason {reason}): `{text}`; no answer of the server changes that"
    )]
    NotCors {
        /// The message.
        text: String,
        /// The word for the reason, as verdicts have it.
        reason: &'static str,
    },
    /// A line between a status line and the blank line after it that is not a header.
    #[error("line {line} is not a header: `{text}`")]
    Header {
        /// Line number, from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// PowerShell shortens what it prints.
    #[error(
        "line {line}: PowerShell has cut the headers short; print them whole with `(Invoke-WebRequest ..).RawContent`, or use `curl.exe -i`"
    )]
    Cut {
        /// Line number, from 1.
        line: usize,
    },
    /// PowerShell prints no headers of an answer that is an error.
    #[error(
        "PowerShell prints no headers of an answer with an error status ({0}): add -SkipHttpErrorCheck (PowerShell 7), or use `curl.exe -i`"
    )]
    WindowsError(u16),
    /// Headers without the line before them that says the status.
    #[error(
        "line {line} is a header of an answer whose status is not shown: give the whole head, as `curl -i` prints it"
    )]
    NoStatus {
        /// Line number, from 1.
        line: usize,
    },
    /// The tool got no answer.
    #[error(
        "line {line}: there was no answer (`{text}`), so CORS had no say yet: what a browser gets from this URL, a connection or an error of its own, comes first"
    )]
    Failed {
        /// Line number, from 1.
        line: usize,
        /// What the tool said.
        text: String,
    },
    /// A variable whose value the dump does not show.
    #[error(
        "the dump does not tell what `{0}` stands for: put the value in its place, or give --origin and --url"
    )]
    Variable(String),
    /// Nothing says which page asked.
    #[error(
        "the dump does not tell the page's origin: send `-H 'Origin: https://app.example'`, or give --origin"
    )]
    NoOrigin,
    /// Nothing says what was asked.
    #[error(
        "the dump does not tell the URL: use `curl -v`, put the command before its output, or give --url"
    )]
    NoUrl,
    /// An OPTIONS that no browser sends.
    #[error(
        "line {line}: the OPTIONS was sent without Access-Control-Request-Method, so it is not a preflight and servers answer it otherwise; send `curl -i -X OPTIONS -H 'Origin: {origin}' -H 'Access-Control-Request-Method: {method}' {url}`"
    )]
    BareOptions {
        /// Line number, from 1.
        line: usize,
        /// Origin of the page.
        origin: String,
        /// Method of the request that the preflight would be for.
        method: String,
        /// Its URL.
        url: String,
    },
    /// What is told makes no request.
    #[error(transparent)]
    Request(#[from] NotAnExchange),
}

/// What is known besides the dump; it goes before what the dump says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// Origin of the page.
    pub origin: Option<String>,
    /// URL of the request.
    pub url: Option<String>,
    /// Method of the request.
    pub method: Option<String>,
    /// Headers that the page set.
    pub headers: Headers,
    /// Credentials mode.
    pub credentials: Option<Credentials>,
}
