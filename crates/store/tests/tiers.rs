//! Whatever rollup answers, by whatever length of time, it says what a recount of the raw rows says that was
//! written for this test alone.

mod support;

use std::time::Duration;

use observation::UnixMillis;
use slo::Count;
use store::{CHUNKS_PER_SPAN, Compared, Dimension, Reader, SliFilter, Store};
use support::fold::Fold;
use support::sql::Sql;
use support::traffic::{APP, Traffic};
use testkit::Engine;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
/// 2026-11-20T20:17:00Z.
const START: UnixMillis = UnixMillis(1_795_205_820_000);
const DAYS: i64 = 4;
const CHUNK_SIZE: u64 = 3;

const RECOUNTED: &str =
    "FROM observations FINAL WHERE app = 'shop' AND source = 'browser' AND NOT lab";
const IS_REQUEST: &str =
    "kind = 'request' AND outcome NOT IN ('aborted', 'unloaded', 'offline', 'local_network')";
const IS_FAILURE: &str = "(outcome NOT IN ('ok', 'http_error', 'aborted', 'unloaded', 'offline') \
    OR (kind = 'preflight' AND status >= 400))";

/// Dimensions of every grain.
const VALUES_OF: [Dimension; 5] = [
    Dimension::Outcome,
    Dimension::Endpoint,
    Dimension::Parameter,
    Dimension::Release,
    Dimension::Browser,
];

type Window = (UnixMillis, UnixMillis);

/// Ends of windows that lie on and off the borders of minutes, hours and days.
fn windows() -> Vec<Window> {
    let day = UnixMillis(START.0.div_euclid(DAY) * DAY);
    let end = START.plus(DAYS * DAY);
    vec![
        (START.plus(-DAY), end.plus(DAY)),
        (day.plus(DAY), day.plus(3 * DAY)),
        (day.plus(DAY - MINUTE), day.plus(3 * DAY + 61 * MINUTE)),
        (day.plus(DAY + 7 * MINUTE), day.plus(DAY + 23 * 60 * MINUTE)),
        (
            day.plus(2 * DAY + 100 * MINUTE),
            day.plus(2 * DAY + 110 * MINUTE),
        ),
    ]
}

struct World {
    store: Store,
    sql: Sql,
    /// Partition, and how many spans and chunks of it are closed.
    partitions: Vec<(u32, u64, u64)>,
}

impl World {
    /// Four days in two partitions; half of it is written twice.
    async fn new() -> Self {
        let engine = Engine::shared().await;
        let config = engine.config();
        let store = Store::embedded(&config, engine.access());
        store.migrate().await.expect("migrated");
        let sql = Sql::new(engine, &config);
        let records = 500;
        let per_second = f64::from(records) / (DAYS * DAY / 1000) as f64;
        let mut traffic = Traffic::new(5, START, per_second, 2);
        let mut fold = Fold::new(CHUNK_SIZE);
        let records: Vec<_> = (0..records).map(|_| traffic.record()).collect();
        for (number, records) in records.chunks(60).enumerate() {
            let batch = fold.batch(records.to_vec());
            for _ in 0..1 + number % 2 {
                store.write(&batch).await.expect("written");
            }
        }
        let progress = store.progress().await.expect("read");
        let partitions = progress.iter().map(|row| {
            let chunks = row.next_offset / CHUNK_SIZE;
            (row.partition, chunks / CHUNKS_PER_SPAN, chunks)
        });
        Self {
            partitions: partitions.collect(),
            store,
            sql,
        }
    }

    async fn compact(&self, share: u64) {
        for &(partition, spans, chunks) in &self.partitions {
            assert!(spans > 3, "there is something to compact");
            for span in 0..spans * share / 100 {
                self.store
                    .compact(1, partition, span)
                    .await
                    .expect("compacted");
            }
            let first = spans * share / 100 * CHUNKS_PER_SPAN;
            for chunk in first..chunks {
                self.store
                    .compact_chunk(1, partition, chunk)
                    .await
                    .expect("compacted");
            }
        }
    }

    /// The lines that `select` gives for the raw rows of a window.
    async fn recount(
        &self,
        select: &str,
        (from, to): Window,
        filter: &SliFilter,
        tail: &str,
    ) -> String {
        let (from, to) = (from.minute().seconds(), to.plus(59_999).minute().seconds());
        let limits = filter.limits().into_iter();
        let mut limits: String = limits
            .map(|(column, value)| format!(" AND {column} = '{value}'"))
            .collect();
        if let Some(flow) = &filter.flow {
            let calls = flow.calls.iter().map(|call| match &call.method {
                Some(method) => format!("(endpoint = '{}' AND method = '{method}')", call.endpoint),
                None => format!("endpoint = '{}'", call.endpoint),
            });
            let calls: Vec<_> = calls.collect();
            limits.push_str(&format!(" AND ({})", calls.join(" OR ")));
        }
        let sql = format!(
            "SELECT {select} {RECOUNTED}{limits} AND toUnixTimestamp(minute) >= {from} \
             AND toUnixTimestamp(minute) < {to} {tail}"
        );
        self.sql.ask(&sql).await
    }

