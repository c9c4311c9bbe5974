//! Sessions of people who signed in: in memory, by the hash of what the cookie holds.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use observation::UnixMillis;
use sha2::{Digest as _, Sha256};

use super::config::Person;

/// Sessions at the same time; the one that was not used for longest gives way.
const MAX_SESSIONS: usize = 10_000;

/// A person with a browser.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) person: Person,
    /// When it is over at the latest.
    pub(crate) ends: UnixMillis,
    used: UnixMillis,
    /// What the provider takes as a hint of who signs out.
    pub(super) id_token: String,
}

/// All of them. A restart ends them.
#[derive(Debug)]
pub(super) struct Sessions {
    lifetime: i64,
    idle: i64,
    open: Mutex<HashMap<[u8; 32], Session>>,
}

impl Sessions {
    pub(super) fn new(lifetime: i64, idle: i64) -> Self {
        Self {
            lifetime,
            idle,
            open: Mutex::default(),
        }
    }

    /// Opens one under `secret`, which only the browser keeps.
    pub(super) fn open(&self, secret: &str, person: Person, id_token: String, now: UnixMillis) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= MAX_SESSIONS {
            open.retain(|_, session| self.holds(session, now));
        }
        if open.len() >= MAX_SESSIONS {
            let idle = open.iter().min_by_key(|(_, session)| session.used);
            if let Some(key) = idle.map(|(key, _)| *key) {
                open.remove(&key);
            }
        }
        let session = Session {
            person,
            ends: now.plus(self.lifetime),
            used: now,
            id_token,
        };
        open.insert(key(secret), session);
    }

    /// The session of `secret`, which is used now.
    pub(super) fn of(&self, secret: &str, now: UnixMillis) -> Option<Session> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(secret);
        let session = open.get_mut(&key)?;
        if !self.holds(session, now) {
            open.remove(&key);
            return None;
        }
        session.used = now;
        Some(session.clone())
    }

    pub(super) fn end(&self, secret: &str) -> Option<Session> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(&key(secret))
    }

    const fn holds(&self, session: &Session, now: UnixMillis) -> bool {
        now.0 < session.ends.0 && now.0 < session.used.0 + self.idle
    }
}

fn key(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::login::Role;

    #[test]
    fn a_session_ends_by_age_by_rest_and_by_sign_out_and_their_number_is_bounded() {
        let sessions = Sessions::new(1000, 100);
        let person = Person {
            name: "ana".into(),
            role: Role::Viewer,
            apps: vec![],
        };
        let open =
            |secret: &str, at| sessions.open(secret, person.clone(), String::new(), UnixMillis(at));
        open("a", 0);
        for at in (50..1000).step_by(50) {
            assert!(sessions.of("a", UnixMillis(at)).is_some(), "{at}");
        }
        assert!(sessions.of("a", UnixMillis(1000)).is_none(), "age");
        open("b", 0);
        assert!(sessions.of("b", UnixMillis(100)).is_none(), "rest");
        open("c", 0);
        assert!(sessions.end("c").is_some() && sessions.of("c", UnixMillis(1)).is_none());
        for n in 0..(MAX_SESSIONS + 100) {
            open(&n.to_string(), 0);
        }
        let kept = sessions.open.lock().expect("not poisoned").len();
        assert_eq!(kept, MAX_SESSIONS);
    }
}
