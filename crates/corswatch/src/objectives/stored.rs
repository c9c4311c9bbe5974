//! Backtests over the store, for this process and for those that ask it.

use aggregator::{Backtest, Engine, Report, Slo, SloConfig};
use async_trait::async_trait;
use dashboard::{BacktestFault, BacktestQuestion, Backtests};
use observation::UnixMillis;
use runtime::Clock;
use settings::Problems;
use store::{Store, StoreError};
use tokio::sync::Semaphore;

use crate::config::Config;
use crate::parts::Context;

/// Runs backtests over a store, one at a time.
pub(crate) struct StoredBacktests {
    config: Config,
    store: Store,
    clock: Clock,
    one: Semaphore,
}

impl StoredBacktests {
    pub(crate) fn new(config: &Config, store: Store, ground: &Context) -> Self {
        Self {
            config: config.clone(),
            store,
            clock: ground.clock.clone(),
            one: Semaphore::new(1),
        }
    }

    /// Replays `[from, to)` through `slos`.
    pub(crate) async fn replay(
        &self,
        slos: Vec<Slo>,
        (from, to): (UnixMillis, UnixMillis),
    ) -> Result<Report, StoreError> {
        let now = self.clock.now();
        let progress = self.store.progress().await?;
        let partitions = self.config.journal.partitions();
        let complete = slo::watermark(
            progress.into_iter().map(slo::Progress::from),
            partitions,
            now,
        );
        let retention = self.config.store.retention;
        let backtest = Backtest {
            slos,
            corroboration: self.config.alert.corroboration,
            max_groups: self.config.aggregator.max_groups,
            from,
            to,
            minutes_since: now.plus(-retention.minutes.as_millis()),
            raw_since: now.plus(-retention.raw.as_millis()),
            complete_to: complete.unwrap_or(now),
        };
        backtest.run(&Engine::new(self.store.clone())).await
    }

    fn objectives(&self, question: &BacktestQuestion) -> Result<Vec<Slo>, BacktestFault> {
        let fault = |path: String, value: String, reason: String| {
            BacktestFault::Objectives(vec![settings::Problem {
                path,
                value,
                reason,
            }])
        };
        let slos: Option<Vec<SloConfig>> = match &question.slos {
            None => None,
            Some(value) => Some(serde_path_to_error::deserialize(value.clone()).map_err(
                |error| {
                    let path = format!("slos{}", error.path());
                    fault(path, String::new(), error.into_inner().to_string())
                },
            )?),
        };
        let Some(slos) = slos else {
            let configured = self.config.objectives().into_iter();
            return Ok(configured
                .filter(|slo| question.apps.contains(&slo.app))
                .collect());
        };
        let flows = self.config.flows.iter();
        let flows: Vec<_> = flows
            .filter(|flow| question.apps.contains(&flow.app))
            .cloned()
            .collect();
        let mut found = Vec::new();
        let promised = (slos.as_slice(), flows.as_slice());
        aggregator::problems(promised, &question.apps, &mut Problems::at("", &mut found));
        if !found.is_empty() {
            return Err(BacktestFault::Objectives(found));
        }
        Ok(self.config.resolved((&slos, &flows), &question.apps))
    }
}

#[async_trait]
impl Backtests for StoredBacktests {
    async fn run(&self, question: BacktestQuestion) -> Result<serde_json::Value, BacktestFault> {
        let Ok(_permit) = self.one.try_acquire() else {
            return Err(BacktestFault::Busy);
        };
        let slos = self.objectives(&question)?;
        let report = self.replay(slos, (question.from, question.to)).await;
        let report = report.map_err(BacktestFault::Store)?;
        Ok(serde_json::to_value(report).expect("a report is plain data"))
    }
}