    async fn check(&self, windows: &[Window]) {
        let reader = self.store.reader();
        for (number, &window) in windows.iter().enumerate() {
            // The limits matter for which rollup is asked, not for where a window is cut.
            let filters = filters().into_iter().skip(if number == 0 { 0 } else { 2 });
            for filter in filters {
                self.check_values(&reader, window, &filter).await;
                check_apps(&reader, window, &filter).await;
                self.check_series(&reader, window, &filter).await;
                self.check_failures(&reader, window, &filter).await;
                self.check_difference(&reader, window, &filter).await;
                self.check_preflights(&reader, window, &filter).await;
            }
        }
    }

    async fn check_values(&self, reader: &Reader, window: Window, filter: &SliFilter) {
        for by in VALUES_OF {
            let column = match by {
                Dimension::Browser => {
                    "concat(browser_family, ' ', toString(browser_major))".to_owned()
                }
                by => format!("toString({by})"),
            };
            let select = format!(
                "{column} AS value, sumIf(count, {IS_REQUEST}), \
                 sumIf(count, kind = 'request' AND outcome = 'blocked'), \
                 sumIf(count, kind = 'header_read'), \
                 sumIf(arraySum(latency.count), kind = 'request')"
            );
            let expect = self
                .recount(&select, window, filter, "GROUP BY value ORDER BY value")
                .await;
            let found = reader.breakdown(filter, by, window.0, window.1, 500).await;
            let mut found: Vec<_> = found
                .expect("read")
                .iter()
                .map(|value| {
                    let sums = &value.sums;
                    let measured: u64 = sums.latency.iter().map(|(_, count)| count).sum();
                    let cells = [sums.requests, sums.blocked, sums.header_reads, measured];
                    let cells = cells.map(|cell| cell.to_string()).join("\t");
                    format!("{}\t{cells}\n", value.value)
                })
                .collect();
            found.sort();
            assert_eq!(found.concat(), expect, "{by} of {window:?} {filter:?}");
        }
    }

    async fn check_series(&self, reader: &Reader, window: Window, filter: &SliFilter) {
        for minutes in [7, 60, 1440] {
            let seconds = minutes * 60;
            let select = format!(
                "intDiv(toUnixTimestamp(minute), {seconds}) * {seconds} AS step, \
                 sumIf(count, {IS_REQUEST}), sumIf(count, kind = 'request' AND outcome = 'blocked')"
            );
            let expect = self
                .recount(&select, window, filter, "GROUP BY step ORDER BY step")
                .await;
            let step = Duration::from_secs(seconds);
            let found = reader.series(filter, window.0, window.1, step).await;
            let found: String = found
                .expect("read")
                .iter()
                .map(|(at, sums)| {
                    format!("{}\t{}\t{}\n", at.seconds(), sums.requests, sums.blocked)
                })
                .collect();
            assert_eq!(
                found, expect,
                "steps of {minutes} minutes, {window:?} {filter:?}"
            );
        }
    }

    async fn check_failures(&self, reader: &Reader, window: Window, filter: &SliFilter) {
        const SIGNATURE: &str =
            "kind, service, target_origin, endpoint, method, outcome, stage, cause, parameter";
        let select = format!("{SIGNATURE}, sum(count), uniqExactIf(session, session != 0)");
        let tail = format!("AND {IS_FAILURE} GROUP BY {SIGNATURE}");
        let expect = self.recount(&select, window, filter, &tail).await;
        let mut expect: Vec<_> = expect.lines().map(str::to_owned).collect();
        expect.sort();
        let found = reader
            .top_failures(filter, window.0, window.1, 10_000)
            .await;
        let mut found: Vec<_> = found
            .expect("read")
            .iter()
            .map(|failure| {
                let stage = failure.stage.map_or("", |stage| stage.as_str());
                [
                    failure.kind.as_str(),
                    &failure.service,
                    &failure.target_origin,
                    &failure.endpoint,
                    &failure.method,
                    failure.outcome.as_str(),
                    stage,
                    &failure.cause,
                    &failure.parameter,
                    &failure.count.to_string(),
                    &failure.sessions.to_string(),
                ]
                .join("\t")
            })
            .collect();
        found.sort();
        assert_eq!(found, expect, "failures of {window:?} {filter:?}");
    }

