use std::collections::BTreeMap;
use std::sync::Mutex;

use alert::Witnesses;
use async_trait::async_trait;
use observation::MILLIS_PER_MINUTE;
use settings::Span;
use slo::{Sli, Sums};
use store::{HISTORY_PAGE, SliFilter};

use super::*;
use crate::{Config, SloConfig, objectives};

/// The start of a day.
const DAY: i64 = 1_700_006_400_000;
const HOUR: i64 = 3_600_000;

/// History in memory: requests and blocks by minute and service.
#[derive(Default)]
struct Past {
    sums: BTreeMap<(i64, String), Sums>,
    witnesses: Witnesses,
    asked: Mutex<Vec<(UnixMillis, UnixMillis)>>,
}

impl Past {
    /// `each_minute` requests in every minute of `[from, to)`.
    fn traffic(&mut self, (from, to): (i64, i64), service: &str, (blocked, requests): (u64, u64)) {
        for minute in (from..to).step_by(60_000) {
            let sums = self.sums.entry((minute, service.to_owned())).or_default();
            sums.requests += requests;
            sums.blocked += blocked;
        }
    }
}

#[async_trait]
impl History for Past {
    async fn page(
        &self,
        _: &SliFilter,
        group_by: GroupBy,
        step: Step,
        (from, to): (UnixMillis, UnixMillis),
    ) -> Result<Vec<(UnixMillis, String, Sums)>, StoreError> {
        let mut page: BTreeMap<(UnixMillis, String), Sums> = BTreeMap::new();
        for ((minute, service), sums) in &self.sums {
            if (from.0..to.0).contains(minute) {
                let at = match step {
                    Step::Minute => UnixMillis(*minute),
                    Step::Hour => UnixMillis(*minute).hour(),
                };
                let group = if group_by == GroupBy::None {
                    ""
                } else {
                    service
                };
                *page.entry((at, group.to_owned())).or_default() += sums;
            }
        }
        let page = page.into_iter().take(HISTORY_PAGE);
        Ok(page.map(|((at, group), sums)| (at, group, sums)).collect())
    }

    async fn blocks_seen_by(
        &self,
        _: &SliFilter,
        span: (UnixMillis, UnixMillis),
    ) -> Result<Vec<Witnesses>, StoreError> {
        self.asked.lock().expect("not poisoned").push(span);
        Ok(vec![self.witnesses])
    }
}

fn slo(change: impl FnOnce(&mut SloConfig)) -> Vec<Slo> {
    let mut slo = SloConfig::of("shop", Sli::BlockRate);
    change(&mut slo);
    objectives((&[slo], &[]), &[], &Config::default(), Span::secs(3600))
}

fn backtest(slos: Vec<Slo>, from: i64, to: i64) -> Backtest {
    Backtest {
        slos,
        corroboration: alert::Corroboration::default(),
        max_groups: 50,
        from: UnixMillis(from),
        to: UnixMillis(to),
        minutes_since: UnixMillis(0),
        complete_to: UnixMillis(i64::MAX),
        raw_since: UnixMillis(0),
    }
}

/// Thirty healthy days, and ten minutes in which every tenth request is blocked.
fn an_incident() -> Past {
    let mut past = Past::default();
    past.traffic((DAY - 30 * 24 * HOUR, DAY + 24 * HOUR), "cart", (0, 100));
    past.traffic(
        (DAY + 10 * HOUR, DAY + 10 * HOUR + 600_000),
        "cart",
        (10, 0),
    );
    past
}

const MANY: Witnesses = Witnesses {
    sessions: 40,
    networks: 9,
    all_networks: 9,
};

#[tokio::test]
async fn an_incident_of_the_past_fires_when_it_would_have_with_the_budget_of_that_time() {
    let past = Past {
        witnesses: MANY,
        ..an_incident()
    };
    let report = backtest(slo(|_| {}), DAY, DAY + 24 * HOUR).run(&past).await;
    let report = report.expect("read");
    assert_eq!((report.pages, report.tickets), (1, 0), "{report:#?}");
    let alert = &report.alerts[0];
    assert_eq!(
        (alert.slo.as_str(), alert.rule.as_str()),
        ("shop-block_rate", "fast_burn")
    );
    // 14.4 times 0.1 % of an hour's 6,100 requests are 88: reached with the ninth minute of ten blocks.
    assert_eq!(alert.fired_at, "2023-11-15T10:09:00.000Z");
    assert_eq!(
        (alert.bad, alert.total, alert.long),
        (90, 6100, Window::hours(1))
    );
    assert!(
        (alert.burn_rate - 14.754).abs() < 1e-3,
        "{}",
        alert.burn_rate
    );
    // 4,320,000 requests in 30 days allow 4,320 bad ones.
    assert!(
        (alert.budget_consumed - 90.0 / 4320.0).abs() < 1e-4,
        "{alert:?}"
    );
    assert_eq!(
        (alert.support, alert.from_the_start),
        (Support::Counted, false)
    );
    // Below the burn rate in five minutes from 10:14 on, and calm for a minute.
    assert!(
        alert.resolved_at.is_some() && alert.lasted_seconds > 240,
        "{alert:?}"
    );
    let slo = &report.slos[0];
    assert_eq!(
        (slo.bad, slo.total, slo.pages, slo.tickets),
        (100, 144_000, 1, 0)
    );
}

