//! Silences and maintenance windows: for their time, no receiver is notified about the alerts that they match.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use data_encoding::HEXLOWER;
use observation::{UnixMillis, vocabulary};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::Problems;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use crate::AlertError;
use crate::pattern::{Match, Matcher};
use crate::recurrence::Schedule;

/// How long notifications wait for the stored silences after a start. After that they are sent: better
/// loud than lost.
const STORED_WITHIN: Duration = Duration::from_secs(10);
/// Bytes of author and reason.
const MAX_TEXT: usize = 1_000;
/// The longest silence, in milliseconds: what is silent for longer is a change of the objective.
const MAX_LENGTH: i64 = 366 * 86_400_000;
/// Silences of each kind in a configuration.
const MAX_CONFIGURED: usize = 100;

vocabulary! {
    /// Why no receiver is notified.
    SilenceKind {
        /// It is known, and being worked on.
        Silence => "silence",
        /// Work that was announced.
        Maintenance => "maintenance",
    }
}

/// Alerts about which no receiver is notified, for a time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SilenceConfig {
    /// Labels of the alerts: `{ app = "shop", service = { regex = "checkout-.*" } }`; at least one.
    #[serde(rename = "match")]
    pub matches: Match,
    /// Since when: `2026-12-24T18:00:00Z`.
    pub starts_at: String,
    /// Until when. With `rrule` that is the end of the first window.
    pub ends_at: String,
    /// Who asked for it.
    pub author: String,
    /// What for.
    pub reason: String,
    /// How it comes back: a rule of RFC 5545, such as `FREQ=WEEKLY;BYDAY=SU`.
    pub rrule: String,
    /// The zone of the days and hours of `rrule`, such as `Europe/Berlin`; empty for UTC.
    pub time_zone: String,
}

/// A silence or a maintenance window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// Identity.
    pub id: String,
    /// Which of the two.
    pub kind: SilenceKind,
    /// The alerts.
    pub matches: Match,
    /// Since when.
    pub starts_at: UnixMillis,
    /// Until when; with `rrule` the end of the first window.
    pub ends_at: UnixMillis,
    /// Who asked for it.
    pub author: String,
    /// What for.
    pub reason: String,
    /// How it comes back; empty for once.
    pub rrule: String,
    /// The zone of the rule; empty for UTC.
    pub time_zone: String,
}

impl Silence {
    /// The text that it was read from, for keeping.
    #[must_use]
    pub fn config(&self) -> SilenceConfig {
        SilenceConfig {
            matches: self.matches.clone(),
            starts_at: crate::rfc3339(self.starts_at),
            ends_at: crate::rfc3339(self.ends_at),
            author: self.author.clone(),
            reason: self.reason.clone(),
            rrule: self.rrule.clone(),
            time_zone: self.time_zone.clone(),
        }
    }
}

