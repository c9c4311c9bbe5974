//! The loop.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;
use std::time::Duration;

use browse::{Client, KnownPaths};
use intake::{AppConfig, ServiceConfig};
use observation::UnixMillis;
use runtime::{Causes as _, Clock, RoundFailed, Rounds, Stop, Tick, joined, run_rounds};
use store::{AuditState, Claim, InventoryRow, Reader, Store, StoreError};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use web::Origin;

use crate::agenda::due;
use crate::candidates::Candidates;
use crate::config::Config;
use crate::look::{look, paced};
use crate::metrics::Metrics;
use crate::record::{Usage, record, refreshed, retired};
use crate::seen::Looked;
use crate::targets::{Choice, Key, Target, Traffic};

/// The lease of the one that works.
const LEASE: &str = "inventory";
/// Every round looks this far back for endpoints: beacons may come late.
const RECENT_WINDOW_MS: i64 = 10 * 60_000;
/// Now and then everything is looked at again: what is not called any more is forgotten.
const FULL_SCAN_INTERVAL: Duration = Duration::from_secs(3600);
/// Rollups are kept no longer than this as a rule, and it is asked for no more.
const MAX_HISTORY_MS: i64 = 400 * 86_400_000;
/// Rows of a process whose clock goes ahead are read, too.
const CLOCK_SKEW_MS: i64 = 86_400_000;
/// The longest pause after rounds that failed.
const MAX_BACKOFF: Duration = Duration::from_secs(60);
/// How long the audits in progress may take once the process is to stop; those that take longer are
/// made again.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

/// What an inventory is made of.
pub struct Parts<'a> {
    /// Its settings.
    pub config: Config,
    /// What is configured of paths.
    pub known_paths: KnownPaths,
    /// The configured apps, whose page origins are tried.
    pub apps: &'a [AppConfig],
    /// The configured services.
    pub services: &'a [ServiceConfig],
    /// Asks the targets.
    pub client: Client,
    /// Holds the traffic, keeps the inventory.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// The registry of the process.
    pub metrics: &'a runtime::Metrics,
}

/// Audits what pages call and keeps what is found.
pub struct Inventory {
    config: Config,
    choice: Choice,
    candidates: Candidates,
    client: Client,
    store: Store,
    reader: Reader,
    clock: Clock,
    claim: Claim,
    /// The term whose rows are known.
    term: Option<u64>,
    rows: BTreeMap<Key, InventoryRow>,
    traffic: Traffic,
    targets: Vec<Target>,
    /// When each origin was last seen to change.
    changed: HashMap<String, UnixMillis>,
    audited: HashSet<Key>,
    under_way: JoinSet<Done>,
    look_next: Instant,
    metrics: Metrics,
    looked_fully: Option<Instant>,
}

impl std::fmt::Debug for Inventory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inventory")
            .field("term", &self.term)
            .field("targets", &self.targets.len())
            .finish_non_exhaustive()
    }
}

/// An audit that has ended.
type Done = (Target, Looked);

impl Inventory {
    /// Puts an inventory together; none where it is switched off.
    #[must_use]
    pub fn new(parts: Parts<'_>) -> Option<Self> {
        let config = parts.config;
        (config.targets > 0).then(|| Self {
            candidates: Candidates::new(&config, parts.apps, parts.services),
            claim: Claim::new(LEASE, config.lease.duration()),
            choice: Choice::new(&config, parts.known_paths, parts.apps),
            client: parts.client,
            reader: parts.store.reader(),
            store: parts.store,
            clock: parts.clock,
            term: None,
            rows: BTreeMap::new(),
            traffic: Traffic::default(),
            targets: Vec::new(),
            changed: HashMap::new(),
            audited: HashSet::new(),
            under_way: JoinSet::new(),
            look_next: Instant::now(),
            metrics: Metrics::register(parts.metrics),
            looked_fully: None,
            config,
        })
    }

