//! The alerts about beacons that the edge does not take: for which reason, since when, and which setting
//! decides it. One for each reason, so that each begins and ends by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alert::{Alert, AlertText, Evaluation, OF_EDGE, Phase, Severity, Timing, Transition};
use observation::{EdgeReport, UnixMillis};
use slo::{Refusal, Refusals};
use store::SliFilter;

use crate::Config;
use crate::alert_registry::AlertRegistry;
use crate::numbers::{count, share};
use crate::words::dashboard_url;

const RULE: &str = "beacons_refused";
const REASON: &str = "reason";
/// Fewer are no matter for people.
const MIN_REFUSED: u64 = 10;

/// Counts of an edge in this process. Those of others come through the journal and the store.
pub trait EdgeCounts: Send + Sync {
    /// What has been counted until now.
    fn report(&self) -> EdgeReport;
}

/// Raises and ends the alerts.
pub(crate) struct Refused {
    refusals: Refusals,
    edge: Option<Arc<dyn EdgeCounts>>,
    share: f64,
    timing: Timing,
    external_url: String,
}

/// What is known of a reason.
struct Advice {
    severity: Severity,
    what: &'static str,
    /// What decides it; empty where no setting does.
    setting: &'static str,
    next_steps: &'static str,
}

/// What is known of each reason, except of those that [`UNREMARKABLE`] names.
const ADVICE: [(&[&str], Advice); 9] = [
    (
        &["journal_full"],
        Advice {
            severity: Severity::Page,
            what: "The journal has no room.",
            setting: "journal.disk.max_size, journal.disk.keep_free_percent (before Kafka: journal.spool)",
            next_steps: "1. /readyz says what is full. 2. Does the loader run and reach the store? What it has not read \
             cannot go. 3. Make room on the disk, or raise the limit.",
        },
    ),
    (
        &["journal_timeout", "journal_unavailable"],
        Advice {
            severity: Severity::Page,
            what: "The journal does not make anything durable.",
            setting: "journal",
            next_steps: "1. /readyz and the log of the collector name the error. 2. Is the disk failing, or are the \
             brokers out of reach?",
        },
    ),
    (
        &["requests_in_flight", "bytes_in_flight"],
        Advice {
            severity: Severity::Page,
            what: "More wait for the journal than may.",
            setting: "collector.limits.requests_in_flight, collector.limits.bytes_in_flight",
            next_steps: "1. Is the journal slow (corswatch_journal_append_seconds)? 2. Is there more traffic than usual? \
             Add a collector, or raise the limit.",
        },
    ),
    (
        &["key_rate", "key_bytes"],
        Advice {
            severity: Severity::Ticket,
            what: "An application has used up the quota of its key.",
            setting: "apps.quota, apps.quota_bytes",
            next_steps: "1. Has a release of the application begun to report much more? 2. Is the key abused? It is \
             public: rotate it, and block the networks that send. 3. Raise the quota.",
        },
    ),
    (
        &["client_rate", "network_bytes"],
        Advice {
            severity: Severity::Ticket,
            what: "Clients send more than one client or network may.",
            setting: "collector.limits.client_rate, collector.limits.network_bytes, collector.trusted_proxies",
            next_steps: "1. Is there a proxy before the edge that collector.trusted_proxies does not name? All its \
             clients then count as one. 2. Is it one network? It is held to its share; others are not hurt. \
             3. Are many users behind one address? Raise the limit.",
        },
    ),
    (
        &["unknown_key", "unknown_log_key", "key_disabled"],
        Advice {
            severity: Severity::Ticket,
            what: "Senders use a key that is not configured, or disabled.",
            setting: "apps.keys, apps.log_keys",
            next_steps: "1. Was a key removed while pages still carry it? 2. Otherwise it is someone who guesses: \
             nothing is lost.",
        },
    ),
    (
        &["page_origin_not_allowed"],
        Advice {
            severity: Severity::Ticket,
            what: "Pages report whose origin the application does not have.",
            setting: "apps.page_origins",
            next_steps: "1. Does the application have a new origin? Add it. 2. Otherwise another site carries the key: \
             nothing is lost.",
        },
    ),
    (
        &["body_too_large", "unpacked_too_large", "record_too_large"],
        Advice {
            severity: Severity::Ticket,
            what: "Beacons are larger than may be.",
            setting: "collector.limits.body, collector.limits.decompressed, journal.max_record",
            next_steps: "1. Which sender is it? The SDK stays below these limits by default. 2. Raise the limit.",
        },
    ),
    (
        &["panicked"],
        Advice {
            severity: Severity::Ticket,
            what: "A defect of the edge.",
            setting: "",
            next_steps: "Report it with the log of the collector.",
        },
    ),
];

/// What is known of every other reason: the format.
const OF_FORMAT: Advice = Advice {
    severity: Severity::Ticket,
    what: "Beacons are not as their format asks.",
    setting: "",
    next_steps: "1. Does a sender other than the SDK report, or an SDK that is newer than the collector? \
             2. The answer to a beacon names the member that is at fault.",
};

