//! Live numbers.

use std::collections::BTreeMap;

use observation::{Source, UnixMillis};
use serde::Serialize;
use slo::Sums;
use utoipa::ToSchema;

use super::sli::Sli;
use crate::timestamp::Timestamp;

/// The data of a `tick`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Tick {
    /// The app.
    app: String,
    /// When the store was read.
    at: Timestamp,
    /// Everything received before this time is counted; null while a partition of the log has no
    /// progress.
    watermark: Option<Timestamp>,
    /// How far the watermark is behind `at`, in milliseconds; null without a watermark.
    lag_ms: Option<i64>,
    /// Whether `points` are all of the last half hour; else those that changed since the tick before.
    whole: bool,
    /// What was counted since the reading before; null at the first one.
    arrived: Option<Arrived>,
    /// The SLIs by minute, in order of time; minutes in which nothing was seen are left out.
    points: Vec<LivePoint>,
}

/// What was counted between two readings of the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Arrived {
    /// Requests that count.
    pub requests: u64,
    /// Of them, those that browsers blocked.
    pub blocked: u64,
    /// Of them, those that failed for an unknown reason.
    pub unknown: u64,
}

/// The SLIs of one minute.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct LivePoint {
    /// Start of the minute.
    at: Timestamp,
    #[serde(flatten)]
    sli: Sli,
}

/// Why a stream ends: the data of `end`.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct StreamEnd {
    /// Why.
    pub reason: EndReason,
}

/// Why a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EndReason {
    /// The process stops. Ask again: another one answers, or this one after its start.
    Draining,
    /// The stream is as old as one gets. Ask again: the token is checked again.
    Expired,
}

impl Tick {
    pub(crate) fn new(
        app: &str,
        at: UnixMillis,
        watermark: Option<UnixMillis>,
        arrived: Option<Arrived>,
        whole: bool,
    ) -> Self {
        Self {
            app: app.to_owned(),
            at: Timestamp(at),
            watermark: watermark.map(Timestamp),
            lag_ms: watermark.map(|watermark| (at.0 - watermark.0).max(0)),
            whole,
            arrived,
            points: Vec::new(),
        }
    }

    pub(crate) fn with_points(mut self, points: Vec<(&UnixMillis, &Sums)>, source: Source) -> Self {
        let point = |(at, sums): (&UnixMillis, &Sums)| LivePoint {
            at: Timestamp(*at),
            sli: Sli::of(sums, source),
        };
        self.points = points.into_iter().map(point).collect();
        self
    }
}

impl Arrived {
    /// What `after` counts and `before` did not. Minutes that left the window are no part of it.
    pub(crate) fn between(
        before: &BTreeMap<UnixMillis, Sums>,
        after: &BTreeMap<UnixMillis, Sums>,
    ) -> Self {
        let mut arrived = Self::default();
        for (minute, sums) in after {
            let earlier = before.get(minute);
            let more = |of: fn(&Sums) -> u64| of(sums).saturating_sub(earlier.map_or(0, of));
            arrived.requests += more(|sums| sums.requests);
            arrived.blocked += more(|sums| sums.blocked);
            arrived.unknown += more(|sums| sums.unknown);
        }
        arrived
    }
}
