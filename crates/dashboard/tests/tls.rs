//! TLS of the admin server: real handshakes, and files that change under it.

mod setting;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dashboard::{Config, Pair, Queries, ServeError, TlsConfig, serve};
use runtime::{Causes as _, Metrics, Stop};
use setting::{Fake, state};
use settings::Span;
use testkit::certificates::{Authority, Issued};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// When a certificate is valid, in years.
const FAR: (i32, i32) = (2000, 2060);
const PAST: (i32, i32) = (2000, 2020);
const FUTURE: (i32, i32) = (2050, 2060);
const DEADLINE: Duration = Duration::from_secs(20);

struct Server {
    addr: SocketAddr,
    stop: Stop,
    task: JoinSet<Result<(), ServeError>>,
}

impl Server {
    async fn start(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("a free port");
        let stop = Stop::new();
        let queries: Arc<dyn Queries> = Arc::new(Fake::default());
        let mut task = JoinSet::new();
        let state = state(queries, Metrics::default());
        task.spawn(serve(config, state, listener, stop.clone()));
        Self { addr, stop, task }
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.addr.port())
    }
}

fn config(folder: &Path, issued: &Issued) -> Config {
    let (certificate_file, key_file) = issued.write(folder).expect("written");
    Config {
        tls: TlsConfig {
            certificate_file,
            key_file,
            check_every: Span::millis(20),
        },
        ..Config::default()
    }
}

/// A client of its own for each question, so that each shakes hands.
async fn ask(authority: &Authority, url: &str) -> reqwest::Result<reqwest::Response> {
    let trusted = reqwest::Certificate::from_pem(authority.pem().as_bytes())?;
    let client = testkit::http::trusting().tls_certs_only([trusted]);
    client.build()?.get(url).send().await
}

#[tokio::test]
async fn it_proves_its_name_and_tells_browsers_to_keep_to_https() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new().expect("an authority");
    let issued = authority.issue(&["localhost"], FAR).expect("issued");
    let server = Server::start(config(folder.path(), &issued)).await;
    let answer = ask(&authority, &server.url("/livez"))
        .await
        .expect("trusted");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.version(), reqwest::Version::HTTP_11);
    let header = &answer.headers()["strict-transport-security"];
    assert_eq!(header, "max-age=31536000");
    let stranger = Authority::new().expect("another authority");
    let refused = ask(&stranger, &server.url("/livez")).await;
    assert!(refused.is_err_and(|error| error.is_connect()));
    let other_name = server.url("/livez").replace("localhost", "127.0.0.1");
    let refused = ask(&authority, &other_name).await;
    assert!(refused.is_err_and(|error| error.is_connect()));
}

#[tokio::test]
async fn who_speaks_http_there_is_told_to_speak_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let issued = Authority::new().and_then(|authority| authority.issue(&["localhost"], FAR));
    let server = Server::start(config(folder.path(), &issued.expect("issued"))).await;
    let answer = testkit::http::get(server.url("/livez").replace("https", "http"));
    let answer = answer.await.expect("an answer");
    assert_eq!(answer.status(), 400);
    let text = answer.text().await.expect("text");
    assert!(text.contains("ask for it by https://"), "{text}");
}

/// What `/readyz` says of the part `tls`, to someone who believes `authority`; nothing to whom it cannot prove its name.
async fn condition(authority: &Authority, ready: &str) -> Option<String> {
    let text = ask(authority, ready).await.ok()?.text().await.ok()?;
    let body: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let parts = body["parts"].as_array().expect("parts");
    let part = parts
        .iter()
        .find(|part| part["part"] == "tls")
        .expect("TLS is a part");
    Some(format!(
        "{}: {}",
        part["condition"].as_str()?,
        part["detail"].as_str()?
    ))
}

