//! The nightly test: every receiver is sent a labelled test and its end, and one that does not take them is an alert of its
//! own, which the others hear of.

use std::collections::{BTreeMap, BTreeSet};

use alert::{
    Alert, AlertId, AlertText, Evaluation, Notification, OF_RECEIVERS, Outbox, Outcome, Phase,
    Reason, Receipt, Severity, TimeOfDay, Timing, Transition,
};
use observation::UnixMillis;
use settings::Span;
use store::SliFilter;

use crate::alert_registry::AlertRegistry;
use crate::metrics::Metrics;
use crate::words::dashboard_url;

const RULE: &str = "self_test_failed";
const RECEIVER: &str = "receiver";

/// Sends tests and remembers how they ended.
pub(crate) struct SelfTest {
    at: Option<TimeOfDay>,
    receivers: Vec<String>,
    next: Option<UnixMillis>,
    /// Tests on their way: the receiver and when its test began.
    under_way: BTreeMap<AlertId, (String, UnixMillis)>,
    /// How the last test of each receiver ended, since this process started.
    ended: BTreeMap<String, Outcome>,
    timing: Timing,
    external_url: String,
    metrics: Metrics,
}

impl SelfTest {
    pub(crate) fn new(alert: &alert::Config, metrics: Metrics, now: UnixMillis) -> Self {
        let at = alert.nightly_test();
        Self {
            next: at.map(|at| at.next_after(now)),
            at,
            receivers: alert.receiver_names(),
            under_way: BTreeMap::new(),
            ended: BTreeMap::new(),
            timing: Timing {
                hold: Span::secs(0),
                resolve_after: Span::secs(0),
                remind_after: alert.remind_after,
            },
            external_url: alert.external_url.clone(),
            metrics,
        }
    }

    /// Sends the tests that are due, and takes the alerts about those that ended one step. Of the one that leads.
    pub(crate) fn step(&mut self, registry: &mut AlertRegistry, outbox: &Outbox, now: UnixMillis) {
        if let (Some(at), Some(next)) = (self.at, self.next)
            && now >= next
        {
            self.next = Some(at.next_after(now));
            for receiver in self.receivers.clone() {
                self.send(&receiver, outbox, (now, None));
            }
        }
        self.raise(registry, now);
    }

    fn send(
        &mut self,
        receiver: &str,
        outbox: &Outbox,
        (starts_at, ends_at): (UnixMillis, Option<UnixMillis>),
    ) {
        let test = Notification::self_test(receiver, starts_at, ends_at);
        let id = test.alert.clone();
        match outbox.offer_to(receiver, test) {
            Ok(()) => {
                self.under_way.insert(id, (receiver.to_owned(), starts_at));
            }
            Err(_) => self.end(receiver, Outcome::Overflow),
        }
    }

    /// Takes the outcome of a test in: what was taken is ended, which is tested, too.
    pub(crate) fn acknowledge(&mut self, receipt: &Receipt, outbox: &Outbox, now: UnixMillis) {
        let Some((receiver, starts_at)) = self.under_way.remove(&receipt.alert) else {
            return;
        };
        match (receipt.sequence, receipt.outcome) {
            // A process that stops proves nothing of a receiver.
            (_, Outcome::Stopped) => {}
            (1, Outcome::Delivered) => self.send(&receiver, outbox, (starts_at, Some(now))),
            (_, outcome) => self.end(&receiver, outcome),
        }
    }

    fn end(&mut self, receiver: &str, outcome: Outcome) {
        if outcome == Outcome::Delivered {
            tracing::info!(receiver, "the receiver took its nightly test");
        } else {
            tracing::error!(receiver, %outcome, "the receiver did not take its nightly test");
        }
        self.metrics.tested(receiver.to_owned(), outcome);
        self.ended.insert(receiver.to_owned(), outcome);
    }

    fn raise(&self, registry: &mut AlertRegistry, now: UnixMillis) {
        let known = registry.alerts().filter(|alert| alert.slo == OF_RECEIVERS);
        let known = known.filter(|alert| alert.state.phase.is_firing());
        let known: BTreeSet<String> = known
            .filter_map(|alert| alert.group.get(RECEIVER).cloned())
            .collect();
        for receiver in known
            .iter()
            .chain(self.ended.keys())
            .collect::<BTreeSet<_>>()
        {
            let group = BTreeMap::from([(RECEIVER.to_owned(), receiver.clone())]);
            let quiet = Alert::quiet("", OF_RECEIVERS, RULE, group);
            let mut alert = registry.get(&quiet.id).cloned().unwrap_or(quiet);
            // Without a test since the start what was found before holds.
            let transition = match self.ended.get(receiver) {
                _ if self.at.is_none() || !self.receivers.contains(receiver) => {
                    alert.retire(Reason::Unconfigured, now)
                }
                Some(Outcome::Delivered) => alert.advance(Evaluation::Calm, &self.timing, now),
                Some(_) => {
                    let failed = Evaluation::Exceeded(Severity::Ticket);
                    alert.advance(failed, &self.timing, now)
                }
                None => None,
            };
            if let Some(transition) = transition {
                let text = self.text(receiver, transition);
                alert.say(text);
            }
            if !matches!(alert.state.phase, Phase::Inactive) {
                registry.put(alert);
            }
        }
    }

    fn text(&self, receiver: &str, transition: Transition) -> AlertText {
        let outcome = self
            .ended
            .get(receiver)
            .map_or("", |outcome| outcome.as_str());
        let (summary, description) = match transition {
            Transition::Resolved(Reason::Unconfigured) => (
                format!("The receiver {receiver} is not tested anymore."),
                String::new(),
            ),
            Transition::Resolved(_) => (
                format!("The receiver {receiver} took its nightly test again."),
                String::new(),
            ),
            _ => (
                format!(
                    "The receiver {receiver} did not take its nightly test ({outcome}): a page might not arrive."
                ),
                "What it answered is in the delivery log.".to_owned(),
            ),
        };
        let next = format!(
            "1. Look at the receiver's answer in the delivery log. 2. Is its address, key or account still valid? \
             3. Try it: corswatch alert test --receiver {receiver}."
        );
        let url = dashboard_url(&self.external_url, &SliFilter::app(""));
        let annotations = [
            ("summary", summary),
            ("description", description),
            ("next_steps", next),
            ("dashboard_url", url.clone()),
        ];
        let labels = [
            ("alertname", "corswatch_self_test_failed"),
            ("slo", OF_RECEIVERS),
            ("rule", RULE),
            (RECEIVER, receiver),
            ("severity", Severity::Ticket.as_str()),
        ];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
        AlertText::new(labels.into(), annotations, url)
    }
}
