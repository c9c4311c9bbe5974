//! The durable log.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dashboard::{Condition, LogEnd, LogEnds, Part, PartReport};
use journal::{Appender, Health, Journal, OpenError};
use runtime::{Causes as _, Tasks};

use super::Context;
use crate::config::Config;
use crate::exit::Failure;

/// How long what is queued may take to become durable at the end.
const CLOSE: Duration = Duration::from_secs(10);

/// Opens the journal.
pub(crate) async fn open_journal(config: &Config, ground: &Context) -> Result<Journal, Failure> {
    let opened = Journal::open(&config.journal, ground.clock.clone(), &ground.metrics).await;
    opened.map_err(missing)
}

/// Closes the writing end once every task that was spawned before has drained.
pub(crate) fn close_after(appender: Arc<dyn Appender>, tasks: &mut Tasks) {
    tasks.spawn(
        "journal",
        CLOSE + Duration::from_secs(1),
        |stop| async move {
            stop.cancelled().await;
            appender.close(CLOSE).await;
            Ok(())
        },
    );
}

/// Errors of opening say what to do themselves.
pub(crate) fn missing(error: OpenError) -> Failure {
    Failure::Missing(anyhow::Error::from(error).context("the journal cannot be opened"))
}

/// Tells the admin server how the journal is.
pub(crate) struct JournalPart(pub(crate) Arc<dyn Appender>);

#[async_trait]
impl Part for JournalPart {
    async fn report(&self) -> PartReport {
        let (condition, detail) = match self.0.health() {
            Health::Ready => (Condition::Ready, String::new()),
            Health::Degraded { reason, spooled } => (
                Condition::Degraded,
                format!(
                    "spooling: {reason}; {} records ({} bytes) wait in the spool, the oldest for {} s",
                    spooled.records,
                    spooled.bytes,
                    spooled.oldest.as_secs()
                ),
            ),
            Health::Unready { reason } => (
                Condition::Down,
                format!("beacons are refused with 503, and pages send them again later: {reason}"),
            ),
        };
        PartReport {
            part: "journal".to_owned(),
            condition,
            detail,
        }
    }
}

/// Tells the admin server where the log ends.
struct Ends {
    epoch: u32,
    log: journal::LogEnds,
}

#[async_trait]
impl LogEnds for Ends {
    async fn ends(&self) -> Option<Vec<LogEnd>> {
        let ends = match self.log.read().await {
            Ok(ends) => ends,
            Err(error) => {
                tracing::debug!(
                    error = %error.with_causes(),
                    "the log's ends cannot be read; the ledger does without"
                );
                return None;
            }
        };
        let end = |(partition, next_offset)| LogEnd {
            epoch: self.epoch,
            partition,
            next_offset,
        };
        Some(ends.into_iter().map(end).collect())
    }
}

/// Where the log of an open journal ends.
pub(crate) fn log_ends(journal: &Journal) -> Result<Option<Arc<dyn LogEnds>>, Failure> {
    let log = journal.ends().map_err(missing)?;
    let epoch = journal.epoch();
    Ok(Some(Arc::new(Ends { epoch, log })))
}

/// Where the configured topic ends. A journal on disk belongs to another process, which cannot be
/// asked.
pub(crate) fn log_ends_elsewhere(config: &Config) -> Result<Option<Arc<dyn LogEnds>>, Failure> {
    match config.journal.kind {
        journal::Kind::Disk => Ok(None),
        journal::Kind::Kafka => {
            let log = journal::LogEnds::of_topic(&config.journal.kafka).map_err(missing)?;
            let epoch = config.journal.kafka.epoch;
            Ok(Some(Arc::new(Ends { epoch, log })))
        }
    }
}
