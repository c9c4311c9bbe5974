//! The durable log.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dashboard::{Condition, Part, PartReport};
use journal::{Appender, Health, Journal, OpenError};
use runtime::Tasks;

use super::Ground;
use crate::config::Config;
use crate::exit::Failure;

/// How long what is queued may take to become durable at the end.
const CLOSE: Duration = Duration::from_secs(10);

/// Opens the journal.
pub(crate) async fn open_journal(config: &Config, ground: &Ground) -> Result<Journal, Failure> {
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

/// Tells the private side how the journal is.
pub(crate) struct JournalPart(pub(crate) Arc<dyn Appender>);

#[async_trait]
impl Part for JournalPart {
    async fn report(&self) -> PartReport {
        let (condition, detail) = match self.0.health() {
            Health::Ready => (Condition::Ready, String::new()),
            Health::Unready { reason } => (Condition::Down, reason),
        };
        PartReport {
            part: "journal".to_owned(),
            condition,
            detail,
        }
    }
}
