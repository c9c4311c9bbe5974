//! Every request for a beacon ends in one counted outcome and says which.

mod support;

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use support::memory::Mode;
use support::{Edge, Reply, beacon, good, post};

const KEY: &str = "/v1/b/shop-key-1";
const TEXT: &str = "content-type: text/plain\r\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn is_readable_by_any_page(reply: &Reply) {
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        (
            "access-control-expose-headers",
            "retry-after, corswatch-flush-interval, corswatch-sdk",
        ),
        ("timing-allow-origin", "*"),
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{reply:?}");
    }
    assert_eq!(reply.header("access-control-allow-credentials"), None);
}

#[tokio::test]
async fn a_good_beacon_is_durable_when_it_is_answered() {
    let edge = Edge::start("").await;
    let packed = format!("{TEXT}content-encoding: gzip\r\n");
    let zlib = format!("{TEXT}content-encoding: deflate\r\n");
    for (n, request) in [
        (0, good(0)),
        (1, post(KEY, "", beacon(1).as_bytes())),
        (
            2,
            post(
                KEY,
                "content-type: Text/Plain;charset=UTF-8\r\n",
                beacon(2).as_bytes(),
            ),
        ),
        (
            3,
            post(
                KEY,
                "content-type: application/json\r\n",
                beacon(3).as_bytes(),
            ),
        ),
        (4, post(KEY, &packed, &gzip(beacon(4).as_bytes()))),
        (5, post(KEY, &zlib, &deflate(beacon(5).as_bytes()))),
        (
            6,
            post(KEY, "origin: https://shop.test\r\n", beacon(6).as_bytes()),
        ),
        (7, post(KEY, "origin: null\r\n", beacon(7).as_bytes())),
    ] {
        let reply = edge.send(&request).await;
        assert_eq!((reply.status, reply.body.len()), (204, 0), "{n}: {reply:?}");
        is_readable_by_any_page(&reply);
        let beacons = edge.journal.beacons();
        assert_eq!(beacons.len(), n + 1);
        assert_eq!(beacons[n].beacon.to_string(), format!("AAAAAAAA{n:08}"));
        // A browser that withholds the origin is not a witness.
        assert_eq!(beacons[n].origin.network() == 0, n == 7, "{n}");
    }
    assert_eq!(
        (edge.metric("received_total"), edge.metric("appended_total")),
        (8, 8)
    );
}

/// Requests that are refused, each with status, reason and field.
#[expect(clippy::too_many_lines, reason = "a table")]
fn refused_requests() -> Vec<(u16, &'static str, &'static str, Vec<u8>)> {
    let long = vec![b' '; 200 * 1024];
    let bomb = gzip(&vec![b' '; 8 << 20]);
    let zip = "content-encoding: gzip\r\n";
    vec![
        (
            401,
            "unknown_key",
            "",
            post("/v1/b/who-is-this", TEXT, b"{}"),
        ),
        (
            410,
            "key_disabled",
            "",
            post("/v1/b/shop-key-0", TEXT, b"{}"),
        ),
        (413, "body_too_large", "", post(KEY, TEXT, &long)),
        (413, "unpacked_too_large", "", post(KEY, zip, &bomb)),
        (
            415,
            "content_type",
            "",
            post(KEY, "content-type: text/html\r\n", b"{}"),
        ),
        (
            415,
            "content_encoding",
            "",
            post(KEY, "content-encoding: br\r\n", b"{}"),
        ),
        (
            415,
            "content_encoding",
            "",
            post(KEY, "content-encoding: gzip, gzip\r\n", b"{}"),
        ),
        (400, "bad_compression", "", post(KEY, zip, b"not gzip")),
        (
            400,
            "bad_compression",
            "",
            post(KEY, zip, &gzip(beacon(0).as_bytes())[..40]),
        ),
        (400, "not_json", "", post(KEY, TEXT, b"")),
        (
            400,
            "out_of_range",
            "rows[0].st",
            post(KEY, TEXT, beacon(0).replace("200", "600").as_bytes()),
        ),
        (
            400,
            "too_old",
            "age",
            post(
                KEY,
                TEXT,
                beacon(0).replace("\"age\":0", "\"age\":300001").as_bytes(),
            ),
        ),
        (
            403,
            "page_origin_not_allowed",
            "page",
            post(
                KEY,
                TEXT,
                beacon(0).replace("shop.test", "evil.test").as_bytes(),
            ),
        ),
        (
            403,
            "page_origin_mismatch",
            "page",
            post(KEY, "origin: https://evil.test\r\n", beacon(0).as_bytes()),
        ),
    ]
}

