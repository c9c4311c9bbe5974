//! From what an audit showed to what is kept: pure, so that the same look makes the same row.

use std::collections::BTreeMap;
use std::time::Duration;

use findings::{Finding, Level};
use observation::UnixMillis;
use store::{
    AuditState, FindingLevel, FoundRow, Grant, InventoryRow, OriginSource, Stance, TriedOrigin,
    Vary,
};

use crate::judge::UNUSED;
use crate::seen::{Looked, Tried, Unanswered};
use crate::targets::{CallTimes as Calls, Target};

/// Lines of evidence that are kept of a finding, and characters of a line.
const MAX_LINES: usize = 60;
const MAX_LINE: usize = 500;
/// Origins that a message names.
const MAX_NAMED: usize = 10;
/// A last call that is known better by less than this is not worth a row.
const NEWS: i64 = 3_600_000;
const DAY: i64 = 86_400_000;

/// What the traffic says of a target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage<'a> {
    pub(crate) pages: &'a BTreeMap<String, Calls>,
    pub(crate) unused_after: Duration,
    pub(crate) now: UnixMillis,
}

/// The row of a target after an audit.
pub(crate) fn record(
    before: Option<&InventoryRow>,
    target: &Target,
    looked: Looked,
    usage: Usage<'_>,
) -> InventoryRow {
    let mut row = before.cloned().unwrap_or_else(|| empty(target));
    row.apps.clone_from(&target.apps);
    row.method.clone_from(&target.method);
    row.url.clone_from(&target.place.url);
    row.made_up = target.place.made_up;
    row.last_at = looked.at;
    match looked.found {
        Err(Unanswered::Refused(reason)) => {
            (row.state, row.reason) = (AuditState::Refused, shortened(&reason));
        }
        Err(Unanswered::NoAnswer(reason)) => {
            (row.state, row.reason) = (AuditState::NoAnswer, shortened(&reason));
        }
        Ok(seen) => {
            (row.state, row.reason) = (AuditState::Answered, String::new());
            row.answered_at = Some(looked.at);
            row.stance = Some(seen.stance);
            row.vary = seen.vary;
            row.max_age = seen.max_age;
            row.origins = seen.tried.into_iter().map(tried).collect();
            row.findings = seen
                .findings
                .into_iter()
                .map(|one| found(one, looked.at))
                .collect();
            row.findings.sort_by_key(|found| {
                let (rule, key) = (found.rule.clone(), found.key.clone());
                (std::cmp::Reverse(found.level), rule, key)
            });
        }
    }
    use_of(&mut row, usage);
    dated(row, before, usage.now)
}

/// The same target, with what the traffic says now; none where nothing is new.
pub(crate) fn refreshed(row: &InventoryRow, usage: Usage<'_>) -> Option<InventoryRow> {
    let mut now = row.clone();
    use_of(&mut now, usage);
    let unused = |row: &InventoryRow| -> Vec<bool> {
        row.origins.iter().map(|tried| tried.unused).collect()
    };
    let later = row.origins.iter().zip(&now.origins).any(|(old, new)| {
        let millis = |at: Option<UnixMillis>| at.map_or(0, |at| at.0);
        millis(new.last_seen) - millis(old.last_seen) >= NEWS
    });
    let is_news = later || unused(row) != unused(&now);
    is_news.then(|| dated(now, Some(row), usage.now))
}

/// The last row of a target that pages do not call any more.
pub(crate) fn retired(row: &InventoryRow, now: UnixMillis) -> InventoryRow {
    let last = InventoryRow {
        state: AuditState::Retired,
        ..row.clone()
    };
    dated(last, Some(row), now)
}

fn empty(target: &Target) -> InventoryRow {
    InventoryRow {
        service: target.key.service.clone(),
        target_origin: target.key.target_origin.clone(),
        endpoint: target.key.endpoint.clone(),
        apps: Vec::new(),
        method: String::new(),
        url: String::new(),
        made_up: false,
        first_at: UnixMillis(0),
        last_at: UnixMillis(0),
        updated_at: UnixMillis(0),
        answered_at: None,
        observed_since: None,
        state: AuditState::NoAnswer,
        reason: String::new(),
        stance: None,
        vary: Vary::NotNeeded,
        max_age: None,
        origins: Vec::new(),
        findings: Vec::new(),
    }
}

fn tried(tried: Tried) -> TriedOrigin {
    TriedOrigin {
        origin: tried.origin,
        source: tried.source,
        grant: tried.grant,
        last_seen: None,
        unused: false,
    }
}

const fn stored(level: Level) -> FindingLevel {
    match level {
        Level::Note => FindingLevel::Note,
        Level::Warning => FindingLevel::Warning,
        Level::Error => FindingLevel::Error,
    }
}

