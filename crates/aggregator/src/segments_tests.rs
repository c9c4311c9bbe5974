use std::sync::Mutex;

use async_trait::async_trait;
use proptest::prelude::*;
use slo::Sums;
use store::{Failure, Witnessed, Written};

use super::*;

/// Requests at minutes; counts its queries.
#[derive(Default)]
struct Minutes {
    requests: BTreeMap<i64, u64>,
    asked: Mutex<Vec<(i64, i64)>>,
}

#[async_trait]
impl Source for Minutes {
    async fn sums(
        &self,
        _: &SliFilter,
        _: GroupBy,
        _: u32,
        (from, to): (UnixMillis, UnixMillis),
    ) -> Result<Grouped, StoreError> {
        self.asked
            .lock()
            .expect("not poisoned")
            .push((from.0, to.0));
        let requests = self
            .requests
            .range(from.0..to.0)
            .map(|(_, count)| count)
            .sum();
        let sums = Sums {
            requests,
            ..Sums::default()
        };
        Ok(Grouped::from([(String::new(), sums)]))
    }

    async fn sums_of_apps(
        &self,
        filter: &SliFilter,
        apps: &[String],
        span: (UnixMillis, UnixMillis),
    ) -> Result<BTreeMap<String, Sums>, StoreError> {
        let of_all = self.sums(filter, GroupBy::None, 1, span).await?;
        let sums = of_all.into_values().next().unwrap_or_default();
        Ok(apps.iter().map(|app| (app.clone(), sums.clone())).collect())
    }

    async fn witnesses(
        &self,
        _: &SliFilter,
        _: (UnixMillis, UnixMillis),
    ) -> Result<Vec<Witnessed>, StoreError> {
        Ok(Vec::new())
    }

    async fn diagnoses(&self, _: &str) -> Result<Vec<store::DiagnosisRow>, StoreError> {
        Ok(Vec::new())
    }

    async fn failures(
        &self,
        _: &SliFilter,
        _: (UnixMillis, UnixMillis),
        _: u32,
    ) -> Result<Vec<Failure>, StoreError> {
        Ok(Vec::new())
    }
}

const NOON: i64 = 1_700_049_600_000;

fn question() -> Question {
    (SliFilter::app("shop"), GroupBy::None)
}

fn windows(minutes: &[u64]) -> BTreeSet<Window> {
    minutes
        .iter()
        .map(|&minutes| Window::minutes(minutes))
        .collect()
}

fn requests(read: &Windows, minutes: u64) -> u64 {
    read[&Window::minutes(minutes)]
        .get("")
        .map_or(0, |sums| sums.requests)
}

/// Reads while something is written all the time.
async fn read(segments: &mut Segments, source: &Minutes, minutes: &[u64], at: i64) -> Windows {
    let written = Written(at.unsigned_abs());
    read_under(segments, source, minutes, (at, written)).await
}

async fn read_under(
    segments: &mut Segments,
    source: &Minutes,
    minutes: &[u64],
    (at, written): (i64, Written),
) -> Windows {
    let windows = windows(minutes);
    let read = segments
        .read(source, &question(), 10, &windows, (UnixMillis(at), written))
        .await;
    segments.sweep();
    read.expect("the fake never fails")
}

#[tokio::test]
async fn the_minute_of_the_watermark_counts_as_far_as_it_is_filled() {
    let source = Minutes {
        requests: BTreeMap::from([(NOON, 1), (NOON - 5 * MINUTE, 10), (NOON - 6 * MINUTE, 100)]),
        ..Minutes::default()
    };
    let mut segments = Segments::default();
    let read = read(&mut segments, &source, &[5, 60], NOON + 30_000).await;
    assert_eq!(requests(&read, 5), 11);
    assert_eq!(requests(&read, 60), 111);
}

#[tokio::test]
async fn only_the_newest_minutes_are_read_with_every_tick() {
    let source = Minutes::default();
    let mut segments = Segments::default();
    let all = [5, 30, 60, 360, 1440, 4320, 43_200];
    for second in 0..50 {
        read(&mut segments, &source, &all, NOON + second * 1000).await;
    }
    let asked = source.asked.lock().expect("not poisoned").len();
    // 50 for the newest, 5 for the next, 1 for each of the older five.
    assert_eq!(asked, 50 + 5 + 5);
    assert!(segments.kept.len() <= all.len());
}

