//! The loop.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use runtime::{Causes as _, Clock, RoundFailed, Rounds, Stop, Tick, joined, run_rounds};
use store::{
    Claim, DiagnosisRow, Reader, ReplayOutcome, SignatureRow, Store, StoreError, Written,
    WrittenOffsets,
};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::agenda::{Agenda, Task};
use crate::config::Config;
use crate::metrics::Metrics;
use crate::replay::{self, Replayer};
use browse::Client;
use browse::Pace;

/// The lease of the one that works.
const LEASE: &str = "prober";
/// At most so many diagnoses are remembered.
const MAX_REMEMBERED_DIAGNOSES: u32 = 5_000;
/// Every round looks this far back for failures.
const RECENT_WINDOW_MS: i64 = 3 * 60_000;
/// Now and then a round looks this far back: beacons may come late.
const LATE_BEACONS_WINDOW_MS: i64 = 2 * 3_600_000;
const LATE_BEACONS_INTERVAL: Duration = Duration::from_secs(60);
/// What worked within this time is looked at.
const PASSING_WINDOW_MS: i64 = 3_600_000;
/// The longest pause after rounds that failed.
const MAX_BACKOFF: Duration = Duration::from_secs(30);
/// How long the replays in progress may take once the prober is to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// What a prober is made of.
pub struct Parts<'a> {
    /// Its settings.
    pub config: Config,
    /// Asks the targets.
    pub client: Client,
    /// Holds failures, keeps diagnoses.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// The registry of the process.
    pub metrics: &'a runtime::Metrics,
}

/// Replays new failures and looks at targets that work.
pub struct Prober {
    config: Config,
    store: Store,
    reader: Reader,
    clock: Clock,
    claim: Claim,
    /// The term whose diagnoses are remembered.
    term: Option<u64>,
    agenda: Agenda,
    pace: Arc<Pace>,
    replayer: Arc<Replayer>,
    metrics: Metrics,
    under_way: JoinSet<Done>,
    looked_lately: Option<Instant>,
    looked_at_targets: Option<Instant>,
    offsets: WrittenOffsets,
    /// What was written when nothing failed: until more is, nothing does.
    calm_under: Option<Written>,
}

impl std::fmt::Debug for Prober {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prober")
            .field("term", &self.term)
            .finish_non_exhaustive()
    }
}

/// The outcome of a task.
enum Done {
    Diagnosed(
        Box<SignatureRow>,
        Result<Box<replay::Done<DiagnosisRow>>, StoreError>,
    ),
    Looked(Box<SignatureRow>, Result<replay::Done<bool>, StoreError>),
}

impl Prober {
    /// Puts a prober together.
    #[must_use]
    pub fn new(parts: Parts<'_>) -> Self {
        let config = parts.config;
        let pace = Arc::new(Pace::new(config.per_target_per_minute));
        Self {
            claim: Claim::new(LEASE, config.lease.duration()),
            term: None,
            agenda: Agenda::new(config.again_after.duration()),
            replayer: Arc::new(Replayer {
                client: parts.client.paced(Arc::clone(&pace)),
                pace: Arc::clone(&pace),
                known: config.known_paths(),
                store: parts.store.clone(),
                reader: parts.store.reader(),
                clock: parts.clock.clone(),
            }),
            pace,
            metrics: Metrics::register(parts.metrics),
            under_way: JoinSet::new(),
            looked_lately: None,
            looked_at_targets: None,
            offsets: WrittenOffsets::default(),
            calm_under: None,
            reader: parts.store.reader(),
            store: parts.store,
            clock: parts.clock,
            config,
        }
    }

    /// Runs until stopped. A store that cannot be reached is tried again, with growing pauses.
    pub async fn run(mut self, stop: Stop) {
        let tick = Tick {
            every: self.config.tick.duration(),
            longest: MAX_BACKOFF,
        };
        let Ok(()) = run_rounds(&mut Loop(&mut self), tick, &stop).await;
        let under_way = &mut self.under_way;
        let ending = async { while under_way.join_next().await.is_some() {} };
        // A replay that is cut off is found again at the next start.
        let _ = tokio::time::timeout(DRAIN_TIMEOUT, ending).await;
        let _ = tokio::time::timeout(DRAIN_TIMEOUT, self.claim.release(&self.store)).await;
    }

    /// One round: lease, failures, targets that work.
    async fn round(&mut self) -> Result<(), StoreError> {
        let term = self.claim.check(&self.store).await?;
        self.metrics.leads.set(i64::from(term.is_some()));
        let Some(term) = term else {
            self.term = None;
            return Ok(());
        };
        if self.term != Some(term) {
            let known = self
                .reader
                .diagnoses(None, MAX_REMEMBERED_DIAGNOSES)
                .await?;
            // What was refused may be permitted by the configuration of this term.
            let asked = known
                .into_iter()
                .filter(|one| one.result != ReplayOutcome::Refused);
            for diagnosis in asked {
                self.agenda.diagnosed(&diagnosis.signature, diagnosis.at);
            }
            self.term = Some(term);
            tracing::info!(term, "probing");
        }
        let written = self.offsets.follow(&self.store.progress().await?);
        let lately = is_due(self.looked_lately, LATE_BEACONS_INTERVAL);
        if self.calm_under == Some(written) && !lately {
            return Ok(());
        }
        self.calm_under = self.read(lately).await?.then_some(written);
        Ok(())
    }