    async fn check_difference(&self, reader: &Reader, window: Window, filter: &SliFilter) {
        let compared = Compared {
            bad: Count::Blocked,
            total: Count::Requests,
        };
        let rows = reader
            .difference(filter, window.0, window.1, compared)
            .await
            .expect("read");
        for column in [
            "endpoint",
            "release",
            "environment",
            "browser_family",
            "parameter",
        ] {
            let select = format!(
                "{column}, sumIf(count, kind = 'request' AND outcome = 'blocked'), \
                 sumIf(count, {IS_REQUEST}) AS total"
            );
            let tail = format!("GROUP BY {column} HAVING total > 0 ORDER BY {column}");
            let expect = self.recount(&select, window, filter, &tail).await;
            let own = rows.iter().filter(|row| row.dimension == column);
            let mut found: Vec<_> = own
                .map(|row| format!("{}\t{}\t{}\n", row.value, row.bad, row.total))
                .collect();
            found.sort();
            assert_eq!(found.concat(), expect, "{column} of {window:?} {filter:?}");
        }
        let all: Vec<_> = rows.iter().filter(|row| row.dimension.is_empty()).collect();
        let select = format!("sumIf(count, {IS_REQUEST})");
        let expect = self.recount(&select, window, filter, "").await;
        let found: u64 = all.iter().map(|row| row.total).sum();
        assert_eq!(
            (all.len() <= 1, format!("{found}\n")),
            (true, expect),
            "{window:?} {filter:?}"
        );
    }

    async fn check_preflights(&self, reader: &Reader, window: Window, filter: &SliFilter) {
        const SHAPE: &str = "service, target_origin, endpoint, method, parameter";
        let select = format!(
            "{SHAPE}, sumIf(count, {IS_REQUEST}) AS total, sum(arraySum(preflight_latency.count))"
        );
        let tail = format!(
            "AND kind = 'request' AND preflighted GROUP BY {SHAPE} HAVING total > 0 ORDER BY {SHAPE}"
        );
        let expect = self.recount(&select, window, filter, &tail).await;
        let found = reader
            .preflighted(filter, window.0, window.1)
            .await
            .expect("read");
        let mut found: Vec<_> = found
            .iter()
            .map(|row| {
                let shape = &row.shape;
                let measured: u64 = row.latency.iter().map(|(_, count)| count).sum();
                format!(
                    "{}\t{}\t{}\t{}\t{}\t{}\t{measured}\n",
                    shape.service,
                    shape.target_origin,
                    shape.endpoint,
                    shape.method,
                    shape.headers,
                    row.requests
                )
            })
            .collect();
        found.sort();
        assert_eq!(
            found.concat(),
            expect,
            "preflights of {window:?} {filter:?}"
        );
    }
}

/// Limits that need every grain.
fn filters() -> Vec<SliFilter> {
    let all = SliFilter::app(APP);
    let service = SliFilter {
        service: Some("cart".to_owned()),
        ..all.clone()
    };
    let page = SliFilter {
        page_origin: Some("https://m.shop.example.com".to_owned()),
        ..all.clone()
    };
    let both = SliFilter {
        service: service.service.clone(),
        ..page.clone()
    };
    let flow = SliFilter {
        flow: Some(store::Flow {
            name: "checkout".to_owned(),
            calls: [
                (None, "/v1/catalog/resource-0/:id"),
                (Some("GET"), "/v1/cart/resource-1/:id"),
            ]
            .map(|(method, endpoint)| store::FlowCall {
                method: method.map(str::to_owned),
                endpoint: endpoint.to_owned(),
            })
            .into(),
        }),
        ..all.clone()
    };
    vec![all, service, page, both, flow]
}

/// Asked together with others, an app has the sums that it has alone.
async fn check_apps(reader: &Reader, window: Window, filter: &SliFilter) {
    let alone = reader.sli(filter, window.0, window.1).await.expect("read");
    let apps = ["another".to_owned(), filter.app.clone()];
    let found = reader.sli_of_apps(filter, &apps, window).await;
    let found = found.expect("read");
    let own = found.get(&filter.app).cloned().unwrap_or_default();
    assert_eq!(own, alone, "{window:?} {filter:?}");
    assert!(found.len() <= 1, "{found:?}");
}

#[tokio::test]
async fn every_rollup_says_what_a_recount_of_raw_rows_says() {
    let world = World::new().await;
    world.compact(50).await;
    world.check(&windows()[..1]).await;
    world.compact(100).await;
    world.check(&windows()).await;
}

#[tokio::test]
async fn a_span_that_is_compacted_again_replaces_its_sums_in_every_rollup() {
    let world = World::new().await;
    world.compact(100).await;
    for &(partition, spans, chunks) in &world.partitions {
        for chunk in spans * CHUNKS_PER_SPAN..chunks {
            world
                .store
                .compact_chunk_again(1, partition, chunk)
                .await
                .expect("compacted");
        }
        for span in 0..spans {
            world
                .store
                .compact_again(1, partition, span)
                .await
                .expect("compacted");
        }
    }
    world.check(&windows()[2..3]).await;
}
