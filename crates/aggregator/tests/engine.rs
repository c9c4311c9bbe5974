//! The aggregator over the real engine.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aggregator::{
    Aggregator, Backtest, Board, Condition, Config, Engine, Evidence, FlowConfig, GroupBy,
    LogShape, Parts, SloConfig, objectives,
};
use alert::{Answer, Dispatcher, Notification, Notifier, NotifyError, Status};
use async_trait::async_trait;
use observation::{Chunk, Observation, Position, UnixMillis};
use runtime::{Clock, ManualClock, Stop};
use settings::Span;
use slo::Sli;
use store::{Batch, ChunkRow, Dimensions, ObservationRow, PartRow, ProgressRow, Retention, Store};
use testkit::fact::{self, NOON};
use testkit::{wait_for, wait_until};
use tokio::sync::watch;
use tokio::task::JoinSet;

const SOON: Duration = Duration::from_secs(30);
const MINUTE: i64 = observation::MILLIS_PER_MINUTE;

/// The facts are of a fixed day, and what is past its time is dropped as it is written.
async fn database() -> Store {
    let engine = testkit::Engine::shared().await;
    let ages = Span::secs(3000 * 86_400);
    let retention = Retention {
        raw: ages,
        parts: ages,
        minutes: ages,
        hours: ages,
    };
    let config = store::Config {
        retention,
        ..engine.config()
    };
    let store = Store::embedded(&config, engine.access());
    store.migrate().await.expect("the database is migrated");
    store
}

/// Writes one beacon of each session as the loader does, each in a chunk of its own.
async fn write(store: &Store, first: u64, sessions: u64, seen: &[Observation]) {
    let mut batch = Batch::default();
    for offset in first..first + sessions {
        let mut envelope = fact::envelope(offset, seen.iter().cloned());
        let page = envelope.origin.page.as_mut().expect("a page");
        page.network = u32::try_from(offset).expect("small");
        // 0 stands for no page load.
        page.session = observation::SessionId(offset + 1);
        let mut parts: BTreeMap<(UnixMillis, Dimensions), PartRow> = BTreeMap::new();
        for seen in &envelope.observations {
            let dims = Dimensions::of(&envelope.origin, seen);
            let part = PartRow {
                app: "shop".to_owned(),
                minute: seen.at.minute(),
                epoch: 1,
                partition: 0,
                chunk: Chunk(offset),
                dims: dims.clone(),
                version: offset,
                count: 0,
                latency: Vec::new(),
                preflight_latency: Vec::new(),
            };
            parts.entry((part.minute, dims)).or_insert(part).count += u64::from(seen.count);
        }
        batch.parts.extend(parts.into_values());
        batch.chunks.push(ChunkRow {
            epoch: 1,
            partition: 0,
            chunk: Chunk(offset),
            version: offset,
            records: 1,
            beacons_stored: 1,
            duplicates: 0,
            dead_lettered: 0,
            edge_reports: 0,
            rows: seen.len() as u64,
        });
        let position = Position {
            epoch: 1,
            partition: 0,
            offset,
        };
        batch
            .observations
            .extend(ObservationRow::from_envelope(position, NOON, envelope));
    }
    store.write(&batch).await.expect("written");
}

/// The loader says that everything until `at` is in the store.
async fn complete(store: &Store, next_offset: u64, at: UnixMillis) {
    let progress = vec![ProgressRow {
        epoch: 1,
        partition: 0,
        next_offset,
        event_time: at,
    }];
    store
        .write(&Batch {
            progress,
            ..Batch::default()
        })
        .await
        .expect("written");
}

fn healthy(count: u32, minutes_ago: i64) -> Observation {
    Observation {
        count,
        at: NOON.plus(-minutes_ago * MINUTE),
        ..fact::ok()
    }
}

#[derive(Default)]
struct Pager(Mutex<Vec<Notification>>);

