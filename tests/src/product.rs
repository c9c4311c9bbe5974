//! `corswatch` processes on free ports.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use testkit::http::Http;
use testkit::{Process, checkout};

use crate::Settings;

/// How long a process may take until it serves.
const START: Duration = Duration::from_secs(60);
/// How long a number may take to be what it must become.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The whole product in one process.
#[derive(Debug)]
pub struct Product {
    /// The process.
    pub process: Process,
    /// The edge.
    pub edge: Http,
    /// The admin server.
    pub private: Http,
    /// Address of the demo shop; empty without the demo.
    pub shop: String,
}

impl Product {
    /// Starts `corswatch up --data DATA ARGS` on free ports.
    pub async fn up(data: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(checkout::corswatch());
        command.arg("up").args(args);
        Self::on_free_ports(command, data, args.contains(&"--demo")).await
    }

    /// Starts what a newcomer types, `cargo xtask up`, on free ports.
    pub async fn of_checkout(data: &Path) -> Self {
        let mut command = Command::new("cargo");
        command.args(["xtask", "up", "--"]);
        command.current_dir(checkout::root());
        Self::on_free_ports(command, data, true).await
    }

    async fn on_free_ports(mut command: Command, data: &Path, has_demo: bool) -> Self {
        command.arg("--data").arg(data);
        for listener in [
            "COLLECTOR__LISTEN",
            "DASHBOARD__LISTEN",
            "DEMO__SHOP",
            "DEMO__API",
        ] {
            command.env(format!("CORSWATCH__{listener}"), "127.0.0.1:0");
        }
        let mut process = Process::start(on_any_disk(&mut command));
        let private = address(&mut process, "dashboard").await;
        let edge = address(&mut process, "edge").await;
        let shop = if has_demo {
            address(&mut process, "demo shop").await
        } else {
            String::new()
        };
        Self {
            process,
            edge: Http::new(edge),
            private: Http::new(private),
            shop,
        }
    }

    /// Starts `corswatch up` with a configuration whose ports stay the same.
    pub async fn start(data: &Path, settings: &Settings) -> Self {
        let mut process = Self::begun(data, settings);
        let private = address(&mut process, "dashboard").await;
        let edge = address(&mut process, "edge").await;
        Self {
            process,
            edge: Http::new(edge),
            private: Http::new(private),
            shop: String::new(),
        }
    }

    /// The process of [`Product::start`], which is not up yet.
    #[must_use]
    pub fn begun(data: &Path, settings: &Settings) -> Process {
        let mut command = Command::new(checkout::corswatch());
        command
            .arg("up")
            .arg("--data")
            .arg(data)
            .arg("--config")
            .arg(settings.write(data));
        Process::start(on_any_disk(&mut command))
    }

    /// Bad and total of an SLI of the last hour.
    ///
    /// # Errors
    /// When the API does not answer with numbers.
    pub async fn sli(&self, app: &str, name: &str) -> Result<(u64, u64)> {
        let all = self
            .private
            .json(&format!("/api/v1/sli?app={app}&window=1h"))
            .await?;
        counted(&all[name]).with_context(|| format!("a rate: {}", all[name]))
    }
}

/// Bad and total of a rate, with what is disputed: senders of tests share one address.
#[must_use]
pub fn counted(rate: &serde_json::Value) -> Option<(u64, u64)> {
    let number = |field: &str| {
        let disputed = rate["disputed"][field].as_u64()?;
        Some(rate[field].as_u64()? + disputed)
    };
    Some((number("bad")?, number("total")?))
}

/// A role in a process of its own.
#[derive(Debug)]
pub struct Role;

impl Role {
    /// Starts `corswatch ROLE --config FILE`.
    #[must_use]
    pub fn start(role: &str, config: &Path) -> Process {
        Process::start(&mut Self::command(role, config))
    }

    /// What starts it.
    #[must_use]
    pub fn command(role: &str, config: &Path) -> Command {
        let mut command = Command::new(checkout::corswatch());
        for listener in ["COLLECTOR", "LOADER", "AGGREGATOR", "PROBER"] {
            command.env(format!("CORSWATCH__HEALTH__{listener}"), "127.0.0.1:0");
        }
        on_any_disk(&mut command)
            .arg(role)
            .arg("--config")
            .arg(config);
        command
    }
}

/// Tests run on disks that are fuller than a production disk may be.
fn on_any_disk(command: &mut Command) -> &mut Command {
    for file in ["DISK", "SPOOL"] {
        command.env(
            format!("CORSWATCH__JOURNAL__{file}__KEEP_FREE_PERCENT"),
            "0",
        );
    }
    command
}

/// The address that a process prints for `what`.
pub async fn address(process: &mut Process, what: &str) -> String {
    let found = process.line(what, START, |line| {
        let rest = line.trim_start().strip_prefix(what)?.trim_start();
        let url = (rest.starts_with("http://") || rest.starts_with("https://")).then_some(rest)?;
        Some(
            url.split_whitespace()
                .next()?
                .trim_end_matches('/')
                .to_owned(),
        )
    });
    found.await
}

/// Looks again and again until `look` succeeds.
///
/// # Panics
/// With what the last look missed, after a minute.
pub async fn eventually<T, F>(what: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T>>,
{
    let deadline = tokio::time::Instant::now() + TIMEOUT;
    loop {
        match look().await {
            Ok(found) => return found,
            Err(error) if tokio::time::Instant::now() > deadline => {
                panic!("{what}: not within {TIMEOUT:?}: {error:#}")
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}