    /// Runs until stopped. A store that cannot be reached is tried again, with growing pauses.
    pub async fn run(mut self, stop: Stop) {
        // A lease is renewed well before it ends, however seldom the traffic is looked at.
        let beat = self.config.tick.duration();
        let beat = beat.min(self.config.lease.duration() / 3);
        let tick = Tick {
            every: beat,
            longest: MAX_BACKOFF,
        };
        let Ok(()) = run_rounds(&mut Loop(&mut self), tick, &stop).await;
        let ending = async {
            while let Some(done) = self.under_way.join_next().await {
                if let Ok(done) = done {
                    self.note(done).await;
                }
            }
        };
        // An audit that is cut off is due again at the next start.
        let _ = tokio::time::timeout(DRAIN_TIMEOUT, ending).await;
        let _ = tokio::time::timeout(DRAIN_TIMEOUT, self.claim.release(&self.store)).await;
    }

    /// One round: the lease, and where it is time the traffic and what it makes of the rows.
    async fn round(&mut self, looks: bool) -> Result<(), StoreError> {
        let term = self.claim.check(&self.store).await?;
        self.metrics.leads.set(i64::from(term.is_some()));
        let Some(term) = term else {
            self.term = None;
            self.metrics.holds(std::iter::empty());
            return Ok(());
        };
        let is_new = self.term != Some(term);
        if is_new {
            let rows = self
                .reader
                .inventory(self.clock.now().plus(CLOCK_SKEW_MS))
                .await?;
            self.rows = rows.into_iter().map(|row| (Key::of(&row), row)).collect();
            self.looked_fully = None;
            self.term = Some(term);
            tracing::info!(term, targets = self.rows.len(), "keeping the inventory");
        }
        if looks || is_new {
            self.look_at_traffic().await?;
            self.follow().await?;
            self.look_for_changes().await?;
        }
        self.metrics.holds(self.rows.values());
        Ok(())
    }

    async fn look_at_traffic(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let fully = self
            .looked_fully
            .is_none_or(|last| last.elapsed() >= FULL_SCAN_INTERVAL);
        let within = self.config.called_within.as_millis();
        let (called_since, seen_since) = match fully {
            true => (now.plus(-within), now.plus(-MAX_HISTORY_MS)),
            false => (
                now.plus(-RECENT_WINDOW_MS.min(within)),
                now.plus(-RECENT_WINDOW_MS),
            ),
        };
        let called = self.reader.called_endpoints(called_since).await?;
        let seen = self.reader.origins_seen(seen_since).await?;
        if fully {
            self.traffic = Traffic::default();
            self.looked_fully = Some(Instant::now());
        }
        self.traffic.add_called(called, self.choice.known());
        self.traffic.add_seen(seen);
        let known = self.rows.keys().cloned().collect();
        self.targets = self.traffic.select(&known, &self.choice);
        Ok(())
    }

    /// Learns which origins have changed: a policy is mostly set for a whole server, and not every URL
    /// is looked at by the prober.
    async fn look_for_changes(&mut self) -> Result<(), StoreError> {
        let urls = self.targets.iter().map(|target| target.place.url.clone());
        let urls: HashMap<_, _> = self
            .reader
            .changed_urls(urls.collect())
            .await?
            .into_iter()
            .collect();
        self.changed.clear();
        for target in &self.targets {
            if let Some(at) = urls.get(&target.place.url) {
                let origin = target.key.target_origin.clone();
                let latest = self.changed.entry(origin).or_insert(*at);
                *latest = (*latest).max(*at);
            }
        }
        Ok(())
    }

    /// Writes down what the traffic says of the rows: which targets have gone, which origins are used.
    async fn follow(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let targets: HashSet<&Key> = self.targets.iter().map(|target| &target.key).collect();
        let mut news = Vec::new();
        for (key, row) in &self.rows {
            if self.audited.contains(key) {
                continue;
            }
            if !targets.contains(key) {
                news.push(retired(row, now));
                continue;
            }
            let pages = self.traffic.pages(key);
            let usage = Usage {
                pages: &pages,
                unused_after: self.config.unused_after.duration(),
                now,
            };
            news.extend(refreshed(row, usage));
        }
        self.store.save_inventory(&news).await?;
        for row in news {
            if row.state == AuditState::Retired {
                self.rows.remove(&Key::of(&row));
            } else {
                self.rows.insert(Key::of(&row), row);
            }
        }
        Ok(())
    }

