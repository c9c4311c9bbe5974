//! What becomes of one incident: told, grown, held open, closed.

use observation::UnixMillis;
use serde::{Deserialize, Serialize};
use slo::Severity;

use crate::duration::{span, time};
use crate::incident::{ClosedAs, Closing, Happening, Incident, Phase};
use crate::register::is_of_cors;

/// Held open for so long after every rule is clean; doubles with each relapse.
const HOLD: i64 = 120_000;
/// But not beyond this.
const MAX_HOLD: i64 = 60 * 60_000;
/// A replay that was not asked again since everything else is clean is waited for so long.
const REPLAY_WAIT: i64 = 10 * 60_000;
/// Longer than this no browser by Chromium's rules keeps a preflight answer: the wait is bounded by it.
const MAX_PREFLIGHT_AGE: u64 = 7200;
/// Endpoints that no page requests anymore, while others are asked.
const STOPPED_AFTER: i64 = 30 * 60_000;
/// Where nothing is asked at all silence may be blindness, for so long.
const SILENT_AFTER: i64 = 24 * 3_600_000;
/// Growth is told at most this often.
const GROWTH_EVERY: i64 = 5 * 60_000;

/// What replaying the failure shows since the rules are clean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// It still reproduces the failure.
    Fails,
    /// It no longer does.
    Passes,
    /// It was not replayed since.
    NotAsked,
    /// It never reproduced the failure, or there is nothing to replay.
    Impossible,
}

/// What is known of an incident beside its alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// What replaying it shows.
    pub replay: Replay,
    /// Whether other requests of its apps are seen: silence of all may be blindness.
    pub alive: bool,
    /// A person closed it.
    pub by_hand: Option<Closing>,
    /// Whether an objective still asks for any of its alerts.
    pub configured: bool,
}

/// Why receivers are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// It was opened.
    Opened,
    /// Its cause is known, or another one.
    Cause,
    /// It is more urgent.
    Severity,
    /// Twice as many page loads are affected.
    Grown,
    /// It is closed.
    Closed,
}

/// What an incident was when its round began; what changed since is news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    severity: Severity,
    announced: bool,
    causes: usize,
}

impl Before {
    /// How it stands now.
    #[must_use]
    pub fn of(incident: &Incident) -> Self {
        Self {
            severity: incident.severity,
            announced: incident.is_announced(),
            causes: causes(incident),
        }
    }
}

fn causes(incident: &Incident) -> usize {
    let known = |what| matches!(what, Happening::CauseKnown | Happening::CauseChanged);
    incident
        .timeline
        .iter()
        .filter(|entry| known(entry.what))
        .count()
}

/// Takes an incident one step; says what receivers have to be told.
#[must_use]
pub fn step(
    incident: &mut Incident,
    before: Before,
    observed: &Observed,
    now: UnixMillis,
) -> Option<News> {
    if let Some((at, how)) = incident.closed() {
        // Merged in this round: the receivers of an announced one still wait for its end.
        let news = how == ClosedAs::Merged && at == now;
        return news.then(|| announce(incident, News::Closed, now));
    }
    if let Some(closing) = &observed.by_hand {
        incident.closing = Some(closing.clone());
        let text = format!("Closed by {}: {}", closing.by, closing.reason);
        return close(incident, ClosedAs::ByHand, &text, now);
    }
    if let Phase::Waiting { until } = incident.phase {
        if incident.cause.is_none() && now < until && is_of_cors(incident.failing) {
            return None;
        }
        incident.phase = Phase::Open;
        return Some(announce(incident, News::Opened, now));
    }
    if !observed.configured {
        return close(
            incident,
            ClosedAs::Stopped,
            "No objective asks for it anymore.",
            now,
        );
    }
    match settle(incident, observed, now) {
        Some(news) => Some(news),
        None => changed(incident, before, now),
    }
}

/// What is news about one that goes on.
fn changed(incident: &mut Incident, before: Before, now: UnixMillis) -> Option<News> {
    if incident.severity > before.severity {
        let text = format!("It is a {} now.", incident.severity);
        incident.note(now, Happening::Severity, text, "");
        return Some(announce(incident, News::Severity, now));
    }
    if before.announced && causes(incident) > before.causes {
        return Some(announce(incident, News::Cause, now));
    }
    let sessions = incident.impact().map_or(0, |impact| impact.sessions);
    if incident.notified_sessions == 0 {
        // It was told before anything was counted.
        incident.notified_sessions = sessions;
        return None;
    }
    let recently = incident
        .notified_at
        .is_some_and(|at| now.0 - at.0 < GROWTH_EVERY);
    if sessions >= incident.notified_sessions.saturating_mul(2)
        && !recently
        && incident.recovering_since().is_none()
    {
        incident.note(
            now,
            Happening::Grown,
            format!("{sessions} page loads are affected."),
            "",
        );
        return Some(announce(incident, News::Grown, now));
    }
    None
}

