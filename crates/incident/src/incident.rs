//! One incident, as it is kept.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::HEXLOWER;
use observation::{Stage, UnixMillis, vocabulary};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use slo::Severity;

use crate::signal::Failing;
use crate::{Cause, FlowImpact, Impact, Suspect};

/// Entries of a timeline; the earliest stay, and of the rest the latest.
const MAX_TIMELINE: usize = 200;
/// Endpoints of an app that an incident lists.
const MAX_SLICES: usize = 200;

vocabulary! {
    /// How an incident was closed.
    ClosedAs {
        /// The cause is gone and users have recovered.
        Fixed => "fixed",
        /// What failed is no longer asked for, or no longer measured.
        Stopped => "stopped",
        /// A person closed it.
        ByHand => "by_hand",
        /// It has the cause of an older incident, which goes on.
        Merged => "merged",
    }
}

vocabulary! {
    /// What happened at an entry of a timeline.
    Happening {
        /// The first failure.
        Started => "started",
        /// The incident was opened.
        Opened => "opened",
        /// A replay named the cause.
        CauseKnown => "cause_known",
        /// The cause is another one than before.
        CauseChanged => "cause_changed",
        /// It became more urgent.
        Severity => "severity",
        /// Twice as many page loads are affected as in the last notification.
        Grown => "grown",
        /// A deploy, before or while it lasted.
        Deploy => "deploy",
        /// Headers of the target changed.
        Headers => "headers",
        /// Every rule that fired is clean.
        Recovering => "recovering",
        /// It failed again before it was closed.
        Relapsed => "relapsed",
        /// Another incident turned out to have the same cause.
        Absorbed => "absorbed",
        /// Receivers were told.
        Notified => "notified",
        /// It was closed.
        Closed => "closed",
    }
}

/// Where an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// Found, and not told yet: a diagnosis may come within moments.
    Waiting {
        /// When it is told without one.
        until: UnixMillis,
    },
    /// It lasts.
    Open,
    /// Every rule that fired is clean; it is held open until the rest is, too.
    Recovering {
        /// Since when.
        since: UnixMillis,
    },
    /// It is over.
    Closed {
        /// When.
        at: UnixMillis,
        /// How.
        how: ClosedAs,
    },
}

/// What fails together with the requests of one page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slice {
    /// Request method.
    pub method: String,
    /// Path template.
    pub endpoint: String,
}

/// What an incident is for one app.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AppPart {
    /// The methods and endpoints that fail.
    pub slices: BTreeSet<Slice>,
    /// Origins of the pages that fail.
    pub page_origins: BTreeSet<String>,
    /// Service of the endpoints, or empty.
    pub service: String,
    /// What users notice; none before it was counted.
    pub impact: Option<Impact>,
    /// What critical flows notice, those of which calls fail.
    #[serde(default)]
    pub flows: Vec<FlowImpact>,
    /// Dimensions that fail and that do not.
    pub contrast: Contrast,
    /// The environments that pages with failures state.
    #[serde(default)]
    pub environments: BTreeSet<String>,
}

/// An alert that belongs to an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Identity of the alert.
    pub alert: String,
    /// Configured application.
    pub app: String,
    /// The objective.
    pub slo: String,
    /// The SLI.
    pub sli: String,
    /// The rule.
    pub rule: String,
    /// How urgent.
    pub severity: Severity,
    /// When it began to count here.
    pub since: UnixMillis,
    /// Since when it no longer does; none while it does.
    pub clean_since: Option<UnixMillis>,
    /// What it measured, in a sentence.
    pub measured: String,
    /// What is left of its budget, in a sentence.
    pub budget: String,
}

/// One line of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: UnixMillis,
    /// What kind of thing happened.
    pub what: Happening,
    /// In words.
    pub text: String,
    /// The app that it is about; empty where it may be read by all who see the incident.
    pub app: String,
}

/// An incident: what people hear about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Identity.
    pub id: String,
    /// Origin of the server, or empty where no failure of one was found.
    pub target_origin: String,
    /// Configured service, or empty.
    pub service: String,
    /// What fails.
    pub failing: Failing,
    /// Where in the protocol, as browsers report it.
    pub stage: Option<Stage>,
    /// Where it stands.
    #[serde(flatten)]
    pub phase: Phase,
    /// The watermark at which it was opened.
    pub opened_at: UnixMillis,
    /// The first failure.
    pub started_at: UnixMillis,
    /// The last failure that is known.
    pub last_bad: UnixMillis,
    /// How urgent; only grows.
    pub severity: Severity,
    /// Whether a page became a ticket for want of witnesses.
    pub suspicious: bool,
    /// What a replay showed.
    pub cause: Option<Cause>,
    /// What it is for each app.
    pub apps: BTreeMap<String, AppPart>,
    /// The alerts that belong to it.
    pub alerts: Vec<Evidence>,
    /// Changes that may have done it, the likeliest first; none before they were looked for.
    pub suspects: Option<Vec<Suspect>>,
    /// What happened, in order.
    pub timeline: Vec<Entry>,
    /// Labels that objectives give to their alerts.
    pub labels: BTreeMap<String, String>,
    /// Runbook of the objective, or empty.
    pub runbook: String,
    /// Labels as receivers know them: they identify it there, so that only the severity changes.
    pub told_labels: BTreeMap<String, String>,
    /// The closed incident of the same kind before this one.
    pub previous: Option<String>,
    /// The incident that this one was merged into.
    pub merged_into: Option<String>,
    /// Why a person closed it, and who.
    pub closing: Option<Closing>,
    /// How often it failed again while it was held open.
    pub relapses: u32,
    /// Affected page loads as the receivers last heard.
    #[serde(rename = "told_sessions")]
    pub notified_sessions: u64,
    /// When the receivers were last notified.
    #[serde(rename = "told_at")]
    pub notified_at: Option<UnixMillis>,
    /// Counts what receivers were told.
    pub sequence: u64,
    /// The longest time that browsers keep the target's preflight answers, in seconds, as observed.
    pub max_age: Option<u64>,
}

