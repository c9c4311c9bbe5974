//! What the named queries ask for and answer.

use observation::{Confidence, Kind, Outcome, Source, Stage, UnixMillis};
use slo::{Count, Sums};

use crate::rows::{ChunkRow, EdgeReportRow, ProgressRow};
use crate::wire::fields;

/// Whether laboratory traffic counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LabTraffic {
    /// Left out.
    #[default]
    Excluded,
    /// Counted like any other.
    Included,
}

/// Which reports count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reports {
    /// Those that nothing speaks against: what objectives are judged by.
    #[default]
    Undisputed,
    /// The others ([`observation::Standing`]).
    Disputed,
    /// All.
    All,
}

/// Which observations an SLI is of. An empty option restricts nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliFilter {
    /// Configured application.
    pub app: String,
    /// The one source: the same failure seen by two sources is never summed.
    pub source: Source,
    /// Whether laboratory traffic counts.
    pub lab: LabTraffic,
    /// Which reports count.
    pub reports: Reports,
    /// Configured service.
    pub service: Option<String>,
    /// Origin of the page.
    pub page_origin: Option<String>,
    /// Origin of the server.
    pub target_origin: Option<String>,
    /// Path template.
    pub endpoint: Option<String>,
    /// Release of the page.
    pub release: Option<String>,
    /// Deployment environment.
    pub environment: Option<String>,
    /// The calls of a critical flow.
    pub flow: Option<Flow>,
}

/// A critical flow: calls that people do something with together, such as checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Its name.
    pub name: String,
    /// Its calls.
    pub calls: Vec<FlowCall>,
}

/// One call of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowCall {
    /// The only method that is meant; none for all.
    pub method: Option<String>,
    /// Path template.
    pub endpoint: String,
}

impl Flow {
    /// Whether a request is one of its calls.
    #[must_use]
    pub fn has(&self, method: &str, endpoint: &str) -> bool {
        let is_it = |call: &FlowCall| {
            call.endpoint == endpoint && call.method.as_ref().is_none_or(|own| own == method)
        };
        self.calls.iter().any(is_it)
    }

    /// Endpoints of every method, and `METHOD /endpoint` where only one is meant.
    pub(crate) fn texts(&self) -> Vec<String> {
        let text = |call: &FlowCall| match &call.method {
            Some(method) => format!("{method} {}", call.endpoint),
            None => call.endpoint.clone(),
        };
        self.calls.iter().map(text).collect()
    }
}

impl SliFilter {
    /// Everything that browsers saw of `app`, without laboratory traffic.
    #[must_use]
    pub fn app(app: impl Into<String>) -> Self {
        Self {
            app: app.into(),
            source: Source::Browser,
            lab: LabTraffic::Excluded,
            reports: Reports::Undisputed,
            service: None,
            page_origin: None,
            target_origin: None,
            endpoint: None,
            release: None,
            environment: None,
            flow: None,
        }
    }

    /// The same of what is disputed.
    #[must_use]
    pub fn disputed(&self) -> Self {
        Self {
            reports: Reports::Disputed,
            ..self.clone()
        }
    }

    /// What it is limited to: each column with its value.
    #[must_use]
    pub fn limits(&self) -> Vec<(&'static str, &str)> {
        let limits = [
            ("service", &self.service),
            ("page_origin", &self.page_origin),
            ("target_origin", &self.target_origin),
            ("endpoint", &self.endpoint),
            ("release", &self.release),
            ("environment", &self.environment),
        ];
        let stated = limits.into_iter();
        stated
            .filter_map(|(column, value)| Some((column, value.as_deref()?)))
            .collect()
    }
}

/// One value of a dimension and its sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breakdown {
    /// The value.
    pub value: String,
    /// Its sums.
    pub sums: Sums,
}

/// Failures of one signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What was counted.
    pub kind: Kind,
    /// Configured service, or empty.
    pub service: String,
    /// Origin of the server.
    pub target_origin: String,
    /// Path template.
    pub endpoint: String,
    /// Request method.
    pub method: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Where in the protocol.
    pub stage: Option<Stage>,
    /// Chromium's `CorsError` name, or empty.
    pub cause: String,
    /// Header names, or empty.
    pub parameter: String,
    /// The best confidence among them.
    pub confidence: Option<Confidence>,
    /// How many.
    pub count: u64,
    /// Origins of the pages, most first, bounded.
    pub page_origins: Vec<String>,
    /// Browsers (`chrome 156`), most first, bounded.
    pub browsers: Vec<String>,
    /// Start of the first minute with one.
    pub first_seen: UnixMillis,
    /// Start of the last minute with one.
    pub last_seen: UnixMillis,
    /// Distinct page loads, as far as raw rows are kept.
    pub sessions: u64,
}

