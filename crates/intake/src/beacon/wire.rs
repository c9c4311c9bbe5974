//! The beacon as it stands on the wire, with the texts borrowed from the body.

use std::borrow::Cow;

use observation::Latency;

use crate::SelfReport;

/// A sealed beacon.
#[derive(Debug, Default)]
pub(super) struct Beacon<'a> {
    pub(super) id: Cow<'a, str>,
    pub(super) age: i64,
    pub(super) session: Cow<'a, str>,
    pub(super) page: Cow<'a, str>,
    pub(super) environment: Cow<'a, str>,
    pub(super) release: Cow<'a, str>,
    pub(super) context: Option<Cow<'a, str>>,
    pub(super) lab: bool,
    pub(super) sdk: SelfReport,
    pub(super) rows: Vec<Row<'a>>,
}

/// One row.
#[derive(Debug, Default)]
pub(super) struct Row<'a> {
    pub(super) at: i64,
    pub(super) target: Option<Cow<'a, str>>,
    pub(super) endpoint: Cow<'a, str>,
    pub(super) kind: Option<Cow<'a, str>>,
    pub(super) method: Option<Cow<'a, str>>,
    pub(super) credentialed: bool,
    pub(super) preflighted: bool,
    pub(super) status: i64,
    pub(super) outcome: Option<Cow<'a, str>>,
    pub(super) stage: Option<Cow<'a, str>>,
    pub(super) confidence: Option<Cow<'a, str>>,
    pub(super) evidence: Cow<'a, str>,
    pub(super) by: Cow<'a, str>,
    pub(super) count: Option<i64>,
    pub(super) latency: Latency,
    pub(super) preflight_latency: Latency,
}
