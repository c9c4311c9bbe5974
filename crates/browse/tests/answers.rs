//! What the client makes of what servers send.

mod support;

use std::sync::Arc;
use std::time::Duration;

use browse::{Call, CallError, CallResponse, Client, Limits, Phase};
use cors::Headers;
use runtime::Causes as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use support::{Server, allowing, client, limits, names};
use tokio_rustls::TlsAcceptor;

async fn get(client: &Client, origin: &str) -> Result<CallResponse, CallError> {
    let url = format!("{origin}/a?b=c#d").parse().expect("a URL");
    let mut headers = Headers::new();
    headers.push("Origin", "https://shop.test");
    client
        .call(Call {
            method: "GET",
            url: &url,
            headers: &headers,
        })
        .await
}

/// What the client makes of `answer`.
async fn answered(answer: &'static str) -> Result<CallResponse, CallError> {
    let server = Server::start(move |_| answer.to_owned()).await;
    let origin = server.origin("api.test");
    get(&client(&[&origin], &["api.test"]), &origin).await
}

#[tokio::test]
async fn the_head_of_an_answer_is_kept_byte_for_byte_and_in_order() {
    let reply = answered(
        "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n\
         HTTP/1.1 200 OK\r\nZ-Last: 1\r\nACCESS-Control-Allow-Origin:  https://a.test \r\n\
         vary: Origin\r\naccess-control-allow-origin: \u{fc}\r\nEmpty:\r\n\r\nbody",
    )
    .await
    .expect("an answer");
    assert_eq!(reply.answer.status, 200);
    let lines: Vec<_> = reply
        .answer
        .headers
        .iter()
        .map(|(name, value)| (std::str::from_utf8(name).expect("ASCII"), value))
        .collect();
    assert_eq!(
        lines,
        [
            ("Z-Last", b"1".as_slice()),
            ("ACCESS-Control-Allow-Origin", b"https://a.test"),
            ("vary", b"Origin"),
            ("access-control-allow-origin", "\u{fc}".as_bytes()),
            ("Empty", b""),
        ]
    );
}

#[tokio::test]
async fn a_request_goes_out_as_it_was_asked_for() {
    let server = Server::start(|_| "HTTP/1.1 204 No Content\r\n\r\n".to_owned()).await;
    let origin = server.origin("api.test");
    let reply = get(&client(&[&origin], &["api.test"]), &origin)
        .await
        .expect("an answer");
    assert_eq!(
        reply.remote.to_string(),
        format!("127.0.0.1:{}", server.port)
    );
    assert_eq!(
        server.asked(),
        [format!(
            "GET /a?b=c HTTP/1.1\r\nHost: api.test:{}\r\nConnection: close\r\n\
             Origin: https://shop.test\r\n\r\n",
            server.port
        )]
    );
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let reply = answered("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n")
        .await
        .expect("an answer");
    assert_eq!(
        reply.answer.redirect(),
        Some(b"http://127.0.0.1:1/".as_slice())
    );
}

#[tokio::test]
async fn what_is_no_answer_has_a_reason() {
    for (answer, expected) in [
        ("", "broken"),
        ("HTTP/1.1 200 OK\r\nserver: x\r\n", "broken"),
        ("SSH-2.0-OpenSSH_9.6\r\n\r\n", "malformed"),
        ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "malformed"),
    ] {
        let error = answered(answer).await.expect_err(answer);
        assert_eq!(
            error.fault().as_str(),
            expected,
            "{answer:?}: {}",
            error.with_causes()
        );
    }
}

#[tokio::test]
async fn a_head_without_end_is_cut_off() {
    let server = Server::start(|_| {
        format!(
            "HTTP/1.1 200 OK\r\n{}",
            "x-filler: 0123456789\r\n".repeat(100_000)
        )
    })
    .await;
    let origin = server.origin("api.test");
    let limits = Limits {
        head_bytes: 2000,
        ..limits()
    };
    let client = Client::trusting(
        allowing(&[&origin]),
        names(&["api.test"]),
        limits,
        rustls::RootCertStore::empty(),
    );
    let error = get(&client, &origin).await.expect_err("too large");
    assert!(
        matches!(error, CallError::TooLarge(2000)),
        "{}",
        error.with_causes().to_string()
    );
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let origin = format!(
        "http://api.test:{}",
        listener.local_addr().expect("bound").port()
    );
    let limits = Limits {
        timeout: Duration::from_millis(50),
        ..limits()
    };
    let client = Client::trusting(
        allowing(&[&origin]),
        names(&["api.test"]),
        limits,
        rustls::RootCertStore::empty(),
    );
    let error = get(&client, &origin).await.expect_err("silence");
    assert!(
        matches!(error, CallError::TimedOut(Phase::Answer)),
        "{}",
        error.with_causes().to_string()
    );
}

const AUTHORITY: &[u8] = include_bytes!("tls/authority.der");
const CERTIFICATE: &[u8] = include_bytes!("tls/api_test.der");
const KEY: &[u8] = include_bytes!("tls/api_test.key.der");

fn acceptor() -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(KEY.to_vec()));
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(CERTIFICATE)], key)
        .expect("the key of the certificate");
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test]
async fn a_server_proves_its_name_whatever_its_address() {
    let mut trusted = rustls::RootCertStore::empty();
    trusted
        .add(CertificateDer::from(AUTHORITY))
        .expect("a certificate");
    for (name, roots, expected) in [
        ("api.test", trusted.clone(), None),
        ("other.test", trusted, Some("tls")),
        ("api.test", rustls::RootCertStore::empty(), Some("tls")),
    ] {
        let server =
            Server::start_tls(acceptor(), |_| "HTTP/1.1 204 No Content\r\n\r\n".to_owned()).await;
        let origin = format!("https://{name}:{}", server.port);
        let client = Client::trusting(allowing(&[&origin]), names(&[name]), limits(), roots);
        let got = get(&client, &origin).await;
        let fault = got.as_ref().err().map(|error| error.fault().as_str());
        assert_eq!(fault, expected, "{name}");
    }
}
