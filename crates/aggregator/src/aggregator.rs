//! The loop.

mod rounds;

use std::sync::Arc;
use std::time::Duration;

use alert::{Alert, Dispatcher, OF_RECEIVERS, Outbox, Phase, Reason};
use observation::UnixMillis;
use runtime::{Causes as _, Clock, Stop, Tick, run_rounds};
use store::{Claim, StoreError, Written};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::alert_registry::AlertRegistry;
use crate::board::{Board, Condition, SloStatus};
use crate::compaction::Compactor;
use crate::decide::{AlertDecider, firing, retire_unconfigured};
use crate::evaluator::Evaluator;
use crate::incidents::{Incidents, Times};
use crate::metrics::Metrics;
use crate::parts::{LogShape, Parts};
use crate::pipeline::{Lag, Pipeline};
use crate::refusals::Refused;
use crate::self_test::SelfTest;
use crate::{AggregatorError, AlertStore, Config, Reading};
use rounds::Loop;

/// The lease of the one that leads.
const LEASE: &str = "aggregator";

/// How old a report of an edge may be that is still looked at, in milliseconds.
const REPORTS_OF: i64 = 3_600_000;

/// The longest pause after rounds that failed.
const MAX_BACKOFF: Duration = Duration::from_secs(30);

/// How long the store may take to write down the last changes.
const FINAL_SAVE_TIMEOUT: Duration = Duration::from_secs(5);
const UNWRITTEN: &str = "alerts could not be written down; some may be said again";

/// Compacts rollups, evaluates objectives at the watermark, and keeps alerts.
pub struct Aggregator {
    config: Config,
    log: LogShape,
    keep: Arc<dyn AlertStore>,
    clock: Clock,
    claim: Claim,
    evaluator: Evaluator,
    judge: AlertDecider,
    incidents: Incidents,
    pipeline: Pipeline,
    refused: Refused,
    self_test: SelfTest,
    registry: AlertRegistry,
    /// The term whose registry is open.
    term: Option<u64>,
    /// What was written when the reports of edges were read last.
    reports_under: Option<Written>,
    outbox: Outbox,
    dispatcher: Option<Dispatcher>,
    children: JoinSet<()>,
    compactor: Compactor,
    metrics: Metrics,
    board: watch::Sender<Arc<Board>>,
    /// The last watermark that was evaluated, or the start of the process: what lag is measured from
    /// while nothing can be evaluated, whatever the reason.
    evaluated_to: UnixMillis,
}

impl std::fmt::Debug for Aggregator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Aggregator")
            .field("evaluator", &self.evaluator)
            .field("term", &self.term)
            .finish_non_exhaustive()
    }
}

impl Aggregator {
    /// Puts an aggregator together.
    #[must_use]
    pub fn new(parts: Parts<'_>) -> Self {
        let names = parts.slos.iter().map(|slo| slo.name.as_str());
        let metrics = Metrics::register(parts.metrics, names);
        let (dispatcher, outbox) = parts.dispatcher;
        let max_groups = parts.config.max_groups;
        Self {
            log: parts.log,
            claim: Claim::new(LEASE, parts.config.lease.duration()),
            judge: AlertDecider::new(
                Arc::clone(&parts.source),
                (&parts.config, parts.alert),
                &parts.slos,
            ),
            incidents: Incidents::new(Arc::clone(&parts.source), parts.alert),
            evaluator: Evaluator::new(parts.source, parts.slos, max_groups),
            compactor: Compactor::new(&parts.config, parts.log),
            pipeline: Pipeline::new(&parts.config, parts.alert),
            refused: Refused::new(&parts.config, parts.alert, parts.edge),
            self_test: SelfTest::new(parts.alert, metrics.clone(), parts.clock.now()),
            config: parts.config,
            keep: parts.keep,
            registry: AlertRegistry::default(),
            term: None,
            reports_under: None,
            outbox,
            dispatcher: Some(dispatcher),
            children: JoinSet::new(),
            metrics,
            board: parts.board,
            evaluated_to: parts.clock.now(),
            clock: parts.clock,
        }
    }

    /// Runs until stopped. A store that cannot be reached is tried again, with growing pauses.
    ///
    /// # Errors
    /// [`AggregatorError`] when the part that carries notifications ends by itself.
    pub async fn run(mut self, stop: Stop) -> Result<(), AggregatorError> {
        let halt = Stop::new();
        if let Some(dispatcher) = self.dispatcher.take() {
            self.children.spawn(dispatcher.run(halt.clone()));
        }
        let tick = Tick {
            every: self.config.tick.duration(),
            longest: MAX_BACKOFF,
        };
        run_rounds(&mut Loop(&mut self), tick, &stop).await?;
        halt.cancel();
        self.finish().await;
        Ok(())
    }

