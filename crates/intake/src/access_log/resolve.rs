//! [`Lines`] -> [`Accepted`]: which lines are about pages of the application, and what they say.

use std::borrow::Cow;
use std::collections::HashMap;

use observation::{
    BeaconId, Envelope, Kind, Latency, Observation, Origin, Outcome, Standing, UnixMillis,
    bucket_of_ms,
};
use sha2::{Digest as _, Sha256};
use web::{HeaderName, Method, Schemes};

use super::AccessLog;
use super::limits::{MAX_AHEAD_MS, MAX_BEHIND_MS, MAX_SPREAD_MS};
use super::line::{Line, Lines, place};
use super::verdict::Asked;
use crate::catalog::Allowed;
use crate::json::{MAX_METHOD, MAX_TEXT};
use crate::notes::ResolveContext;
use crate::{Accepted, Arrival, Dimension, Reason, Refusal};

/// A row, whose texts are taken from its line.
type Row<'a> = Observation<Cow<'a, str>>;

pub(super) fn resolve<'a>(
    body: &[u8],
    read: Lines<'a>,
    log: AccessLog,
    arrival: &'a Arrival<'a>,
) -> Result<Accepted<Cow<'a, str>>, Refusal> {
    check_times(&read.lines, arrival.received_at)?;
    let mut notes = ResolveContext::new(arrival, arrival.network);
    notes.ignored_rows = read.unreadable;
    let mut rows = Rows::default();
    for line in &read.lines {
        match observation(line, &mut notes) {
            Some(row) => rows.add(row),
            None => notes.ignored_rows += 1,
        }
    }
    let origin = Origin {
        app: Cow::Borrowed(arrival.app.name()),
        environment: Cow::Borrowed(arrival.app.environment()),
        release: Cow::Borrowed(""),
        source: log.source.into(),
        page: None,
    };
    let envelope = Envelope {
        beacon: identity(body, log, arrival),
        received_at: arrival.received_at,
        origin,
        observations: rows.rows,
    };
    Ok(notes.accepted(envelope, read.ignored_members))
}

/// The same lines are the same body, however often a shipper sends them.
fn identity(body: &[u8], log: AccessLog, arrival: &Arrival<'_>) -> BeaconId {
    let source = observation::Source::from(log.source);
    let mut hash = Sha256::new();
    for part in [arrival.app.name(), source.as_str()] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(body);
    let hash = hash.finalize();
    let mut id = [0; 12];
    id.copy_from_slice(&hash[..12]);
    BeaconId(id)
}

#[expect(clippy::cast_possible_truncation, reason = "at most 1e15 milliseconds")]
fn time(line: &Line<'_>) -> i64 {
    (line.time * 1e3).round() as i64
}

/// A copy must be told from new lines, so that the newest line is within the retry horizon; and no row is
/// of a time that is closed already.
fn check_times(lines: &[Line<'_>], now: UnixMillis) -> Result<(), Refusal> {
    let Some(newest) = lines.iter().max_by_key(|line| time(line)) else {
        return Ok(());
    };
    let refuse = |line: &Line<'_>, reason, detail: String| {
        Err(Refusal {
            reason,
            field: place(line.at, "time"),
            detail,
        })
    };
    let seconds = |millis: i64| millis / 1000;
    let age = now.0 - time(newest);
    if age < -MAX_AHEAD_MS {
        let ahead = seconds(-age);
        let detail = format!("{ahead} s ahead of the clock of the edge; seconds since 1970 in UTC");
        return refuse(newest, Reason::OutOfRange, detail);
    }
    if age > MAX_BEHIND_MS {
        let (old, most) = (seconds(age), seconds(MAX_BEHIND_MS));
        let detail = format!("the newest line is {old} s old; permitted: {most} s");
        return refuse(newest, Reason::TooOld, detail);
    }
    let oldest = lines.iter().min_by_key(|line| time(line));
    match oldest.filter(|line| time(newest) - time(line) > MAX_SPREAD_MS) {
        None => Ok(()),
        Some(line) => {
            let most = seconds(MAX_SPREAD_MS);
            let detail = format!("more than {most} s older than the newest line of the body");
            refuse(line, Reason::TooOld, detail)
        }
    }
}

/// What a line says about a request of a page of the application; nothing where it does not.
fn observation<'a>(line: &Line<'a>, notes: &mut ResolveContext<'a>) -> Option<Row<'a>> {
    let target = target(line)?;
    let kind = kind(line)?;
    let page_origin = page_origin(line, kind, &target, notes)?;
    let method = method(line, kind, notes)?;
    let path = line.path.text().filter(|path| path.len() <= MAX_TEXT)?;
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let endpoint = notes.context.app.endpoint_of(path);
    let (outcome, mut failure) = Asked {
        line,
        kind,
        page_origin: &page_origin,
        target: &target,
    }
    .ending();
    if let Some(failure) = &mut failure {
        failure.evidence =
            notes.bounded(Dimension::Evidence, std::mem::take(&mut failure.evidence));
    }
    let service = notes.context.catalog.service_of(&target, &endpoint);
    let measured = line
        .duration_ms
        .map(|ms| Latency::from_pairs([(bucket_of_ms(ms), 1)]));
    let (latency, preflight_latency) = match kind {
        Kind::Preflight => (Latency::default(), measured.unwrap_or_default()),
        Kind::Request | Kind::HeaderRead => (measured.unwrap_or_default(), Latency::default()),
    };
    let at = UnixMillis(time(line).min(notes.context.received_at.0));
    Some(Observation {
        kind,
        at,
        page_origin: Some(page_origin),
        service: Cow::Borrowed(service.map_or("", |service| &service.name)),
        target_origin: notes.bounded(Dimension::TargetOrigin, Cow::Owned(target)),
        endpoint: notes.bounded(Dimension::Endpoint, Cow::Owned(endpoint)),
        method,
        credentialed: line.credentialed == Some(true),
        preflighted: kind == Kind::Preflight,
        parameter: parameter(line, notes),
        // Where the client went away nginx writes a status of its own.
        status: if outcome == Outcome::Aborted {
            0
        } else {
            line.status
        },
        outcome,
        failure,
        count: 1,
        standing: Standing::Undisputed,
        latency,
        preflight_latency,
    })
}

