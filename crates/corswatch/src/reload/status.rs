//! How the last reload went, for people and probes.

use std::sync::atomic::{AtomicI64, AtomicU64};

use async_trait::async_trait;
use dashboard::{Condition, Part, PartReport};
use observation::UnixMillis;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Unit;
use tokio::sync::watch;

/// How the last reload went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Status {
    /// There was none.
    #[default]
    Started,
    /// The file is in use, but for what needs a restart.
    Applied {
        at: UnixMillis,
        needs_restart: Vec<String>,
    },
    /// The file cannot be used; what was in use still is.
    Refused {
        at: UnixMillis,
        problems: Vec<String>,
    },
}

/// Says in `/readyz` how the last reload went.
pub(crate) struct ConfigurationPart(pub(super) watch::Receiver<Status>);

#[async_trait]
impl Part for ConfigurationPart {
    async fn report(&self) -> PartReport {
        let (condition, detail) = match &*self.0.borrow() {
            Status::Started => (Condition::Ready, String::new()),
            Status::Applied { at, needs_restart } => {
                let restart = match needs_restart.is_empty() {
                    true => String::new(),
                    false => format!("; needs a restart: {}", needs_restart.join(", ")),
                };
                (
                    Condition::Ready,
                    format!("reloaded at {}{restart}", alert::rfc3339(*at)),
                )
            }
            Status::Refused { at, problems } => (
                Condition::Degraded,
                format!(
                    "the file that was to be reloaded at {} cannot be used, so the configuration from before is \
                     still in use: {}",
                    alert::rfc3339(*at),
                    problems.join("; ")
                ),
            ),
        };
        PartReport {
            part: "configuration".to_owned(),
            condition,
            detail,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    outcome: &'static str,
}

/// Counts reloads.
pub(super) struct ReloadMetrics {
    reloads: Family<Ended, Counter>,
    successful: Gauge,
    loaded_at: Gauge<f64, AtomicU64>,
    needs_restart: Gauge<i64, AtomicI64>,
}

impl ReloadMetrics {
    pub(super) fn register(metrics: &runtime::Metrics, now: UnixMillis) -> Self {
        let this = Self {
            reloads: Family::default(),
            successful: Gauge::default(),
            loaded_at: Gauge::default(),
            needs_restart: Gauge::default(),
        };
        for outcome in ["applied", "refused"] {
            drop(this.reloads.get_or_create(&Ended { outcome }));
        }
        this.successful.set(1);
        this.loaded_at.set(seconds(now));
        metrics.register("configuration", |registry| {
            registry.register(
                "reloads",
                "Reloads of the configuration file by how they ended",
                this.reloads.clone(),
            );
            registry.register(
                "last_reload_successful",
                "1 where the last reload was applied or there was none, 0 where the file cannot be used",
                this.successful.clone(),
            );
            registry.register_with_unit(
                "loaded_timestamp",
                "When the configuration in use was read, since 1970",
                Unit::Seconds,
                this.loaded_at.clone(),
            );
            registry.register(
                "settings_needing_restart",
                "Settings of the file that are not in use before the process is restarted",
                this.needs_restart.clone(),
            );
        });
        this
    }

    pub(super) fn ended(&self, status: &Status) {
        let outcome = match status {
            Status::Started => return,
            Status::Applied { at, needs_restart } => {
                self.loaded_at.set(seconds(*at));
                self.needs_restart
                    .set(i64::try_from(needs_restart.len()).unwrap_or(i64::MAX));
                "applied"
            }
            Status::Refused { .. } => "refused",
        };
        self.reloads.get_or_create(&Ended { outcome }).inc();
        self.successful.set(i64::from(outcome == "applied"));
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of this millennium"
)]
fn seconds(at: UnixMillis) -> f64 {
    at.0 as f64 / 1000.0
}