/// A field that cannot be used, what it was, and why.
pub type FieldProblem = (&'static str, String, String);

impl Silence {
    /// Reads a silence, and reports everything that is wrong with it.
    ///
    /// # Errors
    /// Every field that cannot be used.
    pub fn read(
        config: &SilenceConfig,
        kind: SilenceKind,
        id: String,
    ) -> Result<Self, Vec<FieldProblem>> {
        let mut found = Vec::new();
        if config.matches.0.is_empty() {
            let reason = "names no label: a silence of everything would hide every outage";
            found.push(("match", "{}".to_owned(), reason.to_owned()));
        }
        for (label, reason) in config.matches.problems(&|_| true) {
            found.push(("match", format!("{label:?}"), reason));
        }
        let starts_at = time("starts_at", &config.starts_at, &mut found);
        let ends_at = time("ends_at", &config.ends_at, &mut found);
        for (field, text) in [("author", &config.author), ("reason", &config.reason)] {
            if text.trim().is_empty() || text.len() > MAX_TEXT {
                let reason = format!("permitted: 1 to {MAX_TEXT} bytes");
                found.push((field, format!("{text:?}"), reason));
            }
        }
        if let (Some(from), Some(to)) = (starts_at, ends_at) {
            if !(1..=MAX_LENGTH).contains(&(to.0.saturating_sub(from.0))) {
                let reason = "permitted: after `starts_at`, by 366 days at most";
                found.push(("ends_at", config.ends_at.clone(), reason.to_owned()));
            } else if let Err(reason) = Schedule::new((from, to), &config.rrule, &config.time_zone)
            {
                found.push(("rrule", config.rrule.clone(), reason));
            }
        }
        match (starts_at, ends_at) {
            (Some(starts_at), Some(ends_at)) if found.is_empty() => Ok(Self {
                id,
                kind,
                matches: config.matches.clone(),
                starts_at,
                ends_at,
                author: config.author.clone(),
                reason: config.reason.clone(),
                rrule: config.rrule.clone(),
                time_zone: config.time_zone.clone(),
            }),
            _ => Err(found),
        }
    }

    /// Reads what is kept of a silence: the JSON of its [`SilenceConfig`].
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn restore(kind: SilenceKind, id: &str, body: &str) -> Result<Self, String> {
        let config: SilenceConfig =
            serde_json::from_str(body).map_err(|error| error.to_string())?;
        Self::read(&config, kind, id.to_owned()).map_err(|found| {
            let (field, value, reason) = found.into_iter().next().unwrap_or_default();
            format!("{field} = {value}: {reason}")
        })
    }

    /// The window that is open at `now`, else the next one; none once it is over for good.
    #[must_use]
    pub fn window(&self, now: UnixMillis) -> Option<(UnixMillis, UnixMillis)> {
        let schedule = Schedule::new((self.starts_at, self.ends_at), &self.rrule, &self.time_zone);
        schedule.ok()?.window(now)
    }

    /// Those of the configuration, with identities that stay as long as their text does.
    ///
    /// # Errors
    /// The first that cannot be used.
    pub(crate) fn configured(
        silences: &[SilenceConfig],
        kind: SilenceKind,
    ) -> Result<Vec<Self>, AlertError> {
        let read = |config: &SilenceConfig| {
            Self::read(config, kind, configured_id(config, kind)).map_err(|found| {
                let (field, value, reason) = found.into_iter().next().unwrap_or_default();
                AlertError::Silences(format!("{field} = {value}: {reason}"))
            })
        };
        silences.iter().map(read).collect()
    }
}

fn configured_id(config: &SilenceConfig, kind: SilenceKind) -> String {
    let text = serde_json::to_vec(&(kind.as_str(), config)).unwrap_or_default();
    let digest = Sha256::digest(text);
    format!("config-{}", HEXLOWER.encode(&digest[..8]))
}

fn time(field: &'static str, text: &str, found: &mut Vec<FieldProblem>) -> Option<UnixMillis> {
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(UnixMillis(at.as_millisecond()));
    }
    let reason = "write a time with its offset, such as 2026-12-24T18:00:00Z";
    found.push((field, format!("{text:?}"), reason.to_owned()));
    None
}

/// Reports every silence of a configuration that cannot be used.
pub(crate) fn problems(
    list: &str,
    silences: &[SilenceConfig],
    kind: SilenceKind,
    own_labels: &BTreeSet<String>,
    problems: &mut Problems<'_>,
) {
    if silences.len() > MAX_CONFIGURED {
        problems.report(list, silences.len(), format!("at most {MAX_CONFIGURED}"));
    }
    for (at, silence) in silences.iter().enumerate() {
        let mut problems = problems.section(format!("{list}[{at}]"));
        for (label, reason) in silence.matches.unknown_labels(own_labels) {
            problems.report("match", label, reason);
        }
        if let Err(found) = Silence::read(silence, kind, String::new()) {
            for (field, value, reason) in found {
                problems.report(field, value, reason);
            }
        }
    }
}

/// The silences that hold at the moment. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Silences(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    configured: Vec<Ready>,
    stored: RwLock<Stored>,
}

#[derive(Debug)]
enum Stored {
    /// None are kept.
    None,
    /// They are about to be read.
    Expected {
        until: Instant,
    },
    Known(Vec<Ready>),
}

#[derive(Debug)]
struct Ready {
    id: String,
    matcher: Matcher,
    schedule: Schedule,
}

