//! What a server that sends its log is answered.

mod support;

use observation::Source;
use support::{Edge, post};

const KEY: &str = "authorization: Bearer a-secret-of-a-gateway\r\n";
/// At the time at which the clock of the edge stands.
const LINE: &str = r#"{"time":1795000000,"status":200,"method":"GET","host":"api.shop.test","path":"/items","origin":"https://shop.test","allow_origin":""}"#;

#[tokio::test]
async fn lines_of_a_server_with_a_secret_key_are_durable_once_they_are_acknowledged() {
    let edge = Edge::start("").await;
    let body = format!("{LINE}\n{LINE}\n");
    for content_type in [
        "application/x-ndjson",
        "application/json; charset=utf-8",
        "text/plain",
    ] {
        let headers = format!("{KEY}content-type: {content_type}\r\n");
        let reply = edge
            .send(&post("/v1/logs", &headers, body.as_bytes()))
            .await;
        assert_eq!(reply.status, 204, "{content_type}");
    }
    let records = edge.journal.beacons();
    let envelope = &records[0];
    assert_eq!(envelope.origin.source, Source::Gateway);
    assert_eq!(envelope.observations.len(), 1);
    assert_eq!(envelope.observations[0].count, 2);
    assert!(
        records
            .iter()
            .all(|record| record.beacon == envelope.beacon),
        "the same lines are the same body, which the loader counts once"
    );
}

#[tokio::test]
async fn a_server_is_told_what_is_wrong_and_no_answer_helps_to_guess() {
    let edge = Edge::start("").await;
    let old = LINE.replace("1795000000", "1794990000");
    for (headers, body, status, reason) in [
        ("", LINE, 401, "unknown_log_key"),
        (
            "authorization: Bearer shop-key-1\r\n",
            LINE,
            401,
            "unknown_log_key",
        ),
        (
            "authorization: Bearer a-secret-of-a-gatewax\r\n",
            LINE,
            401,
            "unknown_log_key",
        ),
        (
            "authorization: Basic a-secret-of-a-gateway\r\n",
            LINE,
            401,
            "unknown_log_key",
        ),
        (
            &format!("{KEY}content-type: application/xml\r\n"),
            LINE,
            415,
            "log_content_type",
        ),
        (KEY, "{", 400, "not_json"),
        (KEY, "{}", 400, "missing_member"),
        (KEY, &old, 400, "too_old"),
    ] {
        let reply = edge.send(&post("/v1/logs", headers, body.as_bytes())).await;
        assert_eq!(reply.status, status, "{headers}{body}");
        assert_eq!(reply.problem("reason"), reason, "{headers}{body}");
        assert!(edge.refused(reason) > 0, "{reason}");
    }
    assert_eq!(edge.metric("received_total"), edge.sum("refused_total"));
    let page = post("/v1/b/a-secret-of-a-gateway", "", LINE.as_bytes());
    assert_eq!(edge.send(&page).await.status, 401, "a page has another key");
}

#[tokio::test]
async fn lines_that_are_not_about_pages_are_acknowledged_and_counted() {
    let edge = Edge::start("").await;
    let body = LINE.replace("https://shop.test", "");
    let reply = edge.send(&post("/v1/logs", KEY, body.as_bytes())).await;
    assert_eq!((reply.status, edge.metric("ignored_rows_total")), (204, 1));
    assert_eq!(edge.metric("appended_total"), 1);
}
