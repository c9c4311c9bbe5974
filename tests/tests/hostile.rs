//! The edge among clients that mean harm: it stays small, and others do not notice.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use corswatch_tests::{KEY, Role, Settings, address};
use testkit::http::Http;
use testkit::{Beacon, hostile, wait_until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Instant;

const SOCKETS: usize = 5000;
const GOOD: usize = 16;
const BEACONS: u64 = 200;
const MAX_RESIDENT: u64 = 300 << 20;
const SOON: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_idle_sockets_and_costly_bodies_leave_it_small_and_good_clients_unharmed() {
    hostile::raise_file_limit(2 * SOCKETS as u64 + 1000);
    let data = tempfile::tempdir().expect("a directory");
    let settings = Settings::with_fixed_ports().and(&format!(
        "[journal.disk]\ndir = {:?}",
        data.path().join("journal")
    ));
    let mut collector = Role::start("collector", &settings.write(data.path()));
    let url = address(&mut collector, "edge").await;
    let health = Http::new(address(&mut collector, "health").await);
    let server: SocketAddr = url
        .trim_start_matches("http://")
        .parse()
        .expect("an address");

    let quiet = good(server, 0).await;
    let mix = hostile::Hostile::start(server, KEY, SOCKETS);
    let seen = &mix.seen;
    let open = || std::future::ready(seen.open.load(Ordering::Relaxed) >= SOCKETS as u64 * 9 / 10);
    wait_until("the sockets are open", SOON, open).await;

    let watch = async {
        let mut largest = 0;
        loop {
            largest = largest.max(collector.resident_bytes());
            // Often enough to see a peak; not a wait for anything.
            tokio::time::sleep(Duration::from_millis(100)).await;
            if seen.refused.load(Ordering::Relaxed) >= 2000 {
                return largest;
            }
        }
    };
    let (largest, troubled) = tokio::join!(watch, good(server, 1));
    assert!(
        largest < MAX_RESIDENT,
        "{} MiB resident",
        largest / (1 << 20)
    );
    assert_eq!(seen.odd(), Vec::<String>::new());
    // Those that said nothing were cut, and came again.
    let closed = || std::future::ready(seen.closed.load(Ordering::Relaxed) > SOCKETS as u64 / 2);
    wait_until("silent sockets are closed", SOON, closed).await;
    assert!(collector.resident_bytes() < MAX_RESIDENT);
    counted(&health).await;
    // Told, not judged: whoever else uses the machine decides as well.
    println!(
        "largest: {} MiB; p99 of good clients: {quiet:?} quiet, {troubled:?} among hostile ones, \
         ratio {:.2}",
        largest / (1 << 20),
        troubled.as_secs_f64() / quiet.as_secs_f64()
    );
}

/// Every kind of refusal is counted by its reason, and the process lives.
async fn counted(health: &Http) {
    let metrics = health.get("/metrics").await.expect("it lives");
    let metrics = metrics.text().await.expect("text");
    let missing: Vec<_> = [
        "refused_total{reason=\"unpacked_too_large\"}",
        "refused_total{reason=\"body_too_large\"}",
        "refused_total{reason=\"bad_compression\"}",
        "refused_total{reason=\"too_deep\"}",
        "refused_total{reason=\"too_many_rows\"}",
        "refused_total{reason=\"too_long\"}",
        "refused_total{reason=\"duplicate_member\"}",
        "refused_total{reason=\"wrong_type\"}",
        "refused_total{reason=\"not_utf8\"}",
        "shed_total{reason=\"disconnected\"}",
        "connections_cut_total{reason=\"first_byte\"}",
        "connections_cut_total{reason=\"header\"}",
        "connections_broken_total",
    ]
    .into_iter()
    .filter(|name| {
        let value = metrics.lines().find_map(|line| {
            line.strip_prefix("corswatch_collector_")?
                .strip_prefix(name)
        });
        value.is_none_or(|value| value.trim() == "0")
    })
    .collect();
    assert!(missing.is_empty(), "{missing:?} in {metrics}");
}

/// All good clients at once: the 99th percentile of their waiting. Each beacon must be taken.
async fn good(server: SocketAddr, round: u64) -> Duration {
    let clients = (0..GOOD).map(|number| send(server, number, round));
    let waits = futures::future::try_join_all(clients).await;
    let mut waits = waits.expect("every beacon is taken").concat();
    waits.sort_unstable();
    waits[waits.len() * 99 / 100]
}

/// Sends beacons over one connection, each of which must be taken: how long each answer took.
async fn send(server: SocketAddr, number: usize, round: u64) -> Result<Vec<Duration>, String> {
    let from = hostile::address(3, number);
    let text = |error: std::io::Error| error.to_string();
    let mut stream = hostile::connect(from, server).await.map_err(text)?;
    let mut waits = Vec::new();
    for n in 0..BEACONS {
        let id = (u64::try_from(number).expect("small") * 2 + round) * BEACONS + n;
        let beacon = Beacon::new(id).ok("/items", 1);
        let body = beacon.value().to_string();
        let request = format!(
            "POST /v1/b/{KEY} HTTP/1.1\r\nhost: edge\r\norigin: {page}\r\n\
             content-type: text/plain\r\ncontent-length: {}\r\n\r\n{body}",
            body.len(),
            page = testkit::beacon::PAGE,
        );
        let started = Instant::now();
        stream.write_all(request.as_bytes()).await.map_err(text)?;
        let mut answer = Vec::new();
        while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
            let mut piece = [0; 512];
            match stream.read(&mut piece).await.map_err(text)? {
                0 => return Err(format!("closed at beacon {n}")),
                read => answer.extend_from_slice(&piece[..read]),
            }
        }
        if !answer.starts_with(b"HTTP/1.1 204") {
            return Err(String::from_utf8_lossy(&answer).into_owned());
        }
        waits.push(started.elapsed());
    }
    Ok(waits)
}