/// Whether it recovers, relapses, or is over.
fn settle(incident: &mut Incident, observed: &Observed, now: UnixMillis) -> Option<News> {
    let clean = incident
        .alerts
        .iter()
        .all(|evidence| evidence.clean_since.is_some());
    match incident.phase {
        Phase::Open if clean => {
            incident.phase = Phase::Recovering { since: now };
            incident.note(
                now,
                Happening::Recovering,
                "Every rule that fired is clean.",
                "",
            );
            None
        }
        Phase::Recovering { .. } if !clean => {
            incident.phase = Phase::Open;
            incident.relapses += 1;
            incident.note(now, Happening::Relapsed, "It fails again.", "");
            None
        }
        Phase::Recovering { since } => {
            if is_silent(incident, observed, since, now) {
                return close(
                    incident,
                    ClosedAs::Stopped,
                    "No page asks for it anymore.",
                    now,
                );
            }
            if !waits(incident, observed.replay, now).is_empty() {
                return None;
            }
            close(
                incident,
                ClosedAs::Fixed,
                "It passes again, and users have recovered.",
                now,
            )
        }
        _ if is_silent(incident, observed, incident.last_bad, now) => close(
            incident,
            ClosedAs::Stopped,
            "No page asks for it anymore.",
            now,
        ),
        _ => None,
    }
}

fn is_silent(incident: &Incident, observed: &Observed, since: UnixMillis, now: UnixMillis) -> bool {
    let silent = incident
        .impact()
        .is_some_and(|impact| impact.recent.requests == 0);
    let limit = if observed.alive {
        STOPPED_AFTER
    } else {
        SILENT_AFTER
    };
    silent && now.0 - since.0 >= limit
}

/// What still has to happen before an incident that recovers is closed, in words.
#[must_use]
pub fn waits(incident: &Incident, replay: Replay, now: UnixMillis) -> Vec<String> {
    let Some(since) = incident.recovering_since() else {
        return Vec::new();
    };
    let mut waits = Vec::new();
    let held = HOLD
        .saturating_mul(1 << incident.relapses.min(10))
        .min(MAX_HOLD);
    if now.0 - since.0 < held {
        waits.push(format!("it is held open until {}", time(since.plus(held))));
    }
    match replay {
        Replay::Fails => waits.push("a replay still reproduces the failure".to_owned()),
        Replay::NotAsked if now.0 - since.0 < REPLAY_WAIT => {
            waits.push("the failure has not been replayed since".to_owned());
        }
        Replay::NotAsked | Replay::Passes | Replay::Impossible => {}
    }
    if incident
        .impact()
        .is_some_and(|impact| !impact.recent.recovered())
    {
        waits.push("users have not recovered".to_owned());
    }
    if let Some(until) = cached_until(incident).filter(|until| now < *until) {
        let age = incident.max_age.unwrap_or(0).min(MAX_PREFLIGHT_AGE);
        let age = i64::try_from(age).unwrap_or(0) * 1000;
        waits.push(format!(
            "browsers may keep preflight answers for {}, until {}",
            span(age),
            time(until)
        ));
    }
    waits
}

/// Until when browsers may go by preflight answers from before it was mended.
#[must_use]
pub(crate) fn cached_until(incident: &Incident) -> Option<UnixMillis> {
    let since = incident.recovering_since()?;
    let age = i64::try_from(incident.max_age?.min(MAX_PREFLIGHT_AGE)).ok()?;
    // The last failure is the last sign that it was not mended.
    Some(
        incident
            .last_bad
            .max(incident.opened_at)
            .min(since)
            .plus(age * 1000),
    )
}

fn close(incident: &mut Incident, how: ClosedAs, text: &str, now: UnixMillis) -> Option<News> {
    let announced = incident.is_announced();
    incident.phase = Phase::Closed { at: now, how };
    incident.note(now, Happening::Closed, text, "");
    announced.then(|| announce(incident, News::Closed, now))
}

fn announce(incident: &mut Incident, news: News, now: UnixMillis) -> News {
    incident.sequence += 1;
    incident.notified_at = Some(now);
    incident.notified_sessions = incident
        .impact()
        .map_or(incident.notified_sessions, |impact| impact.sessions);
    let what = match news {
        News::Opened => "it was opened",
        News::Cause => "the cause",
        News::Severity => "it is more urgent",
        News::Grown => "it affects twice as many",
        News::Closed => "it is closed",
    };
    incident.note(
        now,
        Happening::Notified,
        format!("Receivers are told: {what}."),
        "",
    );
    news
}
