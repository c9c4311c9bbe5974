//! E-mail, sent to a real SMTP server (aiosmtpd of Debian, as `cargo xtask setup` installs it).

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use alert::{
    AlertId, Config, Dispatcher, EmailConfig, MailSecurity, Notification, Outbox, Outcome, Owners,
    Status,
};
use observation::UnixMillis;
use runtime::{Clock, Stop};
use serde_json::Value;
use settings::{Secret, Span};
use tokio::task::JoinSet;

/// A running server; it ends when it is dropped.
struct Server {
    port: u16,
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    ca: PathBuf,
    _dir: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(security: &str) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let (cert, key) = certificate(dir.path());
        let mut command = Command::new("/usr/bin/python3");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/smtp.py"));
        command.arg(security);
        if security != "plain" {
            command.args([&cert, &key]);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Debian's Python runs");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let port = lines
            .next()
            .expect("python3-aiosmtpd is installed: cargo xtask setup");
        Self {
            port: port.expect("text").parse().expect("a port"),
            child,
            lines,
            ca: cert,
            _dir: dir,
        }
    }

    fn mail(&mut self) -> Value {
        let line = self.lines.next().expect("it runs").expect("text");
        serde_json::from_str(&line).expect("JSON")
    }
}

/// A certificate for `localhost` that signs itself.
fn certificate(dir: &Path) -> (PathBuf, PathBuf) {
    let (cert, key) = (dir.join("cert.pem"), dir.join("key.pem"));
    let made = Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&cert)
        .output()
        .expect("openssl runs");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    (cert, key)
}

fn settings(server: &Server, security: MailSecurity) -> EmailConfig {
    let logs_in = security == MailSecurity::Starttls;
    EmailConfig {
        host: "localhost".to_owned(),
        port: server.port,
        security,
        dangerously_allow_plaintext: true,
        ca_file: server.ca.display().to_string(),
        user: if logs_in { "shop" } else { "" }.to_owned(),
        password: Secret::new(if logs_in { "correct horse" } else { "" }.to_owned()),
        from: "corswatch <corswatch@shop.test>".to_owned(),
        to: vec![
            "on-call@shop.test".to_owned(),
            "Ops <ops@shop.test>".to_owned(),
        ],
        ..EmailConfig::default()
    }
}

struct Sender {
    outbox: Outbox,
    deliveries: alert::Deliveries,
    _running: JoinSet<()>,
}

fn send_by(email: EmailConfig) -> Sender {
    let config = Config {
        dangerously_allow_private_networks: true,
        first_pause: Span::millis(10),
        give_up_after: Span::secs(1),
        email: vec![email],
        ..Config::default()
    };
    let metrics = runtime::Metrics::default();
    let (mut dispatcher, outbox) =
        Dispatcher::build(&config, Owners::default(), &Clock::system(), &metrics).expect("usable");
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
    /// How it ended, and what was answered.
    async fn tell(&mut self, sequence: u64, text: &str) -> (Outcome, String) {
        self.outbox
            .offer(notification(sequence, text))
            .expect("room");
        let outcome = self.outbox.receipt().await.outcome;
        let delivery = self.deliveries.recv().await.expect("recorded");
        (outcome, delivery.answer)
    }
}

