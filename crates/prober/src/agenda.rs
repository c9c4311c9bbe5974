//! What is to be asked next: each failure once and again after a change, no target too often.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use observation::{MILLIS_PER_MINUTE, UnixMillis};
use store::SignatureRow;
use tokio::time::Instant;

use crate::signature;
use browse::Pace;

/// Failures that wait; more are found again later.
const MAX_WAITING: usize = 1_000;
/// Diagnoses that are remembered.
const MAX_KNOWN: usize = 10_000;

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

/// Who shares the queue: an app, and of it the failures at one server.
type Share = (String, String);

fn share(row: &SignatureRow) -> Share {
    let server = web::Origin::server_of(&row.target_origin).into_owned();
    (row.app.clone(), server)
}

/// A thing that has not been started.
#[derive(Debug)]
struct Waiting {
    row: SignatureRow,
    /// When its turn comes, where it had to be put off.
    not_before: Option<Instant>,
}

impl Waiting {
    fn new(row: SignatureRow) -> Self {
        Self {
            row,
            not_before: None,
        }
    }

    /// Whether it may be started.
    fn is_due(&self, pace: &Pace, now: Instant) -> bool {
        self.not_before.is_none_or(|at| at <= now)
            && pace.wait_for_server(&self.row.target_origin, now).is_none()
    }
}

/// What is to be asked next.
#[derive(Debug)]
pub(crate) struct Agenda {
    again_after: i64,
    known: HashMap<String, Known>,
    waiting: BTreeMap<String, Waiting>,
    under_way: HashSet<String>,
    looks: VecDeque<Waiting>,
    /// The turn in which an app, and of it a server, was served last.
    served: HashMap<String, u64>,
    served_at: HashMap<Share, u64>,
    turn: u64,
}

impl Agenda {
    pub(crate) fn new(again_after: Duration) -> Self {
        Self {
            again_after: i64::try_from(again_after.as_millis()).unwrap_or(i64::MAX),
            known: HashMap::new(),
            waiting: BTreeMap::new(),
            under_way: HashSet::new(),
            looks: VecDeque::new(),
            served: HashMap::new(),
            served_at: HashMap::new(),
            turn: 0,
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

    /// A failure cannot be replayed before `until`.
    pub(crate) fn postponed(&mut self, row: SignatureRow, until: Instant) {
        let id = signature::id(&row);
        self.under_way.remove(&id);
        // Without room it is found again.
        if self.waiting.len() < MAX_WAITING {
            let not_before = Some(until);
            self.waiting.insert(id, Waiting { row, not_before });
        }
    }

    /// A target cannot be looked at before `until`.
    pub(crate) fn postponed_look(&mut self, row: SignatureRow, until: Instant) {
        let not_before = Some(until);
        self.looks.push_back(Waiting { row, not_before });
    }

    /// The headers of a target have changed: what is known of its failures is old.
    pub(crate) fn changed(&mut self, row: &SignatureRow) {
        self.known.retain(|_, known| {
            known.target_origin != row.target_origin || known.endpoint != row.endpoint
        });
    }

    /// Takes in failures, those first that come first; returns how many found no place. A full queue gives
    /// way to an app, and within an app to a server, that has fewer places than the one that has most.
    pub(crate) fn failing(&mut self, rows: Vec<SignatureRow>) -> u64 {
        let mut overflowed = 0;
        for row in rows {
            let id = signature::id(&row);
            if self.under_way.contains(&id) || !self.is_wanted(&id, &row) {
                continue;
            }
            if let Some(waiting) = self.waiting.get_mut(&id) {
                waiting.row = row;
            } else if self.waiting.len() < MAX_WAITING {
                self.waiting.insert(id, Waiting::new(row));
            } else {
                overflowed += 1;
                if let Some(other) = self.gives_way(&row) {
                    self.waiting.remove(&other);
                    self.waiting.insert(id, Waiting::new(row));
                }
            }
        }
        overflowed
    }

    /// What gives way to `row` in a full queue.
    fn gives_way(&self, row: &SignatureRow) -> Option<String> {
        let mut apps: HashMap<&str, usize> = HashMap::new();
        let mut servers: HashMap<Share, usize> = HashMap::new();
        for waiting in self.waiting.values() {
            *apps.entry(&waiting.row.app).or_default() += 1;
            *servers.entry(share(&waiting.row)).or_default() += 1;
        }
        let places = |of: &SignatureRow| {
            let app = apps.get(&*of.app).copied().unwrap_or_default();
            (app, servers.get(&share(of)).copied().unwrap_or_default())
        };
        let (id, most) = self
            .waiting
            .iter()
            .max_by_key(|(_, waiting)| places(&waiting.row))?;
        let (own, other) = (places(row), places(&most.row));
        let is_fairer = match most.row.app == row.app {
            true => own.1 + 1 < other.1,
            false => own.0 + 1 < other.0,
        };
        is_fairer.then(|| id.clone())
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
            if !self.looks.iter().any(|waiting| waiting.row == row) {
                self.looks.push_back(Waiting::new(row));
            }
        }
    }

    fn served_now(&mut self, row: &SignatureRow) {
        self.turn += 1;
        if self.served_at.len() >= MAX_KNOWN {
            self.served_at.clear();
        }
        self.served.insert(row.app.clone(), self.turn);
        self.served_at.insert(share(row), self.turn);
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether looks are left from the last time.
    pub(crate) fn has_looks(&self) -> bool {
        !self.looks.is_empty()
    }

    /// The next thing to do now: failures first, those of targets that may be asked; apps take turns, and the
    /// servers of an app.
    pub(crate) fn next(&mut self, pace: &Pace, now: Instant) -> Option<Task> {
        let turn = |row: &SignatureRow| {
            let app = self.served.get(&row.app).copied().unwrap_or_default();
            let server = self.served_at.get(&share(row)).copied();
            (app, server.unwrap_or_default())
        };
        let due = self.waiting.iter().filter(|(_, one)| one.is_due(pace, now));
        let due = due.min_by_key(|(_, one)| turn(&one.row));
        if let Some(id) = due.map(|(id, _)| id.clone()) {
            let Waiting { row, .. } = self.waiting.remove(&id)?;
            self.served_now(&row);
            self.under_way.insert(id);
            return Some(Task::Diagnose(row));
        }
        let due = self.looks.iter().position(|one| one.is_due(pace, now))?;
        let Waiting { row, .. } = self.looks.remove(due)?;
        Some(Task::Look(row))
    }
}

#[cfg(test)]
#[path = "agenda_tests.rs"]
mod tests;
