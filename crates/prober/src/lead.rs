//! One prober works.

use std::time::Duration;

use store::{Lease, StoreError};
use tokio::time::Instant;

use crate::keep::Keep;

const NAME: &str = "prober";

/// This process's claim to work. It is renewed well before it ends, and ends by this process's own
/// clock.
#[derive(Debug)]
pub(crate) struct Claim {
    holder: String,
    ttl: Duration,
    held: Option<(Lease, Instant)>,
    asked_at: Option<Instant>,
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

    /// Takes or renews the lease where that is due; the term under which this process works, if it
    /// does.
    pub(crate) async fn check(&mut self, keep: &dyn Keep) -> Result<Option<u64>, StoreError> {
        let now = Instant::now();
        if self
            .asked_at
            .is_none_or(|asked| now - asked >= self.ttl / 3)
        {
            let lease = keep.acquire_lease(NAME, &self.holder, self.ttl).await?;
            self.asked_at = Some(now);
            // Counted from before the question: the store's own count began later.
            self.held = lease.map(|lease| (lease, now + self.ttl));
        }
        let held = self
            .held
            .as_ref()
            .filter(|(_, until)| Instant::now() < *until);
        Ok(held.map(|(lease, _)| lease.term))
    }

    /// Gives the lease back. Where that fails it simply ends.
    pub(crate) async fn release(&mut self, keep: &dyn Keep) {
        if let Some((lease, _)) = self.held.take()
            && let Err(error) = keep.release_lease(&lease).await
        {
            tracing::debug!(%error, "the lease was not given back; it ends by itself");
        }
    }
}
