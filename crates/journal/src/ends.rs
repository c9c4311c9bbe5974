//! Where the log ends, for those who neither write nor read it.

use std::sync::Arc;
use std::time::Duration;

use crate::disk::DiskEnds;
use crate::kafka::KafkaEnds;
use crate::{ConsumeError, KafkaConfig, OpenError};

/// How long the brokers may take.
const BROKER_TIMEOUT: Duration = Duration::from_secs(3);

/// Tells where the log ends. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LogEnds(Inner);

#[derive(Debug, Clone)]
enum Inner {
    Disk(DiskEnds),
    Kafka(Arc<KafkaEnds>),
}

impl LogEnds {
    /// Asks the brokers when it is asked, so they need not be up now.
    ///
    /// # Errors
    /// [`OpenError`] for settings that Kafka's client refuses.
    pub fn of_topic(config: &KafkaConfig) -> Result<Self, OpenError> {
        Ok(Self(Inner::Kafka(Arc::new(KafkaEnds::new(config)?))))
    }

    pub(crate) const fn of_file(ends: DiskEnds) -> Self {
        Self(Inner::Disk(ends))
    }

    /// The offset after the last record of every partition.
    ///
    /// # Errors
    /// [`ConsumeError::Unavailable`] when the brokers do not answer in time.
    pub async fn read(&self) -> Result<Vec<(u32, u64)>, ConsumeError> {
        match &self.0 {
            Inner::Disk(ends) => Ok(ends.read()),
            Inner::Kafka(ends) => {
                let ends = Arc::clone(ends);
                let asked = tokio::task::spawn_blocking(move || ends.read(BROKER_TIMEOUT)).await;
                asked
                    .map_err(|panic| ConsumeError::Unavailable(panic.into()))?
                    .map_err(|error| ConsumeError::Unavailable(error.into()))
            }
        }
    }
}
