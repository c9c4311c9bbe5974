//! Samples: what a rule can look at.

use std::collections::HashMap;

use crate::ask::Ask;
use crate::sheet::{Sheet, is};

/// While which rules are run. Headers of the request are gone once the answer is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Request,
    Response,
}

/// What is known of a request, and of the answer.
pub(crate) struct Facts<'a> {
    pub(crate) ask: &'a Ask<'a>,
    pub(crate) phase: Phase,
    /// `None` where no one knows the value.
    pub(crate) variables: &'a HashMap<String, Option<String>>,
    pub(crate) captures: &'a [String],
    pub(crate) status: u16,
    pub(crate) answer: &'a Sheet,
}

/// A sample with its converters.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) arg: String,
    converters: Vec<String>,
}

/// What a sample gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    Text(String),
    /// There is none.
    Missing,
    /// Nobody knows.
    Unknown,
}

impl Sample {
    pub(crate) fn read(text: &str) -> Self {
        let mut parts = split(text).into_iter();
        let first = parts.next().unwrap_or_default();
        let (name, arg) = match first.split_once('(') {
            Some((name, rest)) => (name, rest.strip_suffix(')').unwrap_or(rest)),
            None => (first.as_str(), ""),
        };
        Self {
            name: name.to_owned(),
            arg: arg.split(',').next().unwrap_or_default().to_owned(),
            converters: parts.collect(),
        }
    }

    pub(crate) fn of(&self, facts: &Facts<'_>) -> Found {
        let found = self.raw(facts);
        let Found::Text(mut text) = found else {
            return found;
        };
        for converter in &self.converters {
            text = match converter.as_str() {
                "lower" => text.to_ascii_lowercase(),
                "upper" => text.to_ascii_uppercase(),
                "host_only" => match text.rsplit_once(':') {
                    Some((host, _)) => host.to_owned(),
                    None => text,
                },
                _ => return Found::Unknown,
            };
        }
        Found::Text(text)
    }

    fn raw(&self, facts: &Facts<'_>) -> Found {
        let ask = facts.ask;
        let of_request = |found: Found| match facts.phase {
            Phase::Request => found,
            Phase::Response => Found::Missing,
        };
        let text = |text: &str| Found::Text(text.to_owned());
        match self.name.as_str() {
            "hdr" | "req.hdr" | "req.fhdr" => of_request(header(ask, &self.arg)),
            "res.hdr" | "res.fhdr" => answered(facts, &self.arg),
            "method" => text(ask.method),
            "capture.req.method" => text(ask.method),
            "path" => of_request(text(ask.url.path())),
            "capture.req.uri" | "pathq" | "url" => {
                let query = ask
                    .url
                    .query()
                    .map(|query| format!("?{query}"))
                    .unwrap_or_default();
                let found = Found::Text(format!("{}{query}", ask.url.path()));
                if self.name == "capture.req.uri" {
                    found
                } else {
                    of_request(found)
                }
            }
            "query" => of_request(text(ask.url.query().unwrap_or_default())),
            "capture.req.hdr" => match self
                .arg
                .parse::<usize>()
                .ok()
                .and_then(|n| facts.captures.get(n))
            {
                Some(name) => header(ask, name),
                None => Found::Missing,
            },
            "var" => match facts.variables.get(&self.arg) {
                Some(Some(value)) => text(value),
                Some(None) => Found::Unknown,
                None => Found::Missing,
            },
            "str" => text(&self.arg),
            "status" => Found::Text(facts.status.to_string()),
            "ssl_fc" => text(if ask.url.scheme() == "https" {
                "1"
            } else {
                "0"
            }),
            "req.hdr_cnt" | "hdr_cnt" => match of_request(header(ask, &self.arg)) {
                Found::Text(_) => text("1"),
                Found::Missing => text("0"),
                Found::Unknown => Found::Unknown,
            },
            _ => Found::Unknown,
        }
    }
}

fn answered(facts: &Facts<'_>, name: &str) -> Found {
    let line = facts.answer.0.iter().find(|line| is(line, name));
    match (facts.phase, line) {
        (Phase::Response, Some(line)) => Found::Text(line.value.clone()),
        _ => Found::Missing,
    }
}

fn header(ask: &Ask<'_>, name: &str) -> Found {
    let name = name.to_ascii_lowercase();
    if name == "host" {
        return Found::Text(match ask.url.port() {
            Some(port) => format!("{}:{port}", ask.host()),
            None => ask.host().to_owned(),
        });
    }
    match ask.header(&name) {
        None => Found::Unknown,
        Some("") => Found::Missing,
        Some(value) => Found::Text(value.to_owned()),
    }
}

/// Splits at commas that stand in no parentheses.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
}

/// A text with `%[sample]` in it; `None` where no one knows its value.
pub(crate) fn filled(text: &str, facts: &Facts<'_>) -> Option<String> {
    let mut value = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        value.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            value.push('%');
            rest = after;
            continue;
        }
        let (sample, behind) = after.strip_prefix('[')?.split_once(']')?;
        match Sample::read(sample).of(facts) {
            Found::Text(text) => value.push_str(&text),
            Found::Missing => {}
            Found::Unknown => return None,
        }
        rest = behind;
    }
    value.push_str(rest);
    Some(value)
}
