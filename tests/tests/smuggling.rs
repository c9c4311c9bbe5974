//! nginx and HAProxy before the edge: no request that they forward hides another one.

use std::net::SocketAddr;
use std::time::Duration;

use corswatch_tests::{Kind, Product, Settings, WebServer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What is hidden. The proxies deny it: where the edge is asked for it, it saw a request that they did not.
const HIDDEN: &str = "GET /v1/corswatch.js HTTP/1.1\r\nHost: localhost\r\n\r\n";
const DEADLINE: Duration = Duration::from_secs(60);

/// Time-outs are short, so that what never ends is over soon. Connections to the edge are kept and shared.
fn nginx(edge: u16, buffering: &str) -> String {
    format!(
        "upstream edge {{ server 127.0.0.1:{edge}; keepalive 2; }}\n\
         client_header_timeout 1s;\nclient_body_timeout 1s;\nkeepalive_timeout 1s;\n# location\n\
         if ($uri = /v1/corswatch.js) {{ return 403; }}\n\
         proxy_pass http://edge;\nproxy_http_version 1.1;\nproxy_set_header Connection \"\";\n\
         proxy_request_buffering {buffering};\n"
    )
}

const HAPROXY: &str = "  timeout client 1s\n  timeout http-request 1s\n  timeout http-keep-alive 1s\n  \
                       http-request deny if { path /v1/corswatch.js }\n";

/// Headers that some readers take for chunked and others do not.
const CODINGS: &[&str] = &[
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding : chunked",
    "Transfer-Encoding\t: chunked",
    "Transfer-Encoding:\tchunked",
    "Transfer-Encoding:\x0bchunked",
    "Transfer-Encoding: \x0cchunked",
    "Transfer-Encoding: chunked\x0b",
    "Transfer-Encoding: chunked\0",
    "Transfer-Encoding: \"chunked\"",
    "Transfer-Encoding: chunked;q=1",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: identity, chunked",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: chunked, chunked",
    "Transfer-Encoding: chunk",
    "Transfer-Encoding: ,chunked",
    "Transfer-Encoding:\r\n chunked",
    "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    "Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
    "X: y\nTransfer-Encoding: chunked",
    "X: y\rTransfer-Encoding: chunked",
    "X: y\r\n\tTransfer-Encoding: chunked",
    " Transfer-Encoding: chunked",
    "Transfer_Encoding: chunked",
    "Transfer-Encoding\0: chunked",
    "tRANSFER-eNCODING: cHUNKED",
    "Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked",
    "Connection: Content-Length\r\nTransfer-Encoding: chunked",
];

/// Lengths that some readers take for 0 and others for more; `N` is the length of what is hidden.
const LENGTHS: &[&str] = &[
    "Content-Length: 0\r\nContent-Length: N",
    "Content-Length: N\r\nContent-Length: 0",
    "Content-Length: 0, N",
    "Content-Length: N, 0",
    "Content-Length: +N",
    "Content-Length: -N",
    "Content-Length: 0N",
    "Content-Length: N\x0b",
    "Content-Length: \x0bN",
    "Content-Length: 0xN",
    "Content-Length: N\0",
    "Content-Length : N",
    "Content-Length\0: N",
    "Content_Length: N",
    "Content-Length:\r\n N",
    "Content-Length: 0\r\n N",
    "X: y\nContent-Length: N",
    "X: y\rContent-Length: N",
    " Content-Length: N",
    "Content-Length: N\r\nConnection: Content-Length",
    "Content-Length: N\r\nExpect: 100-continue",
    "Expect: 100-continue\r\nContent-Length: 0\r\nContent-Length: N",
    "Content-Length: N\r\nExpect: y 100-continue",
];

/// Chunks whose end is elsewhere for some readers; `@` is what is hidden, `N` its length in hexadecimal.
const CHUNKS: &[&str] = &[
    "0\n\n@",
    "0\r\n\n@",
    "0\n\r\n@",
    "0;\n\r\n@",
    "0;x=\n\r\n\r\n@",
    "0;x=\"\r\n\r\n@\"\r\n\r\n",
    "0\0\r\n\r\n@",
    "0x0\r\n\r\n@",
    "-0\r\n\r\n@",
    "+0\r\n\r\n@",
    "00000000000000000000\r\n\r\n@",
    "10000000000000000\r\n\r\n@",
    "0 \r\n\r\n@",
    " 0\r\n\r\n@",
    "1;\nx\r\nN\r\n@\r\n0\r\n\r\n",
    "1\nx\r\nN\r\n@\r\n0\r\n\r\n",
    "1\r\nx\nN\r\n@\r\n0\r\n\r\n",
    "1\r\nxyN\r\n@\r\n0\r\n\r\n",
    "1\rx\r\nN\r\n@\r\n0\r\n\r\n",
    "0\r\nX: y\n\n@",
    "0\r\nContent-Length: 5\r\n\r\n@",
    "0\r\n X: y\r\n\r\n@",
    "0\r\nbad trailer\r\n\r\n@",
];

/// Everything that is tried.
fn attacks() -> Vec<String> {
    let number = HIDDEN.len();
    let post = |headers: &str, body: &str| {
        format!("POST /nowhere HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n{body}")
    };
    let by_coding = CODINGS.iter().flat_map(|coding| {
        // For who reads lengths the body has all of it; for who reads chunks it is over before what is hidden.
        let whole = format!("0\r\n\r\n{HIDDEN}");
        let by_length = format!("{coding}\r\nContent-Length: {}", whole.len());
        // And the other way round.
        let size = format!("{number:x}\r\n");
        let by_chunks = format!("Content-Length: {}\r\n{coding}", size.len());
        let chunk = format!("{size}{HIDDEN}\r\n0\r\n\r\n");
        let old = post(&by_length, &whole).replace("/nowhere HTTP/1.1", "/nowhere HTTP/1.0");
        [post(&by_length, &whole), post(&by_chunks, &chunk), old]
    });
    let by_length = LENGTHS.iter().flat_map(|length| {
        let headers = length.replace('N', &number.to_string());
        let get = post(&headers, HIDDEN).replacen("POST", "GET", 1);
        [post(&headers, HIDDEN), get]
    });
    let by_chunks = CHUNKS.iter().map(|body| {
        let body = body
            .replace('N', &format!("{number:x}"))
            .replace('@', HIDDEN);
        post("Transfer-Encoding: chunked", &body)
    });
    by_coding.chain(by_length).chain(by_chunks).collect()
}

/// Sends `bytes` and reads until the connection ends; the status of the first answer, where there is one.
async fn send(address: SocketAddr, bytes: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(address).await.expect("a listener");
    // It may have refused and gone before all was written.
    let _ = stream.write_all(bytes.as_bytes()).await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut answer)).await;
    let _ = read.expect("the connection ends");
    String::from_utf8_lossy(&answer)
        .split(' ')
        .nth(1)?
        .parse()
        .ok()
}

