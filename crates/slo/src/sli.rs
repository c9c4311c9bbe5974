//! The table of service level indicators: an SLI is one row.

use observation::{Kind, Outcome, Source, Stage, vocabulary};

use crate::latency::slow;
use crate::{Band, Condition, Count, Objective, Ratio, Sums, Test};

/// Everything that is known about an SLI. Aggregator, API and web UI only format it.
#[derive(Debug)]
pub struct Definition {
    /// Which metric of the CORS guide it is. Those are the SLIs that an app is measured by when no
    /// objective is configured.
    pub metric: Option<&'static str>,
    /// The objective to start with.
    pub objective: Objective,
    /// Its ratio, by source: each source is in one formula at most.
    pub formulas: &'static [Formula],
    /// Events that may be bad too, where the evidence does not tell: the width of its band.
    pub undecided: Option<Count>,
    /// Ratios that are shown beside it because they look alike and are something else.
    pub beside: &'static [Beside],
    /// The bad events, to follow a number: `12 of 4000 ..`.
    pub bad_events: &'static str,
    /// The same, short enough for a title.
    pub subject: &'static str,
    /// What to do first when it is in danger; in the order of the CORS guide's runbook: reproduce,
    /// edge, gateway, service, roll back.
    pub next_steps: &'static str,
}

/// What an SLI is for some sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Formula {
    /// Who sees both parts.
    pub sources: &'static [Source],
    /// The numerator: bad events.
    pub bad: Term,
    /// The denominator: all events.
    pub total: Term,
}

/// A part of a ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    /// A sum.
    Count(Count),
    /// Preflights of 200 ms or longer; exact, 200 ms is a bucket border.
    SlowPreflights,
    /// Preflights whose duration is known.
    MeasuredPreflights,
}

/// A ratio that is shown beside an SLI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beside {
    /// Its name in the API.
    pub name: &'static str,
    /// What it is.
    pub meaning: &'static str,
    /// The numerator.
    pub part: Count,
    /// The denominator.
    pub whole: Count,
}

/// Every source.
const ALL: &[Source] = Source::ALL;
/// Sources that see a request as its page does: not the OPTIONS request itself, only whether the
/// preflight stopped theirs.
const PAGES: &[Source] = &[Source::Browser, Source::Synthetic];
/// Sources that see the OPTIONS request.
const SERVERS: &[Source] = &[
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

macro_rules! slis {
    ($($(#[doc = $doc:literal])+ $sli:ident => $text:literal: $definition:expr;)+) => {
        vocabulary! {
            /// What is measured. Each is a ratio of bad events to all events of one source.
            #[derive(schemars::JsonSchema)]
            Sli { $($(#[doc = $doc])+ $sli => $text,)+ }
        }

        impl Sli {
            /// Its row of the table.
            #[must_use]
            pub const fn definition(self) -> &'static Definition {
                match self { $(Self::$sli => { const ROW: &Definition = &$definition; ROW })+ }
            }

            /// What it is, for the description of the API.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$sli => concat!($($doc,)+),)+ }
            }
        }
    };
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

impl Sli {
    /// What it is for `source`; none where the source cannot see it.
    #[must_use]
    pub fn formula(self, source: Source) -> Option<Formula> {
        let formulas = self.definition().formulas.iter();
        formulas
            .copied()
            .find(|formula| formula.sources.contains(&source))
    }

    /// Its ratio of `sums`, which `source` saw; empty where the source cannot see it.
    #[must_use]
    pub fn ratio(self, sums: &Sums, source: Source) -> Ratio {
        self.formula(source).map_or_else(Ratio::default, |formula| {
            Ratio::new(formula.bad.of(sums), formula.total.of(sums))
        })
    }

    /// The range in which its ratio lies as long as the evidence does not tell; none for an SLI
    /// whose events are always decided.
    #[must_use]
    pub fn band(self, sums: &Sums, source: Source) -> Option<Band> {
        let undecided = sums.get(self.definition().undecided?);
        let Ratio { bad, total } = self.ratio(sums, source);
        Some(Band::of(bad, undecided, total))
    }

    /// Whether every bad event is a blocked request, so that the sessions and networks that saw one
    /// can corroborate a page.
    #[must_use]
    pub fn counts_blocks(self, source: Source) -> bool {
        let Some(Term::Count(bad)) = self.formula(source).map(|formula| formula.bad) else {
            return false;
        };
        let Condition { kind, tests } = bad.condition();
        kind == Kind::Request && tests.contains(&Test::Outcome(Outcome::Blocked))
    }

    /// Whether a failure that `source` saw may be one of its bad events, by what is known of it.
    #[must_use]
    pub fn may_count(
        self,
        source: Source,
        kind: Kind,
        outcome: Outcome,
        stage: Option<Stage>,
    ) -> bool {
        let formula = self.formula(source);
        formula.is_some_and(|formula| formula.bad.may_count(kind, outcome, stage))
    }
}

impl Term {
    fn of(self, sums: &Sums) -> u64 {
        match self {
            Self::Count(count) => sums.get(count),
            Self::SlowPreflights => slow(&sums.preflight_latency).bad,
            Self::MeasuredPreflights => slow(&sums.preflight_latency).total,
        }
    }

    fn may_count(self, kind: Kind, outcome: Outcome, stage: Option<Stage>) -> bool {
        match self {
            Self::Count(count) => count.condition().may_hold(kind, outcome, stage),
            // How long its preflight took is not known of a failure.
            Self::SlowPreflights | Self::MeasuredPreflights => false,
        }
    }
}

impl Beside {
    /// The ratio of `sums`.
    #[must_use]
    pub const fn ratio(&self, sums: &Sums) -> Ratio {
        Ratio::new(sums.get(self.part), sums.get(self.whole))
    }
}

#[cfg(test)]
#[path = "sli_tests.rs"]
mod tests;