#[tokio::test]
async fn nothing_is_read_again_in_a_minute_in_which_nothing_was_written() {
    let source = Minutes::default();
    let mut segments = Segments::default();
    let asked = |source: &Minutes| source.asked.lock().expect("not poisoned").len();
    for (second, written, expect) in [(0, 1, 3), (1, 1, 3), (40, 1, 3), (41, 2, 5), (59, 2, 5)] {
        let under = (NOON + second * 1000, Written(written));
        read_under(&mut segments, &source, &[5, 60, 1440], under).await;
        assert_eq!(asked(&source), expect, "second {second}");
    }
}

#[tokio::test]
async fn late_rows_are_found_within_a_minute() {
    let mut source = Minutes::default();
    let mut segments = Segments::default();
    read(&mut segments, &source, &[5, 60, 1440], NOON).await;
    source
        .requests
        .extend([(NOON - 10 * MINUTE, 1), (NOON - 300 * MINUTE, 1)]);
    let soon = read(&mut segments, &source, &[5, 60, 1440], NOON + 10_000).await;
    assert_eq!((requests(&soon, 60), requests(&soon, 1440)), (1, 1));
    let later = read(&mut segments, &source, &[5, 60, 1440], NOON + 60_000).await;
    assert_eq!(requests(&later, 1440), 2);
}

#[tokio::test]
async fn what_is_asked_in_a_round_does_not_depend_on_how_many_apps_there_are() {
    let source = Minutes {
        requests: BTreeMap::from([(NOON, 1), (NOON - 20 * MINUTE, 10)]),
        ..Minutes::default()
    };
    let minutes = [5, 60, 43_200];
    for apps in [2, 22, 500] {
        source.asked.lock().expect("not poisoned").clear();
        let filter = |nth: usize| SliFilter::app(format!("app-{nth}"));
        let mut questions: Vec<_> = (0..apps)
            .map(|nth| ((filter(nth), GroupBy::None), windows(&minutes)))
            .collect();
        // Other questions of the same app are none of the others'.
        let limited = SliFilter {
            service: Some("cart".to_owned()),
            ..filter(0)
        };
        questions.push(((limited, GroupBy::None), windows(&minutes)));
        questions.push(((filter(0), GroupBy::Endpoint), windows(&minutes)));
        let mut segments = Segments::default();
        let times = (UnixMillis(NOON + 30_000), Written(1));
        let together = segments.read_together(&source, &questions, times);
        together.await.expect("the fake never fails");
        for (question, windows) in &questions {
            let read = segments.read(&source, question, 10, windows, times);
            let read = read.await.expect("the fake never fails");
            assert_eq!((requests(&read, 5), requests(&read, 60)), (1, 11));
        }
        let asked = source.asked.lock().expect("not poisoned").len();
        assert_eq!(asked, 3 * minutes.len(), "{apps} apps");
    }
}

proptest! {
    #[test]
    fn a_window_is_what_one_query_over_it_would_say(
        at in 0..200_000_000_i64,
        minutes in prop::collection::btree_set(1..5000_u64, 1..8),
        rows in prop::collection::vec((0..5000_i64, 1..100_u64), 0..100),
    ) {
        let watermark = UnixMillis(NOON + at);
        let mut source = Minutes::default();
        for (ago, count) in rows {
            *source.requests.entry(watermark.minute().0 - ago * MINUTE).or_default() += count;
        }
        let minutes: Vec<_> = minutes.into_iter().collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let read = runtime.block_on(read(&mut Segments::default(), &source, &minutes, watermark.0));
        for minutes in minutes {
            let window = Window::minutes(minutes);
            let span = start(window, watermark).0..end(watermark).0;
            let truth: u64 = source.requests.range(span).map(|(_, count)| count).sum();
            prop_assert_eq!(requests(&read, minutes), truth);
        }
    }
}
