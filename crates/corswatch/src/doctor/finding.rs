//! What a check found, and what is to be done about it.

use std::io::Write as _;
use std::time::Duration;

use printable::Notation;
use serde::Serialize;
use tokio::time::Instant;

use crate::output;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    /// As it should be.
    Ok,
    /// It works, and something is to be done.
    Warning,
    /// It does not work.
    Failed,
    /// It was not looked at; the text says why.
    Skipped,
}

impl Status {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Check {
    Config,
    Disk,
    Engine,
    Dns,
    Tls,
    Kafka,
    Topic,
    Group,
    Clickhouse,
    Schema,
    Grants,
    Clock,
    Edge,
    Api,
    Role,
    Beacon,
    Receiver,
}

impl Check {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Disk => "disk",
            Self::Engine => "engine",
            Self::Dns => "dns",
            Self::Tls => "tls",
            Self::Kafka => "kafka",
            Self::Topic => "topic",
            Self::Group => "group",
            Self::Clickhouse => "clickhouse",
            Self::Schema => "schema",
            Self::Grants => "grants",
            Self::Clock => "clock",
            Self::Edge => "edge",
            Self::Api => "api",
            Self::Role => "role",
            Self::Beacon => "beacon",
            Self::Receiver => "receiver",
        }
    }
}

/// One row of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) check: Check,
    pub(super) status: Status,
    /// What was looked at: an address, a setting, a folder.
    pub(super) about: String,
    /// What was found.
    pub(super) found: String,
    /// What to do; empty where nothing is.
    pub(super) action: String,
    /// How long it took.
    pub(super) millis: u64,
}

impl Finding {
    fn new(check: Check, status: Status, about: &str, found: impl Into<String>) -> Self {
        Self {
            check,
            status,
            about: about.to_owned(),
            found: found.into(),
            action: String::new(),
            millis: 0,
        }
    }

    pub(super) fn ok(check: Check, about: &str, found: impl Into<String>) -> Self {
        Self::new(check, Status::Ok, about, found)
    }

    pub(super) fn warning(check: Check, about: &str, found: impl Into<String>) -> Self {
        Self::new(check, Status::Warning, about, found)
    }

    pub(super) fn failed(check: Check, about: &str, found: impl Into<String>) -> Self {
        Self::new(check, Status::Failed, about, found)
    }

    pub(super) fn skipped(check: Check, about: &str, found: impl Into<String>) -> Self {
        Self::new(check, Status::Skipped, about, found)
    }

    /// With what to do about it.
    pub(super) fn so(mut self, action: impl Into<String>) -> Self {
        self.action = action.into();
        self
    }
}

/// What `work` finds, within `limit`.
pub(super) async fn within(
    limit: Duration,
    check: Check,
    about: &str,
    work: impl Future<Output = Vec<Finding>>,
) -> Vec<Finding> {
    let started = Instant::now();
    let mut found = match tokio::time::timeout(limit, work).await {
        Ok(found) => found,
        Err(_) => vec![
            Finding::failed(
                check,
                about,
                format!("no answer within {} s", limit.as_secs()),
            )
            .so("look whether a firewall is between this machine and it; --timeout waits longer"),
        ],
    };
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    for finding in &mut found {
        finding.millis = millis;
    }
    found
}

/// All findings, in the order of the way of a beacon.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    status: Status,
    counts: Counts,
    checks: Vec<Finding>,
}

#[derive(Debug, Serialize)]
struct Counts {
    ok: usize,
    warning: usize,
    failed: usize,
    skipped: usize,
}

impl Report {
    pub(super) fn of(checks: Vec<Finding>) -> Self {
        let count = |status| checks.iter().filter(|one| one.status == status).count();
        let counts = Counts {
            ok: count(Status::Ok),
            warning: count(Status::Warning),
            failed: count(Status::Failed),
            skipped: count(Status::Skipped),
        };
        let status = match &counts {
            Counts { failed: 1.., .. } => Status::Failed,
            Counts { warning: 1.., .. } => Status::Warning,
            _ => Status::Ok,
        };
        Self {
            status,
            counts,
            checks,
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.status == Status::Failed
    }

    pub(super) fn print_text(&self) {
        for one in &self.checks {
            let (status, check) = (one.status.as_str(), one.check.as_str());
            let found = printable::line(&one.found);
            say!(
                "{status:<8} {check:<10} {}: {found}",
                printable::line(&one.about)
            );
            if !one.action.is_empty() {
                say!("{:<19} do: {}", "", printable::line(&one.action));
            }
        }
        let Counts {
            ok,
            warning,
            failed,
            skipped,
        } = self.counts;
        say!("\n{ok} ok, {warning} to look at, {failed} failed, {skipped} skipped");
    }

    pub(super) fn print_json(&self) -> anyhow::Result<()> {
        let mut out = output::stdout(Notation::Json);
        serde_json::to_writer_pretty(&mut out, self)?;
        writeln!(out)?;
        out.flush()?;
        Ok(())
    }
}
