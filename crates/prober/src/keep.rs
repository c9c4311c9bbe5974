//! What the prober asks of the store, as a seam that tests can fill.

use std::time::Duration;

use async_trait::async_trait;
use observation::UnixMillis;
use store::{DiagnosisRow, Lease, Reader, SignatureRow, SnapshotRow, Store, StoreError};

/// At most so many diagnoses are remembered.
const REMEMBERED: u32 = 5_000;

/// Reads what browsers reported, keeps what replaying it showed.
#[async_trait]
pub trait Keep: Send + Sync {
    /// The signatures of failures seen in minutes from `from` on, last seen first.
    async fn failing(&self, from: UnixMillis) -> Result<Vec<SignatureRow>, StoreError>;

    /// What passes, most first, in minutes from `from` on.
    async fn passing(&self, from: UnixMillis, limit: u32) -> Result<Vec<SignatureRow>, StoreError>;

    /// The latest diagnosis of every signature.
    async fn diagnoses(&self) -> Result<Vec<DiagnosisRow>, StoreError>;

    /// Writes a diagnosis.
    async fn save_diagnosis(&self, diagnosis: &DiagnosisRow) -> Result<(), StoreError>;

    /// The latest two states of every kind of question to `url`, latest first.
    async fn snapshots(&self, page_origin: &str, url: &str)
    -> Result<Vec<SnapshotRow>, StoreError>;

    /// Writes snapshots.
    async fn save_snapshots(&self, snapshots: &[SnapshotRow]) -> Result<(), StoreError>;

    /// Takes or renews a lease; none where someone else has it.
    async fn acquire_lease(
        &self,
        name: &str,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError>;

    /// Gives a lease back.
    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError>;
}

/// ClickHouse.
#[derive(Debug, Clone)]
pub struct Stored {
    store: Store,
    reader: Reader,
}

impl Stored {
    /// Reads and writes through `store`.
    #[must_use]
    pub fn new(store: Store) -> Self {
        let reader = store.reader();
        Self { store, reader }
    }
}

#[async_trait]
impl Keep for Stored {
    async fn failing(&self, from: UnixMillis) -> Result<Vec<SignatureRow>, StoreError> {
        self.reader.failing_signatures(from).await
    }

    async fn passing(&self, from: UnixMillis, limit: u32) -> Result<Vec<SignatureRow>, StoreError> {
        self.reader.passing_signatures(from, limit).await
    }

    async fn diagnoses(&self) -> Result<Vec<DiagnosisRow>, StoreError> {
        self.reader.diagnoses(None, REMEMBERED).await
    }

    async fn save_diagnosis(&self, diagnosis: &DiagnosisRow) -> Result<(), StoreError> {
        self.store
            .save_diagnoses(std::slice::from_ref(diagnosis))
            .await
    }

    async fn snapshots(
        &self,
        page_origin: &str,
        url: &str,
    ) -> Result<Vec<SnapshotRow>, StoreError> {
        self.reader.snapshots(page_origin, url).await
    }

    async fn save_snapshots(&self, snapshots: &[SnapshotRow]) -> Result<(), StoreError> {
        self.store.save_snapshots(snapshots).await
    }

    async fn acquire_lease(
        &self,
        name: &str,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        self.store.acquire_lease(name, holder, ttl).await
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        self.store.release_lease(lease).await
    }
}
