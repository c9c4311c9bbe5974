//! Failing endpoints.

use observation::{Confidence, Kind, Outcome, Stage};
use serde::Serialize;
use store::{DiagnosisRow, Failure};
use utoipa::ToSchema;

use super::diagnosis::Diagnosis;
use super::rate::ratio;
use crate::timestamp::Timestamp;

/// Failures of one signature: the same request failing in the same way.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct FailingEndpoint {
    /// What failed: a `request`, a `preflight` seen by itself, or a `header_read`.
    #[schema(value_type = String)]
    pub kind: Kind,
    /// Configured service; empty where none matches.
    pub service: String,
    /// Request method.
    pub method: String,
    /// Origin of the server.
    pub target_origin: String,
    /// Path template.
    pub endpoint: String,
    /// How it ended.
    #[schema(value_type = String)]
    pub outcome: Outcome,
    /// Where in the CORS protocol, for a block.
    #[schema(value_type = Option<String>)]
    pub stage: Option<Stage>,
    /// Chromium's `CorsError` name; null where the evidence does not tell.
    pub cause: Option<String>,
    /// Names of the headers concerned; null where none are.
    pub parameter: Option<String>,
    /// How sure the source is: `proven` leaves no other explanation, `likely` does.
    #[schema(value_type = Option<String>)]
    pub confidence: Option<Confidence>,
    /// How many.
    pub count: u64,
    /// Share of all failures of this list's window.
    pub share: Option<f64>,
    /// Distinct page loads, as far as raw observations are kept; null where none are.
    pub affected_sessions: Option<u64>,
    /// Origins of the pages, most first, the first few.
    pub page_origins: Vec<String>,
    /// Browsers, most first, the first few.
    pub browsers: Vec<String>,
    /// Start of the first minute with one.
    pub first_seen: Timestamp,
    /// Start of the last minute with one.
    pub last_seen: Timestamp,
    /// What replaying it showed; null where it was not replayed.
    pub diagnosis: Option<Diagnosis>,
}

impl FailingEndpoint {
    /// The view of `failure`, one of `total` failures.
    pub(crate) fn of(failure: Failure, total: u64, diagnosis: Option<DiagnosisRow>) -> Self {
        let stated = |text: String| (!text.is_empty()).then_some(text);
        Self {
            share: ratio(failure.count, total),
            kind: failure.kind,
            service: failure.service,
            method: failure.method,
            target_origin: failure.target_origin,
            endpoint: failure.endpoint,
            outcome: failure.outcome,
            stage: failure.stage,
            cause: stated(failure.cause),
            parameter: stated(failure.parameter),
            confidence: failure.confidence,
            count: failure.count,
            affected_sessions: (failure.sessions > 0).then_some(failure.sessions),
            page_origins: failure.page_origins,
            browsers: failure.browsers,
            first_seen: Timestamp(failure.first_seen),
            last_seen: Timestamp(failure.last_seen),
            diagnosis: diagnosis.map(Diagnosis::from),
        }
    }
}
