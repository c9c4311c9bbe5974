//! Live numbers: the store is read once a second for each app that is watched, however many
//! watch it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use observation::{MILLIS_PER_MINUTE, Source, UnixMillis};
use runtime::Clock;
use slo::Sums;
use store::{LabTraffic, ProgressRow, SliFilter, StoreError};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::interval::Interval;
use crate::problem::Problem;
use crate::queries::Queries;
use crate::state::App;
use crate::view::live::{Arrived, Tick};

/// How often a viewer gets numbers.
pub(crate) const TICK: Duration = Duration::from_secs(1);
/// A reading of this age is read again: a little less than a tick, so that a viewer's next tick never
/// finds the reading of its last one.
const READING_LIFETIME: Duration = Duration::from_millis(900);
/// How far back the numbers of a viewer that comes reach.
const WINDOW_MINUTES: i64 = 30;
/// Minutes that are read every time. Older ones change only by what comes late.
const RECENT_MINUTES: i64 = 4;
/// How often the older ones are read.
const WHOLE_WINDOW_EVERY: Duration = Duration::from_secs(30);

/// The live numbers of every app.
pub(crate) struct Live {
    queries: Arc<dyn Queries>,
    partitions: u32,
    clock: Clock,
    apps: HashMap<String, (LabTraffic, Mutex<Option<Latest>>)>,
}

/// The last reading of an app, or why there is none.
struct Latest {
    read: Instant,
    window_read: Instant,
    number: u64,
    progress: Vec<ProgressRow>,
    minutes: BTreeMap<UnixMillis, Sums>,
    answer: Result<Arc<Reading>, Problem>,
}

/// What the store said at one time, as viewers get it.
#[derive(Debug)]
pub(crate) struct Reading {
    /// Grows by one with every reading of the app.
    pub(crate) number: u64,
    /// A [`Tick`] with all points.
    pub(crate) whole: String,
    /// A [`Tick`] with the points that differ from the reading before.
    pub(crate) changes: String,
}

/// What one question to the store brought.
struct Found {
    progress: Vec<ProgressRow>,
    minutes: BTreeMap<UnixMillis, Sums>,
    window_read: Instant,
}

impl Live {
    pub(crate) fn new(
        queries: Arc<dyn Queries>,
        apps: &[App],
        partitions: u32,
        clock: Clock,
    ) -> Self {
        let apps = apps
            .iter()
            .map(|app| (app.name.clone(), (app.lab, Mutex::new(None))));
        Self {
            queries,
            partitions,
            clock,
            apps: apps.collect(),
        }
    }

    /// The latest reading of `app`, at most a tick old. Whoever finds it older reads the store for all;
    /// others wait for that. A failure is kept as long as a reading, so that a store in trouble is not
    /// asked by every viewer.
    pub(crate) async fn read(&self, app: &str) -> Result<Arc<Reading>, Problem> {
        let Some((lab, latest)) = self.apps.get(app) else {
            return Err(Problem::new(
                crate::problem::Code::NotFound,
                "no app has this name",
            ));
        };
        let mut latest = latest.lock().await;
        if let Some(latest) = latest
            .as_ref()
            .filter(|latest| latest.read.elapsed() < READING_LIFETIME)
        {
            return latest.answer.clone();
        }
        let before = latest.take();
        let number = before.as_ref().map_or(0, |latest| latest.number) + 1;
        let now = self.clock.now();
        let (next, answer) = match self.ask(app, *lab, before.as_ref(), now).await {
            Ok(found) => {
                let answer = Ok(Arc::new(self.reading(
                    (app, number),
                    now,
                    before.as_ref(),
                    &found,
                )));
                (found, answer)
            }
            Err(error) => (Found::kept(before), Err(Problem::from(error))),
        };
        *latest = Some(Latest {
            read: Instant::now(),
            window_read: next.window_read,
            number,
            progress: next.progress,
            minutes: next.minutes,
            answer: answer.clone(),
        });
        answer
    }

    /// The minutes of the window: those of `before` where nothing was written since.
    async fn ask(
        &self,
        app: &str,
        lab: LabTraffic,
        before: Option<&Latest>,
        now: UnixMillis,
    ) -> Result<Found, StoreError> {
        // Progress first: the minutes hold at least what it says.
        let progress = self.queries.progress().await?;
        let window = Interval::ending_at(now, WINDOW_MINUTES * MILLIS_PER_MINUTE);
        let known = before
            .filter(|latest| latest.answer.is_ok())
            .filter(|latest| latest.window_read.elapsed() < WHOLE_WINDOW_EVERY);
        let mut minutes = known.map_or_else(BTreeMap::new, |latest| latest.minutes.clone());
        minutes.retain(|minute, _| *minute >= window.from);
        let written = |latest: &Latest| offsets(&latest.progress) != offsets(&progress);
        if known.is_none_or(written) {
            let recent = match known {
                Some(_) => Interval::ending_at(now, RECENT_MINUTES * MILLIS_PER_MINUTE),
                None => window,
            };
            let filter = SliFilter {
                lab,
                ..SliFilter::app(app)
            };
            let step = Duration::from_secs(60);
            minutes.extend(self.queries.series(&filter, recent, step).await?);
        }
        Ok(Found {
            window_read: known.map_or_else(Instant::now, |latest| latest.window_read),
            progress,
            minutes,
        })
    }

    fn reading(
        &self,
        (app, number): (&str, u64),
        now: UnixMillis,
        before: Option<&Latest>,
        found: &Found,
    ) -> Reading {
        let progress = found.progress.iter().map(|row| slo::Progress::from(*row));
        let watermark = slo::watermark(progress, self.partitions, now);
        let before = before.filter(|latest| latest.answer.is_ok());
        let none = BTreeMap::new();
        let earlier = before.map_or(&none, |latest| &latest.minutes);
        let changed = found
            .minutes
            .iter()
            .filter(|(at, sums)| earlier.get(*at) != Some(*sums));
        let arrived = before.map(|_| Arrived::between(earlier, &found.minutes));
        let tick = |points: Vec<(&UnixMillis, &Sums)>, whole| {
            let tick =
                Tick::new(app, now, watermark, arrived, whole).with_points(points, Source::Browser);
            serde_json::to_string(&tick).expect("a tick is plain data")
        };
        Reading {
            number,
            whole: tick(found.minutes.iter().collect(), true),
            changes: tick(changed.collect(), false),
        }
    }
}

impl Found {
    /// What stays known while the store cannot be asked: nothing that would be taken for complete.
    fn kept(before: Option<Latest>) -> Self {
        let progress = before.map(|latest| latest.progress).unwrap_or_default();
        Self {
            progress,
            minutes: BTreeMap::new(),
            window_read: Instant::now(),
        }
    }
}

/// How far the log is written: while this stands still, so do the sums.
fn offsets(progress: &[ProgressRow]) -> Vec<(u32, u32, u64)> {
    let of = |row: &ProgressRow| (row.epoch, row.partition, row.next_offset);
    progress.iter().map(of).collect()
}
