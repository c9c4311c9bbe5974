//! A process's claim to a lease, kept by its own clock.

use runtime::Causes as _;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::{Lease, Store, StoreError};

/// Who gives leases: the store, or what stands for it in a test.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Takes or renews a lease; none where someone else has it.
    async fn acquire_lease(
        &self,
        name: &str,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError>;

    /// Gives a lease back, so that the next holder need not wait for its end.
    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError>;
}

#[async_trait]
impl Leases for Store {
    async fn acquire_lease(
        &self,
        name: &str,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        self.acquire_lease(name, holder, ttl).await
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        self.release_lease(lease).await
    }
}

/// This process's claim to do what one process does. It is renewed well before it ends; once it has
/// ended by this process's own clock nothing may be done under it, whatever the store says later.
#[derive(Debug)]
pub struct Claim {
    name: &'static str,
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

impl Claim {
    /// A claim of this process to the lease `name`, which ends `ttl` after it was last renewed.
    #[must_use]
    pub fn new(name: &'static str, ttl: Duration) -> Self {
        let mut bytes = [0; 8];
        // Two processes without randomness would share a name: the process id tells them apart.
        let _ = getrandom::fill(&mut bytes);
        let random = u64::from_be_bytes(bytes);
        Self {
            name,
            holder: format!("{random:016x}-{}", std::process::id()),
            ttl,
            held: None,
            asked_at: None,
        }
    }

    /// Whether what is done now is done by the holder.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.held
            .as_ref()
            .is_some_and(|held| Instant::now() < held.until)
    }

    /// Takes or renews the lease where that is due. The term under which this process acts, higher
    /// than that of every other holder before; none where another process has the lease.
    ///
    /// # Errors
    /// [`StoreError`]: nothing is known, and the claim goes on until it ends.
    pub async fn check(&mut self, leases: &dyn Leases) -> Result<Option<u64>, StoreError> {
        let now = Instant::now();
        let due = self
            .asked_at
            .is_none_or(|asked| now - asked >= self.ttl / 3);
        if due {
            let lease = leases
                .acquire_lease(self.name, &self.holder, self.ttl)
                .await?;
            self.asked_at = Some(now);
            // Counted from before the question: the store's own count began later.
            self.held = lease.map(|lease| Held {
                lease,
                until: now + self.ttl,
            });
        }
        let held = self.held.as_ref().filter(|_| self.is_held());
        Ok(held.map(|held| held.lease.term))
    }

    /// Gives the lease back. Where that fails it simply ends.
    pub async fn release(&mut self, leases: &dyn Leases) {
        if let Some(held) = self.held.take()
            && let Err(error) = leases.release_lease(&held.lease).await
        {
            tracing::debug!(error = %error.with_causes(), "the lease was not given back; it ends by itself");
        }
    }
}