/// How often the edge was asked for what the label names.
async fn served(product: &Product, label: &str) -> u64 {
    let metrics = product.private.get("/metrics").await.expect("an answer");
    let text = metrics.text().await.expect("text");
    let start = format!("corswatch_collector_served_total{{reason=\"{label}\"}} ");
    let count = text.lines().find_map(|line| line.strip_prefix(&start));
    count.expect("it is counted").parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_that_nginx_or_haproxy_forwards_hides_another_one() {
    let data = tempfile::tempdir().expect("a folder");
    // The proxies are one client.
    let settings = Settings::with_fixed_ports()
        .and("[collector.limits]\nconnections_per_client = 1000\nclient_rate = 10000\n");
    let product = Product::start(data.path(), &settings).await;
    let edge: SocketAddr = product.edge.base()["http://".len()..]
        .parse()
        .expect("an address");
    let servers = [
        WebServer::start(Kind::Nginx, &nginx(edge.port(), "on")).await,
        WebServer::start(Kind::Nginx, &nginx(edge.port(), "off")).await,
        WebServer::with(
            Kind::HaProxy,
            HAPROXY,
            corswatch_tests::Content::Behind(edge.port()),
        )
        .await,
    ];
    for server in &servers {
        let before = served(&product, "not_found").await;
        let proxy = SocketAddr::from(([127, 0, 0, 1], server.port()));
        let denied = send(
            proxy,
            &HIDDEN.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"),
        )
        .await;
        assert_eq!(
            denied,
            Some(403),
            "the proxy denies it: {:?}",
            server.lines()
        );
        let mut sent = JoinSet::new();
        for attack in attacks() {
            sent.spawn(async move { send(proxy, &attack).await });
        }
        let answers = sent.join_all().await;
        assert!(
            answers.contains(&Some(404)),
            "some were forwarded: {answers:?}"
        );
        // What was left on connections to the edge would come out now.
        for _ in 0..20 {
            let plain = "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            assert_eq!(send(proxy, plain).await, Some(404));
        }
        assert!(served(&product, "not_found").await >= before + 20);
        let hidden = served(&product, "script_redirect").await;
        assert_eq!(
            hidden, 0,
            "{}: the edge saw what the proxy did not",
            server.base
        );
    }
    // It would have been counted.
    assert_eq!(
        send(
            edge,
            &HIDDEN.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
        )
        .await,
        Some(302)
    );
    assert_eq!(served(&product, "script_redirect").await, 1);
}