/// A preflight, or the request itself. A page's request without `Origin` needs no permission, and what
/// the browser says is no CORS request is none: forms and images send an `Origin` too.
fn kind(line: &Line<'_>) -> Option<Kind> {
    let is_options = line.method.text() == Some("OPTIONS");
    let has_origin = line.origin.text().is_some();
    let is_preflight =
        is_options && (line.request_method.text().is_some() || !line.request_method.is_logged());
    if is_preflight && (has_origin || !line.origin.is_logged()) {
        return Some(Kind::Preflight);
    }
    let is_cors = line.fetch_mode.text().is_none_or(|mode| mode == "cors");
    (has_origin && is_cors).then_some(Kind::Request)
}

/// Origin of the server, as browsers serialise it.
fn target(line: &Line<'_>) -> Option<String> {
    let host = line.host.text().filter(|host| host.len() <= MAX_TEXT)?;
    // A host of a stranger may hold anything; `@` and `/` would make another host of it.
    if host.contains(['@', '/', '\\', '?', '#']) {
        return None;
    }
    let scheme = line.scheme.text().unwrap_or("https");
    let origin = web::Origin::parse(&format!("{scheme}://{host}"))?;
    web::Origin::check(origin.as_str(), Schemes::Web).ok()?;
    Some(origin.as_str().to_owned())
}

/// The page's origin: one of the application, and another than the server's. Empty where the log has
/// none.
fn page_origin<'a>(
    line: &Line<'a>,
    kind: Kind,
    target: &str,
    notes: &mut ResolveContext<'a>,
) -> Option<Cow<'a, str>> {
    let Some(origin) = line.origin.text() else {
        return (kind == Kind::Preflight).then_some(Cow::Borrowed(""));
    };
    let is_origin = origin == "null"
        || (origin.len() <= MAX_TEXT && web::Origin::check(origin, Schemes::Any).is_ok());
    if !is_origin || origin == target {
        return None;
    }
    let origin = Cow::Owned(origin.to_owned());
    match notes.context.app.allowed(&origin)? {
        Allowed::Exactly => Some(origin),
        Allowed::ByPattern => Some(notes.bounded(Dimension::PageOrigin, origin)),
    }
}

/// The method that the page uses: of a preflight that which it asks about, where the log has it.
fn method<'a>(line: &Line<'a>, kind: Kind, notes: &mut ResolveContext<'_>) -> Option<Cow<'a, str>> {
    let asked = line
        .request_method
        .text()
        .filter(|_| kind == Kind::Preflight);
    let written = asked.or(line.method.text())?;
    let method = Method::read(written.to_owned()).ok()?;
    if method.as_str().len() > MAX_METHOD || method.is_forbidden() {
        return None;
    }
    let is_common = method.is_common();
    let text = Cow::Owned(method.into_text().into_owned());
    match is_common {
        true => Some(text),
        false => Some(notes.bounded(Dimension::Method, text)),
    }
}

/// The names that the preflight asks about; empty where they are none that a browser sends.
fn parameter<'a>(line: &Line<'a>, notes: &mut ResolveContext<'_>) -> Cow<'a, str> {
    let names = line.request_headers.text().unwrap_or_default();
    if names.len() > MAX_TEXT || !HeaderName::is_list(names) {
        return Cow::Borrowed("");
    }
    notes.bounded(Dimension::Parameter, Cow::Owned(names.to_owned()))
}

/// Rows that differ in nothing but the time within a minute and the duration are one row.
#[derive(Default)]
struct Rows<'a> {
    rows: Vec<Row<'a>>,
    by_shape: HashMap<String, usize>,
}

impl<'a> Rows<'a> {
    fn add(&mut self, row: Row<'a>) {
        // One text of all members: `Debug` quotes texts, so that no two shapes share one.
        let shape = format!(
            "{:?}",
            (
                (
                    row.at.minute(),
                    row.kind,
                    &row.page_origin,
                    &row.target_origin,
                    &row.endpoint
                ),
                (
                    &row.method,
                    row.credentialed,
                    &row.parameter,
                    row.status,
                    row.outcome,
                    &row.failure
                ),
            )
        );
        let next = self.rows.len();
        let at = *self.by_shape.entry(shape).or_insert(next);
        if at == next {
            self.rows.push(row);
            return;
        }
        let same = &mut self.rows[at];
        same.at = same.at.min(row.at);
        same.count = same.count.saturating_add(row.count);
        for (sum, more) in [
            (&mut same.latency, &row.latency),
            (&mut same.preflight_latency, &row.preflight_latency),
        ] {
            for (bucket, count) in more.pairs() {
                sum.add(*bucket, *count);
            }
        }
    }
}