#[tokio::test]
async fn a_changed_pair_is_used_without_a_restart_and_a_broken_one_keeps_the_old() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (Authority::new(), Authority::new());
    let (first, second) = (first.expect("one"), second.expect("another"));
    let issue =
        |authority: &Authority, years| authority.issue(&["localhost"], years).expect("issued");
    let server = Server::start(config(folder.path(), &issue(&first, FAR))).await;
    let ready = server.url("/readyz");
    let tls = async |authority: &Authority| condition(authority, &ready).await;
    assert_eq!(tls(&first).await.as_deref(), Some("ready: "));
    let broken = [
        // Written one after the other: the key is that of another certificate.
        Issued {
            key: issue(&first, FAR).key,
            ..issue(&first, FAR)
        },
        Issued {
            certificate: "-----BEGIN CERTIFICATE-----\nMIIB".into(),
            ..issue(&first, FAR)
        },
        Issued {
            key: String::new(),
            ..issue(&first, FAR)
        },
        issue(&second, PAST),
        issue(&second, FUTURE),
    ];
    let words = [
        "is not one for the certificate",
        "holds no certificate",
        "holds no private key",
        "has expired",
        "is not valid yet",
    ];
    for (pair, words) in broken.iter().zip(words) {
        pair.write(folder.path()).expect("written");
        let said = async || tls(&first).await.filter(|text| text.contains(words));
        let said = testkit::wait_for(words, DEADLINE, said).await;
        assert!(said.starts_with("degraded: "), "{said}");
        assert!(said.contains("the one before it stays"), "{said}");
    }
    std::fs::remove_file(folder.path().join("tls.key")).expect("it was there");
    let gone = async || {
        tls(&first)
            .await
            .filter(|text| text.contains("cannot be read"))
    };
    testkit::wait_for("a file that is gone is said", DEADLINE, gone).await;
    issue(&second, FAR).write(folder.path()).expect("written");
    let replaced = async || tls(&second).await;
    let said = testkit::wait_for("the new pair is used", DEADLINE, replaced).await;
    assert_eq!(said, "ready: ");
    assert!(
        tls(&first).await.is_none(),
        "the old one is not shown any more"
    );
    let text = ask(&second, &server.url("/metrics"))
        .await
        .expect("metrics");
    let text = text.text().await.expect("metrics");
    for line in [
        "corswatch_dashboard_certificate_changes_total{outcome=\"replaced\"} 1",
        // The start of 2060.
        "corswatch_dashboard_certificate_expires_timestamp_seconds 2840140800",
    ] {
        assert!(text.contains(line), "{line} is missing in {text}");
    }
    let refused = text
        .split_once("corswatch_dashboard_certificate_changes_total{outcome=\"refused\"} ")
        .and_then(|(_, rest)| rest.lines().next()?.parse::<usize>().ok());
    // One for each of the above, and one for each pair that was seen while it was half written.
    let least = words.len() + 1;
    assert!(refused.is_some_and(|refused| refused >= least), "{text}");
}

#[tokio::test]
async fn a_certificate_that_has_expired_is_served_and_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new().expect("an authority");
    let issued = authority.issue(&["localhost"], PAST).expect("issued");
    let server = Server::start(config(folder.path(), &issued)).await;
    // Clients refuse it; this one does not look.
    let client = testkit::http::trusting().danger_accept_invalid_certs(true);
    let client = client.build().expect("a client");
    let text = client
        .get(server.url("/readyz"))
        .send()
        .await
        .expect("an answer");
    let text = text.text().await.expect("text");
    assert!(text.contains("the certificate has expired"), "{text}");
}

#[tokio::test]
async fn who_does_not_finish_the_handshake_is_let_go_and_others_are_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new().expect("an authority");
    let issued = authority.issue(&["localhost"], FAR).expect("issued");
    let config = Config {
        header_timeout: Span::millis(200),
        ..config(folder.path(), &issued)
    };
    let server = Server::start(config).await;
    // Nothing at all, and the start of a record that never ends.
    for start in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        let mut slow = TcpStream::connect(server.addr).await.expect("connected");
        slow.write_all(start).await.expect("sent");
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(DEADLINE, slow.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "the connection was closed");
        let answer = ask(&authority, &server.url("/livez")).await;
        assert_eq!(answer.expect("others are served").status(), 200);
    }
    let text = ask(&authority, &server.url("/metrics"))
        .await
        .expect("metrics");
    let text = text.text().await.expect("metrics");
    assert!(
        text.contains("corswatch_dashboard_handshakes_failed_total 2"),
        "{text}"
    );
}

#[tokio::test]
async fn a_stop_ends_idle_connections_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new().expect("an authority");
    let issued = authority.issue(&["localhost"], FAR).expect("issued");
    let mut server = Server::start(config(folder.path(), &issued)).await;
    let _silent = TcpStream::connect(server.addr).await.expect("connected");
    let answer = ask(&authority, &server.url("/livez")).await;
    assert_eq!(answer.expect("served").status(), 200);
    server.stop.cancel();
    let ended = tokio::time::timeout(DEADLINE, server.task.join_next()).await;
    ended
        .expect("in time")
        .expect("one task")
        .expect("no panic")
        .expect("no fault");
}

#[test]
fn files_that_cannot_be_used_are_named_with_what_is_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new().expect("an authority");
    let issued = authority.issue(&["localhost"], FAR).expect("issued");
    let (certificate, key) = issued.write(folder.path()).expect("written");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("large"), vec![b'x'; (1 << 20) + 1]).expect("written");
    let read = |certificate: &Path, key: &Path| {
        let config = TlsConfig {
            certificate_file: certificate.to_owned(),
            key_file: key.to_owned(),
            ..TlsConfig::default()
        };
        Pair::read(&config)
    };
    assert!(read(&certificate, &key).is_ok());
    for (certificate, key, words) in [
        (&path("gone"), &key, "gone cannot be read"),
        (&certificate, &path("gone"), "gone cannot be read"),
        (&folder.path().to_owned(), &key, "is not a regular file"),
        (&certificate, &"/dev/zero".into(), "is not a regular file"),
        (&path("large"), &key, "is larger than"),
        (&key, &key, "holds no certificate"),
        (&certificate, &certificate, "holds no private key"),
    ] {
        let error = read(certificate, key).expect_err(words);
        let text = error.with_causes().to_string();
        assert!(text.contains(words), "{text}");
        assert!(!text.contains("BEGIN"), "{text}");
    }
}
