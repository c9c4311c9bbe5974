//! The real Alertmanager of Debian (`prometheus-alertmanager`), as `cargo xtask setup` installs it.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use alert::{
    AlertId, AlertmanagerConfig, Config, Dispatcher, Notification, Outbox, Outcome, Owners, Status,
};
use observation::UnixMillis;
use runtime::{Clock, Stop};
use serde_json::Value;
use settings::Span;
use tokio::task::JoinSet;

/// A running Alertmanager; it ends when it is dropped.
struct Alertmanager {
    url: String,
    child: Child,
    _dir: tempfile::TempDir,
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Alertmanager {
    fn start() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let config = dir.path().join("alertmanager.yml");
        // Shorter than anything that the sender says: what stays, stays by `endsAt`.
        let text = "global: { resolve_timeout: 1s }\nroute: { receiver: none }\nreceivers: [ { name: none } ]\n";
        std::fs::write(&config, text).expect("written");
        let mut child = Command::new("prometheus-alertmanager")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", dir.path().display()))
            .args([
                "--web.listen-address=127.0.0.1:0",
                "--cluster.listen-address=",
            ])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("prometheus-alertmanager is installed: cargo xtask setup");
        let log = BufReader::new(child.stderr.take().expect("piped"));
        let mut lines = log.lines().map_while(Result::ok);
        // `msg="Listening on" address=127.0.0.1:41237`
        let address = lines
            .find_map(|line| {
                let line = line.contains("Listening on").then_some(line)?;
                Some(line.rsplit_once("address=")?.1.trim().to_owned())
            })
            .expect("it listens");
        // What it writes from here on has to go somewhere.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            url: format!("http://{address}"),
            child,
            _dir: dir,
        }
    }

    /// The alerts that it holds to be active.
    async fn alerts(&self) -> Vec<Value> {
        let url = format!("{}/api/v2/alerts?active=true", self.url);
        let tls = runtime::client_tls(runtime::authorities());
        let client = reqwest::Client::builder().tls_backend_preconfigured(tls);
        let asked = client.build().expect("a client").get(url).send();
        let answer = asked.await.expect("it answers");
        answer.json().await.expect("a list")
    }

    async fn wait_for(&self, what: &str, is_so: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            let alerts = self.alerts().await;
            if is_so(&alerts) {
                return alerts;
            }
            assert!(tokio::time::Instant::now() < deadline, "{what}: {alerts:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

struct Sender {
    outbox: Outbox,
    running: JoinSet<()>,
}

fn send_to(urls: Vec<String>, resend_after: Span) -> Sender {
    let config = Config {
        dangerously_allow_private_networks: true,
        first_pause: Span::millis(10),
        give_up_after: Span::secs(1),
        alertmanager: vec![AlertmanagerConfig {
            urls,
            resend_after,
            ends_after: Span::millis(resend_after.as_millis().unsigned_abs() * 4),
            ..AlertmanagerConfig::default()
        }],
        ..Config::default()
    };
    let metrics = runtime::Metrics::default();
    let (dispatcher, outbox) =
        Dispatcher::build(&config, Owners::default(), &Clock::system(), &metrics).expect("usable");
    let mut running = JoinSet::new();
    running.spawn(dispatcher.run(Stop::new()));
    Sender { outbox, running }
}

impl Sender {
    async fn tell(&mut self, notification: Notification) -> Outcome {
        self.outbox.offer(notification).expect("room");
        self.outbox.receipt().await.outcome
    }
}

fn notification(sequence: u64, status: Status, severity: &str) -> Notification {
    let now = Clock::system().now();
    let texts = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        pairs.iter().map(owned).collect()
    };
    Notification {
        alert: AlertId::of("shop-blocks", "fast_burn", []),
        sequence,
        status,
        occasion: alert::Occasion::default(),
        labels: texts(&[
            ("alertname", "corswatch_block_rate_fast_burn"),
            ("app", "shop"),
            ("environment", ""),
            ("not a name", "x"),
            ("severity", severity),
            ("endpoint", "/<!channel>\u{202e}\"{}"),
        ]),
        annotations: texts(&[("summary", "blocked"), ("not-a-name", "x")]),
        starts_at: UnixMillis(now.0 - 60_000),
        ends_at: (status == Status::Resolved).then_some(now),
        generator_url: "https://corswatch.test/#/alerts".to_owned(),
    }
}

fn severity(alert: &Value) -> &str {
    alert["labels"]["severity"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn an_alert_fires_in_every_peer_under_stable_labels_and_ends_there() {
    let peers = [Alertmanager::start(), Alertmanager::start()];
    // A peer that is down does not keep the others from hearing.
    let mut urls: Vec<String> = peers.iter().map(|peer| peer.url.clone()).collect();
    urls.push("http://127.0.0.1:1".to_owned());
    let mut sender = send_to(urls, Span::secs(60));
    let outcome = sender.tell(notification(1, Status::Firing, "ticket")).await;
    assert_eq!(outcome, Outcome::GaveUp, "the worst of all peers");
    for peer in &peers {
        let alerts = peer.wait_for("fires", |alerts| alerts.len() == 1).await;
        assert_eq!(alerts[0]["labels"]["app"], "shop");
        assert_eq!(alerts[0]["annotations"]["summary"], "blocked");
        assert_eq!(alerts[0]["generatorURL"], "https://corswatch.test/#/alerts");
    }
    sender.tell(notification(2, Status::Firing, "page")).await;
    for peer in &peers {
        let is_replaced = |alerts: &[Value]| alerts.len() == 1 && severity(&alerts[0]) == "page";
        peer.wait_for("the ticket ends, the page fires", is_replaced)
            .await;
    }
    sender.tell(notification(3, Status::Resolved, "page")).await;
    for peer in &peers {
        peer.wait_for("over", <[Value]>::is_empty).await;
    }
}

#[tokio::test]
async fn what_stands_is_sent_again_while_nothing_is_evaluated_and_ends_by_itself_without() {
    let mut alertmanager = Alertmanager::start();
    let mut sender = send_to(vec![alertmanager.url.clone()], Span::secs(1));
    // After a restart nothing is news, but it stands.
    sender
        .outbox
        .renew([notification(1, Status::Firing, "page")]);
    let ends_at = |alerts: &[Value]| alerts[0]["endsAt"].as_str().unwrap_or_default().to_owned();
    let first = alertmanager
        .wait_for("fires", |alerts| alerts.len() == 1)
        .await;
    let first = ends_at(&first);
    let is_later = |alerts: &[Value]| alerts.len() == 1 && ends_at(alerts) > first;
    alertmanager.wait_for("renewed", is_later).await;
    // One that lost its memory knows it again.
    alertmanager = Alertmanager::start();
    let mut other = send_to(vec![alertmanager.url.clone()], Span::secs(1));
    other
        .outbox
        .renew([notification(1, Status::Firing, "page")]);
    alertmanager
        .wait_for("fires", |alerts| alerts.len() == 1)
        .await;
    other
        .outbox
        .renew([notification(2, Status::Resolved, "page")]);
    alertmanager
        .wait_for("its end is sent again", <[Value]>::is_empty)
        .await;
    // A sender that is gone does not leave its alerts behind.
    other
        .outbox
        .renew([notification(3, Status::Firing, "page")]);
    alertmanager
        .wait_for("fires", |alerts| alerts.len() == 1)
        .await;
    other.running.shutdown().await;
    sender.running.shutdown().await;
    alertmanager
        .wait_for("ends after `ends_after`", <[Value]>::is_empty)
        .await;
}
