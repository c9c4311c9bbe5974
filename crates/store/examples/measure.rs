//! Measures the store on an engine of its own: bytes per row, insert rates, query times.
//!
//! `cargo run --release -p store --example measure -- [ROWS] [fsync|buffered]`

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Duration;

use observation::UnixMillis;
use store::{Batch, Config, Dimension, Durability, SliFilter, Store};
use support::fold::Fold;
use support::sql::Sql;
use support::traffic::{APP, Traffic};
use testkit::Engine;
use tokio::time::Instant;

const START: UnixMillis = UnixMillis(1_795_000_000_000);
const PER_BATCH: usize = 10_000;
const CHUNK: u64 = 10_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let rows: usize = args
        .next()
        .unwrap_or_else(|| "1000000".to_owned())
        .parse()?;
    let durability = match args.next().as_deref() {
        Some("fsync") => Durability::Fsync,
        _ => Durability::Buffered,
    };
    let engine = Engine::start().await?;
    let config = Config {
        durability,
        ..engine.config()
    };
    let store = Store::embedded(&config, engine.access());
    store.migrate().await?;
    let pid = engine.access().running().map_or(0, |running| running.pid);
    let sql = Sql::new(&engine, &config);

    let mut traffic = Traffic::new(7, START, rows as f64 / 6000.0, 4);
    let mut fold = Fold::new(CHUNK);
    let mut batches = Vec::new();
    for _ in 0..(rows / 10).div_ceil(PER_BATCH) {
        let records: Vec<_> = (0..PER_BATCH).map(|_| traffic.record()).collect();
        batches.push(fold.batch(records));
    }
    let parts: usize = batches.iter().map(|batch| batch.parts.len()).sum();
    println!(
        "{durability:?}: {rows} rows, {parts} part rows, {} batches",
        batches.len()
    );

    let (started, before) = (Instant::now(), cpu(pid));
    for batch in &batches {
        let raw = Batch {
            observations: batch.observations.clone(),
            ..Batch::default()
        };
        store.write(&raw).await?;
    }
    rate(
        "bare insert of raw",
        rows,
        (started.elapsed(), cpu(pid) - before),
    );
    sizes(&sql, "observations").await;
    sql.run("TRUNCATE TABLE observations").await;

    let (started, before) = (Instant::now(), cpu(pid));
    for batch in &batches {
        store.write(batch).await?;
    }
    rate(
        "write of whole batches",
        rows,
        (started.elapsed(), cpu(pid) - before),
    );
    let latencies = small_writes(&store, &mut traffic, &mut fold).await?;
    println!(
        "write of 20 beacons: p50 {:?}, max {:?}",
        latencies[latencies.len() / 2],
        latencies[latencies.len() - 1]
    );

    for table in ["observations", "sli_parts"] {
        sizes(&sql, table).await;
    }
    queries(pid, &store).await?;
    for table in ["observations", "sli_parts"] {
        sql.run(&format!("OPTIMIZE TABLE {table} FINAL")).await;
        sizes(&sql, table).await;
        columns(&sql, table).await;
    }
    queries(pid, &store).await
}

async fn small_writes(
    store: &Store,
    traffic: &mut Traffic,
    fold: &mut Fold,
) -> anyhow::Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    for _ in 0..50 {
        let batch = fold.batch((0..20).map(|_| traffic.record()).collect::<Vec<_>>());
        let started = Instant::now();
        store.write(&batch).await?;
        latencies.push(started.elapsed());
    }
    latencies.sort();
    Ok(latencies)
}

async fn queries(pid: u32, store: &Store) -> anyhow::Result<()> {
    let reader = store.reader();
    let filter = SliFilter::app(APP);
    let one = SliFilter {
        service: Some("cart".to_owned()),
        ..filter.clone()
    };
    let hour = (START, START.plus(3_600_000));
    let five = (START.plus(120_000), START.plus(420_000));
    for (name, filter, (from, to)) in [
        ("sli, an hour", &filter, hour),
        ("sli, 5 minutes", &filter, five),
        ("sli, an hour, one service", &one, hour),
    ] {
        let sums = timed(pid, name, || reader.sli(filter, from, to)).await?;
        println!("    {} of {}", sums.blocked, sums.requests);
    }
    timed(pid, "series, an hour by minute", || {
        reader.series(&filter, hour.0, hour.1, Duration::from_secs(60))
    })
    .await?;
    timed(pid, "top failures, an hour", || {
        reader.top_failures(&filter, hour.0, hour.1, 50)
    })
    .await?;
    timed(pid, "breakdown by endpoint, an hour", || {
        reader.breakdown(&filter, Dimension::Endpoint, hour.0, hour.1, 50)
    })
    .await?;
    timed(pid, "sessions and networks, 5 minutes", || {
        reader.witnesses(&filter, five.0, five.1)
    })
    .await?;
    timed(pid, "recount raw, 5 minutes", || {
        reader.recount_raw(&filter, five.0, five.1)
    })
    .await?;
    timed(pid, "ledger", || reader.ledger()).await?;
    let seen = timed(pid, "seen, 5 minutes of one partition", || {
        store.seen(1, 0, u64::MAX, START.plus(300_000))
    })
    .await?;
    println!("    {} beacons", seen.len());
    Ok(())
}

/// Processor time that the engine has used: what wall time does not tell on a busy machine.
fn cpu(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks: u64 = fields
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|t| t.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}

async fn timed<T, F, E>(pid: u32, name: &str, mut query: impl FnMut() -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    let mut times = Vec::new();
    let mut answer = query().await?;
    let before = cpu(pid);
    for _ in 0..7 {
        let started = Instant::now();
        answer = query().await?;
        times.push(started.elapsed());
    }
    times.sort();
    let used = (cpu(pid) - before) / 7;
    println!(
        "  {name}: cpu {used:?}, p50 {:?}, max {:?}",
        times[3], times[6]
    );
    Ok(answer)
}

fn rate(what: &str, rows: usize, (took, used): (Duration, Duration)) {
    println!(
        "{what}: {took:?}, {:.0} rows/s; engine's cpu {used:?}, {:.0} rows/s of it",
        rows as f64 / took.as_secs_f64(),
        rows as f64 / used.as_secs_f64()
    );
}

async fn sizes(sql: &Sql, table: &str) {
    let text = sql
        .ask(&format!(
            "SELECT sum(rows), count(), sum(bytes_on_disk), round(sum(bytes_on_disk) / sum(rows), 2) \
             FROM system.parts WHERE active AND database = currentDatabase() AND table = '{table}'"
        ))
        .await;
    println!(
        "{table}: rows, parts, bytes, bytes per row: {}",
        text.trim()
    );
}

async fn columns(sql: &Sql, table: &str) {
    let text = sql
        .ask(&format!(
            "SELECT name, data_compressed_bytes, round(data_compressed_bytes / (SELECT count() FROM {table}), 3) AS per_row \
             FROM system.columns WHERE database = currentDatabase() AND table = '{table}' \
             ORDER BY data_compressed_bytes DESC LIMIT 40"
        ))
        .await;
    println!("{text}");
}
