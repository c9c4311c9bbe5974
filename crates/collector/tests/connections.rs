//! Connections: how long they may take, how many there may be, and how they end.

mod support;

use support::memory::Mode;
use support::{Client, Edge, good};

const SHORT: &str = r#"
    [timeouts]
    first_byte = "60ms"
    header = "60ms"
    body = "60ms"
    idle = "60ms"
"#;

#[tokio::test]
async fn a_connection_that_sends_nothing_is_cut() {
    let edge = Edge::start(SHORT).await;
    assert!(edge.client().await.closed().await.is_empty());
    assert_eq!(edge.cut("first_byte"), 1);
}

#[tokio::test]
async fn a_header_that_does_not_end_is_cut() {
    let edge = Edge::start(SHORT).await;
    let mut client = edge.client().await;
    client
        .write(b"POST /v1/b/shop-key-1 HTTP/1.1\r\nhost: e")
        .await;
    assert!(client.closed().await.is_empty());
    assert_eq!(edge.cut("header"), 1);
    assert_eq!(edge.metric("received_total"), 0);
}

#[tokio::test]
async fn a_body_that_does_not_end_is_answered_and_counted() {
    let edge = Edge::start(SHORT).await;
    let mut client = edge.client().await;
    let request = good(1);
    client.write(&request[..request.len() - 1]).await;
    let reply = client.reply().await;
    assert_eq!(
        (reply.status, &*reply.problem("reason")),
        (503, "slow_body")
    );
    assert_eq!(reply.header("connection"), Some("close"));
    assert!(client.closed().await.is_empty());
    assert_eq!(edge.shed("slow_body"), 1);
    assert_eq!(edge.metric("in_flight_bytes"), 0);
}

#[tokio::test]
async fn an_idle_connection_is_cut_after_its_last_answer() {
    let edge = Edge::start(SHORT).await;
    let mut client = edge.client().await;
    client.write(&good(1)).await;
    assert_eq!(client.reply().await.status, 204);
    assert!(client.closed().await.is_empty());
    assert_eq!(edge.cut("idle"), 1);
}

#[tokio::test]
async fn a_parked_connection_goes_on_where_it_was() {
    let edge = Edge::start("").await;
    let mut client = edge.client().await;
    for n in 0..3 {
        edge.until("parked", |edge| edge.metric("connections_parked") == 1)
            .await;
        client.write(&good(n)).await;
        assert_eq!(client.reply().await.status, 204, "{n}");
    }
    edge.until("parked", |edge| edge.metric("connections_parked") == 1)
        .await;
    // Half a header, the rest together with two more requests.
    let request = good(7);
    client.write(&request[..20]).await;
    edge.until("awake", |edge| edge.metric("connections_parked") == 0)
        .await;
    client
        .write(&[&request[20..], &good(8), &good(9)].concat())
        .await;
    for n in 7..10 {
        assert_eq!(client.reply().await.status, 204, "{n}");
    }
    assert_eq!(edge.journal.beacons().len(), 6);
    assert_eq!(edge.metric("connections_accepted_total"), 1);
}

#[tokio::test]
async fn one_client_has_only_so_many_connections() {
    let edge = Edge::start("[limits]\nconnections_per_client = 2").await;
    let first = edge.client().await;
    let mut second = edge.client().await;
    edge.until("two are open", |edge| edge.metric("connections") == 2)
        .await;
    assert!(edge.client().await.closed().await.is_empty());
    assert_eq!(edge.cut("connections_per_client"), 1);
    second.write(&good(1)).await;
    assert_eq!(second.reply().await.status, 204);
    drop(first);
    edge.until("one is left", |edge| edge.metric("connections") == 1)
        .await;
    assert_eq!(edge.send(&good(2)).await.status, 204);
}

