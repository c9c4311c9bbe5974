//! Many windows that end at the same watermark, read with few queries.
//!
//! The windows of an objective are nested: 5m lies in 1h lies in 30d. The time line is cut where
//! they begin, each piece is read once, and a window is the sum of its pieces. Only the newest
//! minutes change with every tick; older pieces are kept, and read again now and then for rows that
//! come late (a page may send a beacon minutes after it was sealed).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use observation::UnixMillis;
use slo::Window;
use store::{SliFilter, StoreError, Written};

use crate::{GroupBy, Grouped, Source};

const MINUTE: i64 = observation::MILLIS_PER_MINUTE;
/// What ends this close to the watermark is read with every tick.
const FRESH: i64 = 3 * MINUTE;
/// What ends this close to the watermark is read again after [`RECENT_REFRESH_INTERVAL_MS`]; late beacons fall here.
const RECENT: i64 = 15 * MINUTE;
const RECENT_REFRESH_INTERVAL_MS: i64 = 10_000;
const LATER: i64 = MINUTE;

/// A window's start is rounded down to whole minutes, from a day on to whole hours: at most 4 % more
/// than the window, and rollups by the hour answer it.
const BY_THE_HOUR: Window = Window::days(1);

/// What sums are read of.
pub(crate) type Question = (SliFilter, GroupBy);

/// The sums of every window.
pub(crate) type Windows = BTreeMap<Window, Grouped>;

#[derive(Debug, Default)]
pub(crate) struct Segments {
    kept: HashMap<(Key, i64, i64), Piece>,
}

/// A filter as a key: every field of it is plain text, so its debug form tells it apart.
type Key = String;

#[derive(Debug)]
struct Piece {
    read_at: UnixMillis,
    written: Written,
    used: bool,
    sums: Arc<Grouped>,
}

/// The end of all windows at a watermark: the minute of the watermark counts as far as it is filled,
/// so that a fault of this minute is seen in this minute.
pub(crate) const fn end(watermark: UnixMillis) -> UnixMillis {
    watermark.minute().plus(MINUTE)
}

pub(crate) fn start(window: Window, watermark: UnixMillis) -> UnixMillis {
    let start = watermark.plus(-window.as_millis());
    if window < BY_THE_HOUR {
        start.minute()
    } else {
        start.hour()
    }
}

fn key(filter: &SliFilter, group_by: GroupBy) -> Key {
    format!("{filter:?} {group_by:?}")
}

/// The pieces that nested windows are made of, the newest first, each with the shortest window that has it.
fn pieces(
    windows: &BTreeSet<Window>,
    watermark: UnixMillis,
) -> Vec<(Window, (UnixMillis, UnixMillis))> {
    let mut to = end(watermark);
    let mut pieces = Vec::with_capacity(windows.len());
    for &window in windows {
        let from = start(window, watermark);
        if from < to {
            pieces.push((window, (from, to)));
            to = from;
        }
    }
    pieces
}

impl Segments {
    /// Reads what several questions need at `watermark` and differs in the app alone, with one query for all apps.
    /// [`Self::read`] finds it then.
    pub(crate) async fn read_together(
        &mut self,
        source: &dyn Source,
        questions: &[(Question, BTreeSet<Window>)],
        times: (UnixMillis, Written),
    ) -> Result<(), StoreError> {
        let mut alike: BTreeMap<(Key, i64, i64), Vec<&SliFilter>> = BTreeMap::new();
        for ((filter, group_by), windows) in questions {
            if *group_by != GroupBy::None {
                continue;
            }
            let whatever_app = SliFilter {
                app: String::new(),
                ..filter.clone()
            };
            let question = key(&whatever_app, GroupBy::None);
            for (_, span) in pieces(windows, times.0) {
                let own = (key(filter, GroupBy::None), span.0.0, span.1.0);
                if self.usable(&own, times).is_none() {
                    let of_all = (question.clone(), span.0.0, span.1.0);
                    alike.entry(of_all).or_default().push(filter);
                }
            }
        }
        for ((_, from, to), filters) in alike {
            let [first, _, ..] = filters.as_slice() else {
                continue;
            };
            let apps: Vec<_> = filters.iter().map(|filter| filter.app.clone()).collect();
            let span = (UnixMillis(from), UnixMillis(to));
            let mut found = source.sums_of_apps(first, &apps, span).await?;
            for filter in filters {
                let sums = found.remove(&filter.app).unwrap_or_default();
                let grouped = Arc::new(Grouped::from([(String::new(), sums)]));
                self.keep((key(filter, GroupBy::None), from, to), grouped, times);
            }
        }
        Ok(())
    }

    /// Reads `windows` at `watermark`.
    pub(crate) async fn read(
        &mut self,
        source: &dyn Source,
        question: &Question,
        limit: u32,
        windows: &BTreeSet<Window>,
        (watermark, written): (UnixMillis, Written),
    ) -> Result<Windows, StoreError> {
        let mut sums = Grouped::new();
        let mut read = Windows::new();
        let mut pieces = pieces(windows, watermark).into_iter().peekable();
        for &window in windows {
            if let Some((_, span)) = pieces.next_if(|(of, _)| *of == window) {
                let piece = self
                    .piece(source, question, limit, span, (watermark, written))
                    .await?;
                for (group, more) in &*piece {
                    *sums.entry(group.clone()).or_default() += more;
                }
            }
            read.insert(window, sums.clone());
        }
        Ok(read)
    }

    /// Forgets the pieces that no one has used since the last call.
    pub(crate) fn sweep(&mut self) {
        self.kept.retain(|_, piece| std::mem::take(&mut piece.used));
    }

    async fn piece(
        &mut self,
        source: &dyn Source,
        (filter, group_by): &Question,
        limit: u32,
        (from, to): (UnixMillis, UnixMillis),
        (watermark, written): (UnixMillis, Written),
    ) -> Result<Arc<Grouped>, StoreError> {
        let key = (key(filter, *group_by), from.0, to.0);
        if let Some(sums) = self.usable(&key, (watermark, written)) {
            return Ok(sums);
        }
        let sums = Arc::new(source.sums(filter, *group_by, limit, (from, to)).await?);
        self.keep(key, Arc::clone(&sums), (watermark, written));
        Ok(sums)
    }

    /// What is kept, where it need not be read again.
    fn usable(
        &mut self,
        key: &(Key, i64, i64),
        (watermark, written): (UnixMillis, Written),
    ) -> Option<Arc<Grouped>> {
        let keep_for = match watermark.0 - key.2 {
            behind if behind < FRESH => 0,
            behind if behind < RECENT => RECENT_REFRESH_INTERVAL_MS,
            _ => LATER,
        };
        let piece = self.kept.get_mut(key)?;
        if watermark.0 - piece.read_at.0 >= keep_for && piece.written != written {
            return None;
        }
        piece.used = true;
        Some(Arc::clone(&piece.sums))
    }

    fn keep(
        &mut self,
        key: (Key, i64, i64),
        sums: Arc<Grouped>,
        (read_at, written): (UnixMillis, Written),
    ) {
        let piece = Piece {
            read_at,
            written,
            used: true,
            sums,
        };
        self.kept.insert(key, piece);
    }
}

#[cfg(test)]
#[path = "segments_tests.rs"]
mod tests;
