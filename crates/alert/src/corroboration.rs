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

    /// Whether a replay that reproduces a failure makes up for witnesses that are missing. It shows that the server
    /// blocks the request; anybody can ask what a server was never meant to allow, so it does not show that users ask
    /// it. For that `networks` networks have to report it, or more than their share of the `app_networks` that use the
    /// application: where only one does, it is believed. What cannot be told apart is believed.
    #[must_use]
    pub const fn replay_suffices(&self, seen: Witnesses, app_networks: u64) -> bool {
        let unknown = self.networks == 0 || app_networks == 0;
        unknown || seen.networks >= self.networks || self.are_more(seen.networks, app_networks)
    }

    #[expect(clippy::cast_precision_loss, reason = "a share of networks")]
    const fn are_more(&self, networks: u64, of: u64) -> bool {
        networks as f64 > of as f64 * self.network_share || (networks == of && networks > 0)
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

    #[test]
    fn a_replay_needs_a_second_network_unless_hardly_another_uses_the_application() {
        for (settings, seen, app_networks, suffices) in [
            (Corroboration::default(), 1, 1, true),
            (Corroboration::default(), 1, 2, false),
            (Corroboration::default(), 1, 40, false),
            (Corroboration::default(), 2, 40, true),
            (Corroboration::default(), 0, 3, false),
            // Of nobody the network is known.
            (Corroboration::default(), 0, 0, true),
            (corroboration(0, 0.5), 0, 40, true),
            (corroboration(5, 0.5), 2, 3, true),
            (corroboration(5, 0.5), 2, 4, false),
            (corroboration(5, 1.0), 3, 3, true),
        ] {
            let witnesses = Witnesses {
                networks: seen,
                ..Witnesses::default()
            };
            let got = settings.replay_suffices(witnesses, app_networks);
            assert_eq!(got, suffices, "{settings:?}: {seen} of {app_networks}");
        }
    }

    fn corroboration(networks: u64, network_share: f64) -> Corroboration {
        Corroboration {
            networks,
            network_share,
            ..Corroboration::default()
        }
    }
}
