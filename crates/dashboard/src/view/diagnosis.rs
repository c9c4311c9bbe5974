//! Diagnoses: what replaying a failure showed.

use cors::Credentials;
use explain::fix::{Existing, Platform, Policy, snippet};
use observation::{Kind, Stage};
use serde::Serialize;
use store::{ChangeRow, DiagnosisRow, FixPlace, FixRow, HeaderLine, ReplayOutcome, ReplayReason};
use utoipa::ToSchema;

use crate::timestamp::Timestamp;

/// What replaying a failure showed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Diagnosis {
    /// Identity of the failure: the same whenever it is seen.
    pub id: String,
    /// When it was replayed.
    pub at: Timestamp,
    /// What failed: a `request` or a `header_read`.
    #[schema(value_type = String)]
    pub kind: Kind,
    /// Origin of the page.
    pub page_origin: String,
    /// Origin of the server.
    pub target_origin: String,
    /// Path template.
    pub endpoint: String,
    /// Configured service; empty where none matches.
    pub service: String,
    /// Request method.
    pub method: String,
    /// Names of the headers that the browser asked for, or of the one that was read.
    pub headers: Option<String>,
    /// Whether the request is made with credentials.
    pub credentialed: bool,
    /// Where browsers say that it was blocked.
    #[schema(value_type = Option<String>)]
    pub reported_stage: Option<Stage>,
    /// Start of the first minute in which it was seen.
    pub first_seen: Timestamp,
    /// `reproduced`, `not_reproduced`, `refused` (the target must not be asked) or `no_answer`.
    #[schema(value_type = String)]
    pub result: ReplayOutcome,
    /// Why, as a word: `as_reported`, `other_stage`, `cached_preflight`, `edge_dependent`,
    /// `not_exposed`, `header_absent`, `made_up_path`, `only_with_cookies`, `request_not_sent`,
    /// `passes_since_change`, `passes`, `not_allowed`, `no_path`, `unreachable`, `not_a_request`.
    #[schema(value_type = String)]
    pub why: ReplayReason,
    /// Why, for people.
    pub detail: String,
    /// What was replayed; segments of a template have stand-ins where no sample is configured. Empty
    /// where no path leads to the endpoint.
    pub url: String,
    /// The address that answered.
    pub remote: Option<String>,
    /// Chromium's `CorsError` name of the rule that broke.
    pub cause: Option<String>,
    /// The header or method that it names.
    pub parameter: Option<String>,
    /// Where the replay was blocked.
    #[schema(value_type = Option<String>)]
    pub stage: Option<Stage>,
    /// Hop of the redirect chain that decided, from 0.
    pub hop: u8,
    /// Status of the answer that decided.
    pub status: Option<u16>,
    /// What the browser requires and what it got.
    pub explanation: Option<String>,
    /// The headers of the answer that decided which have a say in CORS.
    pub offending: Vec<Header>,
    /// What to change, most specific first.
    pub fixes: Vec<Fix>,
    /// What changed at the target within the last day.
    pub changes: Vec<Change>,
    /// The least permissive configuration that lets the request pass, where it was asked for.
    pub snippet: Option<String>,
}

/// A header as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Header {
    /// Name in lower case.
    pub name: String,
    /// Value.
    pub value: String,
}

/// One change that lets the request pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Fix {
    /// Whose answer, or whose code, changes: `preflight`, `response`, `redirect`, `page`.
    #[schema(value_type = String)]
    pub on: FixPlace,
    /// The header to set.
    pub header: Option<String>,
    /// The value to set it to.
    pub value: Option<String>,
    /// The change in words.
    pub change: String,
}

/// A change at a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Change {
    /// `preflight` or `response`.
    #[schema(value_type = String)]
    pub stage: Stage,
    /// The header; `:status` for the status.
    pub header: String,
    /// What happened, in words.
    pub what: String,
    /// When it was last seen as before.
    pub from: Timestamp,
    /// When it was first seen as it is.
    pub to: Timestamp,
}

fn stated(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

impl From<DiagnosisRow> for Diagnosis {
    fn from(row: DiagnosisRow) -> Self {
        let signature = row.signature;
        Self {
            id: row.id,
            at: Timestamp(row.at),
            kind: signature.kind,
            page_origin: signature.page_origin,
            target_origin: signature.target_origin,
            endpoint: signature.endpoint,
            service: signature.service,
            method: signature.method,
            headers: stated(signature.headers),
            credentialed: signature.credentialed,
            reported_stage: signature.stage,
            first_seen: Timestamp(signature.first_seen),
            result: row.result,
            why: row.why,
            detail: row.detail,
            url: row.url,
            remote: stated(row.remote),
            cause: stated(row.cause),
            parameter: stated(row.parameter),
            stage: row.stage,
            hop: row.hop,
            status: (row.status > 0).then_some(row.status),
            explanation: stated(row.explanation),
            offending: row.offending.into_iter().map(Header::from).collect(),
            fixes: row.fixes.into_iter().map(Fix::from).collect(),
            changes: row.changes.into_iter().map(Change::from).collect(),
            snippet: None,
        }
    }
}

impl From<HeaderLine> for Header {
    fn from(line: HeaderLine) -> Self {
        Self {
            name: line.name,
            value: line.value,
        }
    }
}

impl From<FixRow> for Fix {
    fn from(row: FixRow) -> Self {
        Self {
            on: row.place,
            header: stated(row.header),
            value: stated(row.value),
            change: row.change,
        }
    }
}

impl From<ChangeRow> for Change {
    fn from(row: ChangeRow) -> Self {
        Self {
            stage: row.stage,
            header: row.header,
            what: row.what,
            from: Timestamp(row.from),
            to: Timestamp(row.to),
        }
    }
}

impl Diagnosis {
    /// The same with the configuration of `platform` that lets the request pass; without one for
    /// what is not reproduced, and where a redirect has changed what has to be permitted.
    pub(crate) fn with_snippet(mut self, platform: Platform) -> Self {
        if self.result != ReplayOutcome::Reproduced || self.hop > 0 || self.page_origin == "null" {
            return self;
        }
        let names = |list: &Option<String>| -> Vec<String> {
            let list = list.as_deref().unwrap_or_default().split(',');
            list.filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let (headers, expose) = match self.kind {
            Kind::HeaderRead => (Vec::new(), names(&self.headers)),
            Kind::Request | Kind::Preflight => (names(&self.headers), Vec::new()),
        };
        let policy = Policy {
            origin: self.page_origin.clone(),
            methods: vec![self.method.clone()],
            headers,
            expose,
            credentials: if self.credentialed {
                Credentials::Include
            } else {
                Credentials::SameOrigin
            },
            max_age_seconds: explain::fix::MAX_AGE_SECONDS,
            existing: self.existing(),
        };
        self.snippet = Some(snippet(platform, &policy));
        self
    }

    fn existing(&self) -> Existing {
        let mut names = self.offending.iter().map(|header| &header.name);
        match names.any(|name| name == "access-control-allow-origin") {
            true => Existing::AllowOrigin,
            false => Existing::Nothing,
        }
    }
}
