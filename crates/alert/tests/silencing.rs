//! Routes and silences, between those who evaluate and the receivers.

#[expect(dead_code, reason = "what receivers get is not looked at here")]
mod receiver;

use std::collections::BTreeMap;
use std::time::Duration;

use alert::{
    AlertId, Config, Deliveries, Dispatcher, Notification, Outbox, Outcome, Owners, RouteConfig,
    Silence, SilenceKind, Silences, Status, WebhookConfig,
};
use observation::UnixMillis;
use receiver::Receiver;
use runtime::{ManualClock, Stop};
use settings::Span;
use tokio::task::JoinSet;

const NOW: UnixMillis = UnixMillis(1_700_000_123_456);

struct Sender {
    outbox: Outbox,
    silences: Silences,
    deliveries: Deliveries,
    metrics: runtime::Metrics,
    _running: JoinSet<()>,
}

/// Sends to the webhooks `pages` and `chat`.
fn send_to(pages: &Receiver, chat: &Receiver, routes: &str) -> Sender {
    let webhook = |name: &str, receiver: &Receiver| WebhookConfig {
        name: name.to_owned(),
        url: format!("http://{}/hook", receiver.addr),
        ..WebhookConfig::default()
    };
    let routes: Vec<RouteConfig> = serde_json::from_str(routes).expect("well formed");
    let config = Config {
        first_pause: Span::millis(10),
        give_up_after: Span::millis(50),
        dangerously_allow_private_networks: true,
        webhooks: vec![webhook("pages", pages), webhook("chat", chat)],
        routes,
        ..Config::default()
    };
    let (clock, _) = ManualClock::at(NOW);
    let metrics = runtime::Metrics::default();
    let (mut dispatcher, outbox) =
        Dispatcher::build(&config, Owners::default(), &clock, &metrics).expect("usable");
    let silences = dispatcher.silences();
    let deliveries = dispatcher.deliveries().expect("not taken yet");
    let mut running = JoinSet::new();
    running.spawn(dispatcher.run(Stop::new()));
    Sender {
        outbox,
        silences,
        deliveries,
        metrics,
        _running: running,
    }
}

impl Sender {
    async fn tell(&mut self, sequence: u64, status: Status, severity: &str) -> Outcome {
        let notification = notification(sequence, status, severity);
        self.outbox.offer(notification).expect("room");
        let receipt = tokio::time::timeout(Duration::from_secs(10), self.outbox.receipt());
        receipt.await.expect("an end within 10 s").outcome
    }
}

fn notification(sequence: u64, status: Status, severity: &str) -> Notification {
    let labels = [("app", "shop"), ("severity", severity)];
    let owned = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
    Notification {
        alert: AlertId::of("shop-blocks", "fast_burn", []),
        sequence,
        status,
        occasion: alert::Occasion::default(),
        labels: BTreeMap::from(labels.map(owned)),
        annotations: BTreeMap::new(),
        starts_at: UnixMillis(1_700_000_000_000),
        ends_at: (status == Status::Resolved).then_some(NOW),
        generator_url: String::new(),
    }
}

fn silence(app: &str) -> Silence {
    let body = format!(
        r#"{{"match": {{"app": "{app}"}}, "starts_at": "2023-11-14T00:00:00Z",
            "ends_at": "2023-11-16T00:00:00Z", "author": "ops", "reason": "known"}}"#
    );
    Silence::restore(SilenceKind::Silence, "s1", &body).expect("usable")
}

#[tokio::test]
async fn a_silence_holds_back_what_fires_and_it_is_sent_when_the_silence_ends() {
    let (mut pages, mut chat) = (Receiver::start(vec![]).await, Receiver::start(vec![]).await);
    let mut sender = send_to(&pages, &chat, "[]");
    sender
        .silences
        .replace(&[silence("shop"), silence("other")]);
    for _ in 0..3 {
        let outcome = sender.tell(1, Status::Firing, "page").await;
        assert_eq!(outcome, Outcome::Silenced);
        assert!(!outcome.is_final(), "it is still owed");
    }
    assert!(pages.nothing_more() && chat.nothing_more());
    let metrics = sender.metrics.encode();
    assert!(
        metrics
            .lines()
            .any(|line| line == "corswatch_alert_silenced_total 1"),
        "{metrics}"
    );
    let logged = sender
        .deliveries
        .try_recv()
        .expect("it is in the log, once");
    assert_eq!(
        (logged.outcome, logged.answer.as_str()),
        (Outcome::Silenced, "silence s1")
    );
    assert!(sender.deliveries.try_recv().is_err());
    sender.silences.replace(&[silence("other")]);
    assert_eq!(
        sender.tell(1, Status::Firing, "page").await,
        Outcome::Delivered
    );
    pages.message().await;
    chat.message().await;
}

#[tokio::test]
async fn an_end_reaches_during_a_silence_whom_the_beginning_has_reached_and_nobody_else() {
    let (mut pages, mut chat) = (Receiver::start(vec![]).await, Receiver::start(vec![]).await);
    let routes = r#"[{"match": {"severity": "page"}, "receivers": ["pages"]}]"#;
    let mut sender = send_to(&pages, &chat, routes);
    assert_eq!(
        sender.tell(1, Status::Firing, "page").await,
        Outcome::Delivered
    );
    pages.message().await;
    sender.silences.replace(&[silence("shop")]);
    assert_eq!(
        sender.tell(2, Status::Resolved, "page").await,
        Outcome::Delivered
    );
    pages.message().await;
    assert!(chat.nothing_more());
    assert_eq!(
        sender.tell(3, Status::Firing, "page").await,
        Outcome::Silenced
    );
    assert_eq!(
        sender.tell(4, Status::Resolved, "page").await,
        Outcome::Delivered
    );
    assert!(
        pages.nothing_more(),
        "it never heard of the second beginning"
    );
}

#[tokio::test]
async fn whoever_was_told_of_a_beginning_hears_of_the_end_though_routes_have_changed_with_the_labels()
 {
    let (mut pages, mut chat) = (Receiver::start(vec![]).await, Receiver::start(vec![]).await);
    let routes = r#"[
        {"match": {"severity": "page"}, "receivers": ["pages"]},
        {"match": {"severity": "ticket"}, "receivers": ["chat"]}
    ]"#;
    let mut sender = send_to(&pages, &chat, routes);
    sender.tell(1, Status::Firing, "ticket").await;
    chat.message().await;
    assert!(pages.nothing_more());
    sender.tell(2, Status::Firing, "page").await;
    pages.message().await;
    assert!(chat.nothing_more());
    sender.tell(3, Status::Resolved, "page").await;
    pages.message().await;
    chat.message().await;
}

#[tokio::test]
async fn what_one_receiver_took_is_not_sent_to_it_again_because_another_did_not() {
    let down = vec![(503, vec![]); 100];
    let (mut pages, chat) = (Receiver::start(vec![]).await, Receiver::start(down).await);
    let mut sender = send_to(&pages, &chat, "[]");
    for _ in 0..2 {
        assert_eq!(
            sender.tell(1, Status::Firing, "page").await,
            Outcome::GaveUp
        );
    }
    pages.message().await;
    assert!(pages.nothing_more());
    assert_eq!(
        sender.tell(2, Status::Firing, "page").await,
        Outcome::GaveUp
    );
    pages.message().await;
}
