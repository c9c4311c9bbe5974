//! One aggregator leads.

use std::time::Duration;

use store::{Lease, StoreError};
use tokio::time::Instant;

use crate::Keep;

const NAME: &str = "aggregator";

/// This process's claim to lead. It is renewed well before it ends; once it has ended by this
/// process's own clock nothing may be said under it, whatever the store says later.
#[derive(Debug)]
pub(crate) struct Claim {
    holder: String,
    ttl: Duration,
    held: Option<Held>,
    asked_at: Option<Instant>,
}

#[derive(Debug)]
struct Held {
    lease: Lease,
    until: Instant,
}

/// Who leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lead {
    /// This process.
    Ours {
        /// The term, higher than that of every other leader before.
        term: u64,
    },
    /// Another process.
    Theirs,
}

impl Claim {
    pub(crate) fn new(ttl: Duration) -> Self {
        let mut bytes = [0; 8];
        // Two processes without randomness would share a name: the process id tells them apart.
        let _ = getrandom::fill(&mut bytes);
        let random = u64::from_be_bytes(bytes);
        Self {
            holder: format!("{random:016x}-{}", std::process::id()),
            ttl,
            held: None,
            asked_at: None,
        }
    }

    /// Whether what is said now is said by the leader.
    pub(crate) fn is_held(&self) -> bool {
        self.held
            .as_ref()
            .is_some_and(|held| Instant::now() < held.until)
    }

    /// Takes or renews the lease where that is due.
    pub(crate) async fn check(&mut self, keep: &dyn Keep) -> Result<Lead, StoreError> {
        let now = Instant::now();
        let due = self
            .asked_at
            .is_none_or(|asked| now - asked >= self.ttl / 3);
        if due {
            let lease = keep.acquire_lease(NAME, &self.holder, self.ttl).await?;
            self.asked_at = Some(now);
            // Counted from before the question: the store's own count began later.
            self.held = lease.map(|lease| Held {
                lease,
                until: now + self.ttl,
            });
        }
        Ok(match &self.held {
            Some(held) if self.is_held() => Lead::Ours {
                term: held.lease.term,
            },
            _ => Lead::Theirs,
        })
    }

    /// Gives the lease back. Where that fails it simply ends.
    pub(crate) async fn release(&mut self, keep: &dyn Keep) {
        if let Some(held) = self.held.take()
            && let Err(error) = keep.release_lease(&held.lease).await
        {
            tracing::debug!(%error, "the lease was not given back; it ends by itself");
        }
    }
}
