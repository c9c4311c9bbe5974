//! Incidents in plain words, with numbers.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use observation::{Stage, UnixMillis};

use crate::duration::{span, time};
use crate::incident::{ClosedAs, Incident};
use crate::lifecycle::{Replay, waits};
use crate::signal::Failing;
use crate::{Cause, FlowImpact, Impact, Trend};

/// Endpoints and changes that are named; the others are counted.
const NAMED: usize = 3;

/// A cause by its name, and what it is about.
#[must_use]
pub fn named(cause: &Cause) -> String {
    match (cause.cause.as_str(), cause.parameter.as_str()) {
        (error, "") => error.to_owned(),
        ("", parameter) => parameter.to_owned(),
        (error, parameter) => format!("{error} ({parameter})"),
    }
}

/// What broke, where: one line.
#[must_use]
pub fn title(incident: &Incident) -> String {
    let place = if incident.target_origin.is_empty() {
        let apps: Vec<_> = incident.apps.keys().map(String::as_str).collect();
        match (incident.service.as_str(), apps.join(", ")) {
            ("", apps) => apps,
            (service, apps) => format!("{apps}, service {service}"),
        }
    } else {
        incident.target_origin.clone()
    };
    let mut text = format!(
        "{place}: {} {}",
        endpoints(incident),
        verb(incident.failing)
    );
    let cause = incident.cause.as_ref().map(named);
    if let Some(cause) = cause.filter(|cause| !cause.is_empty()) {
        let _ = write!(text, ", {cause}");
    } else if let Some(at) = incident.stage.and_then(at_stage) {
        let _ = write!(text, " {at}");
    }
    if incident.suspicious {
        text.push_str(" (suspicious source)");
    }
    text
}

fn endpoints(incident: &Incident) -> String {
    let slices: BTreeSet<_> = incident
        .apps
        .values()
        .flat_map(|part| &part.slices)
        .collect();
    let mut slices = slices.into_iter();
    match (slices.next(), slices.len()) {
        (None, _) => "requests".to_owned(),
        (Some(slice), 0) => format!("{} {}", slice.method, slice.endpoint),
        (Some(slice), more) => format!("{} {} and {more} more", slice.method, slice.endpoint),
    }
}

const fn verb(failing: Failing) -> &'static str {
    match failing {
        Failing::Blocked => "blocked by CORS",
        Failing::HeaderRead => "answered with headers that pages cannot read",
        Failing::Unknown => "failing for an unknown reason",
        Failing::Latency => "delayed by slow preflights",
    }
}

const fn at_stage(stage: Stage) -> Option<&'static str> {
    match stage {
        Stage::Preflight => Some("at the preflight"),
        Stage::Response => Some("at the response"),
        Stage::Redirect => Some("at a redirect"),
        Stage::Unknown => None,
    }
}

/// What is known, for people who were woken: impact, cause, change, dimensions. Of one that is closed, how
/// it stands now.
#[must_use]
pub fn description(incident: &Incident, replay: Replay, now: UnixMillis) -> String {
    let mut lines = Vec::new();
    if let Some((at, how)) = incident.closed() {
        lines.push(ended(incident, at, how));
    } else {
        lines.push(lasts(incident, now));
    }
    lines.extend(noticed(incident));
    if incident.closed().is_none() {
        let worst = incident
            .alerts
            .iter()
            .filter(|evidence| evidence.clean_since.is_none());
        if let Some(evidence) = worst.max_by_key(|evidence| evidence.severity) {
            lines.push(evidence.budget.clone());
            lines.push(evidence.measured.clone());
        }
        if incident.suspicious {
            lines.push(
                "Too few independent clients saw it, so the reports may be forged: a ticket instead of a page."
                    .to_owned(),
            );
        }
        let waits = waits(incident, replay, now);
        if !waits.is_empty() {
            lines.push(format!("It recovers; still to come: {}.", waits.join("; ")));
        }
        lines.push(suspects(incident));
        lines.push(contrast(incident));
    }
    lines.retain(|line| !line.is_empty());
    lines.join(" ")
}

fn lasts(incident: &Incident, now: UnixMillis) -> String {
    let since = incident.started_at;
    format!("Since {} ({}).", time(since), span(now.0 - since.0))
}

fn ended(incident: &Incident, at: UnixMillis, how: ClosedAs) -> String {
    let after = span(at.0 - incident.started_at.0);
    match how {
        ClosedAs::Fixed if incident.cause.is_some() => {
            format!("Fixed after {after}: rules, users and replays are clean.")
        }
        ClosedAs::Fixed => {
            format!("Fixed after {after}: every rule that fired is clean and users have recovered.")
        }
        ClosedAs::Stopped => format!(
            "Stopped after {after}: it is no longer asked for or measured; this does not say that it works."
        ),
        ClosedAs::ByHand => {
            let closing = incident.closing.as_ref();
            let (by, reason) = closing.map_or(("", ""), |closing| (&closing.by, &closing.reason));
            format!("Closed after {after} by {by}: {reason}")
        }
        ClosedAs::Merged => {
            let into = incident.merged_into.as_deref().unwrap_or_default();
            format!("Merged into {into} after {after}: a diagnosis shows the same cause.")
        }
    }
}

