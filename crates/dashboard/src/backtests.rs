//! Backtests of objectives, as a seam: what evaluates objectives is not part of the admin server.

use async_trait::async_trait;
use observation::UnixMillis;
use settings::Problem;
use store::StoreError;

/// What is to be replayed.
#[derive(Debug)]
pub struct BacktestQuestion {
    /// Objectives, each as a `[[slo]]` of the configuration; none: those that are configured.
    pub slos: Option<serde_json::Value>,
    /// The apps that the answer may be about.
    pub apps: Vec<String>,
    /// The first minute.
    pub from: UnixMillis,
    /// The end, exclusive.
    pub to: UnixMillis,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum BacktestFault {
    /// The objectives cannot be used.
    Objectives(Vec<Problem>),
    /// Another backtest runs.
    Busy,
    /// The store does not answer.
    Store(StoreError),
}

/// Replays stored history.
#[async_trait]
pub trait Backtests: Send + Sync {
    /// What the objectives would have raised.
    async fn run(&self, question: BacktestQuestion) -> Result<serde_json::Value, BacktestFault>;
}
