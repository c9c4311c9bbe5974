//! One alert as it is kept: identity, state, and what is still to be said about it.

use std::collections::BTreeMap;

use observation::UnixMillis;
use serde::{Deserialize, Serialize};

use crate::state::{Evaluation, Phase, Reason, State, Timing, Transition, step};
use crate::{AlertId, Notification, Occasion, Status};

/// One alert: what it is about, where it stands, and what is said about it. Kept as a whole, so that
/// what receivers have not heard can still be said after a restart, in the words of its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Identity.
    pub id: AlertId,
    /// Configured application; empty for an alert about the pipeline.
    pub app: String,
    /// Name of the objective.
    pub slo: String,
    /// Name of the rule.
    pub rule: String,
    /// The group, as pairs of label and value; empty for the whole objective.
    pub group: BTreeMap<String, String>,
    /// Where it stands.
    pub state: State,
    /// The words of its last transition.
    #[serde(flatten)]
    pub words: AlertText,
    /// The last transition, until the receivers have acknowledged it.
    #[serde(rename = "unsaid")]
    pub unacknowledged: Option<Notification>,
}

/// What is said about an alert.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertText {
    /// What routes it.
    pub labels: BTreeMap<String, String>,
    /// What people read.
    pub annotations: BTreeMap<String, String>,
    /// Where it can be looked at; empty where no address is configured.
    pub url: String,
}

impl AlertText {
    /// The text of labels and annotations; an annotation without words is none.
    pub fn new<'a>(
        labels: BTreeMap<String, String>,
        annotations: impl IntoIterator<Item = (&'a str, String)>,
        url: String,
    ) -> Self {
        let annotations = annotations.into_iter();
        Self {
            labels,
            annotations: annotations
                .filter(|(_, text)| !text.is_empty())
                .map(|(name, text)| (name.to_owned(), text))
                .collect(),
            url,
        }
    }
}

/// In the place of an objective's name: the alert is about beacons that the edge refuses, and belongs to no
/// app.
pub const OF_EDGE: &str = "edge";

/// What stands for an objective in the alerts about receivers.
pub const OF_RECEIVERS: &str = "receivers";

impl Alert {
    /// A quiet alert.
    #[must_use]
    pub fn quiet(app: &str, slo: &str, rule: &str, group: BTreeMap<String, String>) -> Self {
        let pairs = group
            .iter()
            .map(|(label, value)| (label.as_str(), value.as_str()));
        Self {
            id: AlertId::of(slo, rule, pairs),
            app: app.to_owned(),
            slo: slo.to_owned(),
            rule: rule.to_owned(),
            group,
            state: State::default(),
            words: AlertText::default(),
            unacknowledged: None,
        }
    }

    /// Takes one step; what it returns wants to be said with [`Alert::say`].
    pub fn advance(
        &mut self,
        evaluation: Evaluation,
        timing: &Timing,
        now: UnixMillis,
    ) -> Option<Transition> {
        let (state, transition) = step(&self.state, evaluation, timing, now);
        self.state = state;
        transition
    }

    /// Ends the alert whatever is measured.
    pub fn retire(&mut self, reason: Reason, now: UnixMillis) -> Option<Transition> {
        let (state, transition) = self.state.retire(reason, now);
        self.state = state;
        transition
    }

    /// Puts the last transition into words that only the alert's own page shows: receivers hear about the
    /// incident that it belongs to.
    pub fn describe(&mut self, words: AlertText) {
        self.words = words;
    }

    /// Puts the last transition into words. It takes the place of one that was not heard yet: what
    /// is news is how it stands now.
    pub fn say(&mut self, words: AlertText) {
        if matches!(self.state.phase, Phase::Inactive | Phase::Pending { .. }) {
            return;
        }
        self.words = words;
        self.unacknowledged = self.notification();
    }

    /// How it stands, in the words of its last transition; none where no receiver was ever notified.
    #[must_use]
    pub fn notification(&self) -> Option<Notification> {
        let (status, occasion, starts_at, ends_at) = match self.state.phase {
            Phase::Firing { since, .. } => (Status::Firing, Occasion::Opened, since, None),
            Phase::Resolved { since, at } => (Status::Resolved, Occasion::Closed, since, Some(at)),
            Phase::Inactive | Phase::Pending { .. } => return None,
        };
        Some(Notification {
            alert: self.id.clone(),
            sequence: self.state.sequence,
            status,
            occasion,
            labels: self.words.labels.clone(),
            annotations: self.words.annotations.clone(),
            starts_at,
            ends_at,
            generator_url: self.words.url.clone(),
        })
    }

    /// The receivers have heard of transition `sequence`; returns whether that was still open.
    pub fn acknowledge(&mut self, sequence: u64) -> bool {
        self.unacknowledged
            .take_if(|unacknowledged| unacknowledged.sequence <= sequence)
            .is_some()
    }
}

#[cfg(test)]
mod tests {
    use settings::Span;
    use slo::Severity;

    use super::*;

    const AT_ONCE: Timing = Timing {
        hold: Span::secs(0),
        resolve_after: Span::secs(0),
        remind_after: Span::secs(3600),
    };

    #[test]
    fn what_was_not_heard_is_replaced_by_how_it_stands_now() {
        let mut alert = Alert::quiet("shop", "shop-blocks", "fast_burn", BTreeMap::new());
        let fired = alert.advance(
            Evaluation::Exceeded(Severity::Page),
            &AT_ONCE,
            UnixMillis(1),
        );
        assert_eq!(fired, Some(Transition::Fired));
        alert.say(AlertText::default());
        alert.advance(Evaluation::Calm, &AT_ONCE, UnixMillis(5));
        alert.say(AlertText::default());
        assert!(!alert.acknowledge(1), "only the first was heard of");
        let unacknowledged = alert.unacknowledged.clone().expect("the resolution");
        assert_eq!(
            (unacknowledged.sequence, unacknowledged.status),
            (2, Status::Resolved)
        );
        assert_eq!(
            (unacknowledged.starts_at, unacknowledged.ends_at),
            (UnixMillis(1), Some(UnixMillis(5)))
        );
        assert_eq!(unacknowledged.message_id(), format!("{}.1.2", alert.id));
        let json = serde_json::to_string(&alert).expect("plain data");
        let mut kept: Alert = serde_json::from_str(&json).expect("own text");
        assert_eq!(kept, alert);
        assert!(kept.acknowledge(2) && kept.unacknowledged.is_none());
    }
}
