//! What the pages of an application may do, said to them with each answer.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Span};

/// Bounds of the SDK itself.
const MIN_INTERVAL: Span = Span::secs(1);
const MAX_INTERVAL: Span = Span::secs(300);

/// Which requests the SDK may send to find out why a request failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProbeLimit {
    /// As many as the page's own options permit.
    #[default]
    Full,
    /// One for each failing endpoint.
    Cheap,
    /// None.
    Off,
}

/// A part of the SDK that can be stopped by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Observer {
    /// Calls of `fetch`.
    Fetch,
    /// Calls of `XMLHttpRequest`.
    Xhr,
    /// What elements and style sheets ask for (`corswatch/elements`).
    Elements,
    /// Connections of `EventSource` (`corswatch/eventsource`).
    #[serde(rename = "eventsource")]
    EventSource,
    /// Whether the page can read the headers that it expects.
    ExpectedHeaders,
    /// How long preflights take.
    PreflightLatency,
}

impl Observer {
    /// Its name in the header.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Xhr => "xhr",
            Self::Elements => "elements",
            Self::EventSource => "eventsource",
            Self::ExpectedHeaders => "expected_headers",
            Self::PreflightLatency => "preflight_latency",
        }
    }
}

/// What the SDK in the pages of an application may do. Pages follow it from the next answer of the
/// edge on; what they are configured to do themselves is never extended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SdkConfig {
    /// Which probes pages may send: `full`, `cheap` (one for each failing endpoint) or `off`.
    pub probes: ProbeLimit,
    /// Shortest time between two beacons of a page. Permitted: 1s to 5m.
    pub flush_interval: Option<Span>,
    /// Observers that do nothing: `fetch`, `xhr`, `elements`, `eventsource`, `expected_headers`,
    /// `preflight_latency`.
    pub stopped_observers: Vec<Observer>,
}

impl SdkConfig {
    pub(super) fn problems(&self, mut problems: Problems<'_>) {
        if let Some(interval) = self.flush_interval {
            problems.range("flush_interval", interval, MIN_INTERVAL..=MAX_INTERVAL);
        }
    }

    /// The value of the header that says it; none where nothing is limited.
    pub(super) fn header(&self) -> Option<String> {
        let probes = match self.probes {
            ProbeLimit::Full => None,
            ProbeLimit::Cheap => Some("probes=cheap".to_owned()),
            ProbeLimit::Off => Some("probes=off".to_owned()),
        };
        let stopped: Vec<_> = self.stopped_observers.iter().map(|o| o.as_str()).collect();
        let stopped = (!stopped.is_empty()).then(|| format!("stop={}", stopped.join(",")));
        let parts: Vec<_> = probes.into_iter().chain(stopped).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// The shortest time between two beacons of a page, in whole seconds; 0 where pages decide.
    pub(super) fn interval_seconds(&self) -> u64 {
        let interval = self.flush_interval.map_or(Duration::ZERO, Span::duration);
        interval.as_millis().div_ceil(1000).try_into().unwrap_or(0)
    }
}
