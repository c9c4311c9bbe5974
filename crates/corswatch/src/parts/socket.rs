//! Sockets of this process, and what they answer before it is ready.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use dashboard::{Condition, Part, PartReport};
use journal::Journal;
use tokio::net::TcpListener;

use super::Context;
use super::journal::open_journal;
use super::storage::{Storage, storage};
use crate::config::Config;
use crate::exit::Failure;

/// A bound socket.
pub(crate) struct Socket {
    pub(super) listener: TcpListener,
    /// Its address, as a URL.
    pub(crate) url: String,
}

impl Socket {
    /// Opens the socket of `what`, whose address is in `setting`; it is asked by HTTP.
    pub(super) async fn bind(
        what: &'static str,
        setting: &'static str,
        address: SocketAddr,
    ) -> Result<Self, Failure> {
        let listener = runtime::listen(what, setting, address).await;
        let listener = listener.map_err(|error| Failure::Missing(error.into()))?;
        let address = listener.local_addr().map_err(anyhow::Error::from)?;
        let url = format!("http://{address}");
        Ok(Self { listener, url })
    }

    /// The same socket, which is asked as the admin server of `config` is.
    pub(super) fn guarded_as(mut self, config: &Config) -> Self {
        if config.dashboard.tls.is_on() {
            self.url = self.url.replacen("http://", "https://", 1);
        }
        self
    }

    /// The store, for which this socket tells health until it is there.
    pub(crate) async fn storage(
        &self,
        config: &Config,
        ground: &Context,
    ) -> Result<Storage, Failure> {
        let work = storage(config, ground);
        self.while_starting("the store", config, ground, work).await
    }

    /// The journal, as [`Self::storage`].
    pub(crate) async fn journal(
        &self,
        config: &Config,
        ground: &Context,
    ) -> Result<Journal, Failure> {
        let work = open_journal(config, ground);
        self.while_starting("the journal", config, ground, work)
            .await
    }

    /// Tells health while `work` gets the process what it `needs`, which may take its time.
    async fn while_starting<T>(
        &self,
        needs: &'static str,
        config: &Config,
        ground: &Context,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let health = ground.health(vec![Arc::new(Start { needs })]);
        let settings = config.dashboard.clone();
        let done = dashboard::serve_during(settings, health, &self.listener, work).await;
        done.map_err(anyhow::Error::from)?
    }
}

/// Tells that the process is not there yet.
struct Start {
    needs: &'static str,
}

#[async_trait]
impl Part for Start {
    async fn report(&self) -> PartReport {
        PartReport {
            part: "start".to_owned(),
            condition: Condition::Down,
            detail: format!("it waits for {}; the log says what is missing", self.needs),
        }
    }
}
