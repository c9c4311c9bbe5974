//! What an SLI is made of; the SLIs themselves are in `table.rs`.

use observation::{Kind, Outcome, Source, Stage};

use crate::latency::slow;
use crate::table::PAGES;
use crate::{Band, Condition, Count, Objective, Ratio, Sli, Sums, Test};

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

/// Declares the SLIs: the name of each and its definition.
macro_rules! slis {
    ($($(#[doc = $doc:literal])+ $sli:ident => $text:literal: $definition:expr;)+) => {
        observation::vocabulary! {
            /// What is measured. Each is a ratio of bad events to all events of one source.
            #[derive(schemars::JsonSchema)]
            Sli { $($(#[doc = $doc])+ $sli => $text,)+ }
        }

        impl Sli {
            /// Its row of the table.
            #[must_use]
            pub const fn definition(self) -> &'static $crate::Definition {
                match self { $(Self::$sli => { const ROW: &$crate::Definition = &$definition; ROW })+ }
            }

            /// What it is, for the description of the API.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$sli => concat!($($doc,)+),)+ }
            }
        }
    };
}

pub(crate) use slis;

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
    /// can corroborate a page: of sources that have such.
    #[must_use]
    pub fn counts_blocks(self, source: Source) -> bool {
        let Some(Term::Count(bad)) = self.formula(source).map(|formula| formula.bad) else {
            return false;
        };
        let Condition { kind, tests } = bad.condition();
        PAGES.contains(&source)
            && kind == Kind::Request
            && tests.contains(&Test::Outcome(Outcome::Blocked))
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