#[tokio::test]
async fn there_are_only_so_many_connections() {
    let config =
        "trusted_proxies = [\"127.0.0.1\"]\n[limits]\nconnections = 3\nconnections_per_client = 1";
    let edge = Edge::start(config).await;
    let _open = [
        edge.client().await,
        edge.client().await,
        edge.client().await,
    ];
    edge.until("three are open", |edge| edge.metric("connections") == 3)
        .await;
    assert!(edge.client().await.closed().await.is_empty());
    assert_eq!(edge.cut("connections"), 1);
}

#[tokio::test]
async fn a_half_sent_body_finishes_during_the_drain_while_new_connections_are_refused() {
    let mut edge = Edge::start("").await;
    let mut client = edge.client().await;
    let request = good(1);
    let (first, second) = request.split_at(request.len() - 10);
    client.write(first).await;
    edge.until("received", |edge| edge.metric("received_total") == 1)
        .await;
    edge.stop.cancel();
    let refused = async {
        while tokio::net::TcpStream::connect(edge.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(support::TIMEOUT, refused)
        .await
        .expect("refused in time");
    client.write(second).await;
    let reply = client.reply().await;
    assert_eq!(
        (reply.status, reply.header("connection")),
        (204, Some("close"))
    );
    assert!(client.closed().await.is_empty());
    edge.end().await;
    assert_eq!(edge.journal.beacons().len(), 1);
    assert_eq!(edge.journal.reports().pop().expect("a report").appended, 1);
}

#[tokio::test]
async fn a_request_on_a_kept_connection_is_answered_during_the_drain_with_close() {
    let mut edge = Edge::start("").await;
    let mut kept: Vec<Client> = Vec::new();
    for n in 0..3 {
        let mut client = edge.client().await;
        client.write(&good(n)).await;
        assert_eq!(client.reply().await.status, 204);
        kept.push(client);
    }
    // One of them is half-way through its next header.
    let request = good(5);
    kept[0].write(&request[..30]).await;
    edge.stop.cancel();
    kept[0].write(&request[30..]).await;
    kept[1].write(&good(6)).await;
    for client in &mut kept[..2] {
        let reply = client.reply().await;
        assert_eq!(
            (reply.status, reply.header("connection")),
            (204, Some("close"))
        );
        assert!(client.closed().await.is_empty());
    }
    assert!(kept[2].closed().await.is_empty());
    edge.end().await;
    assert_eq!(edge.journal.beacons().len(), 5);
}

#[tokio::test]
async fn what_does_not_finish_within_the_drain_is_cut() {
    let mut edge = Edge::start("drain = \"200ms\"").await;
    let mut client = edge.client().await;
    let request = good(1);
    client.write(&request[..request.len() - 1]).await;
    edge.until("received", |edge| edge.metric("received_total") == 1)
        .await;
    edge.end().await;
    assert!(client.closed().await.is_empty());
    assert_eq!(edge.cut("drain"), 1);
    let report = edge.journal.reports().pop().expect("a report");
    assert_eq!((report.received, report.appended, report.shed), (1, 0, 1));
}

#[tokio::test]
async fn an_append_that_outlives_the_drain_of_its_connection_is_still_counted() {
    let mut edge = Edge::start("drain = \"100ms\"").await;
    edge.journal.set(Mode::Hold);
    let mut client = edge.client().await;
    client.write(&good(1)).await;
    edge.until("in flight", |edge| edge.metric("requests_in_flight") == 1)
        .await;
    edge.stop.cancel();
    assert!(client.closed().await.is_empty());
    edge.journal.set(Mode::Take);
    edge.end().await;
    let report = edge.journal.reports().pop().expect("a report");
    assert_eq!((report.received, report.appended, report.shed), (1, 1, 0));
}

#[tokio::test]
async fn slow_senders_do_not_keep_out_quick_ones() {
    let config = "[limits]\nrequests_in_flight = 4\nconnections_per_client = 1000";
    let edge = Edge::start(config).await;
    let request = good(1);
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut client = edge.client().await;
        client.write(&request[..request.len() - 1]).await;
        slow.push(client);
    }
    edge.until("all are received", |edge| {
        edge.metric("received_total") == 200
    })
    .await;
    assert_eq!(edge.send(&good(2)).await.status, 204);
}