#[async_trait]
impl Notifier for Pager {
    fn name(&self) -> &'static str {
        "pager"
    }

    async fn notify(&self, notification: &Notification) -> Result<Answer, NotifyError> {
        self.0
            .lock()
            .expect("not poisoned")
            .push(notification.clone());
        Ok(Answer::new("taken"))
    }
}

impl Pager {
    fn heard(&self) -> Vec<Notification> {
        self.0.lock().expect("not poisoned").clone()
    }
}

struct Running {
    board: watch::Receiver<Arc<Board>>,
    pager: Arc<Pager>,
    stop: Stop,
    task: JoinSet<()>,
}

fn start(store: &Store, clock: &Clock) -> Running {
    let config = Config {
        tick: Span::millis(100),
        resolve_after: Span::secs(0),
        ..Config::default()
    };
    let alert = alert::Config::default();
    let metrics = runtime::Metrics::default();
    let pager = Arc::new(Pager::default());
    let engine = Arc::new(Engine::new(store.clone()));
    let slos = [SloConfig::of("shop", Sli::BlockRate)];
    let shown = watch::Sender::default();
    let aggregator = Aggregator::new(Parts {
        slos: objectives(
            (&slos, &[]),
            &["shop".to_owned()],
            &config,
            alert.remind_after,
        ),
        config,
        log: LogShape {
            partitions: 1,
            chunk_size: 1,
            keep_parts: Span::secs(86_400),
        },
        alert: &alert,
        dispatcher: Dispatcher::with(vec![Arc::clone(&pager) as _], &alert, &metrics),
        source: Arc::clone(&engine) as _,
        keep: engine,
        edge: None,
        board: shown.clone(),
        clock: clock.clone(),
        metrics: &metrics,
    });
    let board = shown.subscribe();
    let stop = Stop::new();
    let mut task = JoinSet::new();
    let asked = stop.clone();
    task.spawn(async move {
        aggregator
            .run(asked)
            .await
            .expect("it goes on until it is stopped")
    });
    Running {
        board,
        pager,
        stop,
        task,
    }
}

impl Running {
    async fn notification(&self, status: Status) -> Notification {
        wait_for("a notification", SOON, || async {
            self.pager
                .heard()
                .into_iter()
                .find(|told| told.status == status)
        })
        .await
    }

    async fn evaluated_at(&mut self, at: UnixMillis) -> Arc<Board> {
        let there = |board: &Arc<Board>| {
            board.condition == Condition::Leading && board.watermark == Some(at)
        };
        let board = tokio::time::timeout(SOON, self.board.wait_for(there)).await;
        board.expect("evaluated in time").expect("it runs").clone()
    }

    async fn stop(mut self) -> Vec<Notification> {
        self.stop.cancel();
        self.task
            .join_next()
            .await
            .expect("one task")
            .expect("no panic");
        self.pager.heard()
    }
}

