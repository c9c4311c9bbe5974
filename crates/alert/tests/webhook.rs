//! Webhooks, sent to a real HTTP server.

mod receiver;

use std::collections::BTreeMap;
use std::time::Duration;

use alert::{
    AlertId, Config, Dispatcher, Notification, Occasion, Outbox, Outcome, Owner, Owners, Receipt,
    Status, WebhookConfig,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use observation::UnixMillis;
use receiver::{Answer, Receiver};
use runtime::{Clock, ManualClock, Stop};
use settings::{Secret, Span};
use sha2::Sha256;
use tokio::task::JoinSet;

const NOW: UnixMillis = UnixMillis(1_700_000_123_456);
const OLD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEW: &str = "a text that is long enough to be a key";

/// What a receiver does by the Standard Webhooks specification: one of the signatures, separated by spaces,
/// is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.
fn is_signed(key: &str, prefix: &str, body: &[u8], signatures: &str) -> bool {
    let key = match key.strip_prefix("whsec_") {
        Some(encoded) => STANDARD.decode(encoded).expect("base64"),
        None => key.as_bytes().to_vec(),
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of any length");
    mac.update(prefix.as_bytes());
    mac.update(body);
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    signatures.split(' ').any(|signature| signature == expected)
}

struct Sender {
    outbox: Outbox,
    metrics: runtime::Metrics,
    stop: Stop,
    running: JoinSet<()>,
}

fn config(url: String) -> Config {
    Config {
        external_url: "https://corswatch.test".to_owned(),
        first_pause: Span::millis(10),
        longest_pause: Span::millis(20),
        dangerously_allow_private_networks: true,
        webhooks: vec![WebhookConfig {
            name: "oncall".to_owned(),
            url,
            secrets: [OLD, NEW].map(|key| Secret::new(key.to_owned())).to_vec(),
            timeout: Span::secs(5),
        }],
        ..Config::default()
    }
}

fn owners() -> Owners {
    let owner = Owner {
        team: "team-checkout".to_owned(),
        runbook: "https://runbooks.test/checkout".to_owned(),
    };
    [("checkout".to_owned(), owner)].into_iter().collect()
}

fn send_to(config: &Config) -> Sender {
    let (clock, _) = ManualClock::at(NOW);
    let metrics = runtime::Metrics::default();
    let (dispatcher, outbox) =
        Dispatcher::build(config, owners(), &clock, &metrics).expect("usable");
    let stop = Stop::new();
    let mut running = JoinSet::new();
    running.spawn(dispatcher.run(stop.clone()));
    Sender {
        outbox,
        metrics,
        stop,
        running,
    }
}

impl Sender {
    async fn tell(&mut self, sequence: u64, status: Status) -> Receipt {
        self.outbox
            .offer(notification(sequence, status))
            .expect("room");
        let receipt = tokio::time::timeout(Duration::from_secs(10), self.outbox.receipt());
        receipt.await.expect("an end within 10 s")
    }

    fn counted(&self, line: &str) -> bool {
        self.metrics.encode().lines().any(|found| found == line)
    }
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

fn notification(sequence: u64, status: Status) -> Notification {
    Notification {
        alert: AlertId::of("shop-blocks", "fast_burn", []),
        sequence,
        status,
        occasion: Occasion::Opened,
        labels: texts(&[
            ("alertname", "corswatch_block_rate_fast_burn"),
            ("app", "shop"),
            ("severity", "page"),
            ("slo", "shop-blocks"),
        ]),
        annotations: texts(&[
            ("summary", "shop: 1.44 % of requests are blocked by CORS"),
            ("runbook_url", "https://runbooks.test/cors"),
        ]),
        starts_at: UnixMillis(1_700_000_000_000),
        ends_at: (status == Status::Resolved).then_some(UnixMillis(1_700_000_100_000)),
        generator_url: "https://corswatch.test/slos/shop-blocks".to_owned(),
    }
}

#[tokio::test]
async fn a_message_has_the_form_of_alertmanagers_webhook_version_4() {
    let mut receiver = Receiver::start(vec![]).await;
    let mut sender = send_to(&config(format!("http://{}/hook", receiver.addr)));
    for (sequence, status) in [(1, Status::Firing), (2, Status::Resolved)] {
        assert_eq!(
            sender.tell(sequence, status).await.outcome,
            Outcome::Delivered
        );
        let message = receiver.message().await;
        assert_eq!(message.path, "/hook");
        assert_eq!(message.header("content-type"), "application/json");
        let body: serde_json::Value = serde_json::from_slice(&message.body).expect("JSON");
        insta::assert_json_snapshot!(format!("message_{}", status.as_str()), body);
    }
    assert!(sender.counted(
        r#"corswatch_alert_notifications_total{receiver="oncall",outcome="delivered"} 2"#
    ));
}

#[tokio::test]
async fn a_receiver_can_check_the_signature_with_either_key() {
    let mut receiver = Receiver::start(vec![]).await;
    let mut sender = send_to(&config(format!("http://{}/hook", receiver.addr)));
    let receipt = sender.tell(7, Status::Firing).await;
    let message = receiver.message().await;
    let (id, timestamp) = (
        message.header("webhook-id"),
        message.header("webhook-timestamp"),
    );
    assert_eq!(id, format!("{}.1700000000000.7", receipt.alert));
    assert_eq!(timestamp, "1700000123");
    for key in [OLD, NEW] {
        let signatures = message.header("webhook-signature");
        let is_genuine =
            |body: &[u8]| is_signed(key, &format!("{id}.{timestamp}."), body, signatures);
        assert!(is_genuine(&message.body), "{signatures}");
        assert!(!is_genuine(b"something else"));
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_as_the_same_message() {
    let rest = |status: u16| -> Answer { (status, vec![("retry-after", "0".to_owned())]) };
    let script = vec![rest(503), rest(429), rest(500), (408, vec![])];
    let mut receiver = Receiver::start(script).await;
    let mut sender = send_to(&config(format!("http://{}/hook", receiver.addr)));
    assert_eq!(
        sender.tell(1, Status::Firing).await.outcome,
        Outcome::Delivered
    );
    let first = receiver.message().await;
    for _ in 0..4 {
        let again = receiver.message().await;
        assert_eq!(again.header("webhook-id"), first.header("webhook-id"));
        assert_eq!(again.body, first.body);
    }
    assert!(receiver.nothing_more());
    assert!(sender.counted(r#"corswatch_alert_retries_total{receiver="oncall"} 4"#));
}

#[tokio::test]
async fn the_receiver_is_left_alone_for_as_long_as_it_asks() {
    let script = vec![(503, vec![("retry-after", "1".to_owned())])];
    let mut receiver = Receiver::start(script).await;
    let mut sender = send_to(&config(format!("http://{}/hook", receiver.addr)));
    let before = tokio::time::Instant::now();
    assert_eq!(
        sender.tell(1, Status::Firing).await.outcome,
        Outcome::Delivered
    );
    assert!(before.elapsed() >= Duration::from_secs(1));
    receiver.message().await;
    receiver.message().await;
}

#[tokio::test]
async fn what_is_refused_is_final_and_what_follows_is_still_sent() {
    for status in [400, 401, 404, 410, 422] {
        let mut receiver = Receiver::start(vec![(status, vec![])]).await;
        let mut sender = send_to(&config(format!("http://{}/hook", receiver.addr)));
        assert_eq!(
            sender.tell(1, Status::Firing).await.outcome,
            Outcome::Refused,
            "{status}"
        );
        receiver.message().await;
        assert!(receiver.nothing_more(), "{status} is not repeated");
        assert_eq!(
            sender.tell(2, Status::Resolved).await.outcome,
            Outcome::Delivered
        );
        assert!(sender.counted(
            r#"corswatch_alert_notifications_total{receiver="oncall",outcome="refused"} 1"#
        ));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let mut elsewhere = Receiver::start(vec![]).await;
    let location = vec![("location", format!("http://{}/", elsewhere.addr))];
    let mut receiver = Receiver::start(vec![(307, location)]).await;
    let mut sender = send_to(&config(format!("http://{}/hook", receiver.addr)));
    assert_eq!(
        sender.tell(1, Status::Firing).await.outcome,
        Outcome::Refused
    );
    receiver.message().await;
    assert!(elsewhere.nothing_more());
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_where_the_connection_is_made() {
    let mut receiver = Receiver::start(vec![]).await;
    let mut config = config(format!("http://localhost:{}/hook", receiver.addr.port()));
    config.dangerously_allow_private_networks = false;
    let mut sender = send_to(&config);
    assert_eq!(
        sender.tell(1, Status::Firing).await.outcome,
        Outcome::Forbidden
    );
    assert!(receiver.nothing_more());
    assert!(sender.counted(
        r#"corswatch_alert_notifications_total{receiver="oncall",outcome="forbidden"} 1"#
    ));
    let literal = Config {
        webhooks: vec![WebhookConfig {
            url: format!("http://{}/hook", receiver.addr),
            ..WebhookConfig::default()
        }],
        ..Config::default()
    };
    let metrics = runtime::Metrics::default();
    let built = Dispatcher::build(&literal, Owners::default(), &Clock::system(), &metrics);
    let error = built.expect_err("a literal loopback address").to_string();
    assert!(
        error.contains("dangerously_allow_private_networks"),
        "{error}"
    );
}

/// What the only receiver gets of this alert.
async fn sent(labels: &[(&str, &str)], annotations: &[(&str, &str)]) -> serde_json::Value {
    let mut receiver = Receiver::start(vec![]).await;
    let mut sender = send_to(&config(format!("http://{}/hook", receiver.addr)));
    let mut notification = notification(1, Status::Firing);
    notification.labels.extend(texts(labels));
    notification.annotations.extend(texts(annotations));
    sender.outbox.offer(notification).expect("room");
    sender.outbox.receipt().await;
    let body = receiver.message().await.body;
    let mut body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    body["alerts"][0].take()
}

#[tokio::test]
async fn an_alert_of_a_service_goes_out_with_its_owner_and_both_runbooks() {
    let alert = sent(&[("service", "checkout")], &[]).await;
    assert_eq!(alert["labels"]["owner"], "team-checkout", "{alert}");
    let annotations = &alert["annotations"];
    assert_eq!(annotations["runbook_url"], "https://runbooks.test/cors");
    let of_service = &annotations["service_runbook_url"];
    assert_eq!(of_service, "https://runbooks.test/checkout");
    assert!(sent(&[], &[]).await["labels"].get("owner").is_none());
}

#[tokio::test]
async fn what_pages_and_servers_wrote_is_no_command_to_a_receiver() {
    let hostile = "/<!channel> <https://evil.test/login|Click to ack> [Click](https://evil.test) @here \
                   \u{202e}x\r\n\u{1b}[2J";
    let runbook = "https://runbooks.test/@sre?a=1|2";
    let alert = sent(
        &[("endpoint", hostile), ("service", "/users/@me")],
        &[
            ("summary", hostile),
            ("description", "two\nlines"),
            ("fix", hostile),
            ("runbook_url", runbook),
        ],
    )
    .await;
    for text in ["summary", "fix"].map(|name| &alert["annotations"][name]) {
        let text = text.as_str().expect("text");
        let commands = ['<', '>', '|', '@', '\u{202e}', '\r', '\u{1b}'];
        assert!(!text.contains(commands), "{text:?}");
        // A link in Markdown, which Teams and others read.
        assert!(!text.contains("]("), "{text:?}");
        assert!(text.contains("Click to ack") && text.contains("\\u{202e}x"));
    }
    let endpoint = alert["labels"]["endpoint"].as_str().expect("text");
    assert!(!endpoint.contains(['<', '\u{202e}', '\n']), "{endpoint:?}");
    assert!(!endpoint.contains("]("), "{endpoint:?}");
    // What routes match on, and what people click on, stays what it is.
    assert_eq!(alert["labels"]["service"], "/users/@me");
    assert_eq!(alert["annotations"]["runbook_url"], runbook);
    assert_eq!(alert["annotations"]["description"], "two\nlines");
}

#[tokio::test]
async fn a_receiver_that_is_out_of_reach_for_too_long_is_given_up_for_now() {
    // A port that no one listens on.
    let closed = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        listener.local_addr().expect("bound")
    };
    let mut config = config(format!("http://{closed}/hook"));
    config.give_up_after = Span::millis(100);
    let mut sender = send_to(&config);
    let receipt = sender.tell(1, Status::Firing).await;
    assert_eq!(receipt.outcome, Outcome::GaveUp);
    assert!(!receipt.outcome.is_final());
    assert!(
        sender.counted(
            r#"corswatch_alert_notifications_total{receiver="oncall",outcome="gave_up"} 1"#
        )
    );
}

#[tokio::test]
async fn stopping_finishes_at_once_and_says_what_was_not_sent() {
    let closed = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        listener.local_addr().expect("bound")
    };
    let mut config = config(format!("http://{closed}/hook"));
    config.first_pause = Span::secs(60);
    config.longest_pause = Span::secs(60);
    let mut sender = send_to(&config);
    for sequence in 1..=3 {
        sender
            .outbox
            .offer(notification(sequence, Status::Firing))
            .expect("room");
    }
    sender.stop.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(10), sender.running.join_next());
    ended
        .await
        .expect("no wait for the pause")
        .expect("one task")
        .expect("no panic");
    let receipts = sender.outbox.receipts();
    let outcomes: Vec<_> = receipts.iter().map(|receipt| receipt.outcome).collect();
    assert_eq!(outcomes, [Outcome::Stopped; 3]);
}