#[tokio::test]
async fn every_refusal_has_its_status_its_reason_and_its_count() {
    let edge = Edge::start("").await;
    let cases = refused_requests();
    let mut counts = std::collections::BTreeMap::new();
    for (status, reason, field, request) in &cases {
        let reply = edge.send(request).await;
        assert_eq!(reply.status, *status, "{reason}: {reply:?}");
        assert_eq!(
            reply.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(reply.header("retry-after"), None);
        is_readable_by_any_page(&reply);
        for (member, value) in [
            ("reason", *reason),
            ("field", field),
            ("status", &status.to_string()),
            ("type", &format!("urn:corswatch:problem:{reason}")),
        ] {
            assert_eq!(reply.problem(member), value, "{reply:?}");
        }
        assert!(!reply.problem("detail").is_empty() && !reply.problem("title").is_empty());
        *counts.entry(*reason).or_insert(0) += 1;
        assert_eq!(edge.refused(reason), counts[reason], "{reason}");
    }
    assert_eq!(edge.metric("received_total"), cases.len() as u64);
    assert_eq!(edge.sum("refused_total"), cases.len() as u64);
    assert!(edge.journal.beacons().is_empty());
}

#[tokio::test]
async fn what_the_journal_does_not_take_is_to_be_sent_again() {
    let edge = Edge::start("").await;
    for (mode, reason) in [
        (Mode::Full, "journal_full"),
        (Mode::Timeout, "journal_timeout"),
        (Mode::Unavailable, "journal_unavailable"),
        (Mode::Panic, "panicked"),
    ] {
        edge.journal.set(mode);
        let mut client = edge.client().await;
        client.write(&good(1)).await;
        let reply = client.reply().await;
        assert_eq!((reply.status, &*reply.problem("reason")), (503, reason));
        assert_eq!(edge.shed(reason), 1, "{reason}");
        if mode != Mode::Panic {
            let seconds = reply
                .header("retry-after")
                .and_then(|text| text.parse().ok());
            assert!((5..=30).contains(&seconds.unwrap_or(0)), "{reply:?}");
        }
        edge.journal.set(Mode::Take);
        client.write(&good(2)).await;
        assert_eq!(
            client.reply().await.status,
            204,
            "the connection goes on after {reason}"
        );
    }
    edge.journal.set(Mode::TooLarge);
    let reply = edge.send(&good(1)).await;
    assert_eq!(
        (reply.status, &*reply.problem("reason")),
        (413, "record_too_large")
    );
    assert_eq!(edge.metric("panics_total"), 1);
    assert_eq!(edge.metric("requests_in_flight"), 0);
    assert_eq!(edge.metric("in_flight_bytes"), 0);
}

#[tokio::test]
async fn more_than_the_quota_of_a_key_is_to_be_sent_again() {
    let edge = Edge::start("").await;
    let request = post("/v1/b/small-key-1", TEXT, beacon(1).as_bytes());
    assert_eq!(edge.send(&request).await.status, 204);
    let reply = edge.send(&request).await;
    assert_eq!((reply.status, &*reply.problem("reason")), (429, "key_rate"));
    assert!(reply.header("retry-after").is_some());
    assert_eq!(
        edge.send(&good(2)).await.status,
        204,
        "another key is not concerned"
    );
    assert_eq!(edge.shed("key_rate"), 1);
}

#[tokio::test]
async fn more_than_the_rate_of_a_client_is_to_be_sent_again() {
    let proxied = r#"
        trusted_proxies = ["127.0.0.0/8"]
        [limits]
        client_rate = 1
        client_burst = 2
    "#;
    let edge = Edge::start(proxied).await;
    let from = |client: &str, n: u32| {
        let headers = format!("x-forwarded-for: 1.1.1.1, {client}\r\n");
        post(KEY, &headers, beacon(n).as_bytes())
    };
    for n in 0..2 {
        assert_eq!(edge.send(&from("2001:db8::1", n)).await.status, 204);
    }
    // The same /64 is the same client.
    let reply = edge.send(&from("2001:db8::2", 3)).await;
    assert_eq!(
        (reply.status, &*reply.problem("reason")),
        (429, "client_rate")
    );
    assert_eq!(edge.send(&from("2001:db8:0:1::1", 4)).await.status, 204);
    let networks: std::collections::BTreeSet<_> = edge
        .journal
        .beacons()
        .iter()
        .map(|envelope| envelope.origin.network())
        .collect();
    assert_eq!(networks.len(), 1, "one /48");
}

/// A beacon of few bytes that unpacks to a million.
fn large(n: u32, key: &str, headers: &str) -> Vec<u8> {
    let one = beacon(n);
    let padded = format!("{one}{}", " ".repeat(1_000_000));
    let headers = format!("{TEXT}content-encoding: gzip\r\n{headers}");
    post(&format!("/v1/b/{key}"), &headers, &gzip(padded.as_bytes()))
}

#[tokio::test]
async fn what_beacons_unpack_to_counts_against_network_and_key() {
    let proxied = r#"
        trusted_proxies = ["127.0.0.0/8"]
        [limits]
        network_bytes = "64KiB"
        network_bytes_burst = "2MiB"
    "#;
    let edge = Edge::start(proxied).await;
    let from = |client: &str| format!("x-forwarded-for: {client}\r\n");
    let shop = |n, client| large(n, "shop-key-1", &from(client));
    for n in 0..3 {
        let reply = edge.send(&shop(n, "198.51.100.1")).await;
        assert_eq!(
            reply.status, 204,
            "{n} is within the burst, or goes into debt: {reply:?}"
        );
    }
    for neighbour in ["198.51.100.1", "198.51.100.200"] {
        let reply = edge.send(&shop(9, neighbour)).await;
        let reason = &*reply.problem("reason");
        assert_eq!((reply.status, reason), (429, "network_bytes"), "one /24");
        assert!(reply.header("retry-after").is_some());
    }
    assert_eq!(edge.send(&shop(10, "198.51.101.1")).await.status, 204);
    // The key with a small quota: its own bytes, whatever networks they come from.
    let small = |n, client| large(n, "tiny-key-1", &from(client));
    assert_eq!(edge.send(&small(11, "203.0.113.1")).await.status, 204);
    let reply = edge.send(&small(12, "192.0.2.1")).await;
    assert_eq!(
        (reply.status, &*reply.problem("reason")),
        (429, "key_bytes")
    );
    assert_eq!(edge.send(&shop(13, "192.0.2.1")).await.status, 204);
    assert_eq!((edge.shed("network_bytes"), edge.shed("key_bytes")), (2, 1));
    // Nothing of it was lost on the way: each acknowledged beacon is in the journal.
    assert_eq!(edge.journal.beacons().len(), 6);
}

#[tokio::test]
async fn a_full_edge_sheds_and_says_beforehand_to_flush_less_often() {
    let edge = Edge::start("[limits]\nrequests_in_flight = 2").await;
    edge.journal.set(Mode::Hold);
    let mut waiting = Vec::new();
    for n in 0..2 {
        let mut client = edge.client().await;
        client.write(&good(n)).await;
        edge.until("in flight", |edge| {
            edge.metric("requests_in_flight") == u64::from(n) + 1
        })
        .await;
        waiting.push(client);
    }
    let reply = edge.send(&good(9)).await;
    assert_eq!(
        (reply.status, &*reply.problem("reason")),
        (503, "requests_in_flight")
    );
    assert!(reply.header("retry-after").is_some());
    assert_eq!(reply.header("corswatch-flush-interval"), Some("120"));
    edge.journal.set(Mode::Take);
    for mut client in waiting {
        assert_eq!(client.reply().await.status, 204);
    }
    let reply = edge.send(&good(9)).await;
    assert_eq!(
        (reply.status, reply.header("corswatch-flush-interval")),
        (204, None)
    );
}

#[tokio::test]
async fn pages_are_told_with_each_answer_what_their_application_limits() {
    let edge = Edge::start("").await;
    let told = |reply: &Reply| {
        (
            reply.status,
            reply.header("corswatch-sdk").map(str::to_owned),
            reply.header("corswatch-flush-interval").map(str::to_owned),
        )
    };
    let send = |n, body: String| {
        let request = post("/v1/b/calm-key-1", TEXT, body.as_bytes());
        let edge = &edge;
        async move { (n, told(&edge.send(&request).await)) }
    };
    let control = Some("probes=cheap stop=xhr,preflight_latency".to_owned());
    let limited = |status| (status, control.clone(), Some("61".to_owned()));
    assert_eq!(send(0, beacon(0)).await.1, limited(204));
    assert_eq!(send(1, "not JSON".to_owned()).await.1, limited(400));
    assert_eq!(told(&edge.send(&good(2)).await), (204, None, None));
}

#[tokio::test]
async fn what_the_sdk_says_of_itself_is_counted() {
    let edge = Edge::start("").await;
    for n in 0..2 {
        let counts = r#"{"probes":3,"errors":1,"drops":2,"#;
        let body = beacon(n).replacen('{', counts, 1);
        assert_eq!(
            edge.send(&post(KEY, TEXT, body.as_bytes())).await.status,
            204
        );
    }
    let counted = ["probes", "errors", "drops"].map(|of| edge.metric(&format!("sdk_{of}_total")));
    assert_eq!(
        (counted, edge.metric("ignored_members_total")),
        ([6, 2, 4], 0)
    );
}

#[tokio::test]
async fn a_beacon_whose_client_goes_away_is_appended_and_counted_as_appended() {
    let edge = Edge::start("").await;
    edge.journal.set(Mode::Hold);
    let mut client = edge.client().await;
    client.write(&good(1)).await;
    edge.until("in flight", |edge| edge.metric("requests_in_flight") == 1)
        .await;
    drop(client);
    edge.until("the connection ended", |edge| {
        edge.metric("connections") == 0
    })
    .await;
    edge.journal.set(Mode::Take);
    edge.until("appended", |edge| edge.metric("appended_total") == 1)
        .await;
    assert_eq!(edge.journal.beacons().len(), 1);
    assert_eq!(edge.sum("shed_total"), 0);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_counted_too() {
    let edge = Edge::start("").await;
    let mut client = edge.client().await;
    let request = good(1);
    client.write(&request[..request.len() - 5]).await;
    edge.until("received", |edge| edge.metric("received_total") == 1)
        .await;
    drop(client);
    edge.until("counted", |edge| edge.shed("disconnected") == 1)
        .await;
    assert_eq!(edge.metric("in_flight_bytes"), 0);
}

#[tokio::test]
async fn all_that_64_connections_were_promised_is_in_the_journal_exactly_once() {
    let mut edge = Edge::start("[limits]\nclient_burst = 100000").await;
    let address = edge.address;
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..64_u32 {
        clients.spawn(async move {
            let mut connection = support::Client::connect(address).await;
            for n in 0..20 {
                connection.write(&good(client * 100 + n)).await;
                assert_eq!(connection.reply().await.status, 204);
            }
        });
    }
    while let Some(client) = clients.join_next().await {
        client.expect("every answer is 204");
    }
    let mut ids: Vec<_> = edge
        .journal
        .beacons()
        .iter()
        .map(|e| e.beacon.to_string())
        .collect();
    ids.sort();
    let expected: Vec<_> = (0..64_u32)
        .flat_map(|client| (0..20).map(move |n| format!("AAAAAAAA{:08}", client * 100 + n)))
        .collect();
    assert_eq!(ids, expected);
    assert!(
        edge.journal
            .partitions()
            .iter()
            .all(|partition| *partition < support::PARTITIONS)
    );
    edge.end().await;
    let report = edge.journal.reports().pop().expect("a report at the end");
    assert_eq!(
        (report.received, report.appended, report.shed),
        (1_280, 1_280, 0)
    );
}

#[tokio::test]
async fn the_last_report_says_what_the_metrics_say() {
    let mut edge = Edge::start("").await;
    edge.send(&good(1)).await;
    edge.send(&post(KEY, TEXT, b"{")).await;
    edge.send(&post("/v1/b/who-is-this", TEXT, b"")).await;
    edge.journal.set(Mode::Full);
    edge.send(&good(2)).await;
    edge.journal.set(Mode::Take);
    edge.end().await;
    let report = edge.journal.reports().pop().expect("a report at the end");
    let refused = [("unknown_key".to_owned(), 1), ("not_json".to_owned(), 1)];
    assert_eq!((report.received, report.appended, report.shed), (4, 1, 1));
    assert_eq!(report.refused, refused);
    assert_eq!(edge.journal.beacons().len(), 1, "reports are no beacons");
}