    /// Starts the audits that are due, the longest waiting first, one at a time of each origin.
    fn start(&mut self) {
        if self.term.is_none() || !self.claim.is_held() {
            self.metrics.waiting.set(0);
            return;
        }
        let now = self.clock.now();
        let mut waiting: Vec<(UnixMillis, &Target)> = self
            .targets
            .iter()
            .filter(|target| !self.audited.contains(&target.key))
            .map(|target| {
                let changed = self.changed.get(&target.key.target_origin).copied();
                let row = self.rows.get(&target.key);
                (due(target, row, changed, &self.config), target)
            })
            .filter(|(due, _)| *due <= now)
            .collect();
        waiting.sort_by_key(|(due, _)| *due);
        let left = waiting.len();
        let mut started = 0;
        for (_, target) in waiting {
            let server = Origin::server_of(&target.key.target_origin);
            let is_busy = |key: &Key| Origin::server_of(&key.target_origin) == server;
            if self.under_way.len() >= self.config.at_once {
                break;
            }
            if self.audited.iter().any(is_busy) {
                continue;
            }
            let candidates = self.candidates.of(target, &self.traffic.own_pages(target));
            let client = paced(&self.client, self.config.requests_per_second);
            let (target, clock) = (target.clone(), self.clock.clone());
            self.audited.insert(target.key.clone());
            started += 1;
            self.under_way.spawn(async move {
                let looked = look(client, &target, candidates, &clock).await;
                (target, looked)
            });
        }
        let waiting = i64::try_from(left - started).unwrap_or(i64::MAX);
        self.metrics.waiting.set(waiting);
    }

    /// Keeps what an audit showed. Where the store fails it is due again at once.
    async fn note(&mut self, (target, looked): Done) {
        self.audited.remove(&target.key);
        let before = self.rows.get(&target.key);
        let pages = self.traffic.pages(&target.key);
        let usage = Usage {
            pages: &pages,
            unused_after: self.config.unused_after.duration(),
            now: self.clock.now(),
        };
        let row = record(before, &target, looked, usage);
        let is_change = before.is_some_and(|before| before.first_at != row.first_at);
        if let Err(error) = self.store.save_inventory(std::slice::from_ref(&row)).await {
            self.failed(&error);
            // Nothing is asked again until the store has answered a round.
            self.term = None;
            return;
        }
        self.metrics.audited(row.state);
        if is_change {
            self.metrics.changes.inc();
        }
        tracing::info!(
            service = row.service,
            target = row.target_origin,
            endpoint = row.endpoint,
            state = row.state.as_str(),
            stance = row.stance.map(store::Stance::as_str),
            findings = row.findings.len(),
            "audited"
        );
        self.rows.insert(target.key, row);
        self.metrics.holds(self.rows.values());
    }

    fn failed(&self, error: &StoreError) {
        self.metrics.store_failures.inc();
        tracing::warn!(error = %error.with_causes(), "the inventory could not be kept; it is tried again");
    }
}

struct Loop<'a>(&'a mut Inventory);

impl Rounds for Loop<'_> {
    type Event = Result<Done, JoinError>;
    type Error = Infallible;

    async fn round(&mut self) -> Result<(), RoundFailed> {
        let looks = Instant::now() >= self.0.look_next;
        let went = self.0.round(looks).await;
        if looks && went.is_ok() {
            self.0.look_next = Instant::now() + self.0.config.tick.duration();
        }
        self.0.start();
        went.map_err(|error| {
            self.0.failed(&error);
            RoundFailed
        })
    }

    async fn event(&mut self) -> Self::Event {
        joined(&mut self.0.under_way).await
    }

    async fn handle(&mut self, event: Self::Event) -> Result<(), Infallible> {
        if let Ok(done) = event {
            self.0.note(done).await;
        }
        self.0.start();
        Ok(())
    }
}