/// What only the sender can change and no one has to know: it went away, or was too slow.
const UNREMARKABLE: [&str; 2] = ["disconnected", "slow_body"];

fn advice(reason: &str) -> Option<&'static Advice> {
    if UNREMARKABLE.contains(&reason) {
        return None;
    }
    let known = ADVICE.iter().find(|(reasons, _)| reasons.contains(&reason));
    Some(known.map_or(&OF_FORMAT, |(_, advice)| advice))
}

impl Refused {
    pub(crate) fn new(
        config: &Config,
        alert: &alert::Config,
        edge: Option<Arc<dyn EdgeCounts>>,
    ) -> Self {
        Self {
            edge,
            refusals: Refusals::new(config.refused_window),
            share: config.refused_share,
            timing: Timing {
                hold: config.refused_hold,
                resolve_after: config.refused_hold,
                remind_after: alert.remind_after,
            },
            external_url: alert.external_url.clone(),
        }
    }

    /// One step of every alert, by the clock. What an edge in this process counts is known also while
    /// neither journal nor store take anything.
    pub(crate) fn step(
        &mut self,
        stored: &[EdgeReport],
        registry: &mut AlertRegistry,
        now: UnixMillis,
    ) {
        let own = self.edge.as_ref().map(|edge| edge.report());
        for report in stored.iter().chain(&own) {
            self.refusals.add(report, now);
        }
        let mut refusals: BTreeMap<String, Refusal> = self
            .refusals
            .at(now)
            .into_iter()
            .map(|refusal| (refusal.reason.clone(), refusal))
            .collect();
        let known = registry.alerts().filter(|alert| alert.slo == OF_EDGE);
        let known: BTreeSet<String> = known
            .filter(|alert| !matches!(alert.state.phase, Phase::Inactive))
            .filter_map(|alert| alert.group.get(REASON).cloned())
            .collect();
        for reason in known {
            refusals.entry(reason.clone()).or_insert(Refusal {
                reason,
                refused: 0,
                received: 0,
            });
        }
        for refusal in refusals.into_values() {
            if let Some(advice) = advice(&refusal.reason) {
                let alert = self.stepped(registry, &refusal, advice, now);
                registry.put(alert);
            }
        }
    }

    fn stepped(
        &self,
        registry: &AlertRegistry,
        refusal: &Refusal,
        advice: &Advice,
        now: UnixMillis,
    ) -> Alert {
        let group = BTreeMap::from([(REASON.to_owned(), refusal.reason.clone())]);
        let quiet = Alert::quiet("", OF_EDGE, RULE, group);
        let mut alert = registry.get(&quiet.id).cloned().unwrap_or(quiet);
        let is_much = refusal.refused >= MIN_REFUSED && refusal.share() >= self.share;
        let evaluation = match is_much {
            true => Evaluation::Exceeded(advice.severity),
            false => Evaluation::Calm,
        };
        if let Some(transition) = alert.advance(evaluation, &self.timing, now) {
            let words = self.words(&alert, transition, refusal, advice);
            alert.say(words);
        }
        alert
    }

    /// What is said about an alert that another leader does not know of.
    pub(crate) fn withdrawn(alert: &Alert) -> AlertText {
        let mut words = alert.words.clone();
        words.annotations.insert(
            "summary".to_owned(),
            "Another aggregator leads now, and reports refused beacons.".to_owned(),
        );
        words
    }

    fn words(
        &self,
        raised: &Alert,
        transition: Transition,
        refusal: &Refusal,
        advice: &Advice,
    ) -> AlertText {
        let reason = &refusal.reason;
        let (summary, description) = if let Transition::Resolved(_) = transition {
            (
                format!("Beacons are taken again that were refused as {reason}."),
                String::new(),
            )
        } else {
            let since = match raised.state.phase {
                Phase::Firing { since, .. } => {
                    let hold = self.timing.hold.as_millis();
                    format!(" since {}", alert::rfc3339(since.plus(-hold)))
                }
                _ => String::new(),
            };
            let setting = match advice.setting {
                "" => String::new(),
                setting => format!(" Setting: {setting}."),
            };
            (
                format!(
                    "Beacons are refused as {reason}{since}: {} of those that arrive.",
                    share(refusal.share())
                ),
                format!(
                    "{} {} of {} beacons were refused in the last {}; what they would have reported is \
                     missing from every number.{setting}",
                    advice.what,
                    count(refusal.refused),
                    count(refusal.received),
                    self.refusals.window(),
                ),
            )
        };
        let url = dashboard_url(&self.external_url, &SliFilter::app(""));
        let annotations = [
            ("summary", summary),
            ("description", description),
            ("next_steps", advice.next_steps.to_owned()),
            ("setting", advice.setting.to_owned()),
            ("dashboard_url", url.clone()),
        ];
        let labels = [
            ("alertname", "corswatch_beacons_refused"),
            ("slo", OF_EDGE),
            ("rule", RULE),
            (REASON, reason),
            ("severity", raised.state.severity.as_str()),
        ];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
        AlertText::new(labels.into(), annotations, url)
    }
}