/// Ten minutes in which everything passes, also what was blocked.
fn mended() -> Vec<Observation> {
    let cart = |ago| Observation {
        endpoint: fact::blocked().endpoint,
        ..healthy(1, ago)
    };
    let mut later: Vec<_> = (-10..=-4).map(|ago| healthy(100, ago)).collect();
    later.extend((-10..=-4).map(cart));
    later
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(
    clippy::too_many_lines,
    reason = "one story, from rows over a restart to the end"
)]
async fn an_incident_goes_from_rows_to_a_page_and_outlives_a_restart() {
    let store = database().await;
    let (clock, hand) = ManualClock::at(NOON.plus(40_000));
    let past: Vec<_> = (1..=360).map(|ago| healthy(100, ago)).collect();
    write(&store, 0, 1, &past).await;
    complete(&store, 1, NOON.plus(39_000)).await;
    let mut one = start(&store, &clock);
    let board = one.evaluated_at(NOON.plus(39_000)).await;
    assert_eq!(
        (board.slos[0].ratio.bad, board.slos[0].ratio.total),
        (0, 36_000)
    );

    let blocked = Observation {
        count: 20,
        ..fact::blocked()
    };
    write(&store, 1, 5, &[blocked]).await;
    complete(&store, 6, NOON.plus(39_000)).await;
    let row = wait_for("the alert in the store", SOON, || async {
        store
            .alerts()
            .await
            .expect("read")
            .into_iter()
            .find(|row| row.state == store::AlertPhase::Firing)
    })
    .await;
    assert_eq!((row.rule.as_str(), row.app.as_str()), ("fast_burn", "shop"));
    // The page waits for a diagnosis that does not come.
    hand.advance(3_000);
    let page = one.notification(Status::Firing).await;
    assert_eq!(
        (page.label("alertname"), page.label("severity")),
        ("corswatch_incident", "page")
    );
    for (name, part) in [
        ("summary", "PUT /cart/:id"),
        ("summary", "at the preflight"),
        ("summary", "5 of 5 page loads in 5 networks"),
        ("description", "100 of 6,100"),
        ("description", "No change that is known explains it."),
    ] {
        assert!(page.annotations[name].contains(part), "{part} in {page:?}");
    }
    let kept = store.incidents().await.expect("read");
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(
        (kept[0].id.as_str(), &kept[0].apps[..]),
        (page.alert.as_str(), &["shop".to_owned()][..])
    );
    one.stop().await;

    // Ten minutes later, with healthy traffic, under another process.
    hand.advance(10 * MINUTE);
    let later = mended();
    write(&store, 6, 1, &later).await;
    complete(&store, 7, NOON.plus(39_000 + 10 * MINUTE)).await;
    let mut two = start(&store, &clock);
    two.evaluated_at(NOON.plus(39_000 + 10 * MINUTE)).await;
    wait_until("the alert is over", SOON, || async {
        let rows = store.alerts().await.expect("read");
        rows.iter()
            .any(|row| row.rule == "fast_burn" && row.state == store::AlertPhase::Resolved)
    })
    .await;
    // It is held open for two minutes.
    hand.advance(2 * MINUTE);
    complete(&store, 7, NOON.plus(39_000 + 12 * MINUTE)).await;
    let over = two.notification(Status::Resolved).await;
    assert_eq!((&over.alert, over.starts_at), (&page.alert, page.starts_at));
    wait_until("the resolution in the store", SOON, || async {
        let rows = store.incidents().await.expect("read");
        rows.iter()
            .any(|row| row.id == page.alert.as_str() && row.state == store::IncidentState::Closed)
    })
    .await;
    let told = two.stop().await;
    assert!(
        told.iter().all(|told| told.status == Status::Resolved),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_from_one_network_alone_wake_nobody() {
    let store = database().await;
    let (clock, hand) = ManualClock::at(NOON.plus(40_000));
    let blocked = Observation {
        count: 300,
        ..fact::blocked()
    };
    write(&store, 0, 1, &[healthy(100, 1), blocked]).await;
    complete(&store, 1, NOON.plus(39_000)).await;
    let mut running = start(&store, &clock);
    running.evaluated_at(NOON.plus(39_000)).await;
    hand.advance(3_000);
    let told = running.notification(Status::Firing).await;
    assert_eq!(
        (told.label("severity"), told.label("suspicious_source")),
        ("ticket", "true")
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partner_with_little_traffic_that_is_blocked_wholly_opens_an_incident_that_no_budget_sees()
 {
    let store = database().await;
    let (clock, hand) = ManualClock::at(NOON.plus(40_000));
    let partner = |seen: Observation| Observation {
        endpoint: "/partner".into(),
        method: "PUT".into(),
        ..seen
    };
    let mut past: Vec<_> = (1..=300).map(|ago| healthy(10_000, ago)).collect();
    past.push(partner(healthy(1, 200)));
    write(&store, 0, 1, &past).await;
    write(&store, 1, 4, &[partner(fact::blocked())]).await;
    complete(&store, 5, NOON.plus(39_000)).await;
    let mut running = start(&store, &clock);
    let board = running.evaluated_at(NOON.plus(39_000)).await;
    assert!(
        board.slos[0]
            .rules
            .iter()
            .all(|rule| rule.phase == "inactive")
    );
    hand.advance(3_000);
    let page = running.notification(Status::Firing).await;
    assert_eq!(
        (page.label("slo"), page.label("severity")),
        ("blocked_slice", "page")
    );
    assert!(
        page.annotations["summary"].contains("PUT /partner"),
        "{page:?}"
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slice_that_never_passed_or_passes_again_opens_nothing() {
    let store = database().await;
    let slice = |endpoint: &str, seen: Observation| Observation {
        endpoint: endpoint.into(),
        method: "PUT".into(),
        ..seen
    };
    let late = |seen: Observation| Observation { count: 30, ..seen };
    write(
        &store,
        0,
        1,
        &[
            slice("/mended", healthy(1, 200)),
            slice("/few", healthy(1, 200)),
        ],
    )
    .await;
    let blocks = [
        slice("/never", fact::blocked()),
        Observation {
            at: NOON.plus(-10 * MINUTE),
            ..slice("/mended", fact::blocked())
        },
        slice("/mended", late(fact::ok())),
    ];
    write(&store, 1, 5, &blocks).await;
    write(&store, 6, 2, &[slice("/few", fact::blocked())]).await;
    let filter = store::SliFilter::app("shop");
    let ask = |sessions| {
        let (reader, filter) = (store.reader(), filter.clone());
        async move {
            let found =
                reader.blocked_slices(&filter, sessions, NOON.plus(-86_400_000), NOON.plus(MINUTE));
            let found = found.await.expect("read");
            found
                .into_iter()
                .map(|slice| slice.endpoint)
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(ask(3).await, Vec::<String>::new());
    assert_eq!(
        ask(2).await,
        ["/few"],
        "two page loads are enough where two are asked for"
    );
}

/// What is blocked, of all requests.
const BLOCKED: store::Counts = store::Counts {
    failed: slo::Count::Blocked,
    all: slo::Count::Requests,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flow_counts_its_own_calls_and_the_page_loads_of_it_that_failures_reach() {
    let store = database().await;
    let call = |method: &str, endpoint: &str, seen: Observation| Observation {
        method: method.into(),
        endpoint: endpoint.into(),
        count: 1,
        ..seen
    };
    let paid = call("POST", "/pay", fact::ok());
    write(&store, 0, 6, std::slice::from_ref(&paid)).await;
    let blocked = [paid, call("PUT", "/cart/:id", fact::blocked())];
    write(&store, 6, 2, &blocked).await;
    let outside = [
        call("GET", "/cart/:id", fact::blocked()),
        call("PUT", "/other", fact::blocked()),
    ];
    write(&store, 8, 5, &outside).await;
    let toml = "name = \"checkout\"\napp = \"shop\"\nendpoints = [\"PUT /cart/:id\", \"/pay\"]";
    let flow: FlowConfig = toml::from_str(toml).expect("well formed");
    let filter = store::SliFilter {
        flow: Some(flow.flow()),
        ..store::SliFilter::app("shop")
    };
    let span = (NOON.plus(-10 * MINUTE), NOON.plus(MINUTE));
    let sums = store
        .reader()
        .sli(&filter, span.0, span.1)
        .await
        .expect("read");
    assert_eq!((sums.blocked, sums.requests), (2, 10));
    let engine = Engine::new(store.clone());
    let origin = fact::blocked().target_origin.to_string();
    for (target, endpoint, sessions) in [
        (origin.as_str(), "/cart/:id", 2),
        ("", "/cart/:id", 2),
        ("https://elsewhere.test", "/cart/:id", 0),
        (origin.as_str(), "/pay", 0),
    ] {
        let endpoints = [endpoint.to_owned()];
        let found = engine
            .flow_affected(&filter, (target, &endpoints, BLOCKED), span)
            .await;
        let found = found.expect("read");
        assert_eq!(
            (found.sessions, found.all_sessions),
            (sessions, 8),
            "{target} {endpoint}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_is_blocked_in_many_hours_and_still_fails_quietly() {
    let store = database().await;
    let at = |endpoint: &str, minutes: i64| Observation {
        endpoint: endpoint.into(),
        at: NOON.plus(-minutes * MINUTE),
        ..fact::blocked()
    };
    let mut seen = Vec::new();
    for hour in 0..5 {
        seen.push(at("/quiet", hour * 60));
        seen.push(at("/over", 120 + hour * 60));
        seen.push(at("/burst", hour));
    }
    write(&store, 0, 3, &seen).await;
    let filter = store::SliFilter::app("shop");
    let found = store
        .reader()
        .lingering_slices(&filter, (4, 3), NOON.plus(MINUTE))
        .await;
    let found: Vec<_> = found
        .expect("read")
        .into_iter()
        .map(|slice| (slice.endpoint, slice.sessions))
        .collect();
    assert_eq!(found, [("/quiet".to_owned(), 3)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closed_spans_are_compacted_and_the_sums_stay() {
    let store = database().await;
    let (clock, hand) = ManualClock::at(NOON.plus(40_000));
    let sessions = store::CHUNKS_PER_SPAN * 2 + 3;
    write(&store, 0, sessions, &[healthy(10, 5)]).await;
    complete(&store, sessions, NOON.plus(39_000)).await;
    let mut running = start(&store, &clock);
    let before = running.evaluated_at(NOON.plus(39_000)).await;
    wait_until("two spans are compacted", SOON, || async {
        let compacted = store.compacted().await.expect("read");
        compacted.iter().any(|row| row.spans == 2)
    })
    .await;
    hand.advance(2 * MINUTE);
    complete(&store, sessions, NOON.plus(39_000 + 2 * MINUTE)).await;
    let after = running.evaluated_at(NOON.plus(39_000 + 2 * MINUTE)).await;
    assert_eq!(before.slos[0].ratio, after.slos[0].ratio);
    assert_eq!(after.slos[0].ratio.total, 10 * sessions);
    running.stop().await;
}

/// The same rows raise the same alert live (`an_incident_goes_from_rows_to_a_page_and_outlives_a_restart`)
/// and in a replay.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_of_what_is_stored_raises_what_was_raised_live() {
    let store = database().await;
    let past: Vec<_> = (1..=360).map(|ago| healthy(100, ago)).collect();
    write(&store, 0, 1, &past).await;
    let blocked = Observation {
        count: 20,
        ..fact::blocked()
    };
    write(&store, 1, 5, &[blocked]).await;
    let alert = alert::Config::default();
    for group_by in [GroupBy::None, GroupBy::Endpoint] {
        let slo = SloConfig {
            group_by,
            ..SloConfig::of("shop", Sli::BlockRate)
        };
        let backtest = Backtest {
            slos: objectives((&[slo], &[]), &[], &Config::default(), alert.remind_after),
            corroboration: alert.corroboration,
            max_groups: 50,
            from: NOON.plus(-60 * MINUTE),
            to: NOON.plus(10 * MINUTE),
            minutes_since: UnixMillis(0),
            complete_to: NOON.plus(10 * MINUTE),
            raw_since: UnixMillis(0),
        };
        let report = backtest
            .run(&Engine::new(store.clone()))
            .await
            .expect("read");
        assert_eq!(report.pages, 1, "{report:#?}");
        let fired = &report.alerts[0];
        assert_eq!((fired.rule.as_str(), fired.bad), ("fast_burn", 100));
        assert_eq!(fired.fired_at, alert::rfc3339(NOON.plus(MINUTE)));
        let group = (group_by == GroupBy::Endpoint).then_some("/cart/:id");
        assert_eq!(fired.group.as_deref(), group);
        assert_eq!((report.slos[0].bad, report.slos[0].total), (100, 6100));
    }
}