fn notification(sequence: u64, text: &str) -> Notification {
    let labels = [("app", "shop"), ("endpoint", text), ("severity", "page")];
    let annotations = [
        ("summary", text),
        ("fix", text),
        ("runbook_url", "https://runbooks.test/cors"),
    ];
    let owned = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
    Notification {
        alert: AlertId::of("shop-blocks", "fast_burn", []),
        sequence,
        status: Status::Firing,
        occasion: alert::Occasion::default(),
        labels: BTreeMap::from(labels.map(owned)),
        annotations: BTreeMap::from(annotations.map(owned)),
        starts_at: UnixMillis(1_700_000_000_000),
        ends_at: None,
        generator_url: String::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_arrives_with_every_kind_of_security_and_what_a_page_wrote_is_only_text_in_it() {
    let hostile =
        "\u{fc}\r\nBcc: evil@evil.test\r\n\r\n<a href=\"https://evil.test\">x</a> www.evil.test";
    for (word, security) in [
        ("plain", MailSecurity::Plaintext),
        ("starttls", MailSecurity::Starttls),
        ("tls", MailSecurity::Tls),
    ] {
        let mut server = Server::start(word);
        let mut sender = send_by(settings(&server, security));
        let mut threads = Vec::new();
        for sequence in [1, 2] {
            let (outcome, answer) = sender.tell(sequence, hostile).await;
            assert_eq!(
                (outcome, answer.as_str()),
                (Outcome::Delivered, "SMTP 250"),
                "{word}"
            );
            let mail = server.mail();
            assert_eq!(mail["tls"], security != MailSecurity::Plaintext, "{word}");
            assert_eq!(
                mail["to"],
                serde_json::json!(["on-call@shop.test", "ops@shop.test"])
            );
            let headers = &mail["headers"];
            assert!(headers["bcc"].is_null(), "{headers}");
            let subject = headers["subject"].as_str().expect("text");
            assert!(subject.starts_with("FIRING: \u{fc}"), "{subject}");
            let text = mail["text"].as_str().expect("text");
            assert!(
                !text.contains("https://evil") && !text.contains("www.evil"),
                "{text}"
            );
            assert!(text.contains("https://runbooks.test/cors"), "{text}");
            assert!(mail["html"].is_null(), "{mail}");
            threads.push(headers["references"].clone());
        }
        assert_eq!(threads[0], threads[1], "one thread");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_arrives_as_text_and_as_a_page_without_markup_or_links_of_strangers() {
    let mut server = Server::start("tls");
    let mut sender = send_by(settings(&server, MailSecurity::Tls));
    let markdown = "# Week\n\n| objective | measured |\n|---|---|\n| block\\_rate | 1 % |\n\n\
                    - https://evil.test \\<b\\>\n";
    let report = Notification::report("shop", "Week", markdown, UnixMillis(1));
    sender.outbox.offer(report).expect("room");
    assert_eq!(sender.outbox.receipt().await.outcome, Outcome::Delivered);
    let mail = server.mail();
    let (text, page) = (mail["text"].as_str(), mail["html"].as_str());
    let (text, page) = (
        text.expect("text").replace("\r\n", "\n"),
        page.expect("a page"),
    );
    assert!(text.contains("block_rate\n    measured: 1 %\n"), "{text}");
    assert!(page.contains("<td>block_rate</td>"), "{page}");
    for part in [&text, page] {
        assert!(
            !part.contains("https://evil") && !part.contains('|'),
            "{part}"
        );
    }
    assert!(text.contains("<b>") && page.contains("&lt;b&gt;"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_who_it_should_be_or_offers_no_tls_gets_no_mail() {
    let server = Server::start("starttls");
    let unknown = EmailConfig {
        ca_file: String::new(),
        ..settings(&server, MailSecurity::Starttls)
    };
    let (outcome, answer) = send_by(unknown).tell(1, "x").await;
    assert_eq!(outcome, Outcome::GaveUp);
    assert!(answer.to_lowercase().contains("certificate"), "{answer}");
    let server = Server::start("plain");
    let (outcome, answer) = send_by(settings(&server, MailSecurity::Starttls))
        .tell(1, "x")
        .await;
    assert_ne!(outcome, Outcome::Delivered);
    assert!(answer.to_lowercase().contains("starttls"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_for_good_is_final_and_what_it_postpones_is_tried_again() {
    let server = Server::start("starttls");
    let to = |address: &str| EmailConfig {
        to: vec![address.to_owned()],
        ..settings(&server, MailSecurity::Starttls)
    };
    let wrong = EmailConfig {
        password: Secret::new("wrong".to_owned()),
        ..to("a@shop.test")
    };
    for (email, expected, code) in [
        (to("later@shop.test"), Outcome::GaveUp, "450"),
        (to("never@shop.test"), Outcome::Refused, "550"),
        (wrong, Outcome::Refused, "535"),
    ] {
        let (outcome, answer) = send_by(email).tell(1, "x").await;
        assert_eq!(outcome, expected, "{answer}");
        assert!(answer.contains(code), "{answer}");
    }
}
