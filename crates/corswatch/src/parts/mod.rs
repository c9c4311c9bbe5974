//! The parts of the product, each made from the configuration: what a role runs, and what `up` runs
//! together.

mod data;
mod demo;
mod edge;
mod evaluation;
mod health;
mod journal;
mod loading;
mod private;
mod probing;
mod reporting;
mod salt;
mod socket;
mod storage;

pub(crate) use data::make_private;
pub(crate) use demo::{Demo, DemoSockets};
pub(crate) use edge::Edge;
pub(crate) use evaluation::evaluation;
pub(crate) use health::{HealthSide, store_parts};
pub(crate) use journal::{log_ends, log_ends_elsewhere, open_journal};
pub(crate) use loading::{GROUP as LOADER_GROUP, loading};
pub(crate) use private::{Private, Surroundings};
pub(crate) use probing::probing;
pub(crate) use reporting::reporting;
pub(crate) use salt::{kept_salt, salt_of_collector};
pub(crate) use storage::{Storage, embedded_data, storage};

use std::sync::Arc;

use dashboard::{Health, Part};
use runtime::{Clock, Metrics, TaskError, Tasks};

use self::socket::Socket;
use crate::exit::Failure;

/// What every part is given.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
}

impl Context {
    pub(crate) fn new() -> Self {
        Self {
            clock: Clock::system(),
            metrics: Metrics::default(),
        }
    }

    /// What a process of these parts says of itself.
    fn health(&self, parts: Vec<Arc<dyn Part>>) -> Health {
        Health {
            parts,
            metrics: self.metrics.clone(),
            clock: self.clock.clone(),
        }
    }
}

/// An error of a part's task.
pub(crate) fn task_error(error: impl std::error::Error + Send + Sync + 'static) -> TaskError {
    Box::new(error)
}

/// Runs the tasks until a signal, then drains them; a second signal ends the process at once.
pub(crate) async fn run_until_signal(tasks: Tasks) -> Result<(), Failure> {
    let mut signals = runtime::shutdown().map_err(anyhow::Error::from)?;
    let (ask, asked) = tokio::sync::oneshot::channel();
    let watch = async {
        let signal = signals.next().await;
        tracing::info!(signal, "draining; a second signal ends immediately");
        // The tasks may have ended by themselves.
        let _ = ask.send(());
        signals.next().await
    };
    tokio::select! {
        done = tasks.run(async { drop(asked.await) }) => done.map_err(|failure| Failure::Software(failure.into())),
        signal = watch => {
            Err(Failure::Software(anyhow::anyhow!("ended by a second signal ({signal})")))
        }
    }
}
