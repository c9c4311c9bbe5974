//! Receivers of services that cannot run here, against servers that hold them to the services'
//! documented contracts: what is not as documented is refused, as there.

#[expect(dead_code, reason = "some answers are not asked for here")]
mod receiver;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alert::{
    AlertId, Config, Dispatcher, IncidentIoConfig, JsmConfig, Notification, Outbox, Outcome,
    Owners, PagerDutyConfig, Receipt, SlackConfig, Status, TeamsConfig, TeamsShape,
};
use observation::UnixMillis;
use receiver::{Message, Receiver, Reply};
use runtime::{ManualClock, Stop};
use serde_json::{Value, json};
use settings::{Secret, Span};
use tokio::task::JoinSet;

const NOW: UnixMillis = UnixMillis(1_700_000_123_456);
const KEY: &str = "0123456789abcdef0123456789abcdef";
/// What a page can bring into labels, endpoints and header names.
const HOSTILE: &str = "/<!channel> <@U012ABC> <https://evil.test/|click> [x](https://evil.test) \
                       <at>all</at> @here \u{202e}\r\nBcc: a@evil.test \u{1b}[2J \"},{\"a\":\"";

struct Sender {
    outbox: Outbox,
    deliveries: alert::Deliveries,
    _running: JoinSet<()>,
}

fn config() -> Config {
    Config {
        external_url: "https://corswatch.test".to_owned(),
        first_pause: Span::millis(10),
        longest_pause: Span::millis(20),
        dangerously_allow_private_networks: true,
        ..Config::default()
    }
}

fn send_by(config: &Config) -> Sender {
    let (clock, _) = ManualClock::at(NOW);
    let metrics = runtime::Metrics::default();
    let (mut dispatcher, outbox) =
        Dispatcher::build(config, Owners::default(), &clock, &metrics).expect("usable");
    let deliveries = dispatcher.deliveries().expect("not taken yet");
    let mut running = JoinSet::new();
    running.spawn(dispatcher.run(Stop::new()));
    Sender {
        outbox,
        deliveries,
        _running: running,
    }
}

impl Sender {
    async fn tell(&mut self, notification: Notification) -> Receipt {
        self.outbox.offer(notification).expect("room");
        let receipt = tokio::time::timeout(Duration::from_secs(20), self.outbox.receipt());
        receipt.await.expect("an end within 20 s")
    }
}

fn notification(sequence: u64, status: Status, severity: &str, text: &str) -> Notification {
    let texts = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        pairs.iter().map(owned).collect()
    };
    Notification {
        occasion: alert::Occasion::default(),
        alert: AlertId::of("shop-blocks", "fast_burn", []),
        sequence,
        status,
        labels: texts(&[
            ("alertname", "corswatch_block_rate_fast_burn"),
            ("app", "shop"),
            ("severity", severity),
            ("service", "checkout"),
            ("endpoint", text),
        ]),
        annotations: texts(&[
            ("summary", text),
            ("description", text),
            ("fix", text),
            ("runbook_url", "https://runbooks.test/cors?a=1|2"),
        ]),
        starts_at: UnixMillis(1_700_000_000_000),
        ends_at: (status == Status::Resolved).then_some(UnixMillis(1_700_000_100_000)),
        generator_url: "https://corswatch.test/#/alerts".to_owned(),
    }
}

fn firing(sequence: u64, text: &str) -> Notification {
    notification(sequence, Status::Firing, "page", text)
}

fn resolved(sequence: u64) -> Notification {
    notification(sequence, Status::Resolved, "page", "over")
}

fn json_of(message: &Message) -> Value {
    serde_json::from_slice(&message.body).expect("JSON")
}

/// Every text in a value, with the member that holds it.
fn texts(value: &Value, name: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((name.to_owned(), text.clone())),
        Value::Array(list) => list.iter().for_each(|one| texts(one, name, found)),
        Value::Object(map) => map.iter().for_each(|(name, one)| texts(one, name, found)),
        _ => {}
    }
}

fn length(value: &Value) -> usize {
    value.as_str().map_or(0, |text| text.chars().count())
}

