//! Live numbers over real sockets.

mod setting;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dashboard::{Config, Queries, ServeError, serve};
use runtime::{Metrics, Stop};
use serde_json::Value;
use setting::{Fake, Mood, state};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

struct Server {
    addr: SocketAddr,
    stop: Stop,
    task: JoinSet<Result<(), ServeError>>,
}

async fn start(fake: &Arc<Fake>, config: Config) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = listener.local_addr().expect("a free port");
    let stop = Stop::new();
    let queries: Arc<dyn Queries> = Arc::clone(fake) as Arc<dyn Queries>;
    let mut task = JoinSet::new();
    task.spawn(serve(
        config,
        state(queries, Metrics::default()),
        listener,
        stop.clone(),
    ));
    Server { addr, stop, task }
}

/// A viewer that reads one event after the other.
struct Viewer {
    answer: reqwest::Response,
    text: String,
}

impl Viewer {
    async fn of(server: &Server, question: &str) -> Self {
        let answer = testkit::http::get(format!("http://{}/api/v1/stream{question}", server.addr))
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.headers()["cache-control"], "no-cache");
        Self {
            answer,
            text: String::new(),
        }
    }

    /// The next event and its data; none at the end of the stream. Comments are heartbeats.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                let line = |name: &str| {
                    event
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(str::trim)
                };
                let (Some(kind), Some(data)) = (line("event:"), line("data:")) else {
                    continue;
                };
                return Some((kind.to_owned(), serde_json::from_str(data).expect("JSON")));
            }
            let wait = tokio::time::timeout(Duration::from_secs(20), self.answer.chunk());
            let chunk = wait.await.expect("an event within time").expect("bytes")?;
            self.text.push_str(&String::from_utf8_lossy(&chunk));
        }
    }
}

#[tokio::test]
async fn a_viewer_gets_the_last_half_hour_and_then_a_tick_a_second_with_watermark_and_lag() {
    let server = start(&Arc::default(), Config::default()).await;
    let mut viewer = Viewer::of(&server, "?app=shop").await;
    let (kind, tick) = viewer.next().await.expect("an event");
    assert_eq!(kind, "tick");
    assert_eq!(
        (&tick["app"], &tick["whole"]),
        (&"shop".into(), &true.into())
    );
    assert_eq!(tick["watermark"], "2026-11-01T12:00:28.000Z");
    assert_eq!(tick["lag_ms"], 2000);
    assert_eq!(tick["points"][0]["block_rate"]["bad"], 3, "{tick}");
    assert_eq!(tick["arrived"], Value::Null, "nothing is known of before");
    let (_, next) = viewer.next().await.expect("an event");
    assert_eq!(
        (&next["whole"], &next["points"]),
        (&false.into(), &Value::Array(vec![]))
    );
    assert_eq!(next["arrived"]["requests"], 0);
}

#[tokio::test]
async fn twenty_viewers_cost_the_store_as_much_as_one() {
    let fake = Arc::new(Fake::default());
    let server = start(&fake, Config::default()).await;
    let mut viewers = Vec::new();
    for _ in 0..20 {
        viewers.push(Viewer::of(&server, "?app=shop").await);
    }
    for viewer in &mut viewers {
        for _ in 0..2 {
            assert_eq!(viewer.next().await.expect("an event").0, "tick");
        }
    }
    // The log of the fake stands still, so its sums are read once.
    assert_eq!(fake.asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_stop_ends_streams_with_a_word_and_does_not_wait_for_viewers() {
    let mut server = start(&Arc::default(), Config::default()).await;
    let mut viewer = Viewer::of(&server, "?app=shop").await;
    viewer.next().await.expect("an event");
    server.stop.cancel();
    let stopped = tokio::time::timeout(Duration::from_secs(3), server.task.join_next());
    let (kind, end) = viewer.next().await.expect("an event");
    assert_eq!((kind.as_str(), &end["reason"]), ("end", &"draining".into()));
    assert!(viewer.next().await.is_none());
    let ended = stopped.await.expect("in time").expect("one task");
    ended.expect("no panic").expect("served to the end");
}

#[tokio::test]
async fn streams_are_bounded_and_a_closed_one_makes_room() {
    let config = Config {
        max_streams: 2,
        max_streams_per_token: 1,
        ..Config::default()
    };
    let server = start(&Arc::default(), config).await;
    let first = Viewer::of(&server, "?app=shop").await;
    let url = format!("http://{}/api/v1/stream?app=shop", server.addr);
    let refused = testkit::http::get(&url).await.unwrap();
    assert_eq!(refused.status(), 503);
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["code"], "overloaded");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("max_streams_per_token"), "{detail}");
    drop(first);
    testkit::wait_until("the place is free", Duration::from_secs(5), || async {
        testkit::http::get(&url)
            .await
            .is_ok_and(|answer| answer.status() == 200)
    })
    .await;
}

#[tokio::test]
async fn a_store_in_trouble_is_told_and_not_taken_for_silence() {
    let fake = Arc::new(Fake {
        mood: Mood::Unavailable,
        ..Fake::default()
    });
    let server = start(&fake, Config::default()).await;
    let mut viewer = Viewer::of(&server, "?app=shop").await;
    let (kind, problem) = viewer.next().await.expect("an event");
    assert_eq!(kind, "problem");
    assert_eq!(problem["code"], "store_unavailable");
    assert_eq!(viewer.next().await.expect("an event").0, "problem");
}

#[tokio::test]
async fn an_app_that_is_not_configured_is_refused_before_a_stream_begins() {
    let server = start(&Arc::default(), Config::default()).await;
    let answer = testkit::http::get(format!("http://{}/api/v1/stream?app=other", server.addr))
        .await
        .unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
}
