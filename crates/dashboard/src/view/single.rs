//! Single failures.

use observation::{BeaconId, Confidence, Context, Kind, Outcome, Stage, Standing, UnixMillis};
use serde::Serialize;
use store::{DiagnosisRow, SingleFailure, SinglePlace, SnapshotRow};
use utoipa::ToSchema;

use super::diagnosis::{Diagnosis, Header};
use crate::timestamp::Timestamp;

/// One failure as a browser reported it. Where the page summed failures up, `count` is above 1.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Single {
    /// Identity, for `/api/v1/failures/{id}` and as `after` of the next page.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// When the edge took it in.
    pub received_at: Timestamp,
    /// What failed: a `request`, a `preflight` seen by itself, or a `header_read`.
    #[schema(value_type = String)]
    pub kind: Kind,
    /// Configured service; empty where none matches.
    pub service: String,
    /// Origin of the page.
    pub page_origin: String,
    /// Origin of the server.
    pub target_origin: String,
    /// Path template.
    pub endpoint: String,
    /// Request method.
    pub method: String,
    /// Names of the request headers that are not safelisted, or of the header that was read.
    pub parameter: String,
    /// Whether credentials could be sent.
    pub credentialed: bool,
    /// Whether a preflight was needed.
    pub preflighted: bool,
    /// HTTP status; null where it could not be read.
    pub status: Option<u16>,
    /// How it ended.
    #[schema(value_type = String)]
    pub outcome: Outcome,
    /// Where in the CORS protocol, for a block.
    #[schema(value_type = Option<String>)]
    pub stage: Option<Stage>,
    /// Chromium's `CorsError` name; null where the evidence does not tell.
    pub cause: Option<String>,
    /// How sure the source is.
    #[schema(value_type = Option<String>)]
    pub confidence: Option<Confidence>,
    /// Code of the evidence that led to the outcome; `sdk-js/README.md` has the codes.
    pub evidence: Option<String>,
    /// Release of the page; empty where it states none.
    pub release: String,
    /// Deployment environment; empty where it states none.
    pub environment: String,
    /// Browser and major version: `chrome 156`.
    pub browser: String,
    /// Where the script ran.
    #[schema(value_type = String)]
    pub context: Context,
    /// The page load, as a word that tells nothing about the user.
    pub session: String,
    /// Whether it is believed, and why not.
    #[schema(value_type = String)]
    pub standing: Standing,
    /// How many.
    pub count: u32,
}

/// How a target answered one kind of question, and between which times it was seen to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Replayed {
    /// `preflight` or `response`.
    #[schema(value_type = String)]
    pub stage: Stage,
    /// Method and header names that were asked with.
    pub asked: String,
    /// HTTP status.
    pub status: u16,
    /// The headers that have a say in CORS.
    pub headers: Vec<Header>,
    /// When it was first seen.
    pub first_at: Timestamp,
    /// When it was last seen.
    pub last_at: Timestamp,
}

impl Single {
    pub(crate) fn of(row: SingleFailure) -> Self {
        let stated = |text: String| (!text.is_empty()).then_some(text);
        Self {
            id: id(row.place()),
            at: Timestamp(row.at),
            received_at: Timestamp(row.received_at),
            kind: row.kind,
            service: row.service,
            page_origin: row.page_origin,
            target_origin: row.target_origin,
            endpoint: row.endpoint,
            method: row.method,
            parameter: row.parameter,
            credentialed: row.credentialed,
            preflighted: row.preflighted,
            status: (row.status > 0).then_some(row.status),
            outcome: row.outcome,
            stage: row.stage,
            cause: stated(row.cause),
            confidence: row.confidence,
            evidence: stated(row.evidence),
            release: row.release,
            environment: row.environment,
            browser: format!("{} {}", row.browser_family, row.browser_major),
            context: row.context,
            session: format!("{:016x}", row.session.0),
            standing: row.standing,
            count: row.count,
        }
    }

    /// The diagnosis of what failed here: of the same signature, one that reproduced it before others.
    pub(crate) fn diagnosis(&self, diagnoses: Vec<DiagnosisRow>) -> Option<Diagnosis> {
        let about = |row: &DiagnosisRow| {
            let signature = &row.signature;
            signature.kind == self.kind
                && signature.page_origin == self.page_origin
                && signature.target_origin == self.target_origin
                && signature.endpoint == self.endpoint
                && signature.method == self.method
                && signature.headers == self.parameter
                && signature.outcome == self.outcome
                && signature.stage == self.stage
        };
        let about = diagnoses.into_iter().filter(about);
        about
            .max_by_key(|row| (row.is_reproduced(), row.at))
            .map(Diagnosis::from)
    }
}

impl From<SnapshotRow> for Replayed {
    fn from(row: SnapshotRow) -> Self {
        Self {
            stage: row.stage,
            asked: row.asked,
            status: row.status,
            headers: row.headers.into_iter().map(Header::from).collect(),
            first_at: Timestamp(row.first_at),
            last_at: Timestamp(row.last_at),
        }
    }
}

/// What a place is called: minute, beacon and index.
pub(crate) fn id(place: SinglePlace) -> String {
    format!("{}.{}.{}", place.minute.0 / 60_000, place.beacon, place.idx)
}

/// Reads what [`id`] wrote.
pub(crate) fn place(id: &str) -> Option<SinglePlace> {
    let mut parts = id.split('.');
    let minute: u32 = parts.next()?.parse().ok()?;
    let beacon: BeaconId = parts.next()?.parse().ok()?;
    let idx = parts.next()?.parse().ok()?;
    let place = SinglePlace {
        minute: UnixMillis(i64::from(minute) * 60_000),
        beacon,
        idx,
    };
    parts.next().is_none().then_some(place)
}