impl Ready {
    /// Those that can be used; others, which an older build let through, are reported.
    fn of(silences: &[Silence]) -> Vec<Self> {
        let ready = |silence: &Silence| {
            let window = (silence.starts_at, silence.ends_at);
            let schedule = Schedule::new(window, &silence.rrule, &silence.time_zone);
            let both = silence.matches.compile().and_then(|m| Ok((m, schedule?)));
            match both {
                Ok((matcher, schedule)) => Some(Self {
                    id: silence.id.clone(),
                    matcher,
                    schedule,
                }),
                Err(reason) => {
                    tracing::error!(silence = silence.id, reason, "a silence cannot be used");
                    None
                }
            }
        };
        silences.iter().filter_map(ready).collect()
    }
}

impl Default for Silences {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl Silences {
    /// Those of the configuration alone.
    #[must_use]
    pub fn new(configured: &[Silence]) -> Self {
        Self(Arc::new(Inner {
            configured: Ready::of(configured),
            stored: RwLock::new(Stored::None),
        }))
    }

    /// Stored ones are about to be read: until they are, or for ten seconds, nothing is sent.
    pub fn expect_stored(&self) {
        let until = Instant::now() + STORED_WITHIN;
        self.put(Stored::Expected { until });
    }

    /// Replaces the stored ones.
    pub fn replace(&self, stored: &[Silence]) {
        self.put(Stored::Known(Ready::of(stored)));
    }

    fn put(&self, stored: Stored) {
        *self
            .0
            .stored
            .write()
            .unwrap_or_else(PoisonError::into_inner) = stored;
    }

    /// Whether all silences are known, or have been waited for long enough.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        match &*self.0.stored.read().unwrap_or_else(PoisonError::into_inner) {
            Stored::Expected { until } => *until <= Instant::now(),
            Stored::None | Stored::Known(_) => true,
        }
    }

    /// The identity of a silence that holds for an alert with these labels.
    #[must_use]
    pub fn holding(&self, labels: &BTreeMap<String, String>, now: UnixMillis) -> Option<String> {
        let stored = self.0.stored.read().unwrap_or_else(PoisonError::into_inner);
        let stored = match &*stored {
            Stored::Known(all) => all.as_slice(),
            Stored::None | Stored::Expected { .. } => &[],
        };
        self.0
            .configured
            .iter()
            .chain(stored)
            .find(|one| one.schedule.is_open(now) && one.matcher.matches(labels))
            .map(|one| one.id.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(json: &str) -> SilenceConfig {
        serde_json::from_str(json).expect("well formed")
    }

    #[test]
    fn everything_that_is_wrong_is_reported_at_once() {
        let all = r#"{"match": {"app": {"regex": "("}}, "starts_at": "tomorrow", "author": ""}"#;
        let found = Silence::read(&config(all), SilenceKind::Silence, String::new());
        let fields: Vec<_> = found
            .expect_err("wrong")
            .iter()
            .map(|(field, ..)| *field)
            .collect();
        assert_eq!(
            fields,
            ["match", "starts_at", "ends_at", "author", "reason"]
        );
        let times = |starts: &str, ends: &str, rrule: &str| {
            config(&format!(
                r#"{{"match": {{"app": "shop"}}, "starts_at": "{starts}", "ends_at": "{ends}",
                    "author": "a", "reason": "r", "rrule": "{rrule}"}}"#
            ))
        };
        let (start, end) = ("2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00");
        for (silence, field) in [
            (times(start, end, ""), "ends_at"),
            (times(start, "2028-01-01T00:00:00Z", ""), "ends_at"),
            (times(start, "2026-01-01T01:00:00Z", "FREQ=NEVER"), "rrule"),
        ] {
            let found = Silence::read(&silence, SilenceKind::Silence, String::new());
            assert_eq!(found.expect_err(field)[0].0, field);
        }
        let good = times(start, "2026-01-01T01:00:00Z", "FREQ=DAILY");
        assert!(Silence::read(&good, SilenceKind::Maintenance, String::new()).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn stored_silences_are_waited_for_and_not_for_ever() {
        let silences = Silences::default();
        assert!(silences.is_ready(), "none are kept");
        silences.expect_stored();
        assert!(!silences.is_ready());
        tokio::time::advance(STORED_WITHIN).await;
        assert!(silences.is_ready(), "better loud than lost");
        silences.expect_stored();
        silences.replace(&[]);
        assert!(silences.is_ready());
    }
}
