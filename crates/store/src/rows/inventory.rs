//! The inventory: what the policy of each target that pages call was found to be.

use std::collections::{BTreeMap, BTreeSet};

use observation::{UnixMillis, vocabulary};

use crate::wire::{Lines, List, Seconds, fields};

vocabulary! {
    /// Whom a target lets read, the mildest first.
    Stance {
        /// No origin that was tried.
        Closed => "none",
        /// Some of the origins that were tried, and no stranger.
        List => "list",
        /// Everybody, without credentials: `*`.
        Wildcard => "wildcard",
        /// `*` beside Access-Control-Allow-Credentials, which browsers refuse.
        WildcardWithCredentials => "wildcard_with_credentials",
        /// Whoever asks is named, without credentials.
        Reflecting => "reflecting",
        /// The origin `null`, which every sandboxed frame has.
        NullTrusted => "null_trusted",
        /// Whoever asks is named, with credentials.
        CredentialedReflecting => "credentialed_reflecting",
    }
}

vocabulary! {
    /// What came of the last audit of a target.
    AuditState {
        /// The target answered.
        Answered => "answered",
        /// It did not; what it last answered stands.
        NoAnswer => "no_answer",
        /// A rule keeps it from being asked.
        Refused => "refused",
        /// Pages do not call it any more, so it is not asked any more.
        Retired => "retired",
    }
}

vocabulary! {
    /// Whether `Vary` says what it has to say.
    Vary {
        /// The answer does not depend on the origin.
        NotNeeded => "not_needed",
        /// It names Origin.
        Right => "right",
        /// It does not, and a cache can give one page what another got.
        Missing => "missing",
    }
}

vocabulary! {
    /// What an origin that was tried is granted.
    Grant {
        /// Nothing.
        Denied => "denied",
        /// To read without credentials.
        Plain => "plain",
        /// To read with credentials.
        Credentialed => "credentialed",
    }
}

vocabulary! {
    /// Why an origin was tried.
    OriginSource {
        /// The configuration says that it is on the allow-list.
        Listed => "listed",
        /// It is a page origin of an app that calls the target.
        Configured => "configured",
        /// Pages of it were seen to call the target.
        Traffic => "traffic",
    }
}

vocabulary! {
    /// How bad a finding is, the mildest first.
    FindingLevel {
        /// Worth knowing.
        Note => "note",
        /// Wrong under some condition.
        Warning => "warning",
        /// Wrong.
        Error => "error",
    }
}

fields! {
    /// An origin that was tried at a target.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct TriedOrigin {
        /// The origin.
        pub origin ["name"]: String,
        /// Why it was tried.
        pub source: OriginSource,
        /// What it is granted.
        pub grant: Grant,
        /// Start of the last minute, or hour, in which a page of it called the target.
        pub last_seen: Option<UnixMillis>,
        /// Whether it is allowed by a list and no page of it has called for long.
        pub unused: bool,
    }
}

fields! {
    /// A finding of the audit, and since when it is there.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct FoundRow {
        /// Its rule.
        pub rule: String,
        /// Tells findings of one rule apart.
        pub key: String,
        /// How bad it is.
        pub level: FindingLevel,
        /// The rule's name for people.
        pub title: String,
        /// What is wrong.
        pub message: String,
        /// What was asked and answered, a line each.
        pub evidence: Vec<String> as Lines,
        /// What to change.
        pub fix: Vec<String> as Lines,
        /// When it was first found.
        pub first_at: UnixMillis,
    }
}

fields! {
    /// The policy of one target between two times.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct InventoryRow in "inventory" {
        /// Configured service.
        pub service: String,
        /// Origin of the server.
        pub target_origin: String,
        /// Path template.
        pub endpoint: String,
        /// Apps whose pages call it.
        pub apps: Vec<String>,
        /// `GET`, or the method that preflights asked for where pages never read it with GET.
        pub method: String,
        /// What was asked.
        pub url: String,
        /// Whether segments of the path are stand-ins that the server may not know.
        pub made_up: bool,
        /// When it was first found so.
        pub first_at: UnixMillis,
        /// When it was last audited.
        pub last_at: UnixMillis,
        /// When this row was written: of two rows with the same first time the later one stands.
        pub updated_at: UnixMillis,
        /// When it last answered; everything below `reason` is from then.
        pub answered_at: Option<UnixMillis>,
        /// What came of the last audit.
        pub state: AuditState,
        /// Since when its traffic has been observed.
        pub observed_since: Option<UnixMillis>,
        /// Why there was no answer, or empty.
        pub reason: String,
        /// Whom it lets read; none where it never answered.
        pub stance: Option<Stance>,
        /// Whether `Vary` is right.
        pub vary: Vary,
        /// What `Access-Control-Max-Age` says, in seconds.
        pub max_age: Option<u32>,
        /// The origins that were tried.
        pub origins ["origin"]: Vec<TriedOrigin> as List,
        /// What is wrong.
        pub findings ["finding"]: Vec<FoundRow> as List,
    }
}