/// PagerDuty as its documentation has it.
fn pagerduty(message: &Message, open: &Mutex<Vec<String>>) -> Reply {
    let refused = |why: &str| {
        (
            400,
            format!(r#"{{"status":"invalid event","errors":["{why}"]}}"#),
        )
    };
    if message.path != "/v2/enqueue" || message.body.len() > 512 * 1024 {
        return refused("path or size");
    }
    let event = json_of(message);
    if event["routing_key"] != KEY || length(&event["dedup_key"]) > 255 {
        return refused("key");
    }
    let key = event["dedup_key"].as_str().unwrap_or_default().to_owned();
    let mut open = open.lock().expect("not poisoned");
    match event["event_action"].as_str() {
        Some("trigger") => {
            let payload = &event["payload"];
            let severities = ["critical", "error", "warning", "info"];
            let has_all = (1..=1024).contains(&length(&payload["summary"]))
                && length(&payload["source"]) > 0
                && severities.iter().any(|known| payload["severity"] == *known);
            if !has_all {
                return refused("payload");
            }
            open.push(key);
        }
        // What is not open is dropped, and answered like anything else.
        Some("resolve") => open.retain(|known| *known != key),
        _ => return refused("action"),
    }
    (202, r#"{"status":"success"}"#.to_owned())
}

fn pagerduty_at(receiver: &Receiver) -> Config {
    Config {
        pagerduty: vec![PagerDutyConfig {
            url: format!("http://{}", receiver.addr),
            routing_key: Secret::new(KEY.to_owned()),
            ..PagerDutyConfig::default()
        }],
        ..config()
    }
}

#[tokio::test]
async fn pagerduty_opens_and_closes_one_incident_within_its_limits() {
    let open = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&open);
    let mut service = Receiver::service(move |message| pagerduty(message, &seen)).await;
    let mut sender = send_by(&pagerduty_at(&service));
    let long = "\u{1}ä\"".repeat(200_000);
    for (sequence, text) in [(1, "blocked"), (2, HOSTILE), (3, long.as_str())] {
        let receipt = sender.tell(firing(sequence, text)).await;
        assert_eq!(receipt.outcome, Outcome::Delivered, "{sequence}");
    }
    let event = json_of(&service.message().await);
    assert_eq!(event["payload"]["severity"], "critical");
    assert_eq!(event["payload"]["custom_details"]["description"], "blocked");
    assert_eq!(
        event["links"][0]["href"],
        "https://runbooks.test/cors?a=1%7C2"
    );
    let id = AlertId::of("shop-blocks", "fast_burn", []).to_string();
    assert_eq!(open.lock().expect("not poisoned").last(), Some(&id));
    sender.tell(resolved(4)).await;
    assert!(open.lock().expect("not poisoned").is_empty());
    let delivery = sender.deliveries.recv().await.expect("recorded");
    assert_eq!(
        (delivery.receiver.as_str(), delivery.attempts),
        ("pagerduty", 1)
    );
    assert_eq!(delivery.answer, "HTTP 202");
}

#[tokio::test]
async fn pagerduty_is_asked_again_after_429_and_5xx_and_never_after_400() {
    for (status, outcome, attempts) in [
        (429, Outcome::Delivered, 2),
        (500, Outcome::Delivered, 2),
        (400, Outcome::Refused, 1),
        // Not what is documented, such as the page of a proxy: nothing has been taken.
        (200, Outcome::Delivered, 2),
    ] {
        let first = Mutex::new(true);
        let service = Receiver::service(move |_| {
            if std::mem::take(&mut *first.lock().expect("not poisoned")) {
                (status, format!("<html>{}", "x".repeat(1000)))
            } else {
                (202, String::new())
            }
        })
        .await;
        let mut sender = send_by(&pagerduty_at(&service));
        assert_eq!(
            sender.tell(firing(1, "x")).await.outcome,
            outcome,
            "{status}"
        );
        let delivery = sender.deliveries.recv().await.expect("recorded");
        assert_eq!(delivery.attempts, attempts, "{status}");
        if outcome == Outcome::Refused {
            let shown = format!("refused: HTTP 400: <html>{}", "x".repeat(194));
            assert_eq!(delivery.answer, shown, "the first 200 bytes");
        }
    }
}

/// Slack's limits of a message, and that nothing in it is read as markup but our own links.
fn slack_problem(message: &Value) -> Option<String> {
    let mut all = Vec::new();
    texts(message, "", &mut all);
    let total: usize = all.iter().map(|(_, text)| text.chars().count()).sum();
    if total > 13_200 {
        return Some(format!("msg_blocks_too_long: {total}"));
    }
    let text = message["text"].as_str().unwrap_or_default();
    if text.is_empty() || text.contains(['<', '>']) || text.contains("://") {
        return Some("markup in `text`".to_owned());
    }
    let blocks = message["attachments"][0]["blocks"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    if !(1..=50).contains(&blocks.len()) {
        return Some("number of blocks".to_owned());
    }
    for block in &blocks {
        let fields = block["fields"].as_array().cloned().unwrap_or_default();
        let is_in_bounds = match block["type"].as_str() {
            Some("header") => (1..=150).contains(&length(&block["text"]["text"])),
            Some("section") => {
                length(&block["text"]["text"]) <= 3000
                    && fields.len() <= 10
                    && fields.iter().all(|field| length(&field["text"]) <= 2000)
            }
            Some("context") => true,
            _ => false,
        };
        let is_plain = |text: &Value| text.is_null() || text["type"] == "plain_text";
        let is_text_plain = is_plain(&block["text"]) && fields.iter().all(is_plain);
        if !is_in_bounds || !is_text_plain {
            return Some(format!("invalid_blocks: {block}"));
        }
    }
    None
}

#[tokio::test]
async fn nothing_that_a_page_wrote_mentions_anybody_or_is_a_link_in_slack_within_its_limits() {
    let mut service = Receiver::service(|message| match slack_problem(&json_of(message)) {
        None => (200, "ok".to_owned()),
        Some(problem) => (400, problem),
    })
    .await;
    let config = Config {
        slack: vec![SlackConfig {
            url: Secret::new(format!("http://{}/services/T/B/x", service.addr)),
            ..SlackConfig::default()
        }],
        ..config()
    };
    let mut sender = send_by(&config);
    let long = HOSTILE.repeat(1000);
    for (sequence, text) in [(1, "blocked"), (2, HOSTILE), (3, long.as_str())] {
        let receipt = sender.tell(firing(sequence, text)).await;
        assert_eq!(receipt.outcome, Outcome::Delivered, "{sequence}");
        let message = json_of(&service.message().await);
        assert_eq!(
            (&message["link_names"], &message["parse"]),
            (&json!(false), &json!("none"))
        );
        let blocks = message["attachments"][0]["blocks"]
            .as_array()
            .expect("a list");
        let links = &blocks.last().expect("links")["elements"][0]["text"];
        assert_eq!(
            links,
            "<https://runbooks.test/cors?a=1%7C2|runbook>  <https://corswatch.test/#/alerts|alert>"
        );
    }
}

/// Slack's methods: what is posted can be changed by its time stamp.
fn slack_methods(message: &Message, posted: &Mutex<Vec<String>>) -> Reply {
    let body = json_of(message);
    let error = |text: &str| (200, json!({ "ok": false, "error": text }).to_string());
    if message.header("authorization") != "Bearer xoxb-1" {
        return error("invalid_auth");
    }
    if let Some(problem) = slack_problem(&body) {
        return error(&problem);
    }
    let mut posted = posted.lock().expect("not poisoned");
    let ts = match message.path.as_str() {
        "/api/chat.postMessage" => {
            let ts = format!("1700000000.{:06}", posted.len());
            posted.push(ts.clone());
            ts
        }
        "/api/chat.update" => {
            let ts = body["ts"].as_str().unwrap_or_default().to_owned();
            if !posted.contains(&ts) || body["channel"] != "C1" {
                return error("message_not_found");
            }
            ts
        }
        _ => return (404, String::new()),
    };
    (
        200,
        json!({ "ok": true, "ts": ts, "channel": "C1" }).to_string(),
    )
}

#[tokio::test]
async fn a_bot_keeps_one_message_of_an_alert_current_and_tells_aloud_when_it_becomes_urgent() {
    let posted = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&posted);
    let mut service = Receiver::service(move |message| slack_methods(message, &kept)).await;
    let config = Config {
        slack: vec![SlackConfig {
            token: Secret::new("xoxb-1".to_owned()),
            channel: "#cors".to_owned(),
            api_url: format!("http://{}/api", service.addr),
            ..SlackConfig::default()
        }],
        ..config()
    };
    let mut sender = send_by(&config);
    let ticket = |sequence| notification(sequence, Status::Firing, "ticket", "more");
    let mut calls = Vec::new();
    for told in [
        ticket(1),
        ticket(2),
        firing(3, "page"),
        resolved(4),
        firing(5, "again"),
    ] {
        assert_eq!(sender.tell(told).await.outcome, Outcome::Delivered);
    }
    for _ in 0..6 {
        let message = service.message().await;
        let body = json_of(&message);
        let broadcast = body["reply_broadcast"] == true;
        calls.push((message.path.clone(), body["ts"].clone(), broadcast));
    }
    let first = json!("1700000000.000000");
    let (post, update) = (
        "/api/chat.postMessage".to_owned(),
        "/api/chat.update".to_owned(),
    );
    assert_eq!(
        calls,
        [
            (post.clone(), Value::Null, false),
            (update.clone(), first.clone(), false),
            (update.clone(), first.clone(), false),
            (post.clone(), Value::Null, true),
            (update, first, false),
            (post, Value::Null, false),
        ]
    );
    // For a message that was deleted in the channel a new one is posted.
    posted.lock().expect("not poisoned").clear();
    assert_eq!(
        sender.tell(firing(6, "gone")).await.outcome,
        Outcome::Delivered
    );
}

#[tokio::test]
async fn slack_is_left_alone_for_a_second_between_messages_and_errors_in_its_answers_count() {
    let answers = Mutex::new(vec!["invalid_auth", "ratelimited"]);
    let service = Receiver::service(move |_| {
        let error = answers.lock().expect("not poisoned").pop();
        let body = match error {
            Some(error) => json!({ "ok": false, "error": error }),
            None => json!({ "ok": true, "ts": "1", "channel": "C1" }),
        };
        (200, body.to_string())
    })
    .await;
    let config = Config {
        slack: vec![SlackConfig {
            token: Secret::new("xoxb-1".to_owned()),
            channel: "C1".to_owned(),
            api_url: format!("http://{}/api", service.addr),
            ..SlackConfig::default()
        }],
        ..config()
    };
    let mut sender = send_by(&config);
    let before = tokio::time::Instant::now();
    assert_eq!(sender.tell(firing(1, "x")).await.outcome, Outcome::Refused);
    assert!(
        before.elapsed() >= Duration::from_secs(1),
        "ratelimited, then invalid_auth"
    );
    let delivery = sender.deliveries.recv().await.expect("recorded");
    assert_eq!(delivery.attempts, 2);
    assert!(
        delivery.answer.contains("invalid_auth"),
        "{}",
        delivery.answer
    );
    assert_eq!(
        sender.tell(firing(2, "x")).await.outcome,
        Outcome::Delivered
    );
}

#[tokio::test]
async fn teams_gets_either_shape_below_its_size_and_reads_no_markdown_in_it() {
    for shape in [TeamsShape::Message, TeamsShape::Card] {
        let mut service = Receiver::service(|message| match message.body.len() {
            0..=21_000 => (202, String::new()),
            _ => (413, String::new()),
        })
        .await;
        let config = Config {
            teams: vec![TeamsConfig {
                url: Secret::new(format!("http://{}/workflows/x?sig=y", service.addr)),
                shape,
                ..TeamsConfig::default()
            }],
            ..config()
        };
        let mut sender = send_by(&config);
        let long = format!("{HOSTILE}\u{1}ä").repeat(1000);
        for (sequence, text) in [(1, HOSTILE), (2, long.as_str())] {
            let mut told = firing(sequence, text);
            for at in 0..40 {
                told.annotations
                    .insert(format!("more_{at}"), text.to_owned());
            }
            let receipt = sender.tell(told).await;
            assert_eq!(receipt.outcome, Outcome::Delivered, "{sequence}");
            let message = service.message().await;
            assert_eq!(message.path, "/workflows/x?sig=y");
            let body = json_of(&message);
            let card = match shape {
                TeamsShape::Card => &body,
                TeamsShape::Message => &body["attachments"][0]["content"],
            };
            assert_eq!(card["type"], "AdaptiveCard");
            for block in card["body"].as_array().expect("a list") {
                assert_eq!(block["type"], "RichTextBlock", "{block}");
            }
            let urls: Vec<_> = card["actions"].as_array().expect("a list").iter().collect();
            assert!(
                urls.iter()
                    .all(|action| !action.to_string().contains("evil")),
                "{urls:?}"
            );
            assert_eq!(urls.len(), 2);
        }
    }
}

/// Jira Service Management as its documentation has it.
fn jsm(message: &Message) -> Reply {
    let body = json_of(message);
    if message.header("authorization") != "GenieKey key-1" {
        return (401, String::new());
    }
    let details: usize = body["details"].as_object().map_or(0, |details| {
        details
            .iter()
            .map(|(name, text)| name.chars().count() + length(text))
            .sum()
    });
    let alias = AlertId::of("shop-blocks", "fast_burn", []);
    let is_close = message.path == format!("/jsm/v2/alerts/{alias}/close?identifierType=alias");
    let is_create = message.path == "/jsm/v2/alerts"
        && (1..=130).contains(&length(&body["message"]))
        && body["alias"] == alias.as_str()
        && length(&body["description"]) <= 15_000
        && details <= 8_000
        && body["tags"]
            .as_array()
            .is_some_and(|tags| tags.iter().all(|tag| length(tag) <= 50));
    match is_close || is_create {
        true => (
            202,
            r#"{"result":"Request will be processed","requestId":"r"}"#.to_owned(),
        ),
        false => (
            422,
            r#"{"message":"Request body is not processable"}"#.to_owned(),
        ),
    }
}

#[tokio::test]
async fn jira_service_management_opens_by_alias_with_a_priority_and_closes_by_it() {
    let mut service = Receiver::service(jsm).await;
    let config = Config {
        jsm: vec![JsmConfig {
            url: format!("http://{}/jsm", service.addr),
            api_key: Secret::new("key-1".to_owned()),
            ..JsmConfig::default()
        }],
        ..config()
    };
    let mut sender = send_by(&config);
    let long = HOSTILE.repeat(1000);
    let ticket = notification(2, Status::Firing, "ticket", &long);
    for (told, priority) in [(firing(1, HOSTILE), "P1"), (ticket, "P3")] {
        assert_eq!(sender.tell(told).await.outcome, Outcome::Delivered);
        assert_eq!(json_of(&service.message().await)["priority"], priority);
    }
    assert_eq!(sender.tell(resolved(3)).await.outcome, Outcome::Delivered);
}

#[tokio::test]
async fn incident_io_is_told_of_beginning_and_end_by_one_key() {
    let mut service = Receiver::service(|message| {
        let body = json_of(message);
        let is_event = length(&body["title"]) > 0
            && ["firing", "resolved"]
                .iter()
                .any(|known| body["status"] == *known)
            && body["metadata"].is_object();
        match is_event && message.header("authorization") == "Bearer token-1" {
            true => (202, r#"{"status":"success"}"#.to_owned()),
            false => (422, String::new()),
        }
    })
    .await;
    let config = Config {
        incident_io: vec![IncidentIoConfig {
            url: Secret::new(format!("http://{}/v2/alert_events/http/s", service.addr)),
            token: Secret::new("token-1".to_owned()),
            ..IncidentIoConfig::default()
        }],
        ..config()
    };
    let mut sender = send_by(&config);
    let mut keys = Vec::new();
    for told in [firing(1, HOSTILE), resolved(2)] {
        assert_eq!(sender.tell(told).await.outcome, Outcome::Delivered);
        let body = json_of(&service.message().await);
        assert_eq!(body["source_url"], "https://corswatch.test/#/alerts");
        keys.push((body["status"].clone(), body["deduplication_key"].clone()));
    }
    let id = json!(AlertId::of("shop-blocks", "fast_burn", []).as_str());
    assert_eq!(
        keys,
        [(json!("firing"), id.clone()), (json!("resolved"), id)]
    );
}