/// Requests of one shape, however they ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestShape {
    /// Origin of the page.
    pub page_origin: String,
    /// Origin of the server.
    pub target_origin: String,
    /// Path template.
    pub endpoint: String,
    /// Configured service, or empty.
    pub service: String,
    /// Request method.
    pub method: String,
    /// Names of the request headers that are not safelisted: lower case, sorted, comma separated.
    pub headers: String,
    /// Whether credentials could be sent.
    pub credentialed: bool,
    /// Whether a preflight was needed.
    pub preflighted: bool,
    /// Names of the response headers that pages of that origin read there, sorted.
    pub reads: Vec<String>,
    /// How they ended, sorted, without zeros.
    pub outcomes: Vec<(Outcome, u64)>,
    /// How many.
    pub count: u64,
}

fields! {
    /// How many independent witnesses the blocks of a slice have: of a page origin, endpoint, method and
    /// release, of an endpoint, or of a whole server; texts that are not told apart are empty.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct Witnessed {
        /// Origin of the page.
        pub page_origin: String,
        /// Origin of the server.
        pub target_origin: String,
        /// Path template.
        pub endpoint: String,
        /// Request method.
        pub method: String,
        /// Release of the page.
        pub release: String,
        /// Distinct page loads that saw a block.
        pub sessions: u64,
        /// Distinct client networks that saw a block, among those that are known.
        pub networks: u64,
        /// Distinct client networks that made any such request, among those that are known.
        pub all_networks: u64,
    }
}

fields! {
    /// How many client networks there are.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub(crate) struct Networks {
        /// Distinct client networks, among those that are known.
        pub networks: u64,
    }
}

/// What is counted of users who notice something: as an objective counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Which are failures.
    pub failed: Count,
    /// Of what.
    pub all: Count,
}

fields! {
    /// What users notice of failures at some endpoints of a server.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct Affected {
        /// Distinct page loads with a failure.
        pub sessions: u64,
        /// Distinct page loads with any such request.
        pub all_sessions: u64,
        /// Distinct client networks with a failure, among those that are known.
        pub networks: u64,
        /// What failed.
        pub failed: u64,
        /// All that was counted.
        pub requests: u64,
        /// Requests in the latest minutes.
        pub recent: u64,
        /// Of these, failed.
        pub recent_failed: u64,
        /// Failed in as many minutes before.
        pub before_failed: u64,
        /// When the first of them failed; 0 where none did.
        pub first_failed: UnixMillis,
    }
}

fields! {
    /// What a flow notices of failures at some endpoints of a server.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub struct FlowAffected {
        /// Distinct page loads of the flow with such a failure.
        pub sessions: u64,
        /// Distinct page loads that made any call of the flow.
        pub all_sessions: u64,
    }
}

fields! {
    /// A page origin, endpoint, method and release that passed before and is blocked now.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct BlockedSlice {
        /// Origin of the page.
        pub page_origin: String,
        /// Origin of the server.
        pub target_origin: String,
        /// Path template.
        pub endpoint: String,
        /// Configured service, or empty.
        pub service: String,
        /// Request method.
        pub method: String,
        /// Release of the page.
        pub release: String,
        /// Requests since it is blocked.
        pub requests: u64,
        /// Of these, blocked.
        pub blocked: u64,
        /// Distinct page loads that saw a block.
        pub sessions: u64,
        /// Distinct client networks that saw a block, among those that are known.
        pub networks: u64,
        /// Distinct client networks that made any such request, among those that are known.
        pub all_networks: u64,
        /// Start of the first minute with a block.
        pub first_seen: UnixMillis as crate::wire::Seconds,
        /// Start of the last minute with a block.
        pub last_seen: UnixMillis as crate::wire::Seconds,
    }
}

/// Where every beacon went, as far as the store knows. The caller adds the log's end offsets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Sums of all chunks of a partition; `chunk` is the last one and `version` its last offset.
    pub partitions: Vec<ChunkRow>,
    /// How far each partition has been written.
    pub progress: Vec<ProgressRow>,
    /// The last report of every edge process.
    pub edges: Vec<EdgeReportRow>,
}
