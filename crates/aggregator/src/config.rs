//! Settings of the aggregator itself; those of objectives are in [`crate::SloConfig`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Span};
use slo::Severity;

/// How often objectives are evaluated, and when the pipeline is too far behind to do so.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Pause between two evaluations. Permitted: 100ms to 5m.
    pub tick: Span,
    /// Pause between two looks for rollups to compact. Permitted: 1s to 1h.
    pub compact_every: Span,
    /// When the store is further behind the clock than this, SLO alerts freeze: they neither fire
    /// nor resolve. Permitted: 5s to 1h.
    pub lag_threshold: Span,
    /// After lagging for this long `corswatch_pipeline_lagging` fires. Permitted: 0s to 1h.
    pub lag_hold: Span,
    /// How urgent that is: while it lasts nothing else can fire.
    pub lag_severity: Severity,
    /// Beacons that the edge refuses are judged over this time. Permitted: 10s to 1h.
    pub refused_window: Span,
    /// When more than this share of the beacons that arrive is refused for one reason (and at least ten),
    /// `corswatch_beacons_refused` fires: it names the reason, since when, and the setting. A page where the
    /// journal or its queue is the reason, otherwise a ticket. Permitted: 0.0001 to 1.
    pub refused_share: f64,
    /// After so much of it for this long. Permitted: 0s to 1h.
    pub refused_hold: Span,
    /// One aggregator leads; when it is not heard of for this long, another takes over. Permitted:
    /// 3s to 5m.
    pub lease: Span,
    /// Exceeded for this long before an SLO alert fires; an objective may say otherwise. The burn
    /// windows already wait for enough damage. Permitted: 0s to 1day.
    pub hold: Span,
    /// Every short window below its burn rate for this long before an SLO alert resolves; an
    /// objective may say otherwise. Permitted: 0s to 1day.
    pub resolve_after: Span,
    /// Groups of one objective that are evaluated, those of most events first. Permitted: 1 to 500.
    pub max_groups: usize,
    /// How urgent it is that a page origin, endpoint, method and release is blocked wholly that passed
    /// before, however little traffic it has and whatever the budgets say.
    pub slice_severity: Severity,
    /// Page loads that have to see such a slice blocked; 0 switches the rule off. Permitted: 0 to 10000.
    pub slice_sessions: u64,
    /// Requests of a page origin, endpoint and method that have been blocked in so many of the last hours (of
    /// twice as many), one in a hundred or more, are a ticket however little traffic they have; 0 switches
    /// the rule off. Permitted: 0 to 48.
    pub quiet_hours: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            tick: Span::secs(1),
            compact_every: Span::secs(10),
            lag_threshold: Span::secs(60),
            lag_hold: Span::secs(30),
            lag_severity: Severity::Page,
            refused_window: Span::secs(60),
            refused_share: 0.01,
            refused_hold: Span::secs(30),
            lease: Span::secs(15),
            hold: Span::secs(0),
            resolve_after: Span::secs(60),
            max_groups: 50,
            slice_severity: Severity::Page,
            slice_sessions: 3,
            quiet_hours: 4,
        }
    }
}

pub(crate) const LONGEST_HOLD: Span = Span::secs(86_400);

impl Config {
    /// Reports every setting outside its permitted range.
    pub fn problems(&self, mut problems: Problems<'_>) {
        let (second, hour) = (Span::secs(1), Span::secs(3600));
        problems.range("tick", self.tick, Span::millis(100)..=Span::secs(300));
        problems.range("compact_every", self.compact_every, second..=hour);
        problems.range("lag_threshold", self.lag_threshold, Span::secs(5)..=hour);
        problems.range("lag_hold", self.lag_hold, Span::secs(0)..=hour);
        problems.range("refused_window", self.refused_window, Span::secs(10)..=hour);
        problems.range("refused_share", self.refused_share, 0.0001..=1.0);
        problems.range("refused_hold", self.refused_hold, Span::secs(0)..=hour);
        problems.range("lease", self.lease, Span::secs(3)..=Span::secs(300));
        problems.range("hold", self.hold, Span::secs(0)..=LONGEST_HOLD);
        problems.range(
            "resolve_after",
            self.resolve_after,
            Span::secs(0)..=LONGEST_HOLD,
        );
        problems.range("max_groups", self.max_groups, 1..=500);
        problems.range("slice_sessions", self.slice_sessions, 0..=10_000);
        problems.range("quiet_hours", self.quiet_hours, 0..=48);
    }
}
