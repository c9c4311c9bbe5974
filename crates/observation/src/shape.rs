//! One observation.

use serde::{Deserialize, Serialize};

use crate::{Confidence, Kind, Latency, Outcome, Stage, Standing, UnixMillis};

/// `count` requests (or preflights, or header reads) of one shape with one outcome.
///
/// Texts are bounded by the intake; none of them holds a query, a fragment or a header value. `S` is
/// how they are held: the edge borrows them from the body, who reads the journal owns them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation<S = String> {
    /// What is counted.
    pub kind: Kind,
    /// When it happened; the start of the aggregation where `count` is above 1.
    pub at: UnixMillis,
    /// Origin of the page, where the source sees requests of many; none where the envelope names its page.
    pub page_origin: Option<S>,
    /// Origin of the server that was asked: `scheme://host[:port]`.
    pub target_origin: S,
    /// Path template, such as `/cart/:id`; `/__other__` past the cardinality limit.
    pub endpoint: S,
    /// Configured service that owns the endpoint; empty where none matches.
    pub service: S,
    /// Request method, as the Fetch standard normalises it.
    pub method: S,
    /// Whether cookies or HTTP authentication could be sent (`credentials: include`).
    pub credentialed: bool,
    /// Whether the request needed a preflight.
    pub preflighted: bool,
    /// Names (never values) of the request headers that are not safelisted, or of the header that was
    /// read; comma separated, lower case, sorted.
    pub parameter: S,
    /// HTTP status where it was readable, else 0.
    pub status: u16,
    /// How it ended.
    pub outcome: Outcome,
    /// What is known beyond the outcome where it did not end well.
    pub failure: Option<Failure<S>>,
    /// How many.
    pub count: u32,
    /// Whether it is believed; the edge decides.
    pub standing: Standing,
    /// Duration of the whole request as the page sees it.
    pub latency: Latency,
    /// Duration of the preflight, where the browser lets the page see it.
    pub preflight_latency: Latency,
}

/// What is known about a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure<S = String> {
    /// Where in the CORS protocol, for a block.
    pub stage: Stage,
    /// Chromium's `CorsError` name where the source knows it, else empty.
    pub cause: S,
    /// How sure the source is.
    pub confidence: Confidence,
    /// Code of the evidence that led to the outcome.
    pub evidence: S,
}
