//! Rules.

use fancy_regex::Regex;

use super::condition::Condition;
use super::sample::Sample;
use crate::nginx::{Case, regex};
use crate::place::SourceLocation;

/// A rule with its condition.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) action: Action,
    pub(crate) condition: Condition,
    pub(crate) place: SourceLocation,
}

/// `use_backend`.
#[derive(Debug, Clone)]
pub(crate) struct Switch {
    pub(crate) to: String,
    pub(crate) condition: Condition,
    pub(crate) place: SourceLocation,
}

/// What a rule does.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    Set(String, String),
    Add(String, String),
    Delete(String),
    Replace(String, Box<Regex>, String),
    Status(u16),
    Variable(String, Sample),
    Unset(String),
    /// Answers with these headers.
    Return(u16, Vec<(String, String)>),
    /// Asks for a login.
    Login,
    Redirect(u16, Target, String),
    /// Runs no more of these rules.
    Stop,
    /// Nothing that matters to pages.
    Nothing,
    /// Not followed.
    Opaque(String),
}

/// What of a redirect is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Location,
    Prefix,
    Scheme,
}

impl Action {
    /// The headers that it gives, with their values.
    pub(crate) fn headers(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Set(name, value) | Self::Add(name, value) => vec![(name, value)],
            Self::Return(_, headers) => headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Reads the words of a rule without its condition. In the rules of a request only what answers
    /// counts: headers that are set there are those of the request.
    pub(crate) fn read(words: &[String], is_request: bool) -> Result<Self, String> {
        let word = |n: usize| words.get(n).cloned().unwrap_or_default();
        let name = word(0);
        let (bare, arg) = match name.split_once('(') {
            Some((bare, rest)) => (bare, rest.trim_end_matches(')').to_owned()),
            None => (name.as_str(), String::new()),
        };
        let case = Case::Kept;
        if !is_request {
            refused(words)?;
        }
        Ok(match bare {
            "set-header" | "add-header" | "del-header" | "replace-header" | "replace-value"
                if is_request =>
            {
                if word(1).eq_ignore_ascii_case("origin") {
                    return Ok(Self::Opaque(format!("{bare} {}", word(1))));
                }
                Self::Nothing
            }
            "set-header" => Self::Set(word(1), word(2)),
            "add-header" => Self::Add(word(1), word(2)),
            "del-header" if words.len() == 2 => Self::Delete(word(1)),
            "replace-header" | "replace-value" => {
                Self::Replace(word(1), Box::new(regex(&word(2), case)?), word(3))
            }
            "set-status" => match word(1).parse() {
                Ok(status) => Self::Status(status),
                Err(_) => Self::Opaque(name.clone()),
            },
            "set-var" => Self::Variable(arg, Sample::read(&words[1..].concat())),
            "unset-var" => Self::Unset(arg),
            "return" => answer(words, 200),
            "deny" => answer(words, if is_request { 403 } else { 502 }),
            "auth" => Self::Login,
            "redirect" => redirect(words),
            "allow" => Self::Stop,
            "set-log-level" | "set-nice" | "set-tos" | "set-mark" | "capture" | "track-sc0"
            | "track-sc1" | "track-sc2" | "sc-inc-gpc0" | "disable-l7-retry" | "early-hint"
            | "cache-use" | "cache-store" | "set-src" | "set-timeout" | "wait-for-body"
            | "normalize-uri" | "set-priority-class" | "strict-mode" | "do-resolve" => {
                Self::Nothing
            }
            other => Self::Opaque(other.to_owned()),
        })
    }
}

/// What is gone once there is an answer: HAProxy does not start with such a value.
fn refused(words: &[String]) -> Result<(), String> {
    for gone in ["req.hdr(", "req.fhdr(", "hdr(", "path", "query", "url"] {
        let sample = format!("%[{gone}");
        if words.iter().any(|word| word.contains(&sample)) {
            let gone = gone.trim_end_matches('(');
            return Err(format!(
                "`{gone}` is of the request, which is gone in the rules of an answer: HAProxy refuses it. `http-request set-var(txn.name) ..` keeps it, and `%[var(txn.name)]` is its value"
            ));
        }
    }
    Ok(())
}

fn answer(words: &[String], default: u16) -> Action {
    let mut status = default;
    let mut headers = Vec::new();
    let mut rest = words[1..].iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "status" | "deny_status" => {
                status = rest
                    .next()
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(status);
            }
            "hdr" => {
                if let (Some(name), Some(value)) = (rest.next(), rest.next()) {
                    headers.push((name.clone(), value.clone()));
                }
            }
            // Bodies and their types.
            _ => {}
        }
    }
    Action::Return(status, headers)
}

/// `redirect location|prefix|scheme TO [code CODE]`.
pub(crate) fn redirect(words: &[String]) -> Action {
    let mut status = 302;
    let mut target = None;
    let mut rest = words[1..].iter();
    while let Some(word) = rest.next() {
        let kind = match word.as_str() {
            "location" => Target::Location,
            "prefix" => Target::Prefix,
            "scheme" => Target::Scheme,
            "code" => {
                status = rest
                    .next()
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(status);
                continue;
            }
            _ => return Action::Opaque("redirect".to_owned()),
        };
        target = rest.next().map(|to| (kind, to.clone()));
    }
    match target {
        Some((kind, to)) => Action::Redirect(status, kind, to),
        None => Action::Opaque("redirect".to_owned()),
    }
}
