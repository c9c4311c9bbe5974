//! What good clients feel of hostile ones, in one run: quiet and hostile rounds take turns.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use hdrhistogram::Histogram;
use testkit::{checkout, hostile};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::load;
use crate::process::Server;

const KEY: &str = "bench-key-1";
/// Good clients, each from an address of its own, and the pause of each between two beacons.
const CLIENTS: usize = 32;
const PAUSE: Duration = Duration::from_millis(20);
const SOCKETS: usize = 5000;
/// How long the sockets have to open.
const OPENING: Duration = Duration::from_secs(60);

/// Latency of good clients with and without hostile ones, and the memory of the edge.
pub(crate) async fn run(rounds: usize, seconds: u64) -> Result<()> {
    hostile::raise_file_limit(2 * SOCKETS as u64 + 1000);
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("corswatch.toml");
    // The limits are those of a user who sets none.
    let text = format!(
        "[log]\nlevel = \"warn\"\n[health]\ncollector = \"127.0.0.1:0\"\n[collector]\nlisten = \"127.0.0.1:0\"\n\
         [journal.disk]\ndir = {:?}\n\
         [[apps]]\nname = \"bench\"\nkeys = [\"{KEY}\"]\npage_origins = [\"https://shop.example\"]\n",
        folder.path().join("journal")
    );
    std::fs::write(&config, text)?;
    let mut command = Command::new(checkout::corswatch());
    let server = Server::start(command.arg("collector").arg("--config").arg(config))?;
    let address: SocketAddr = server.address.parse()?;
    let span = Duration::from_secs(seconds);
    measure(address, Duration::from_secs(2))
        .await
        .context("warming up")?;
    let mut quiet = Histogram::new(3)?;
    let mut troubled = Histogram::new(3)?;
    let (mut largest, mut refused) = (0_f64, 0);
    for _ in 0..rounds {
        quiet.add(measure(address, span).await?)?;
        let mix = hostile::Hostile::start(address, KEY, SOCKETS);
        let deadline = Instant::now() + OPENING;
        while mix.seen.open.load(Ordering::Relaxed) < SOCKETS as u64 * 9 / 10 {
            if Instant::now() > deadline {
                bail!("the hostile sockets do not open");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        troubled.add(measure(address, span).await?)?;
        largest = largest.max(server.rss_mib()?);
        refused += mix.seen.refused.load(Ordering::Relaxed);
        let odd = mix.seen.odd();
        if !odd.is_empty() {
            bail!("a hostile body was not refused: {odd:?}");
        }
        drop(mix);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    println!("| good clients, {CLIENTS} of them | beacons | p50 ms | p99 ms |");
    println!("|---|---|---|---|");
    for (name, seen) in [("quiet", &quiet), ("among hostile ones", &troubled)] {
        let (p50, p99) = (millis(seen, 0.5), millis(seen, 0.99));
        println!("| {name} | {} | {p50:.2} | {p99:.2} |", seen.len());
    }
    let ratio = millis(&troubled, 0.99) / millis(&quiet, 0.99);
    println!("\np99 among hostile clients : p99 quiet = {ratio:.2}");
    println!("{SOCKETS} hostile sockets, {refused} hostile bodies refused; RSS {largest:.0} MiB");
    Ok(())
}

fn millis(seen: &Histogram<u64>, quantile: f64) -> f64 {
    let micros = seen.value_at_quantile(quantile);
    u32::try_from(micros).map_or(f64::INFINITY, |micros| f64::from(micros) / 1000.0)
}

/// Latencies of all good clients for a while; fails where a beacon is not taken.
async fn measure(server: SocketAddr, span: Duration) -> Result<Histogram<u64>> {
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(send(server, number, span));
    }
    let mut latency = Histogram::new(3)?;
    while let Some(client) = clients.join_next().await {
        let seen: Histogram<u64> = client??;
        latency.add(seen)?;
    }
    Ok(latency)
}

async fn send(server: SocketAddr, number: usize, span: Duration) -> Result<Histogram<u64>> {
    let mut stream = hostile::connect(hostile::address(3, number), server).await?;
    stream.set_nodelay(true)?;
    let mut latency = Histogram::new(3)?;
    let mut answer = vec![0; 4096];
    let end = Instant::now() + span;
    while Instant::now() < end {
        let body = load::beacon(&load::random_id()?);
        let request = load::request(&server.to_string(), &format!("/v1/b/{KEY}"), &body);
        let started = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        let mut filled = 0;
        while !answer[..filled].windows(4).any(|end| end == b"\r\n\r\n") {
            match stream.read(&mut answer[filled..]).await? {
                0 => bail!("a good client's connection was closed"),
                read => filled += read,
            }
        }
        if !answer.starts_with(b"HTTP/1.1 204") {
            bail!("not a 204: {}", String::from_utf8_lossy(&answer[..filled]));
        }
        latency.record(u64::try_from(started.elapsed().as_micros())?)?;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(latency)
}
