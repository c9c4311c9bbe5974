//! The edge against the least that a server must do.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use testkit::checkout;
use testkit::kafka::Broker;
use tokio::net::TcpStream;

use crate::load;
use crate::process::Server;
use crate::rounds::Series;

const WARM_UP: u64 = 20_000;
const IDLE: usize = 10_000;
const KEY: &str = "bench-key-1";
const TOPIC: &str = "bench";
const PARTITIONS: u32 = 4;

struct Variant {
    server: Server,
    cpu: Series,
    p50: f64,
    p99: f64,
    rate: f64,
}

/// CPU seconds per million beacons and latency of each variant, in turn.
pub(crate) async fn run(rounds: usize, beacons: u64, connections: u64) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let broker = Broker::start().await;
    let kafka = kafka_config(folder.path(), &broker.bootstrap())?;
    // The collector makes the topics, so that both ends find the same number of partitions.
    let mut variants = vec![
        variant("corswatch, journal in Kafka", &mut collector(&kafka))?,
        variant(
            "corswatch, journal on disk",
            &mut collector(&disk_config(folder.path())?),
        )?,
        variant("bare axum", &mut plain("bare", &broker))?,
        variant(
            "bare axum + serde + rdkafka",
            &mut plain("serde-kafka", &broker),
        )?,
        variant(
            "the same with mimalloc",
            &mut with_mimalloc("serde-kafka", &broker),
        )?,
    ];
    for variant in &variants {
        load::run(&variant.server.address, &path(), connections, WARM_UP).await?;
    }
    for _ in 0..rounds {
        for variant in &mut variants {
            measure(variant, beacons, connections).await?;
        }
    }
    println!(
        "| {:<28} | CPU s per 1M | beacons/s | p50 ms | p99 ms |",
        "edge"
    );
    println!("|---|---|---|---|---|");
    for variant in &variants {
        println!(
            "| {:<28} | {:.1} | {:.0} | {:.2} | {:.2} |",
            variant.cpu.name,
            variant.cpu.median(),
            variant.rate,
            variant.p50,
            variant.p99,
        );
    }
    for own in &variants[..2] {
        for base in &variants[2..] {
            let ratio = own.cpu.ratio_to(&base.cpu);
            println!(
                "\nCPU per beacon, {} : {} = {ratio:.2}",
                own.cpu.name, base.cpu.name
            );
        }
    }
    idle(&variants[0].server).await
}

async fn measure(variant: &mut Variant, beacons: u64, connections: u64) -> Result<()> {
    let before = variant.server.cpu_seconds()?;
    let outcome = load::run(&variant.server.address, &path(), connections, beacons).await?;
    let spent = variant.server.cpu_seconds()? - before;
    let answers = f64::from(u32::try_from(outcome.answers)?);
    variant.cpu.values.push(spent / answers * 1e6);
    variant.rate = answers / outcome.took.as_secs_f64();
    let millis = |quantile| {
        let micros = outcome.latency.value_at_quantile(quantile);
        u32::try_from(micros).map_or(f64::INFINITY, |micros| f64::from(micros) / 1000.0)
    };
    (variant.p50, variant.p99) = (millis(0.5), millis(0.99));
    Ok(())
}

/// Memory with many connections that say nothing.
async fn idle(server: &Server) -> Result<()> {
    let mut connections = Vec::with_capacity(IDLE);
    for _ in 0..IDLE {
        connections.push(TcpStream::connect(&server.address).await?);
    }
    println!(
        "\nRSS with {IDLE} idle connections: {:.0} MiB",
        server.rss_mib()?
    );
    Ok(())
}

fn path() -> String {
    format!("/v1/b/{KEY}")
}

fn variant(name: &'static str, command: &mut Command) -> Result<Variant> {
    let server = Server::start(command)?;
    Ok(Variant {
        server,
        cpu: Series::new(name),
        p50: 0.0,
        p99: 0.0,
        rate: 0.0,
    })
}

/// A baseline as it comes.
fn plain(kind: &str, broker: &Broker) -> Command {
    baseline(Command::new(own().with_file_name("baseline")), kind, broker)
}

/// A baseline with the product's allocator, which this program has too.
fn with_mimalloc(kind: &str, broker: &Broker) -> Command {
    let mut command = Command::new(own());
    command.arg("baseline");
    baseline(command, kind, broker)
}

fn own() -> PathBuf {
    std::env::current_exe().expect("this program has a path")
}

fn baseline(mut command: Command, kind: &str, broker: &Broker) -> Command {
    command.args([kind, "--brokers", &broker.bootstrap(), "--topic", TOPIC]);
    command
}

fn collector(config: &Path) -> Command {
    let mut command = Command::new(checkout::corswatch());
    command.arg("collector").arg("--config").arg(config);
    command
}

fn kafka_config(folder: &Path, brokers: &str) -> Result<PathBuf> {
    let journal = format!(
        "kind = \"kafka\"\n[journal.kafka]\nbrokers = \"{brokers}\"\ntopic = \"{TOPIC}\"\n\
         partitions = {PARTITIONS}\ncreate_topic = true\n"
    );
    write(&folder.join("kafka.toml"), &journal)
}

fn disk_config(folder: &Path) -> Result<PathBuf> {
    let dir = folder.join("journal");
    let journal = format!(
        "kind = \"disk\"\n[journal.disk]\ndir = \"{}\"\n",
        dir.display()
    );
    write(&folder.join("disk.toml"), &journal)
}

/// A configuration whose limits are out of the way: what is measured is the work.
fn write(file: &Path, journal: &str) -> Result<PathBuf> {
    let text = format!(
        "[log]\nlevel = \"warn\"\n[health]\ncollector = \"127.0.0.1:0\"\n[collector]\nlisten = \"127.0.0.1:0\"\n\
         [collector.limits]\nconnections = 20000\nconnections_per_client = 20000\n\
         client_rate = 10000\nclient_burst = 1000000\nnetwork_bytes = \"1GiB\"\nnetwork_bytes_burst = \"16GiB\"\n\
         [collector.timeouts]\nfirst_byte = \"5m\"\n\
         [journal]\n{journal}\n\
         [[apps]]\nname = \"bench\"\nkeys = [\"{KEY}\"]\nquota = 1000000\nquota_bytes = \"4GiB\"\n\
         page_origins = [\"https://shop.example\"]\n"
    );
    std::fs::write(file, text)?;
    Ok(file.to_owned())
}
