//! The loader against a bare insert of the same rows.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use journal::{Appender, Journal, Record, Room};
use loader::{Config, Loader, LoaderMetrics};
use observation::{Entry, Envelope, Latency, Observation, Position, UnixMillis};
use runtime::{Clock, Metrics, Stop};
use store::engine::EngineHost;
use store::{Batch, ObservationRow, Store};
use testkit::checkout;
use testkit::engine::Engine;
use tokio::time::Instant;

use crate::rounds::Series;

const ROWS_PER_INSERT: usize = 100_000;
const ROWS: u64 = 10;
/// How far back the beacons begin. The store is asked for copies of what waited for longer than five
/// minutes on its way into the log, which is another path.
const MINUTES: i64 = 1;
const APPENDS_AT_ONCE: usize = 1000;

/// Loads the same beacons both ways, in turn.
pub(crate) async fn run(rounds: usize, beacons: u64) -> Result<()> {
    let host = EngineHost {
        program: checkout::corswatch(),
        args: vec!["engine-host".into()],
    };
    let engine = Engine::start_with(host).await?;
    let envelopes: Vec<Envelope> = (0..beacons).map(envelope).collect();
    let (mut bare, mut loaded) = (Series::new("bare insert"), Series::new("loader"));
    let mut rows = 0;
    for _ in 0..rounds {
        let inserted = insert(&engine.store().await, &envelopes).await?;
        rows = inserted.0;
        bare.values.push(rate(inserted));
        loaded
            .values
            .push(rate(load(&engine.store().await, &envelopes, rows).await?));
    }
    println!("| loading {rows} rows of {beacons} beacons | rows/s |");
    println!("|---|---|");
    for series in [&bare, &loaded] {
        println!("| {} | {:.0} |", series.name, series.median());
    }
    println!(
        "\nrows/s, loader : bare insert = {:.2}",
        loaded.ratio_to(&bare)
    );
    Ok(())
}

/// A beacon of ten rows: forty endpoints in all, a few statuses, latencies that spread.
fn envelope(n: u64) -> Envelope {
    let at = Clock::system()
        .now()
        .plus(-MINUTES * 60_000)
        .plus(i64::try_from(n / 100).unwrap_or(0));
    let observations = (0..ROWS).map(|row| {
        let mix = testkit::beacon::id(n * ROWS + row).0;
        Observation {
            at,
            endpoint: format!("/v1/resource{}/:id", mix[0] % 40),
            status: [200, 200, 200, 204, 404][usize::from(mix[1] % 5)],
            count: u32::from(mix[2] % 6) + 1,
            latency: Latency::from_pairs([(40 + mix[3] % 30, 1), (50 + mix[3] % 9, 2)]),
            ..testkit::fact::ok()
        }
    });
    let envelope = testkit::fact::envelope(n, observations);
    Envelope {
        received_at: at,
        ..envelope
    }
}

fn rate((rows, took): (u64, Duration)) -> f64 {
    u32::try_from(rows).map_or(f64::INFINITY, f64::from) / took.as_secs_f64()
}

fn rows_of(at: usize, envelope: &Envelope) -> Vec<ObservationRow> {
    let position = Position {
        epoch: 1,
        partition: 0,
        offset: at as u64,
    };
    ObservationRow::from_envelope(
        position,
        UnixMillis(envelope.received_at.0),
        envelope.clone(),
    )
}

async fn insert(store: &Store, envelopes: &[Envelope]) -> Result<(u64, Duration)> {
    let rows: Vec<ObservationRow> = envelopes
        .iter()
        .enumerate()
        .flat_map(|(at, envelope)| rows_of(at, envelope))
        .collect();
    let batches: Vec<Batch> = rows
        .chunks(ROWS_PER_INSERT)
        .map(|rows| Batch {
            observations: rows.to_vec(),
            ..Batch::default()
        })
        .collect();
    let started = Instant::now();
    for batch in &batches {
        store.write(batch).await?;
    }
    Ok((rows.len() as u64, started.elapsed()))
}

async fn load(store: &Store, envelopes: &[Envelope], rows: u64) -> Result<(u64, Duration)> {
    let folder = tempfile::tempdir()?;
    let mut config = journal::Config::default();
    config.disk.dir = folder.path().join("journal");
    let metrics = Metrics::default();
    let journal = Journal::open(&config, Clock::system(), &metrics).await?;
    append(&journal.appender().await?, envelopes).await?;
    let consumer = journal.consumer("bench").await?;
    let own = metrics.register("loader", LoaderMetrics::register);
    let loader = Loader::new(
        Config::default(),
        journal.epoch(),
        consumer,
        store.clone(),
        own,
    );
    let stop = Stop::new();
    let started = Instant::now();
    let running = tokio::task::JoinSet::from_iter([loader.run(stop.clone())]);
    // Asking the store would be work for the engine that is measured.
    let all_written = format!("corswatch_loader_rows_total {rows}\n");
    while !metrics.encode().contains(&all_written) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let took = started.elapsed();
    stop.cancel();
    for ended in running.join_all().await {
        ended.context("the loader")?;
    }
    Ok((rows, took))
}

async fn append(appender: &Arc<dyn Appender>, envelopes: &[Envelope]) -> Result<()> {
    for group in envelopes.chunks(APPENDS_AT_ONCE) {
        let appends = group.iter().map(|envelope| {
            let key = envelope.beacon.0;
            let payload = Bytes::from(Entry::Beacon(envelope.clone()).encode());
            appender.append(Record {
                partition: 0,
                key,
                payload,
                room: Room::Shared,
            })
        });
        futures::future::try_join_all(appends).await?;
    }
    Ok(())
}
