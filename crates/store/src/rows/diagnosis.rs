//! Diagnoses: what was reported, what replaying it showed, and the headers of targets over time.

use observation::{Kind, Outcome, Stage, UnixMillis, vocabulary};

use crate::Failure;
use crate::wire::{Flat, List, fields};

vocabulary! {
    /// Where a change is made.
    FixPlace {
        /// The server's answer to OPTIONS.
        Preflight => "preflight",
        /// The server's answer to the request.
        Response => "response",
        /// The server's redirect.
        Redirect => "redirect",
        /// The page.
        Page => "page",
    }
}

vocabulary! {
    /// What came of a replay.
    ReplayOutcome {
        /// The failure is there.
        Reproduced => "reproduced",
        /// It is not, or what is there may be another one.
        NotReproduced => "not_reproduced",
        /// The target must not be asked.
        Refused => "refused",
        /// The target did not answer.
        NoAnswer => "no_answer",
    }
}

vocabulary! {
    /// Why the outcome of a replay is what it is.
    ReplayReason {
        /// Blocked where browsers say.
        AsReported => "as_reported",
        /// Blocked, at another stage than browsers say.
        OtherStage => "other_stage",
        /// Blocked at the preflight, while browsers pass it with an answer they kept.
        CachedPreflight => "cached_preflight",
        /// Only some of the target's addresses block.
        EdgeDependent => "edge_dependent",
        /// The header is there and is not exposed.
        NotExposed => "not_exposed",
        /// The answer does not carry the header.
        HeaderAbsent => "header_absent",
        /// The answer is an error that a made-up path may have caused.
        MadeUpPath => "made_up_path",
        /// The answer depends on cookies or header values, which the prober does not have.
        OnlyWithCookies => "only_with_cookies",
        /// The preflight passes, and the request itself is none that may be repeated.
        RequestNotSent => "request_not_sent",
        /// It passes since the target's headers changed.
        PassesSinceChange => "passes_since_change",
        /// It passes.
        Passes => "passes",
        /// A rule keeps the prober from asking.
        NotAllowed => "not_allowed",
        /// No path leads to the endpoint.
        NoPath => "no_path",
        /// No answer.
        Unreachable => "unreachable",
        /// What was reported is not a request that a browser makes.
        NotARequest => "not_a_request",
    }
}

fields! {
    /// What a browser did again and again: the same request that ends in the same way. Of a failure it
    /// is what a diagnosis is about; of traffic that passes it names a target.
    #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub struct SignatureRow {
        /// Configured application.
        pub app: String,
        /// What was counted.
        pub kind: Kind,
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
        /// Names of the request headers that are not safelisted, or of the header that was read.
        pub headers: String,
        /// Whether the request was made with `credentials: include`.
        pub credentialed: bool,
        /// Whether the request needs a preflight.
        pub preflighted: bool,
        /// How it ended.
        pub outcome ["reported_outcome"]: Outcome,
        /// Where in the protocol.
        pub stage ["reported_stage"]: Option<Stage>,
        /// Start of the first minute in which it was seen within the window that was asked for.
        pub first_seen: UnixMillis,
        /// Start of the last such minute.
        pub last_seen: UnixMillis,
    }
}

fields! {
    /// A header as it came.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct HeaderLine {
        /// Name in lower case.
        pub name: String,
        /// Value.
        pub value: String,
    }
}

fields! {
    /// One change that lets the request pass.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct FixRow {
        /// Whose answer, or whose code, changes.
        pub place: FixPlace,
        /// The header to set, or empty.
        pub header: String,
        /// The value to set it to, or empty.
        pub value: String,
        /// The change in words.
        pub change: String,
    }
}

fields! {
    /// A header of a target that changed.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ChangeRow {
        /// The question: the preflight or the request itself.
        pub stage: Stage,
        /// The header, in lower case; `:status` for the status.
        pub header: String,
        /// What happened to it, in words.
        pub what: String,
        /// Its value before; empty where it was not there.
        pub before: String,
        /// Its value since; empty where it vanished.
        pub after: String,
        /// When it was last seen as it was before.
        pub from: UnixMillis,
        /// When it was first seen as it is since.
        pub to: UnixMillis,
    }
}

fields! {
    /// What replaying a failure showed.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DiagnosisRow in "diagnoses" {
        /// Identity of the signature.
        pub id: String,
        /// When it was replayed.
        pub at: UnixMillis,
        /// What was reported.
        pub signature: SignatureRow as Flat,
        /// What came of it.
        pub result: ReplayOutcome,
        /// Why the result is what it is.
        pub why: ReplayReason,
        /// The same for people.
        pub detail: String,
        /// What was replayed.
        pub url: String,
        /// The address that answered last, or empty.
        pub remote: String,
        /// Chromium's `CorsError` name, or empty.
        pub cause: String,
        /// What Chromium names beside it, or empty.
        pub parameter: String,
        /// Where in the protocol the replay was blocked.
        pub stage: Option<Stage>,
        /// Hop of the redirect chain that decided.
        pub hop: u8,
        /// Status of the answer that decided; 0 without one.
        pub status: u16,
        /// What the browser required and what it got.
        pub explanation: String,
        /// The headers of the answer that decided which have a say in CORS.
        pub offending: Vec<HeaderLine> as List,
        /// What to change.
        pub fixes ["fix"]: Vec<FixRow> as List,
        /// What has changed at the target lately.
        pub changes ["change"]: Vec<ChangeRow> as List,
    }
}

impl DiagnosisRow {
    /// Whether the replay showed the failure.
    #[must_use]
    pub fn is_reproduced(&self) -> bool {
        self.result == ReplayOutcome::Reproduced
    }

    /// The diagnosis that says most about `failure`: one that reproduced it, then the latest.
    #[must_use]
    pub fn of<'a>(failure: &Failure, diagnoses: &'a [Self]) -> Option<&'a Self> {
        let about = |row: &&Self| {
            let signature = &row.signature;
            signature.kind == failure.kind
                && signature.target_origin == failure.target_origin
                && signature.endpoint == failure.endpoint
                && signature.method == failure.method
                && signature.headers == failure.parameter
                && signature.outcome == failure.outcome
                && signature.stage == failure.stage
                && failure.page_origins.contains(&signature.page_origin)
        };
        let about = diagnoses.iter().filter(about);
        about.max_by_key(|row| (row.is_reproduced(), row.at))
    }
}
