//! What makes a page believable.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::Problems;
use slo::{Severity, Window};

/// How many independent witnesses a page needs. The key of a page is public and `Origin` can be
/// forged outside browsers, so a single machine can report any number of blocks; it cannot report
/// them from many networks. What has too few witnesses is a ticket, labelled as a suspicious source.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Corroboration {
    /// Distinct page loads that saw a block.
    pub sessions: u64,
    /// Distinct client networks (/24 or /48) that saw a block; 0 where the edge does not see client
    /// addresses.
    pub networks: u64,
    /// Share of the networks that use what is blocked which have to see it blocked: a few machines can
    /// report blocks, and cannot keep others from passing. Not judged where `networks` is 0.
    pub network_share: f64,
    /// How far back witnesses are looked for.
    pub window: Window,
}

impl Default for Corroboration {
    fn default() -> Self {
        Self {
            sessions: 3,
            networks: 2,
            network_share: 0.5,
            window: Window::hours(1),
        }
    }
}

/// Who saw the blocks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witnesses {
    /// Distinct page loads.
    pub sessions: u64,
    /// Distinct client networks.
    pub networks: u64,
    /// Distinct client networks that use it, with or without a block.
    pub all_networks: u64,
}

/// The urgency that the witnesses support.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Graded {
    /// As wanted.
    AsWanted(Severity),
    /// A page was wanted, too few witnesses were found.
    Suspicious,
}

impl Graded {
    /// The urgency that is left.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::AsWanted(severity) => severity,
            Self::Suspicious => Severity::Ticket,
        }
    }
}

impl Corroboration {
    /// What is left of the wanted urgency.
    #[must_use]
    pub fn grade(&self, wanted: Severity, witnesses: Witnesses) -> Graded {
        let enough = witnesses.sessions >= self.sessions
            && witnesses.networks >= self.networks
            && (self.networks == 0 || self.are_most(witnesses));
        match wanted {
            Severity::Page if !enough => Graded::Suspicious,
            wanted => Graded::AsWanted(wanted),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a share of networks")]
    fn are_most(&self, witnesses: Witnesses) -> bool {
        witnesses.networks as f64 >= witnesses.all_networks as f64 * self.network_share
    }

    /// Reports every setting that cannot be used.
    pub fn problems(&self, mut problems: Problems<'_>) {
        problems.range("sessions", self.sessions, 0..=10_000);
        problems.range("networks", self.networks, 0..=10_000);
        problems.range("network_share", self.network_share, 0.0..=1.0);
        problems.range("window", self.window.as_minutes(), 1..=24 * 60);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_needs_witnesses_and_it_needs_both_kinds() {
        let page = Graded::AsWanted(Severity::Page);
        let ticket = Graded::AsWanted(Severity::Ticket);
        for (wanted, sessions, networks, all_networks, graded) in [
            (Severity::Page, 3, 2, 2, page),
            (Severity::Page, 3, 2, 4, page),
            (Severity::Page, 500, 2, 5, Graded::Suspicious),
            (Severity::Page, 500, 1, 1, Graded::Suspicious),
            (Severity::Page, 2, 2, 2, Graded::Suspicious),
            (Severity::Page, 0, 0, 0, Graded::Suspicious),
            (Severity::Ticket, 0, 0, 0, ticket),
        ] {
            let witnesses = Witnesses {
                sessions,
                networks,
                all_networks,
            };
            let got = Corroboration::default().grade(wanted, witnesses);
            assert_eq!(got, graded, "{wanted} {witnesses:?}");
        }
        assert_eq!(Graded::Suspicious.severity(), Severity::Ticket);
    }
}
