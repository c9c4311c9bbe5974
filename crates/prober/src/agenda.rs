//! What is to be asked next: each failure once and again after a change, no target too often.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use observation::{MILLIS_PER_MINUTE, UnixMillis};
use store::SignatureRow;
use tokio::time::Instant;

use crate::signature;

/// Failures that wait; more are found again later.
const MAX_WAITING: usize = 1_000;
/// Diagnoses that are remembered.
const MAX_KNOWN: usize = 10_000;
/// Target origins whose rate is remembered.
const MAX_TARGETS: usize = 10_000;
/// A target that was left alone may be asked so often in a row.
const BURST: u32 = 10;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Task {
    /// Replay a failure.
    Diagnose(SignatureRow),
    /// Look at a target that works.
    Look(SignatureRow),
}

/// A failure that has been replayed.
#[derive(Debug)]
struct Known {
    at: UnixMillis,
    target_origin: String,
    endpoint: String,
}

/// A bucket of tokens.
#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// What is to be asked next.
#[derive(Debug)]
pub(crate) struct Agenda {
    again_after: i64,
    per_minute: u32,
    known: HashMap<String, Known>,
    waiting: BTreeMap<String, SignatureRow>,
    under_way: HashMap<String, SignatureRow>,
    looks: VecDeque<SignatureRow>,
    buckets: HashMap<String, Bucket>,
}

impl Agenda {
    pub(crate) fn new(again_after: Duration, per_minute: u32) -> Self {
        Self {
            again_after: i64::try_from(again_after.as_millis()).unwrap_or(i64::MAX),
            per_minute,
            known: HashMap::new(),
            waiting: BTreeMap::new(),
            under_way: HashMap::new(),
            looks: VecDeque::new(),
            buckets: HashMap::new(),
        }
    }

    /// A failure has been replayed.
    pub(crate) fn diagnosed(&mut self, row: &SignatureRow, at: UnixMillis) {
        let id = signature::id(row);
        self.under_way.remove(&id);
        let known = Known {
            at,
            target_origin: row.target_origin.clone(),
            endpoint: row.endpoint.clone(),
        };
        self.known.insert(id, known);
        if self.known.len() > MAX_KNOWN {
            let mut times: Vec<_> = self.known.values().map(|known| known.at).collect();
            times.sort_unstable();
            let middle = times[times.len() / 2];
            self.known.retain(|_, known| known.at >= middle);
        }
    }

    /// A replay failed for a reason of our own: it is found again.
    pub(crate) fn failed(&mut self, row: &SignatureRow) {
        self.under_way.remove(&signature::id(row));
    }

    /// The headers of a target have changed: what is known of its failures is old.
    pub(crate) fn changed(&mut self, row: &SignatureRow) {
        self.known.retain(|_, known| {
            known.target_origin != row.target_origin || known.endpoint != row.endpoint
        });
    }

    /// Takes in failures; returns how many found no place.
    pub(crate) fn failing(&mut self, rows: Vec<SignatureRow>) -> u64 {
        let mut overflowed = 0;
        for row in rows {
            let id = signature::id(&row);
            if self.under_way.contains_key(&id) || !self.is_wanted(&id, &row) {
                continue;
            }
            if self.waiting.len() >= MAX_WAITING && !self.waiting.contains_key(&id) {
                overflowed += 1;
                continue;
            }
            self.waiting.insert(id, row);
        }
        overflowed
    }

    fn is_wanted(&self, id: &str, row: &SignatureRow) -> bool {
        // It was seen up to the end of its last minute.
        let seen = row.last_seen.0 + MILLIS_PER_MINUTE;
        self.known
            .get(id)
            .is_none_or(|known| seen - known.at.0 >= self.again_after)
    }

    /// Takes in targets that work; those that are still waiting are left out.
    pub(crate) fn passing(&mut self, rows: Vec<SignatureRow>) {
        for row in rows {
            if !self.looks.contains(&row) {
                self.looks.push_back(row);
            }
        }
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether looks are left from the last time.
    pub(crate) fn has_looks(&self) -> bool {
        !self.looks.is_empty()
    }

    /// The next thing to do now: failures first, those of targets that may be asked.
    pub(crate) fn next(&mut self, now: Instant) -> Option<Task> {
        let ids: Vec<String> = self.waiting.keys().cloned().collect();
        for id in ids {
            let origin = self.waiting[&id].target_origin.clone();
            if self.may_ask(&origin, now) {
                let row = self.waiting.remove(&id)?;
                self.under_way.insert(id, row.clone());
                return Some(Task::Diagnose(row));
            }
        }
        let origin = self.looks.front()?.target_origin.clone();
        if !self.may_ask(&origin, now) {
            // The others get their turn.
            self.looks.rotate_left(1);
            return None;
        }
        self.looks.pop_front().map(Task::Look)
    }

    fn may_ask(&mut self, origin: &str, now: Instant) -> bool {
        let rate = f64::from(self.per_minute) / 60.0;
        let burst = f64::from(self.per_minute.min(BURST));
        if self.buckets.len() > MAX_TARGETS {
            self.buckets
                .retain(|_, bucket| (now - bucket.at).as_secs() < 60);
        }
        let bucket = self.buckets.entry(origin.to_owned()).or_insert(Bucket {
            tokens: burst,
            at: now,
        });
        let refilled = (now - bucket.at).as_secs_f64() * rate;
        bucket.tokens = (bucket.tokens + refilled).min(burst);
        bucket.at = now;
        if bucket.tokens < 1.0 {
            return false;
        }
        bucket.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
#[path = "agenda_tests.rs"]
mod tests;
