//! One row -> one observation.

use std::borrow::Cow;
use std::fmt::Write as _;

use observation::{
    Confidence, Failure, Kind, Latency, Observation, Outcome, Stage, Standing, UnixMillis,
};
use web::{EndpointTemplate, HeaderName, Method, Origin, Schemes};

use super::limits::MAX_EVIDENCE;
use super::wire::Row;
use crate::json::refuse;
use crate::notes::ResolveContext;
use crate::{Dimension, Reason, Refusal};

/// First status that is an error.
const FIRST_ERROR: i64 = 400;

/// How a request ended.
type Ending<'a> = (Outcome, Option<Failure<Cow<'a, str>>>);

/// The target origin of a run of rows.
pub(super) struct Target<'a> {
    /// As the row names it: services match it.
    named: Cow<'a, str>,
    /// As the observation names it.
    shown: Cow<'a, str>,
}

impl<'a> Target<'a> {
    pub(super) fn read(
        text: Cow<'a, str>,
        row: usize,
        notes: &mut ResolveContext<'_>,
    ) -> Result<Self, Refusal> {
        if let Err(problem) = Origin::check(&text, Schemes::Web) {
            let detail = format!("the origin {problem}");
            return Err(refuse(Some(row), "to", Reason::BadOrigin, detail));
        }
        Ok(Self {
            shown: notes.bounded(Dimension::TargetOrigin, text.clone()),
            named: text,
        })
    }
}

/// The observation of a row; nothing where its kind is not known, so that a newer SDK is not refused.
pub(super) fn observation<'a>(
    mut row: Row<'a>,
    at: usize,
    target: &Target<'a>,
    (sealed_at, context_word): (UnixMillis, Option<&str>),
    notes: &mut ResolveContext<'a>,
) -> Result<Option<Observation<Cow<'a, str>>>, Refusal> {
    let kind = match row.kind.as_deref() {
        None => Kind::Request,
        Some(word) => match notes.word(word) {
            // A page cannot see preflights by themselves.
            None | Some(Kind::Preflight) => return Ok(None),
            Some(kind) => kind,
        },
    };
    let endpoint = std::mem::take(&mut row.endpoint);
    check_endpoint(&endpoint, at)?;
    check_names(&row.by, at)?;
    let method = method(row.method.take(), at, notes)?;
    let parameter = notes.bounded(Dimension::Parameter, std::mem::take(&mut row.by));
    let (outcome, failure) = ending(&mut row, at, context_word, notes)?;
    let count = u32::try_from(row.count.unwrap_or(1)).unwrap_or(u32::MAX);
    for (member, latency) in [("l", &row.latency), ("pl", &row.preflight_latency)] {
        check_latency(latency, count, member, at)?;
    }
    let catalog = notes.context.catalog;
    let service = catalog.service_of(&target.named, &endpoint);
    Ok(Some(Observation {
        kind,
        at: sealed_at.plus(row.at),
        page_origin: None,
        target_origin: target.shown.clone(),
        service: Cow::Borrowed(service.map_or("", |service| &service.name)),
        endpoint: notes.bounded(Dimension::Endpoint, endpoint),
        method,
        credentialed: row.credentialed,
        preflighted: row.preflighted,
        parameter,
        status: u16::try_from(row.status).unwrap_or(0),
        outcome,
        failure,
        count,
        standing: Standing::Undisputed,
        latency: row.latency,
        preflight_latency: row.preflight_latency,
    }))
}

fn check_endpoint(endpoint: &str, at: usize) -> Result<(), Refusal> {
    EndpointTemplate::check(endpoint)
        .map_err(|problem| refuse(Some(at), "ep", Reason::BadEndpoint, problem.to_string()))
}

/// Only names may leave the page, so nothing but what names are made of is allowed.
fn check_names(names: &str, at: usize) -> Result<(), Refusal> {
    if HeaderName::is_list(names) {
        return Ok(());
    }
    let detail = "header names in lower case, separated by commas alone";
    Err(refuse(Some(at), "by", Reason::BadText, detail))
}

fn check_latency(latency: &Latency, count: u32, member: &str, at: usize) -> Result<(), Refusal> {
    let measured: u64 = latency.pairs().iter().map(|pair| u64::from(pair.1)).sum();
    if measured <= u64::from(count) {
        return Ok(());
    }
    let detail = format!("{measured} durations of {count} requests");
    Err(refuse(Some(at), member, Reason::BadLatency, detail))
}

fn method<'a>(
    given: Option<Cow<'a, str>>,
    at: usize,
    notes: &mut ResolveContext<'_>,
) -> Result<Cow<'a, str>, Refusal> {
    let Some(given) = given else {
        return Ok(Cow::Borrowed("GET"));
    };
    let Ok(method) = Method::read(given) else {
        let detail = "a method is a token";
        return Err(refuse(Some(at), "m", Reason::BadMethod, detail));
    };
    if method.is_common() {
        return Ok(method.into_text());
    }
    Ok(notes.bounded(Dimension::Method, method.into_text()))
}

/// The outcome, and what is known about a failure.
fn ending<'a>(
    row: &mut Row<'a>,
    at: usize,
    context_word: Option<&str>,
    notes: &mut ResolveContext<'_>,
) -> Result<Ending<'a>, Refusal> {
    let mut evidence = Evidence(std::mem::take(&mut row.evidence));
    let outcome = match (row.outcome.as_deref(), row.status) {
        (Some(word), _) => notes.word(word).unwrap_or_else(|| {
            evidence.append("o", word);
            Outcome::Unknown
        }),
        (None, 0) => {
            let detail = "a row without a status says its outcome";
            return Err(refuse(Some(at), "o", Reason::MissingMember, detail));
        }
        (None, status) if status < FIRST_ERROR => Outcome::Ok,
        (None, _) => Outcome::HttpError,
    };
    if matches!(outcome, Outcome::Ok | Outcome::HttpError) {
        return Ok((outcome, None));
    }
    let stage = match row.stage.as_deref() {
        None => Stage::Unknown,
        Some(word) => notes.word(word).unwrap_or_else(|| {
            evidence.append("stage", word);
            Stage::Unknown
        }),
    };
    let confidence = match row.confidence.as_deref() {
        None => Confidence::Likely,
        Some(word) => notes.word(word).unwrap_or_else(|| {
            evidence.append("cf", word);
            Confidence::Likely
        }),
    };
    if let Some(word) = context_word {
        evidence.append("ctx", word);
    }
    let failure = Failure {
        stage,
        cause: Cow::Borrowed(""),
        confidence,
        evidence: notes.bounded(Dimension::Evidence, evidence.0),
    };
    Ok((outcome, Some(failure)))
}

/// An evidence code, with the words appended that this build does not know.
struct Evidence<'a>(Cow<'a, str>);

impl Evidence<'_> {
    fn append(&mut self, member: &str, word: &str) {
        let text = self.0.to_mut();
        let space = if text.is_empty() { "" } else { " " };
        // Writing into a String cannot fail.
        let _ = write!(text, "{space}{member}={word}");
        if let Some((cut, _)) = text.char_indices().nth(MAX_EVIDENCE) {
            text.truncate(cut);
        }
    }
}
