//! Sign-ins that began and have not come back.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long someone may take at the provider.
pub(super) const SIGN_IN_TIMEOUT: Duration = Duration::from_secs(600);
/// Sign-ins that may be under way at the same time; the oldest gives way.
const MAX_PENDING: usize = 10_000;

/// What is kept while someone is at the provider.
#[derive(Debug, Clone)]
pub(super) struct SignIn {
    pub(super) nonce: String,
    pub(super) verifier: String,
    /// Where they go afterwards: a path of this server.
    pub(super) back_to: String,
    began: Instant,
}

impl SignIn {
    pub(super) fn new(nonce: String, verifier: String, back_to: String) -> Self {
        Self {
            nonce,
            verifier,
            back_to,
            began: Instant::now(),
        }
    }
}

/// By `state`.
#[derive(Debug, Default)]
pub(super) struct Pending(Mutex<HashMap<String, SignIn>>);

impl Pending {
    pub(super) fn begin(&self, state: String, sign_in: SignIn) {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pending.len() >= MAX_PENDING {
            pending.retain(|_, one| one.began.elapsed() < SIGN_IN_TIMEOUT);
        }
        if pending.len() >= MAX_PENDING {
            let oldest = pending.iter().min_by_key(|(_, one)| one.began);
            if let Some(state) = oldest.map(|(state, _)| state.clone()) {
                pending.remove(&state);
            }
        }
        pending.insert(state, sign_in);
    }

    /// A state serves once.
    pub(super) fn take(&self, state: &str) -> Option<SignIn> {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pending
            .remove(state)
            .filter(|one| one.began.elapsed() < SIGN_IN_TIMEOUT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_state_serves_once_and_for_a_while_and_a_flood_is_bounded() {
        let pending = Pending::default();
        let sign_in = || SignIn::new("n".into(), "v".into(), "/".into());
        pending.begin("a".into(), sign_in());
        assert!(pending.take("a").is_some() && pending.take("a").is_none());
        pending.begin("b".into(), sign_in());
        tokio::time::advance(SIGN_IN_TIMEOUT).await;
        assert!(pending.take("b").is_none());
        for n in 0..3 * MAX_PENDING {
            pending.begin(n.to_string(), sign_in());
        }
        let kept = pending.0.lock().expect("not poisoned").len();
        assert_eq!(kept, MAX_PENDING);
        let latest = (3 * MAX_PENDING - 1).to_string();
        assert!(pending.take(&latest).is_some());
    }
}