fn found(finding: Finding, at: UnixMillis) -> FoundRow {
    FoundRow {
        rule: finding.rule.id.to_owned(),
        key: finding.key,
        level: stored(finding.level),
        title: finding.rule.title.to_owned(),
        message: shortened(&finding.message),
        evidence: finding
            .evidence
            .iter()
            .take(MAX_LINES)
            .map(|line| shortened(line))
            .collect(),
        fix: finding.fix.iter().map(|line| shortened(line)).collect(),
        first_at: at,
    }
}

/// One line of at most so many characters: what a server sends has no bound of its own.
fn shortened(text: &str) -> String {
    let text: String = text.chars().take(MAX_LINE).collect();
    text.replace(['\n', '\r'], " ")
}

/// Says of every origin when its pages called last, and which of those that are allowed are unused.
fn use_of(row: &mut InventoryRow, usage: Usage<'_>) {
    let since = usage.pages.values().map(|calls| calls.first).min();
    row.observed_since = since.or(row.observed_since);
    let long = i64::try_from(usage.unused_after.as_millis()).unwrap_or(i64::MAX);
    let has_list = matches!(row.stance, Some(Stance::List | Stance::NullTrusted));
    for tried in &mut row.origins {
        let calls = usage.pages.get(&tried.origin);
        tried.last_seen = calls.map(|calls| calls.last).max(tried.last_seen);
        let is_used = tried
            .last_seen
            .is_some_and(|last| usage.now.0 - last.0 < long);
        tried.unused = has_list && tried.grant != Grant::Denied && !is_used;
    }
    let kept = row.findings.iter().find(|found| found.rule == UNUSED.id);
    let first_at = kept.map_or(usage.now, |found| found.first_at);
    row.findings.retain(|found| found.rule != UNUSED.id);
    if row.unused().next().is_some() {
        let finding = unused(row, usage.now);
        row.findings.push(found(finding, first_at));
    }
}

fn unused(row: &InventoryRow, now: UnixMillis) -> Finding {
    let days = |since: UnixMillis| (now.0 - since.0) / DAY;
    let names: Vec<String> = row
        .unused()
        .take(MAX_NAMED)
        .map(|tried| match tried.last_seen {
            Some(last) => format!("{} (last seen {} days ago)", tried.origin, days(last)),
            None => format!("{} (never seen)", tried.origin),
        })
        .collect();
    let more = row.unused().count().saturating_sub(MAX_NAMED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let observed = row.observed_since.map_or(0, days);
    let message = format!(
        "Let in, and no page of it calls: {}{more}. Traffic to this target has been observed for {observed} days. {}",
        names.join(", "),
        UNUSED.description
    );
    let is_listed = row
        .unused()
        .any(|tried| tried.source == OriginSource::Listed);
    let mut finding = Finding::new(&UNUSED, message)
        .mended_by("Take the origin out of the server's allow-list, after asking its owner.");
    if is_listed {
        finding = finding
            .mended_by("Take it out of `services.allowed_origins` or `inventory.origins`, too.");
    }
    finding
}

/// Whether two rows tell the same of a target.
fn tell_the_same(a: &InventoryRow, b: &InventoryRow) -> bool {
    let findings = |row: &InventoryRow| -> Vec<_> {
        let told = |found: &FoundRow| (found.rule.clone(), found.key.clone(), found.level);
        row.findings.iter().map(told).collect()
    };
    let origins = |row: &InventoryRow| -> Vec<_> {
        let told = |tried: &TriedOrigin| (tried.origin.clone(), tried.grant, tried.unused);
        row.origins.iter().map(told).collect()
    };
    (a.state, a.stance, a.vary, a.max_age) == (b.state, b.stance, b.vary, b.max_age)
        && (&a.method, &a.url) == (&b.method, &b.url)
        && findings(a) == findings(b)
        && origins(a) == origins(b)
}

/// The row with its times: that of the state before goes on where both tell the same.
fn dated(mut row: InventoryRow, before: Option<&InventoryRow>, now: UnixMillis) -> InventoryRow {
    row.updated_at = now;
    row.first_at = now;
    if let Some(before) = before {
        if tell_the_same(&row, before) {
            row.first_at = before.first_at;
        }
        for found in &mut row.findings {
            let same = |old: &&FoundRow| (&old.rule, &old.key) == (&found.rule, &found.key);
            if let Some(old) = before.findings.iter().find(same) {
                found.first_at = old.first_at;
            }
        }
    }
    row
}

#[cfg(test)]
#[path = "record_tests.rs"]
pub(crate) mod tests;