/// No browser keeps a preflight's answer longer: Firefox 24 hours, Chromium 2 hours, `WebKit` 10
/// minutes.
const LONGEST_KEPT_SECONDS: u32 = 86_400;

impl InventoryRow {
    /// Whether `Access-Control-Max-Age` is longer than any browser keeps an answer.
    #[must_use]
    pub fn is_max_age_too_long(&self) -> bool {
        self.max_age.is_some_and(|age| age > LONGEST_KEPT_SECONDS)
    }

    /// The origins that are allowed and not used.
    pub fn unused(&self) -> impl Iterator<Item = &TriedOrigin> {
        self.origins.iter().filter(|tried| tried.unused)
    }
}

fields! {
    /// What of an [`InventoryRow`] is counted over time.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct InventoryStep {
        /// Configured service.
        pub service: String,
        /// Origin of the server.
        pub target_origin: String,
        /// Path template.
        pub endpoint: String,
        /// Apps whose pages call it.
        pub apps: Vec<String>,
        /// Since when it is so.
        pub first_at: UnixMillis,
        /// What came of the audits.
        pub state: AuditState,
        /// Whom it lets read.
        pub stance: Option<Stance>,
        /// Whether `Vary` is right.
        pub vary: Vary,
    }
}

/// How many services have targets of which stance: what metrics and dashboards say alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StanceCounts(BTreeMap<String, BTreeSet<Option<Stance>>>);

impl StanceCounts {
    /// Counts targets, each a service and a stance.
    pub fn of<'a>(targets: impl Iterator<Item = (&'a str, Option<Stance>)>) -> Self {
        let mut services: BTreeMap<String, BTreeSet<_>> = BTreeMap::new();
        for (service, stance) in targets {
            services
                .entry(service.to_owned())
                .or_default()
                .insert(stance);
        }
        Self(services)
    }

    /// How many services there are.
    #[must_use]
    pub fn services(&self) -> usize {
        self.0.len()
    }

    /// How many services have a target that lets any origin read, by a wildcard or by naming whoever asks.
    #[must_use]
    pub fn wildcard_or_reflecting(&self) -> usize {
        let lets_any_in = |stance: &Option<Stance>| match stance {
            Some(
                Stance::Wildcard
                | Stance::WildcardWithCredentials
                | Stance::Reflecting
                | Stance::CredentialedReflecting,
            ) => true,
            Some(Stance::Closed | Stance::List | Stance::NullTrusted) | None => false,
        };
        let of = |stances: &&BTreeSet<_>| stances.iter().any(lets_any_in);
        self.0.values().filter(of).count()
    }

    /// How many services have a target of `stance`; none stands for targets that never answered.
    #[must_use]
    pub fn with(&self, stance: Option<Stance>) -> usize {
        let has = |stances: &&BTreeSet<_>| stances.contains(&stance);
        self.0.values().filter(has).count()
    }
}

fields! {
    /// An endpoint of a configured service that pages call.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CalledRow {
        /// Configured application.
        pub app: String,
        /// Configured service.
        pub service: String,
        /// Origin of the server.
        pub target_origin: String,
        /// Path template.
        pub endpoint: String,
        /// Request method.
        pub method: String,
        /// Start of the last minute with a call.
        pub last_seen: UnixMillis as Seconds,
        /// About how many calls: good enough to compare, not to count.
        pub weight: u64,
    }
}

fields! {
    /// When pages of an app and origin last called a target.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct OriginSeenRow {
        /// App of the pages.
        pub app: String,
        /// Configured service.
        pub service: String,
        /// Origin of the server.
        pub target_origin: String,
        /// Origin of the page.
        pub page_origin: String,
        /// Start of the first minute, or hour, with a call.
        pub first_seen: UnixMillis as Seconds,
        /// Start of the last minute, or hour, with a call.
        pub last_seen: UnixMillis as Seconds,
    }
}
