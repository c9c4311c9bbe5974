//! What a replay reads of the store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use alert::Witnesses;
use async_trait::async_trait;
use observation::UnixMillis;
use slo::Sums;
use store::{HISTORY_PAGE, SliFilter, StoreError};

use super::track::{Track, Tracks};
use super::{Backtest, dimension};
use crate::{Engine, GroupBy, Slo};

/// Windows shorter than a day are read by the minute: so much before the first minute has to be known.
const BY_THE_MINUTE: i64 = 24 * HOUR;
const HOUR: i64 = 3_600_000;
/// One query reads at most so many days.
const MOST_DAYS: i64 = 10 * 24 * HOUR;

/// How fine history is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// By the minute.
    Minute,
    /// By the hour.
    Hour,
}

impl Step {
    const fn duration(self) -> Duration {
        match self {
            Self::Minute => Duration::from_secs(60),
            Self::Hour => Duration::from_secs(3600),
        }
    }
}

/// Sums of one step and one group; the group is empty where there are none.
pub(super) type Point = (UnixMillis, String, Sums);

/// Stored history.
#[async_trait]
pub trait History: Send + Sync {
    /// The sums of each step of `[from, to)`, in order of time: one page. A page that holds
    /// [`HISTORY_PAGE`] points may lack a part of its last step.
    async fn page(
        &self,
        filter: &SliFilter,
        group_by: GroupBy,
        step: Step,
        span: (UnixMillis, UnixMillis),
    ) -> Result<Vec<Point>, StoreError>;

    /// Who saw blocks in `[from, to)`, by slice.
    async fn blocks_seen_by(
        &self,
        filter: &SliFilter,
        span: (UnixMillis, UnixMillis),
    ) -> Result<Vec<Witnesses>, StoreError>;
}

#[async_trait]
impl History for Engine {
    async fn page(
        &self,
        filter: &SliFilter,
        group_by: GroupBy,
        step: Step,
        (from, to): (UnixMillis, UnixMillis),
    ) -> Result<Vec<Point>, StoreError> {
        self.reader()
            .history(filter, dimension(group_by), from, to, step.duration())
            .await
    }

    async fn blocks_seen_by(
        &self,
        filter: &SliFilter,
        span: (UnixMillis, UnixMillis),
    ) -> Result<Vec<Witnesses>, StoreError> {
        let found = crate::Source::witnesses(self, filter, span).await?;
        Ok(found.iter().map(crate::sightings::counted).collect())
    }
}

/// The tracks of objectives that have filter and groups in common.
pub(super) async fn tracks(
    backtest: &Backtest,
    history: &dyn History,
    slos: Vec<Arc<Slo>>,
) -> Result<Vec<(Arc<Slo>, Tracks)>, StoreError> {
    let lead_in = Backtest::lead_in(&slos);
    let first = crate::segments::start(lead_in, backtest.from).hour();
    let fine = backtest.from.plus(-BY_THE_MINUTE).hour();
    let fine = fine
        .max(backtest.minutes_since.plus(HOUR - 1).hour())
        .max(first);
    let mut whole: Vec<Track> = slos.iter().map(|_| Track::default()).collect();
    let mut groups: Vec<BTreeMap<String, Track>> = slos.iter().map(|_| BTreeMap::new()).collect();
    for (step, from, to) in [(Step::Hour, first, fine), (Step::Minute, fine, backtest.to)] {
        let mut keep = |(at, group, sums): Point| {
            for (index, slo) in slos.iter().enumerate() {
                let ratio = slo.ratio(&sums);
                whole[index].push(at, ratio);
                if slo.group_by != GroupBy::None {
                    let track = groups[index].entry(group.clone()).or_default();
                    track.push(at, ratio);
                }
            }
        };
        let question = (&slos[0].filter, slos[0].group_by, step);
        each_point(history, question, (from, to), &mut keep).await?;
    }
    let read = slos.into_iter().zip(whole).zip(groups);
    let bounded = read.map(|((slo, whole), groups)| {
        let (groups, left_out) = most(groups, backtest.max_groups);
        (
            slo,
            Tracks {
                whole,
                groups,
                left_out,
            },
        )
    });
    Ok(bounded.collect())
}

async fn each_point(
    history: &dyn History,
    (filter, group_by, step): (&SliFilter, GroupBy, Step),
    (mut from, to): (UnixMillis, UnixMillis),
    keep: &mut (dyn FnMut(Point) + Send),
) -> Result<(), StoreError> {
    while from < to {
        let end = to.min(from.plus(MOST_DAYS));
        let page = history.page(filter, group_by, step, (from, end)).await?;
        let last = page.last().map(|(at, ..)| *at);
        // A single step with more groups than a page has is cut: there is nowhere to go on from.
        let open = last.filter(|last| page.len() >= HISTORY_PAGE && *last > from);
        for point in page.into_iter().filter(|(at, ..)| Some(*at) != open) {
            keep(point);
        }
        from = open.unwrap_or(end);
    }
    Ok(())
}

/// The groups of most events, and how many others there are.
fn most(groups: BTreeMap<String, Track>, limit: usize) -> (BTreeMap<String, Track>, usize) {
    let left_out = groups.len().saturating_sub(limit);
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, track)| std::cmp::Reverse(track.total().total));
    groups.truncate(limit);
    (groups.into_iter().collect(), left_out)
}
