//! The admin server over real sockets: time-outs, bounds, stop.

mod setting;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dashboard::{
    Condition, Config, Health, Part, PartReport, Queries, ServeError, serve, serve_during,
};
use http::StatusCode;
use runtime::{Clock, Metrics, Stop};
use setting::{Fake, Mood, get, router_of, state};
use settings::Span;
use testkit::http::Http;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

struct Server {
    addr: SocketAddr,
    stop: Stop,
    task: JoinSet<Result<(), ServeError>>,
}

async fn start(fake: Fake, config: Config) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = listener.local_addr().expect("a free port");
    let stop = Stop::new();
    let queries: Arc<dyn Queries> = Arc::new(fake);
    let mut task = JoinSet::new();
    task.spawn(serve(
        config,
        state(queries, Metrics::default()),
        listener,
        stop.clone(),
    ));
    Server { addr, stop, task }
}

#[tokio::test]
async fn an_address_that_others_reach_is_not_served_without_tokens() {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let queries: Arc<dyn Queries> = Arc::new(Fake::default());
    let state = state(queries, Metrics::default());
    let refused = serve(Config::default(), state, listener, Stop::new()).await;
    let error = refused.expect_err("it would be open");
    assert!(matches!(error, ServeError::Exposed(_)));
    assert!(
        error.to_string().contains("[[dashboard.tokens]]"),
        "{error}"
    );
}

#[tokio::test]
async fn a_process_that_starts_lives_and_is_not_ready() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let health = Health {
        parts: vec![Arc::new(Waits)],
        metrics: Metrics::default(),
        clock: Clock::system(),
    };
    let asked = serve_during(Config::default(), health, &listener, async {
        // One connection, which is kept: it must not keep what is served later from its socket.
        let client = Http::new(url);
        let live = client.get("/livez").await?.status();
        let ready = client.get("/readyz").await?;
        let page = client.get("/").await?;
        reqwest::Result::Ok((live, ready, page))
    });
    let (live, ready, page) = asked.await.expect("it serves").expect("answers");
    assert_eq!(live, 200);
    assert_eq!(ready.status(), 503);
    assert!(
        ready
            .text()
            .await
            .unwrap()
            .contains("it waits for the store")
    );
    assert_eq!(page.status(), 503);
    assert_eq!(page.headers()["refresh"], "2", "a browser asks again");
    assert!(page.headers().contains_key("content-security-policy"));
    assert!(page.text().await.unwrap().contains("starting"));
}

struct Waits;

#[async_trait]
impl Part for Waits {
    async fn report(&self) -> PartReport {
        PartReport {
            part: "start".to_owned(),
            condition: Condition::Down,
            detail: "it waits for the store".to_owned(),
        }
    }
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_head_is_let_go() {
    let config = Config {
        header_timeout: Span::millis(200),
        ..Config::default()
    };
    let server = start(Fake::default(), config).await;
    let mut slow = TcpStream::connect(server.addr).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: loc")
        .await
        .unwrap();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(10), slow.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the connection was closed");
    let url = format!("http://{}/livez", server.addr);
    assert_eq!(testkit::http::get(url).await.unwrap().status(), 200);
}

#[tokio::test]
async fn one_client_has_half_of_the_connections_and_gets_them_back() {
    let config = Config {
        max_connections: 8,
        ..Config::default()
    };
    let server = start(Fake::default(), config).await;
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut client = TcpStream::connect(server.addr).await.unwrap();
        let request = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
        client.write_all(request).await.unwrap();
        // It is served, so it has its place.
        let mut first = [0; 12];
        client.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        held.push(client);
    }
    let mut one_more = TcpStream::connect(server.addr).await.unwrap();
    let mut nothing = Vec::new();
    // Closed, and perhaps reset: either way nothing is said.
    let _ = one_more.read_to_end(&mut nothing).await;
    assert_eq!(nothing, b"");
    drop(held);
    let url = format!("http://{}/livez", server.addr);
    let again = async || {
        testkit::http::get(&url)
            .await
            .ok()
            .map(|answer| answer.status())
    };
    let found = testkit::wait_for("there is room again", Duration::from_secs(10), again).await;
    assert_eq!(found, 200);
}

#[tokio::test]
async fn a_stop_lets_the_answer_under_way_arrive() {
    let config = Config {
        request_timeout: Span::millis(600),
        ..Config::default()
    };
    let mut server = start(
        Fake {
            mood: Mood::Stuck,
            ..Fake::default()
        },
        config,
    )
    .await;
    let mut client = TcpStream::connect(server.addr).await.unwrap();
    let request = b"GET /api/v1/ledger HTTP/1.1\r\nHost: localhost\r\n\r\n";
    client.write_all(request).await.unwrap();
    let metrics = format!("http://{}/livez", server.addr);
    assert_eq!(testkit::http::get(&metrics).await.unwrap().status(), 200);
    server.stop.cancel();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("\"code\":\"timeout\""), "{answer}");
    server.task.join_next().await.unwrap().unwrap().unwrap();
    assert!(
        TcpStream::connect(server.addr).await.is_err(),
        "no one listens any more"
    );
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_in_the_same_words_as_everything_else() {
    let server = start(Fake::default(), Config::default()).await;
    let answer = testkit::http::client()
        .post(format!("http://{}/api/v1/deploys", server.addr))
        .header("content-type", "application/json")
        .body("x".repeat(65 * 1024))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 413);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
}

#[tokio::test(start_paused = true)]
async fn too_many_questions_at_once_are_sent_away_and_health_still_answers() {
    let config = Config {
        max_requests_in_flight: 1,
        ..Config::default()
    };
    let fake = Arc::new(Fake {
        mood: Mood::Stuck,
        ..Fake::default()
    });
    let router = router_of(&fake, config);
    let (first, second, alive) = tokio::join!(
        get(&router, "/api/v1/ledger"),
        get(&router, "/api/v1/ledger"),
        get(&router, "/livez"),
    );
    assert_eq!(first.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(first.json()["code"], "timeout", "it had the only place");
    assert_eq!(second.json()["code"], "overloaded");
    assert_eq!(second.headers["retry-after"], "5");
    assert_eq!(alive.status, StatusCode::OK);
}
