//! The table of service level indicators: what is counted, and the ratios of it. An SLI is one row.

use observation::{Outcome, Source, Stage};

use crate::sli::slis;
use crate::sums::counts;
use crate::{Beside, Definition, Formula, Objective, Term, Test};

counts! {
    /// Requests that count ([`Outcome::counts_as_request`]).
    Requests requests: Request [Test::Counted];
    /// Of these, blocked by CORS.
    Blocked blocked: Request [Test::Outcome(Outcome::Blocked)];
    /// Of these, failed without evidence of how.
    Unknown unknown: Request [Test::Outcome(Outcome::Unknown)];
    /// Requests that count and could carry credentials.
    Credentialed credentialed: Request [Test::Counted, Test::Credentialed];
    /// Of these, blocked by CORS.
    CredentialedBlocked credentialed_blocked: Request [Test::Outcome(Outcome::Blocked), Test::Credentialed];
    /// Of these, answered 401 or 403.
    CredentialedDenied credentialed_denied: Request
        [Test::Counted, Test::Credentialed, Test::Status(&[401, 403])];
    /// Requests that count and needed a preflight.
    Preflighted preflighted: Request [Test::Counted, Test::Preflighted];
    /// Of these, blocked at the preflight.
    PreflightBlocked preflight_blocked: Request
        [Test::Outcome(Outcome::Blocked), Test::Preflighted, Test::Stage(Stage::Preflight)];
    /// OPTIONS requests, of sources that see them by themselves.
    Preflights preflights: Preflight [];
    /// Of these, answered 4xx or 5xx.
    PreflightsFailed preflights_failed: Preflight [Test::StatusFrom(400)];
    /// Reads of response headers that the application expects.
    HeaderReads header_reads: HeaderRead [];
    /// Of these, could not be read.
    HeaderUnreadable header_unreadable: HeaderRead [Test::Outcome(Outcome::Blocked)];
}

/// Every source.
const ALL: &[Source] = Source::ALL;
/// Sources that see a request as its page does: not the OPTIONS request itself, only whether the
/// preflight stopped theirs.
pub(crate) const PAGES: &[Source] = &[Source::Browser, Source::Synthetic];
/// Sources that see the OPTIONS request.
pub(crate) const SERVERS: &[Source] = &[
    Source::Gateway,
    Source::Edge,
    Source::OriginServer,
    Source::Trace,
    Source::Report,
];

const fn formula(sources: &'static [Source], bad: Count, total: Count) -> Formula {
    Formula {
        sources,
        bad: Term::Count(bad),
        total: Term::Count(total),
    }
}

slis! {
    /// M1: requests blocked by CORS among cross-origin CORS-mode requests; aborted, unloaded,
    /// offline and local-network requests are in neither.
    BlockRate => "block_rate": Definition {
        metric: Some("M1"),
        // The guide's starting target: below 0.1 %.
        objective: Objective::known(0.999),
        formulas: &[formula(ALL, Count::Blocked, Count::Requests)],
        undecided: Some(Count::Unknown),
        beside: &[],
        bad_events: "cross-origin requests were blocked by CORS",
        subject: "cross-origin requests blocked by CORS",
        next_steps: "1. Open the failing endpoints on the dashboard and reproduce one from the same page origin. \
            2. Compare Access-Control-Allow-Origin at the edge, at the gateway and at the service. \
            3. Look for deploys just before the start; roll back or patch the headers. \
            4. Watch the block rate fall.",
    };
    /// Requests that failed in a way the evidence does not tell, among all requests: the width of
    /// M1's band.
    UnknownRate => "unknown_rate": Definition {
        metric: None,
        objective: Objective::known(0.99),
        formulas: &[formula(ALL, Count::Unknown, Count::Requests)],
        undecided: None,
        beside: &[],
        bad_events: "cross-origin requests failed for a reason that stayed unknown",
        subject: "cross-origin requests failed for an unknown reason",
        next_steps: "1. Break the unknown failures down by browser and release. \
            2. Send Timing-Allow-Origin, so that browsers give more evidence. \
            3. Until it falls, read the block rate with its band.",
    };
    /// M2: from browsers, requests blocked at the preflight among preflighted requests; from
    /// gateways, edges and reports, OPTIONS answered 4xx or 5xx among all OPTIONS.
    PreflightFailureRate => "preflight_failure_rate": Definition {
        metric: Some("M2"),
        // The guide's starting target: below 0.5 %.
        objective: Objective::known(0.995),
        formulas: &[
            formula(PAGES, Count::PreflightBlocked, Count::Preflighted),
            formula(SERVERS, Count::PreflightsFailed, Count::Preflights),
        ],
        undecided: None,
        beside: &[],
        bad_events: "preflighted requests failed at their preflight",
        subject: "preflighted requests failed at the preflight",
        next_steps: "1. Send the OPTIONS request of a failing endpoint by hand. \
            2. It needs a 2xx answer without authentication or redirect, and Allow-Methods and Allow-Headers \
            that name what the page sends. \
            3. Look for rate limits and routes that do not answer OPTIONS, and for deploys just before the start.",
    };
    /// M3: requests with credentials that were blocked among requests with credentials.
    CredentialedFailureRate => "credentialed_failure_rate": Definition {
        metric: Some("M3"),
        // The guide's starting target: below 0.1 %.
        objective: Objective::known(0.999),
        formulas: &[formula(ALL, Count::CredentialedBlocked, Count::Credentialed)],
        undecided: None,
        beside: &[Beside {
            name: "denied",
            meaning: "Requests with credentials that were answered 401 or 403: not a CORS failure.",
            part: Count::CredentialedDenied,
            whole: Count::Credentialed,
        }],
        bad_events: "credentialed requests were blocked by CORS",
        subject: "credentialed requests blocked by CORS",
        next_steps: "1. Credentialed requests need Access-Control-Allow-Credentials: true and an explicit origin; a \
            wildcard fails. \
            2. Check that responses vary by Origin, so that a cache does not serve one origin's answer to another. \
            3. Look for deploys just before the start.",
    };
    /// M4: reads of an expected response header that was not exposed among all such reads.
    ExposedHeaderMismatch => "exposed_header_mismatch": Definition {
        metric: Some("M4"),
        // The guide's 0 % leaves no budget to reason with: as near to it as counts of a few events
        // allow.
        objective: Objective::known(0.9999),
        formulas: &[formula(ALL, Count::HeaderUnreadable, Count::HeaderReads)],
        undecided: None,
        beside: &[],
        bad_events: "reads of an expected response header failed because it is not exposed",
        subject: "header reads failed because the header is not exposed",
        next_steps: "1. Name the header in Access-Control-Expose-Headers of every route that sends it. \
            2. Check whether the edge or a proxy strips it. \
            3. With credentials a wildcard exposes nothing.",
    };
    /// M5: preflights that took 200 ms or longer among measured preflights.
    PreflightLatency => "preflight_latency": Definition {
        metric: Some("M5"),
        // The guide's 200 ms, asked of 95 of 100 preflights.
        objective: Objective::known(0.95),
        formulas: &[Formula {
            sources: ALL,
            bad: Term::SlowPreflights,
            total: Term::MeasuredPreflights,
        }],
        undecided: None,
        beside: &[],
        bad_events: "measured preflights took 200 ms or longer",
        subject: "preflights took 200 ms or longer",
        next_steps: "1. Tell edge latency from the service's own: answer OPTIONS at the edge or gateway. \
            2. Set Access-Control-Max-Age so that browsers ask less often. \
            3. Look for cold starts.",
    };
}
