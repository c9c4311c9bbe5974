//! SIGTERM while a body is on its way: it is taken, answered, stored, and counted after the next start.

use std::time::Duration;

use anyhow::{Result, ensure};
use corswatch_tests::{Product, Settings, eventually};
use testkit::Beacon;
use testkit::beacon::PAGE;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const TIMEOUT: Duration = Duration::from_secs(60);

/// What `client` sends, in two halves.
fn halves(key: &str) -> (String, String) {
    let mut body = Beacon::new(1).ok("/items", 3).body();
    let rest = body.split_off(body.len() / 2);
    let head = format!(
        "POST /v1/b/{key} HTTP/1.1\r\nhost: edge\r\norigin: {PAGE}\r\n\
         content-type: text/plain\r\ncontent-length: {}\r\n\r\n{body}",
        body.len() + rest.len()
    );
    (head, rest)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_half_way_when_the_product_is_told_to_end_counts_after_the_next_start() {
    let data = tempfile::tempdir().expect("a directory");
    let settings = Settings::with_fixed_ports();
    let mut product = Product::start(data.path(), &settings).await;
    let address = product.edge.base().trim_start_matches("http://").to_owned();
    let (first, second) = halves(corswatch_tests::KEY);
    let mut client = TcpStream::connect(&address).await.expect("connected");
    client.write_all(first.as_bytes()).await.expect("sent");
    eventually("the edge has the first half", async || -> Result<()> {
        let metrics = product.private.get("/metrics").await?.text().await?;
        let line = metrics
            .lines()
            .find(|line| line.starts_with("corswatch_collector_received_total "));
        ensure!(line.is_some_and(|line| line.ends_with(" 1")), "{line:?}");
        Ok(())
    })
    .await;
    product.process.terminate();
    let refused = async {
        while TcpStream::connect(&address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(TIMEOUT, refused)
        .await
        .expect("new connections are refused in time");
    client.write_all(second.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    let read = client.read_to_string(&mut answer);
    tokio::time::timeout(TIMEOUT, read)
        .await
        .expect("answered in time")
        .expect("text");
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    let ended = product.process.ended(TIMEOUT).await;
    assert!(ended.success(), "{:#?}", product.process.lines());

    let product = Product::start(data.path(), &settings).await;
    eventually("it is counted once", async || -> Result<()> {
        let found = product.sli("test", "block_rate").await?;
        ensure!(found == (0, 3), "{found:?}");
        Ok(())
    })
    .await;
}
