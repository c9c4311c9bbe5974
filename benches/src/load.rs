//! A load of beacons over kept connections, with the latency of every answer.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// What one run of load saw.
pub(crate) struct Outcome {
    pub(crate) answers: u64,
    pub(crate) took: Duration,
    /// Latencies in microseconds.
    pub(crate) latency: Histogram<u64>,
}

/// A beacon of about 700 bytes with 10 rows of 3 endpoints, as a busy page sends it.
pub(crate) fn beacon(id: &str) -> String {
    let mut rows = vec![
        r#"{"at":-14020,"to":"https://api.shop.example","ep":"/v1/items","st":200,"n":6,"l":[55,4,58,2]}"#
            .to_owned(),
    ];
    for (at, status) in [(9000, 200), (8000, 204), (7000, 404), (6000, 500)] {
        rows.push(format!(
            r#"{{"at":-{at},"ep":"/v1/items/:id","st":{status},"n":3,"l":[57,3]}}"#
        ));
    }
    for (at, status) in [
        (5000, 200),
        (4000, 201),
        (3000, 409),
        (2000, 422),
        (1000, 503),
    ] {
        rows.push(format!(
            r#"{{"at":-{at},"ep":"/v1/cart","m":"PUT","p":1,"st":{status},"l":[60,1]}}"#
        ));
    }
    format!(
        r#"{{"v":1,"id":"{id}","age":0,"s":"EjRWeJq8","page":"https://shop.example","rows":[{}]}}"#,
        rows.join(",")
    )
}

/// A request whose answer is a status line and headers.
pub(crate) fn request(host: &str, path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\norigin: https://shop.example\r\n\
         user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
         Chrome/156.0.0.0 Safari/537.36\r\ncontent-type: text/plain;charset=UTF-8\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends `count` beacons over `connections` connections to `path` of `host`.
pub(crate) async fn run(host: &str, path: &str, connections: u64, count: u64) -> Result<Outcome> {
    let mut clients = JoinSet::new();
    let started = Instant::now();
    for client in 0..connections {
        let share = count / connections + u64::from(client < count % connections);
        clients.spawn(send(host.to_owned(), path.to_owned(), share));
    }
    let mut latency = Histogram::new(3)?;
    let mut answers = 0;
    while let Some(client) = clients.join_next().await {
        let seen: Histogram<u64> = client??;
        answers += seen.len();
        latency.add(seen)?;
    }
    Ok(Outcome {
        answers,
        took: started.elapsed(),
        latency,
    })
}

async fn send(host: String, path: String, share: u64) -> Result<Histogram<u64>> {
    let mut stream = TcpStream::connect(&host).await.context("connecting")?;
    stream.set_nodelay(true)?;
    let mut latency = Histogram::new(3)?;
    let mut answer = vec![0; 4096];
    let placeholder = "AAAAAAAAAAAAAAAA";
    let template = request(&host, &path, &beacon(placeholder));
    let at = template
        .find(placeholder)
        .context("the placeholder is in the template")?;
    let mut bytes = template.into_bytes();
    for _ in 0..share {
        bytes[at..at + placeholder.len()].copy_from_slice(random_id()?.as_bytes());
        let started = Instant::now();
        stream.write_all(&bytes).await?;
        read_answer(&mut stream, &mut answer).await?;
        latency.record(u64::try_from(started.elapsed().as_micros())?)?;
    }
    Ok(latency)
}

pub(crate) fn random_id() -> Result<String> {
    let mut id = [0; 12];
    getrandom::fill(&mut id)?;
    Ok(observation::BeaconId(id).to_string())
}

async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<()> {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        if read == 0 {
            bail!("the server closed the connection");
        }
        filled += read;
        if buffer[..filled].windows(4).any(|end| end == b"\r\n\r\n") {
            break;
        }
    }
    if !buffer.starts_with(b"HTTP/1.1 204") {
        bail!("not a 204: {}", String::from_utf8_lossy(&buffer[..filled]));
    }
    Ok(())
}