/// What distinguishes traffic that fails from traffic that does not: `release 1.4.2`, `browser firefox 153`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contrast {
    /// Values whose requests fail.
    pub affected: Vec<String>,
    /// Values whose requests pass.
    pub healthy: Vec<String>,
}

/// A person's word that an incident is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: UnixMillis,
}

impl Incident {
    /// Whether it is not closed.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self.phase, Phase::Closed { .. })
    }

    /// Whether receivers have been notified about it, or are about to be.
    #[must_use]
    pub const fn is_announced(&self) -> bool {
        !matches!(self.phase, Phase::Waiting { .. })
    }

    /// When it was closed, and how.
    #[must_use]
    pub const fn closed(&self) -> Option<(UnixMillis, ClosedAs)> {
        match self.phase {
            Phase::Closed { at, how } => Some((at, how)),
            _ => None,
        }
    }

    /// Since when every rule that fired is clean.
    #[must_use]
    pub const fn recovering_since(&self) -> Option<UnixMillis> {
        match self.phase {
            Phase::Recovering { since } => Some(since),
            _ => None,
        }
    }

    /// What users of all its apps notice.
    #[must_use]
    pub fn impact(&self) -> Option<Impact> {
        Impact::total(self.apps.values().filter_map(|part| part.impact.as_ref()))
    }

    /// Adds a line to the timeline. Of too many, middle ones are left out.
    pub fn note(&mut self, at: UnixMillis, what: Happening, text: impl Into<String>, app: &str) {
        let entry = Entry {
            at,
            what,
            text: text.into(),
            app: app.to_owned(),
        };
        if self.timeline.contains(&entry) {
            return;
        }
        let place = self.timeline.partition_point(|known| known.at <= at);
        self.timeline.insert(place, entry);
        if self.timeline.len() > MAX_TIMELINE {
            self.timeline.remove(MAX_TIMELINE / 2);
        }
    }

    /// The part of it that concerns some apps; none where none of them has one. Texts, counts and changes
    /// of the others are not in it.
    #[must_use]
    pub fn of_apps(&self, concerns: impl Fn(&str) -> bool) -> Option<Self> {
        let mut part = self.clone();
        part.apps.retain(|app, _| concerns(app));
        if part.apps.is_empty() {
            return None;
        }
        let shared = |app: &str| app.is_empty() || concerns(app);
        part.alerts.retain(|evidence| concerns(&evidence.app));
        part.timeline.retain(|entry| shared(&entry.app));
        if let Some(suspects) = &mut part.suspects {
            suspects.retain(|suspect| shared(&suspect.app));
        }
        // That a change of another app is suspected is not theirs to know, nor is it no answer.
        if part.suspects.as_ref().is_some_and(Vec::is_empty) && part.suspects != self.suspects {
            part.suspects = None;
        }
        if part.apps.len() < self.apps.len() {
            part.labels.clear();
            part.told_labels.clear();
            if let Some(cause) = part.cause.as_mut().filter(|cause| !concerns(&cause.app)) {
                *cause = cause.without_request();
            }
            let services: BTreeSet<_> = part
                .apps
                .values()
                .map(|part| part.service.clone())
                .collect();
            if !services.contains(&part.service) {
                part.service = services.into_iter().next().unwrap_or_default();
            }
        }
        Some(part)
    }

    /// Adds what fails for an app.
    pub(crate) fn add(&mut self, app: &str, slice: Option<Slice>, pages: &[String], service: &str) {
        let part = self.apps.entry(app.to_owned()).or_default();
        if let Some(slice) = slice.filter(|_| part.slices.len() < MAX_SLICES) {
            part.slices.insert(slice);
        }
        let room = MAX_SLICES.saturating_sub(part.page_origins.len());
        part.page_origins.extend(pages.iter().take(room).cloned());
        if part.service.is_empty() {
            service.clone_into(&mut part.service);
        }
        if self.service.is_empty() {
            service.clone_into(&mut self.service);
        }
    }
}

/// The identity of an incident: a hash of what makes it one.
#[must_use]
pub(crate) fn identity(
    place: &str,
    stage: Option<Stage>,
    signature: &str,
    opened_at: UnixMillis,
) -> String {
    let mut hash = Sha256::new();
    let stage = stage.map_or("", Stage::as_str);
    for part in [place, stage, signature] {
        // The length in front keeps `ab` + `c` apart from `a` + `bc`.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.update(opened_at.0.to_be_bytes());
    let digest = hash.finalize();
    HEXLOWER.encode(&digest[..8])
}