/// What users of all apps and critical flows notice; none before it was counted.
#[must_use]
pub fn noticed(incident: &Incident) -> Option<String> {
    let over = incident.closed().is_some();
    let impact = impact_text(&incident.impact()?, incident.failing, over);
    let flows = incident.apps.values().flat_map(|part| &part.flows);
    let flows: Vec<_> = flows.filter_map(flow_text).collect();
    Some(match flows.is_empty() {
        true => impact,
        false => format!("{impact} {}.", flows.join("; ")),
    })
}

/// What users of a critical flow notice: `checkout: 4 % of sessions (12 of 300 page loads)`; none without page loads.
#[must_use]
pub fn flow_text(flow: &FlowImpact) -> Option<String> {
    let share = percent(flow.share()?);
    let (sessions, all) = (count(flow.sessions), count(flow.all_sessions));
    let name = &flow.name;
    Some(format!(
        "{name}: {share} of sessions ({sessions} of {all} page loads)"
    ))
}

/// What users notice of what fails.
#[must_use]
pub fn impact_text(impact: &Impact, failing: Failing, over: bool) -> String {
    // No endpoint of it is known, as of what is slow.
    if impact.requests == 0 && impact.failed == 0 {
        return "How many page loads it affects is not known.".to_owned();
    }
    // What is slow is not blocked.
    if impact.failed == 0 && impact.sessions == 0 {
        let (requests, loads) = (count(impact.requests), count(impact.all_sessions));
        return format!("None of {requests} requests of {loads} page loads was blocked.");
    }
    let mut text = format!(
        "{} of {} page loads",
        count(impact.sessions),
        count(impact.all_sessions.max(impact.sessions)),
    );
    // Where the edge does not see addresses, networks are not known.
    if impact.networks > 0 {
        let _ = write!(text, " in {}", many(impact.networks, "network"));
    }
    text.push_str(" were affected");
    if let Some(share) = impact.share() {
        let _ = write!(
            text,
            ", {} of {} {} ({})",
            count(impact.failed),
            count(impact.requests),
            match failing {
                Failing::HeaderRead => "reads of response headers",
                _ => "requests",
            },
            percent(share)
        );
    }
    let recent = impact.recent;
    if over {
        let _ = write!(
            text,
            "; lately {} of {} failed",
            count(recent.failed),
            count(recent.requests)
        );
    } else {
        text.push_str(match impact.trend() {
            Trend::Rising => ", rising",
            Trend::Steady => ", steady",
            Trend::Falling => ", falling",
            Trend::Over => ", none lately",
        });
    }
    text + "."
}

/// The change that most likely did it.
#[must_use]
pub fn suspects(incident: &Incident) -> String {
    match incident.suspects.as_deref() {
        None => String::new(),
        Some([]) => "No change that is known explains it.".to_owned(),
        Some([first, others @ ..]) => {
            let mut text = format!(
                "Suspect: {} {} at {} ({}).",
                first.kind,
                first.id,
                time(first.at),
                first.why
            );
            if !others.is_empty() {
                let _ = write!(text, " {} more.", others.len());
            }
            text
        }
    }
}

/// How to undo the change that most likely did it; empty where none is suspected.
#[must_use]
pub fn undo(incident: &Incident) -> String {
    let first = incident.suspects.as_deref().and_then(<[_]>::first);
    first
        .map(|suspect| suspect.undo.clone())
        .unwrap_or_default()
}

fn contrast(incident: &Incident) -> String {
    let list = |of: fn(&crate::Contrast) -> &Vec<String>| {
        let all: BTreeSet<_> = incident
            .apps
            .values()
            .flat_map(|part| of(&part.contrast))
            .cloned()
            .collect();
        all.into_iter()
            .take(2 * NAMED)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut text = String::new();
    let (affected, healthy) = (
        list(|contrast| &contrast.affected),
        list(|contrast| &contrast.healthy),
    );
    if !affected.is_empty() {
        let _ = write!(text, "Affected: {affected}.");
    }
    if !healthy.is_empty() {
        let _ = write!(text, " Still healthy: {healthy}.");
    }
    text.trim_start().to_owned()
}

/// What a replay showed, in one paragraph.
#[must_use]
pub fn diagnosis(cause: &Cause) -> String {
    let mut text = cause.explanation.clone();
    if !cause.replayed.is_empty() {
        let _ = write!(
            text,
            " Reproduced at {} with {}.",
            time(cause.at),
            cause.replayed
        );
    }
    for change in cause.changes.iter().take(NAMED) {
        let _ = write!(
            text,
            " Changed between {} and {}: {}.",
            time(change.from),
            time(change.to),
            change.what
        );
    }
    text.trim_start().to_owned()
}

/// The change of the target that lets the request pass.
#[must_use]
pub fn fix(cause: &Cause) -> String {
    match (cause.header.as_str(), cause.fix.as_str()) {
        ("", fix) => fix.to_owned(),
        (header, "") => header.to_owned(),
        (header, fix) => format!("{header}. {fix}"),
    }
}

/// A share with three significant digits.
#[must_use]
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let text = match percent {
        percent if percent >= 99.95 || percent <= 0.0 => format!("{percent:.0}"),
        percent if percent >= 10.0 => format!("{percent:.1}"),
        percent if percent >= 1.0 => format!("{percent:.2}"),
        percent => format!("{percent:.4}"),
    };
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text} %")
}

pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn many(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", count(number))
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