    /// What was sent until the end is written down, so that the next start does not say it again.
    async fn finish(&mut self) {
        loop {
            tokio::select! {
                biased;
                receipt = self.outbox.receipt() => self.acknowledge(&receipt),
                _ = self.children.join_next() => break,
            }
        }
        self.hear();
        if !self.claim.is_held() {
            return;
        }
        let last = async {
            let saved = self.save(self.clock.now()).await;
            self.claim.release(self.keep.leases()).await;
            saved
        };
        match tokio::time::timeout(FINAL_SAVE_TIMEOUT, last).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(error = %error.with_causes(), "{UNWRITTEN}"),
            Err(_) => tracing::error!("{UNWRITTEN}"),
        }
    }

    /// One round: lease, progress, compaction, evaluation, alerts.
    async fn round(&mut self) -> Arc<Board> {
        let now = self.clock.now();
        self.hear();
        let board = match self.lead(now).await {
            Ok(board) => board,
            Err(error) => self.unreachable(&error, now),
        };
        self.outbox.renew(self.registry.standing(now));
        for ((slo, severity), count) in self.counts() {
            self.metrics.firing(&slo, severity, count);
        }
        self.metrics.tick(&board);
        let board = Arc::new(board);
        self.board.send_replace(Arc::clone(&board));
        board
    }

    async fn lead(&mut self, now: UnixMillis) -> Result<Board, StoreError> {
        let Some(term) = self.claim.check(self.keep.leases()).await? else {
            return Ok(self.stand_by(now));
        };
        if self.term != Some(term) {
            let (alerts, incidents) = (self.keep.alerts().await?, self.keep.incidents().await?);
            self.registry = AlertRegistry::open(alerts, incidents, term);
            self.term = Some(term);
            tracing::info!(term, "leading");
        }
        let progress = self.keep.progress().await?;
        let written = self.evaluator.follow(&progress);
        let rows = progress.iter().copied().map(slo::Progress::from);
        let watermark = slo::watermark(rows, self.log.partitions, now);
        let millis = behind(watermark.unwrap_or(self.evaluated_to), now);
        let problem = if watermark.is_none() {
            "Not every partition of the log has reported progress."
        } else {
            ""
        };
        retire_unconfigured(self.evaluator.slos(), &mut self.registry, now);
        let slos = match watermark.filter(|_| !self.pipeline.is_behind(millis)) {
            Some(at) => Some(self.evaluate((at, written), now).await?),
            None => None,
        };
        self.step_pipeline(Lag { millis, problem }, now);
        self.step_refused(written, now).await?;
        self.self_test.step(&mut self.registry, &self.outbox, now);
        // Also while nothing can be concluded: receivers end by themselves what they do not hear of.
        self.incidents.remind(&mut self.registry, now);
        self.save(now).await?;
        if self.claim.is_held() {
            self.registry.say(&self.outbox);
        }
        self.compactor
            .work(&self.keep, progress, now, &self.metrics);
        let before = self.board.borrow();
        Ok(Board {
            condition: if slos.is_none() {
                Condition::Frozen
            } else {
                Condition::Leading
            },
            at: now,
            watermark: watermark.or(before.watermark),
            lag: millis,
            problem: problem.to_owned(),
            slos: slos.unwrap_or_else(|| before.slos.clone()),
        })
    }

    async fn evaluate(
        &mut self,
        (at, written): (UnixMillis, Written),
        now: UnixMillis,
    ) -> Result<Vec<SloStatus>, StoreError> {
        let began = Instant::now();
        let readings = self.evaluator.evaluate(at).await?;
        let signals = self
            .judge
            .decide(&readings, &mut self.registry, (at, written))
            .await?;
        let times = Times {
            watermark: at,
            written,
            now,
        };
        let (slos, keep) = (self.evaluator.slos(), &*self.keep);
        self.incidents
            .round(
                (&signals, slos),
                (&mut self.judge, &mut self.registry),
                keep,
                times,
            )
            .await?;
        self.evaluated_to = at;
        self.metrics
            .evaluation
            .observe(began.elapsed().as_secs_f64());
        Ok(readings
            .iter()
            .map(|reading| self.status(reading))
            .collect())
    }

    fn status(&self, reading: &Reading) -> SloStatus {
        SloStatus::of(reading, |rule| {
            let group = reading.slo.group_labels(reading.group.as_deref());
            let id = Alert::quiet("", &reading.slo.name, rule, group).id;
            self.registry
                .get(&id)
                .map_or(Phase::Inactive, |alert| alert.state.phase)
        })
    }

    fn step_pipeline(&mut self, lag: Lag<'_>, now: UnixMillis) {
        let known = self.registry.get(&self.pipeline.id).cloned();
        let alert = known.unwrap_or_else(Pipeline::quiet);
        self.registry.put(self.pipeline.step(alert, lag, now));
    }

    /// Reports of edges come through the log: none is new where nothing was written.
    async fn step_refused(&mut self, written: Written, now: UnixMillis) -> Result<(), StoreError> {
        let reports = if self.reports_under == Some(written) {
            Vec::new()
        } else {
            self.keep.edge_reports(now.plus(-REPORTS_OF)).await?
        };
        self.reports_under = Some(written);
        self.refused.step(&reports, &mut self.registry, now);
        Ok(())
    }

    async fn save(&mut self, now: UnixMillis) -> Result<(), StoreError> {
        let rows = self.registry.unsaved(now);
        if !rows.is_empty() {
            self.keep.save_alerts(&rows).await?;
        }
        let incidents = self.registry.unsaved_incidents(now);
        if !incidents.is_empty() {
            self.keep.save_incidents(&incidents).await?;
        }
        self.registry.saved();
        Ok(())
    }

    /// Another aggregator leads: its registry is the one that counts.
    fn stand_by(&mut self, now: UnixMillis) -> Board {
        if self.term.take().is_some() {
            tracing::warn!("another aggregator leads now");
            self.withdraw(now);
            self.registry = AlertRegistry::default();
        }
        Board {
            condition: Condition::Standby,
            at: now,
            problem: "Another aggregator leads.".to_owned(),
            ..Board::default()
        }
    }

    /// Takes back the alerts of no app that this process raised while the store was out of its reach:
    /// the new leader has never heard of them.
    fn withdraw(&mut self, now: UnixMillis) {
        let unsaved = self.registry.unsaved_of_no_app().into_iter();
        for mut alert in unsaved.filter(|alert| alert.slo != OF_RECEIVERS) {
            let Some(transition) = alert.retire(Reason::Recovered, now) else {
                continue;
            };
            let words = match alert.id == self.pipeline.id {
                true => self.pipeline.words(transition, Lag::default()),
                false => Refused::withdrawn(&alert),
            };
            alert.say(words);
            self.registry.put(alert);
        }
        self.registry.say(&self.outbox);
    }

    /// The store cannot be reached: its data is not known to be complete any further, and the lag
    /// grows. Only the pipeline's alert goes on, and only where this process led last: no one else
    /// can have taken over through the same store.
    fn unreachable(&mut self, error: &StoreError, now: UnixMillis) -> Board {
        let problem = format!("The store: {error}.");
        let before = self.board.borrow().clone();
        if before.condition == Condition::Unreachable {
            tracing::debug!(error = %error.with_causes(), "the store is still out of reach");
        } else {
            tracing::error!(
                error = %error.with_causes(),
                "the round failed; it is tried again"
            );
        }
        let millis = behind(self.evaluated_to, now);
        if self.term.is_some() {
            let lag = Lag {
                millis,
                problem: &problem,
            };
            self.step_pipeline(lag, now);
            self.refused.step(&[], &mut self.registry, now);
            self.incidents.remind(&mut self.registry, now);
            self.registry.say(&self.outbox);
        }
        Board {
            condition: Condition::Unreachable,
            at: now,
            watermark: before.watermark,
            lag: millis,
            problem,
            slos: before.slos.clone(),
        }
    }

    fn counts(&self) -> std::collections::BTreeMap<(String, alert::Severity), i64> {
        let mut counts = firing(&self.registry);
        let slos = self.evaluator.slos().iter().map(|slo| slo.name.as_str());
        for slo in slos.chain(crate::metrics::OF_NO_APP) {
            for &severity in alert::Severity::ALL {
                counts.entry((slo.to_owned(), severity)).or_default();
            }
        }
        counts
    }
}

fn behind(complete_to: UnixMillis, now: UnixMillis) -> i64 {
    now.0.saturating_sub(complete_to.0).max(0)
}

#[cfg(test)]
#[path = "aggregator_tests/mod.rs"]
mod tests;
