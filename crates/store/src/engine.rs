//! The embedded engine: the genuine ClickHouse server as a library, in a child process of its own,
//! so that its death takes nothing else down.
//!
//! [`Engine::start`] starts the child and waits until it answers; [`Engine::run`] keeps it alive
//! and restarts it with growing pauses; [`EngineAccess`] tells a [`crate::Store`] where it listens
//! now. The child listens on the loopback interface only, with passwords made again at each start.

mod child;
mod config;
mod host;
mod library;

use std::path::PathBuf;
use std::time::Duration;

use runtime::{Backoff, Causes as _, Stop, TaskError};
use settings::Secret;
use tokio::sync::watch;
use tokio::time::Instant;

pub use child::EngineHost;
use child::{Child, Launch};
pub use config::EngineConfig;
pub use host::child_main;

use crate::login::Login;

/// The first pause before a restart; it doubles up to [`MAX_BACKOFF`].
const INITIAL_BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(10);
/// An engine that lived this long starts again with the first pause.
const SETTLED: Duration = Duration::from_secs(60);
/// So many failed starts in a row end the process instead.
const MAX_FAILED_STARTS: u32 = 20;
/// How long the child may take to end once it is asked.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// The embedded engine cannot run.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The library is not installed.
    #[error(
        "the embedded ClickHouse library libchdb.so is not installed (looked at {}); run \
         `cargo xtask setup engine`, or set `library`, or set the `url` of a ClickHouse server",
        looked_at.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    LibraryMissing {
        /// Where it was looked for.
        looked_at: Vec<PathBuf>,
    },
    /// Another process serves the data directory.
    #[error("{} is served by another corswatch process; stop it, or use another data directory", data.display())]
    Locked {
        /// The directory.
        data: PathBuf,
    },
    /// The data directory or the child process cannot be set up.
    #[error("cannot {what}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// The engine ended before it answered.
    #[error("the engine ended before it answered ({status}): {stderr}")]
    Died {
        /// How it ended.
        status: String,
        /// The last lines it wrote.
        stderr: String,
    },
    /// The engine did not answer in time.
    #[error("the engine did not answer within {timeout:?}: {stderr}")]
    Silent {
        /// How long it had.
        timeout: Duration,
        /// The last lines it wrote.
        stderr: String,
    },
}

/// Where the engine's library is for `host`.
///
/// # Errors
/// [`EngineError::LibraryMissing`] with every place that was looked at.
pub fn library(config: &EngineConfig, host: &EngineHost) -> Result<PathBuf, EngineError> {
    library::find(config.library.as_deref(), &host.program)
        .map_err(|looked_at| EngineError::LibraryMissing { looked_at })
}

/// The users of the embedded engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineUser {
    /// Owns the tables.
    Writer,
    /// Only reads.
    Reader,
}

/// Where the engine listens now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Address of its HTTP interface.
    pub url: String,
    /// Its process.
    pub pid: u32,
}

/// How to reach the engine, whichever incarnation runs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct EngineAccess {
    running: watch::Receiver<Option<Running>>,
    passwords: config::Passwords,
}

impl EngineAccess {
    /// Where the engine listens now; none while it is being restarted.
    #[must_use]
    pub fn running(&self) -> Option<Running> {
        self.running.borrow().clone()
    }

    /// Waits until the engine runs as another process than `pid`.
    pub async fn restarted(&mut self, pid: u32) -> Option<Running> {
        let other = |now: &Option<Running>| now.as_ref().is_some_and(|now| now.pid != pid);
        self.running.wait_for(other).await.ok()?.clone()
    }

    /// Name and password of a user, for tools that ask the engine themselves.
    #[must_use]
    pub const fn credentials(&self, user: EngineUser) -> (&'static str, &Secret) {
        match user {
            EngineUser::Writer => (config::WRITER, &self.passwords.writer),
            EngineUser::Reader => (config::READER, &self.passwords.reader),
        }
    }

    pub(crate) const fn login(&self, user: EngineUser) -> Login<'_> {
        let (user, password) = self.credentials(user);
        Login { user, password }
    }
}

/// The embedded engine and its child process. Dropping it ends the child.
#[derive(Debug)]
pub struct Engine {
    launch: Launch,
    child: Child,
    running: watch::Sender<Option<Running>>,
}

impl Engine {
    /// Starts the engine on the data directory `data` and waits until it answers.
    ///
    /// # Errors
    /// [`EngineError`], with what to do about it.
    pub async fn start(
        config: EngineConfig,
        data: PathBuf,
        host: EngineHost,
    ) -> Result<Self, EngineError> {
        let launch = Launch::prepare(config, data, host)?;
        let (child, started) = launch.start().await?;
        let (running, _) = watch::channel(Some(started));
        Ok(Self {
            launch,
            child,
            running,
        })
    }

    /// How to reach it.
    #[must_use]
    pub fn access(&self) -> EngineAccess {
        EngineAccess {
            running: self.running.subscribe(),
            passwords: self.launch.passwords().clone(),
        }
    }

    /// Keeps the engine alive until `stop`, then ends it.
    ///
    /// # Errors
    /// The last [`EngineError`] after too many failed starts in a row.
    pub async fn run(mut self, stop: Stop) -> Result<(), TaskError> {
        let mut pauses = Backoff::new(INITIAL_BACKOFF, MAX_BACKOFF);
        loop {
            let since = Instant::now();
            let ended = tokio::select! {
                () = stop.cancelled() => break,
                ended = self.child.ended() => ended,
            };
            self.running.send_replace(None);
            if since.elapsed() >= SETTLED {
                pauses.reset();
            }
            tracing::error!(%ended, "the embedded engine ended; starting it again");
            tokio::select! {
                () = stop.cancelled() => break,
                restarted = self.restart(&mut pauses) => restarted?,
            }
        }
        self.running.send_replace(None);
        self.child.stop(STOP_TIMEOUT).await;
        Ok(())
    }

    async fn restart(&mut self, pauses: &mut Backoff) -> Result<(), EngineError> {
        for attempt in 1.. {
            tokio::time::sleep(pauses.pause()).await;
            match self.launch.start().await {
                Ok((child, started)) => {
                    tracing::info!(pid = started.pid, "the embedded engine answers again");
                    self.child = child;
                    self.running.send_replace(Some(started));
                    break;
                }
                Err(error) if attempt >= MAX_FAILED_STARTS => return Err(error),
                Err(error) => {
                    tracing::error!(attempt, error = %error.with_causes(), "the embedded engine did not start")
                }
            }
        }
        Ok(())
    }
}
