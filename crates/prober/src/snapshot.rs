//! How targets answer, and what has changed.

use cors::{Answer, Exchange, Headers, Stage};
use observation::UnixMillis;
use store::{ChangeRow, HeaderLine, SnapshotRow, differences};

/// Lines beyond this are not kept, nor what is longer.
const MAX_LINES: usize = 40;
const MAX_VALUE: usize = 2000;
/// A change longer ago is no news.
const NEWS: i64 = 24 * 3_600_000;

/// How a target answered one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TargetSnapshot {
    pub(crate) asked: String,
    pub(crate) stage: Stage,
    pub(crate) status: u16,
    pub(crate) headers: Vec<HeaderLine>,
}

impl TargetSnapshot {
    pub(crate) fn of(asked: String, stage: Stage, answer: &Answer) -> Self {
        Self {
            asked,
            stage,
            status: answer.status,
            headers: headers(&answer.headers),
        }
    }
}

/// What the first hop of a walk showed.
pub(crate) fn seen(exchange: &Exchange, names: &str) -> Vec<TargetSnapshot> {
    let method = exchange.request.method();
    let Some(hop) = exchange.hops.first() else {
        return Vec::new();
    };
    let preflight = hop.preflight.iter().map(|answer| {
        TargetSnapshot::of(
            format!("{method} {names}").trim_end().to_owned(),
            Stage::Preflight,
            answer,
        )
    });
    let response = hop
        .response
        .iter()
        .map(|answer| TargetSnapshot::of(method.to_owned(), Stage::Response, answer));
    preflight.chain(response).collect()
}

/// The stage as the store has it.
pub(crate) const fn stored(stage: Stage) -> observation::Stage {
    match stage {
        Stage::Preflight => observation::Stage::Preflight,
        Stage::Response => observation::Stage::Response,
        Stage::Redirect => observation::Stage::Redirect,
    }
}

/// The lines that have a say in CORS, names in lower case, in wire order.
pub(crate) fn headers(headers: &Headers) -> Vec<HeaderLine> {
    let says = |name: &str| {
        name.starts_with("access-control-")
            || matches!(name, "vary" | "location" | "timing-allow-origin")
    };
    headers
        .iter()
        .map(|(name, value)| (String::from_utf8_lossy(name).to_ascii_lowercase(), value))
        .filter(|(name, _)| says(name))
        .take(MAX_LINES)
        .map(|(name, value)| HeaderLine {
            name,
            value: String::from_utf8_lossy(value)
                .chars()
                .take(MAX_VALUE)
                .collect(),
        })
        .collect()
}

/// What is to be written down, and what has changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Compared {
    pub(crate) rows: Vec<SnapshotRow>,
    /// Changes of the last day.
    pub(crate) changes: Vec<ChangeRow>,
    /// Whether one of them is new.
    pub(crate) changed_now: bool,
}

/// Compares what a target shows now with its latest states, latest first.
pub(crate) fn compare(
    (page_origin, url): (&str, &str),
    seen: &[TargetSnapshot],
    before: &[SnapshotRow],
    now: UnixMillis,
) -> Compared {
    let mut compared = Compared::default();
    for seen in seen {
        let same_question =
            |row: &&SnapshotRow| row.asked == seen.asked && row.stage == stored(seen.stage);
        let mut states = before.iter().filter(same_question);
        let latest = states.next();
        let unchanged =
            latest.filter(|row| row.status == seen.status && row.headers == seen.headers);
        let row = SnapshotRow {
            page_origin: page_origin.to_owned(),
            url: url.to_owned(),
            asked: seen.asked.clone(),
            stage: stored(seen.stage),
            first_at: unchanged.map_or(now, |row| row.first_at),
            last_at: now,
            status: seen.status,
            headers: seen.headers.clone(),
        };
        let previous = if unchanged.is_some() {
            states.next()
        } else {
            latest
        };
        if let Some(previous) = previous
            && now.0 - row.first_at.0 < NEWS
        {
            for change in differences(previous, &row) {
                // The same change shows in the answers to several questions.
                let known = compared.changes.iter().any(|known| {
                    (&known.stage, &known.header, &known.what)
                        == (&change.stage, &change.header, &change.what)
                });
                if !known {
                    compared.changes.push(change);
                }
            }
        }
        compared.changed_now |= latest.is_some() && unchanged.is_none();
        compared.rows.push(row);
    }
    compared
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
