//! SIGHUP: the file is read again, and what can change while the process runs is rebuilt.
//!
//! Every part is built before any is put in place, so a file that cannot be used changes nothing. State outlives
//! it as it outlives a restart: alerts and incidents are in the store.

mod difference;
mod generations;
mod status;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use runtime::{Clock, ReloadRequests, Stop, Tasks};
use tokio::sync::watch;

pub(crate) use generations::{Generation, Handover, Successor, spawn};
pub(crate) use status::ConfigurationPart;

use self::difference::Snapshot;
use self::status::{ReloadMetrics, Status};
use crate::config::{Config, Examined, Role};
use crate::exit::Failure;
use crate::parts::Context;

const DRAIN: Duration = Duration::from_secs(1);

/// Puts a part in place that has been built; cannot fail.
pub(crate) type Replace = Box<dyn FnOnce() + Send>;

/// A part that can be rebuilt from another configuration.
#[async_trait]
pub(crate) trait Rebuild: Send + Sync {
    /// Builds it, and changes nothing of what runs.
    async fn build(&self, config: &Config) -> Result<Replace, Failure>;
}

/// Hands the next generation of a part over once all parts are built. Waits until the one before runs.
pub(crate) async fn replacing(successor: &Successor, next: Generation) -> Result<Replace, Failure> {
    let place = successor.clone().reserve_owned().await;
    let place = place.map_err(|_| anyhow::anyhow!("the process is ending"))?;
    Ok(Box::new(move || drop(place.send(next))))
}

/// What the command line and this machine add to a file.
pub(crate) type Complete = Box<dyn Fn(&mut Config) + Send + Sync>;

/// Reads the file again when it is asked to.
pub(crate) struct Reload {
    /// None where the process has no file: SIGHUP ends it, as a terminal that closes does.
    file: Option<PathBuf>,
    role: Option<Role>,
    complete: Complete,
    parts: Vec<Box<dyn Rebuild>>,
    status: watch::Sender<Status>,
    metrics: ReloadMetrics,
    clock: Clock,
}

impl Reload {
    pub(crate) fn new(
        file: Option<PathBuf>,
        role: Option<Role>,
        context: &Context,
        complete: Complete,
    ) -> Self {
        Self {
            file,
            role,
            complete,
            parts: Vec::new(),
            status: watch::Sender::default(),
            metrics: ReloadMetrics::register(&context.metrics, context.clock.now()),
            clock: context.clock.clone(),
        }
    }

    /// Says how the last reload went.
    pub(crate) fn part(&self) -> Arc<ConfigurationPart> {
        Arc::new(ConfigurationPart(self.status.subscribe()))
    }

    pub(crate) fn add(&mut self, part: impl Rebuild + 'static) {
        self.parts.push(Box::new(part));
    }

    /// Listens for the signal.
    pub(crate) fn spawn(self, tasks: &mut Tasks) -> Result<(), Failure> {
        let Some(file) = self.file.clone() else {
            return Ok(());
        };
        let requests = runtime::reload_requests().map_err(anyhow::Error::from)?;
        // What is in the file now is what was read a moment ago, but for an edit just then.
        let current = self.read(&file).ok().map(|(_, snapshot)| snapshot);
        tasks.spawn("configuration", DRAIN, |stop| async move {
            self.run(&file, current, requests, stop).await;
            Ok(())
        });
        Ok(())
    }

    async fn run(
        self,
        file: &std::path::Path,
        current: Option<Snapshot>,
        mut requests: ReloadRequests,
        stop: Stop,
    ) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = requests.next() => {}
            }
            let at = self.clock.now();
            let status = match self.reload(file).await {
                Ok(next) => Status::Applied {
                    at,
                    // Against what the process was started with: that is what is still in use.
                    needs_restart: current
                        .as_ref()
                        .map_or_else(Vec::new, |current| current.needs_restart(&next)),
                },
                Err(failure) => {
                    failure.log();
                    Status::Refused {
                        at,
                        problems: failure.outlines(),
                    }
                }
            };
            announce(file, &status);
            self.metrics.ended(&status);
            self.status.send_replace(status);
        }
    }

    async fn reload(&self, file: &std::path::Path) -> Result<Snapshot, Failure> {
        let (config, snapshot) = self.read(file)?;
        let mut built = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            built.push(part.build(&config).await?);
        }
        for replace in built {
            replace();
        }
        Ok(snapshot)
    }

    fn read(&self, file: &std::path::Path) -> Result<(Config, Snapshot), Failure> {
        let Examined {
            config,
            mut problems,
            warnings,
            read,
        } = Config::examine(Some(file))?;
        if let (Some(config), Some(role)) = (&config, self.role) {
            problems.extend(config.role_problems(role));
        }
        let Some(mut config) = config.filter(|_| problems.is_empty()) else {
            return Err(Failure::Config(problems));
        };
        for warning in &warnings {
            tracing::warn!(setting = warning.path, "{}", warning.reason);
        }
        (self.complete)(&mut config);
        let snapshot = Snapshot::of(&config, read);
        Ok((config, snapshot))
    }
}

fn announce(file: &std::path::Path, status: &Status) {
    let file = file.display();
    match status {
        Status::Started => {}
        Status::Applied { needs_restart, .. } if needs_restart.is_empty() => {
            tracing::info!(%file, "the configuration was reloaded");
        }
        Status::Applied { needs_restart, .. } => {
            let settings = needs_restart.join(", ");
            tracing::warn!(%file, settings, "the configuration was reloaded; these settings need a restart");
        }
        Status::Refused { problems, .. } => {
            tracing::error!(
                %file,
                problems = problems.len(),
                "NOT reloaded: the configuration from before is still in use"
            );
        }
    }
}