#[tokio::test]
async fn a_changed_objective_is_judged_by_the_same_past() {
    for (objective, pages) in [(0.999, 1), (0.99, 0), (0.9999, 1)] {
        let slos = slo(|slo| slo.objective = slo::Objective::new(objective).ok());
        let past = Past {
            witnesses: MANY,
            ..an_incident()
        };
        let report = backtest(slos, DAY, DAY + 24 * HOUR).run(&past).await;
        assert_eq!(report.expect("read").pages, pages, "{objective}");
    }
}

#[tokio::test]
async fn a_page_without_witnesses_would_have_been_a_ticket_and_where_none_are_kept_that_is_said() {
    let past = an_incident();
    let test = backtest(slo(|_| {}), DAY, DAY + 24 * HOUR);
    let report = test.run(&past).await.expect("read");
    assert_eq!((report.pages, report.tickets), (0, 1), "{report:#?}");
    assert!(report.notes.is_empty(), "{:?}", report.notes);
    let test = Backtest {
        raw_since: UnixMillis(DAY + 24 * HOUR),
        ..backtest(slo(|_| {}), DAY, DAY + 24 * HOUR)
    };
    let report = test.run(&past).await.expect("read");
    assert_eq!(
        (report.pages, report.alerts[0].support),
        (1, Support::Assumed)
    );
    assert!(report.notes[0].contains("assumed"), "{:?}", report.notes);
}

#[tokio::test]
async fn each_group_has_its_own_alert_and_a_healthy_one_has_none() {
    let mut past = an_incident();
    past.witnesses = MANY;
    past.traffic((DAY, DAY + 24 * HOUR), "search", (0, 100));
    let slos = slo(|slo| slo.group_by = GroupBy::Service);
    let report = backtest(slos, DAY, DAY + 24 * HOUR)
        .run(&past)
        .await
        .expect("read");
    let groups: Vec<_> = report
        .alerts
        .iter()
        .map(|alert| alert.group.as_deref())
        .collect();
    assert_eq!(groups, [Some("cart")]);
}

#[tokio::test]
async fn what_is_not_kept_is_not_replayed_and_that_is_said() {
    let past = an_incident();
    for (minutes_since, from) in [
        (DAY + 20 * HOUR, "2023-11-15T20:00:00.000Z"),
        (DAY + 30 * HOUR, "2023-11-16T06:00:00.000Z"),
    ] {
        let test = Backtest {
            minutes_since: UnixMillis(minutes_since),
            ..backtest(slo(|_| {}), DAY, DAY + 24 * HOUR)
        };
        let report = test.run(&past).await.expect("read");
        assert_eq!((report.from.as_str(), report.alerts.len()), (from, 0));
        assert!(report.notes[0].contains("kept since"), "{:?}", report.notes);
    }
}

#[tokio::test]
async fn an_alert_that_fires_at_the_borders_of_the_replay_is_marked() {
    let past = Past {
        witnesses: MANY,
        ..an_incident()
    };
    let (from, to) = (DAY + 10 * HOUR + 540_000, DAY + 10 * HOUR + 660_000);
    let report = backtest(slo(|_| {}), from, to)
        .run(&past)
        .await
        .expect("read");
    let alert = &report.alerts[0];
    assert!(
        alert.from_the_start && alert.resolved_at.is_none(),
        "{alert:?}"
    );
    assert_eq!(alert.lasted_seconds * 1000, MILLIS_PER_MINUTE);
}

#[tokio::test]
async fn witnesses_are_not_counted_for_every_minute_of_a_long_incident() {
    let mut past = an_incident();
    past.traffic((DAY + 12 * HOUR, DAY + 22 * HOUR), "cart", (50, 0));
    let report = backtest(slo(|_| {}), DAY, DAY + 24 * HOUR).run(&past).await;
    report.expect("read");
    let asked = past.asked.lock().expect("not poisoned").len();
    assert!((100..200).contains(&asked), "{asked}");
}