    /// Reads what fails, and what works where that is due; whether nothing failed.
    async fn read(&mut self, lately: bool) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let since = if lately {
            LATE_BEACONS_WINDOW_MS
        } else {
            RECENT_WINDOW_MS
        };
        let failing = self.reader.failing_signatures(now.plus(-since)).await?;
        if lately {
            self.looked_lately = Some(Instant::now());
        }
        let is_calm = failing.is_empty();
        let overflowed = self.agenda.failing(failing);
        self.metrics.overflowed.inc_by(overflowed);
        let every = self.config.snapshot_every.duration();
        let targets = self.config.snapshot_targets;
        if targets > 0 && is_due(self.looked_at_targets, every) && !self.agenda.has_looks() {
            let passing = self
                .reader
                .passing_signatures(now.plus(-PASSING_WINDOW_MS), targets)
                .await?;
            // Without any yet, it is looked again at once.
            if !passing.is_empty() {
                self.looked_at_targets = Some(Instant::now());
            }
            self.agenda.passing(passing);
        }
        Ok(is_calm)
    }

    /// Starts what may be started.
    fn start(&mut self) {
        while self.term.is_some() && self.under_way.len() < self.config.at_once {
            let Some(task) = self.agenda.next(&self.pace, Instant::now()) else {
                break;
            };
            let replayer = Arc::clone(&self.replayer);
            self.under_way.spawn(async move {
                match task {
                    Task::Diagnose(row) => {
                        let diagnosis = replayer.diagnose(&row).await.map(Box::new);
                        Done::Diagnosed(Box::new(row), diagnosis)
                    }
                    Task::Look(row) => {
                        let looked = replayer.look(&row).await;
                        Done::Looked(Box::new(row), looked)
                    }
                }
            });
        }
        self.metrics
            .waiting
            .set(i64::try_from(self.agenda.waiting()).unwrap_or(i64::MAX));
    }

    fn note(&mut self, done: Done) {
        match done {
            Done::Diagnosed(row, Ok(done)) => match *done {
                replay::Done::Now(diagnosis) => self.diagnosed(&row, &diagnosis),
                replay::Done::After(wait) => self.agenda.postponed(*row, Instant::now() + wait),
            },
            Done::Looked(row, Ok(replay::Done::After(wait))) => {
                self.agenda.postponed_look(*row, Instant::now() + wait);
            }
            Done::Looked(row, Ok(replay::Done::Now(changed))) => {
                self.metrics.looks.inc();
                if changed {
                    self.metrics.changes.inc();
                    self.agenda.changed(&row);
                }
            }
            Done::Diagnosed(row, Err(error)) => {
                self.agenda.failed(&row);
                self.failed(&error);
            }
            Done::Looked(_, Err(error)) => self.failed(&error),
        }
    }

    fn diagnosed(&mut self, row: &SignatureRow, diagnosis: &DiagnosisRow) {
        self.metrics.diagnosed(diagnosis.result);
        tracing::info!(
            app = row.app,
            target = row.target_origin,
            endpoint = row.endpoint,
            result = diagnosis.result.as_str(),
            why = diagnosis.why.as_str(),
            cause = diagnosis.cause,
            "diagnosed"
        );
        self.agenda.diagnosed(row, diagnosis.at);
    }

    fn failed(&self, error: &StoreError) {
        self.metrics.store_failures.inc();
        tracing::warn!(error = %error.with_causes(), "what a target answered could not be kept");
    }
}

fn is_due(last: Option<Instant>, every: Duration) -> bool {
    last.is_none_or(|last| last.elapsed() >= every)
}

struct Loop<'a>(&'a mut Prober);

impl Rounds for Loop<'_> {
    type Event = Result<Done, JoinError>;
    type Error = Infallible;

    async fn round(&mut self) -> Result<(), RoundFailed> {
        let went = self.0.round().await;
        self.0.start();
        went.map_err(|error| {
            self.0.metrics.store_failures.inc();
            tracing::warn!(error = %error.with_causes(), "the round failed; it is tried again");
            RoundFailed
        })
    }

    async fn event(&mut self) -> Self::Event {
        joined(&mut self.0.under_way).await
    }

    async fn handle(&mut self, event: Self::Event) -> Result<(), Infallible> {
        if let Ok(done) = event {
            self.0.note(done);
        }
        self.0.start();
        Ok(())
    }
}
