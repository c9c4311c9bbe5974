//! `corswatch demo-data`: generated history, written as the loader writes what it reads.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use demo::history::{Deploy, Plan};
use journal::Consumed;
use loader::{DecodedRecord, Partition, Pending, Settings};
use observation::{Chunk, EdgeReport, Entry, Envelope, UnixMillis};
use runtime::Clock;
use settings::Span;
use store::{
    Batch, CHUNKS_PER_SPAN, DeployKind, DeployRow, DeploySource, DeployState, Durability,
    RollbackRule, Store,
};

use super::span_of_time::rfc3339;
use crate::cli::DemoData;
use crate::config::Config;
use crate::exit::Failure;
use crate::parts::{Context, Storage, embedded_data, make_private, storage};

/// A log of its own, which is older than that of any journal: those are numbered by the time at which
/// they were made.
const EPOCH: u32 = 1;
const PARTITION: u32 = 0;
/// Rows of one insert.
const MAX_ROWS: usize = 400_000;
/// Days of one insert: a table takes a bounded number of its partitions in one insert.
const MAX_DAYS: i64 = 30;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Raw rows are kept beyond the generated days.
const SPARE_DAYS: u64 = 10;
/// The name of the configuration beside the data.
const CONFIG_FILE: &str = "corswatch.toml";

/// Generates and writes.
pub(crate) async fn demo_data(mut config: Config, args: DemoData) -> Result<ExitCode, Failure> {
    config.move_data_to(args.data.clone());
    config.store.url = String::new();
    keep_everything(&mut config, args.days);
    let end = args.end.map(|when| when.before(Clock::system().now()));
    let plan = Plan {
        seed: args.seed,
        days: args.days,
        rows: args.rows,
        end: end.unwrap_or_else(|| Clock::system().now()).minute(),
    };
    make_private(&args.data)?;
    let _data = embedded_data(&config, "demo-data")?;
    let storage = storage(&config, &Context::new()).await?;
    let done = fill(&storage.store, config.loader.chunk_size, &plan).await;
    Storage::end(storage).await;
    done?;
    let file = args.data.join(CONFIG_FILE);
    std::fs::write(&file, configuration(args.days))
        .with_context(|| format!("{} cannot be written", file.display()))?;
    tell(&plan, &args.data, &file);
    Ok(ExitCode::SUCCESS)
}

/// Nothing of what is generated is older than what is kept.
fn keep_everything(config: &mut Config, days: u32) {
    let kept = Span::secs(kept_days(days) * 24 * 60 * 60);
    config.store.retention.raw = kept;
    config.store.retention.parts = kept;
    config.store.retention.minutes = kept;
    config.store.retention.hours = config.store.retention.hours.max(kept);
    // There is no journal to read again from, but the generator to run again.
    config.store.durability = Durability::Buffered;
    // Nobody waits for an answer, and other work of the machine may be in the way.
    config.store.insert_timeout = Span::secs(600);
}

fn kept_days(days: u32) -> u64 {
    u64::from(days) + SPARE_DAYS
}

async fn fill(store: &Store, chunk_size: u64, plan: &Plan) -> Result<(), Failure> {
    let progress = store.progress().await.context("asking the store")?;
    if !progress.is_empty() {
        let text = "the data directory holds data already: name an empty one with --data";
        return Err(Failure::Input(text.to_owned()));
    }
    let mut log = Log::new(chunk_size, plan);
    let mut written = 0;
    let mut next = Some(log.batch());
    while let Some(batch) = next.take() {
        // The next batch is made while this one is written.
        let making = tokio::task::spawn_blocking(move || {
            let batch = log.batch();
            (log, batch)
        });
        let (stored, made) = tokio::join!(store.write(&batch), making);
        stored.context("writing to the store")?;
        written += batch.observations.len();
        let (back, more) = made.context("generating")?;
        log = back;
        say!("{written} of {} rows", plan.rows);
        next = (!more.is_empty()).then_some(more);
    }
    compact(store, &log).await?;
    for deploy in plan.deploys() {
        let row = deploy_row(deploy);
        store.save_deploy(&row).await.context("recording deploys")?;
    }
    Ok(())
}

/// Compacts what the loader would have passed: as the aggregator of a running product has done with
/// data of that age.
async fn compact(store: &Store, log: &Log) -> Result<(), Failure> {
    let span_size = Chunk(CHUNKS_PER_SPAN).start(log.settings.chunk_size).max(1);
    let spans = log.offset / span_size;
    for span in 0..spans {
        let done = store.compact(EPOCH, PARTITION, span).await;
        done.context("compacting")?;
    }
    for chunk in spans * CHUNKS_PER_SPAN..log.offset / log.settings.chunk_size.max(1) {
        let done = store.compact_chunk(EPOCH, PARTITION, chunk).await;
        done.context("compacting")?;
    }
    say!("{spans} runs of the log compacted");
    Ok(())
}

fn deploy_row(deploy: Deploy) -> DeployRow {
    DeployRow {
        version: String::new(),
        environment: String::new(),
        link: String::new(),
        source: DeploySource::Api,
        state: DeployState::Succeeded,
        rollback_rule: deploy.reverts.as_ref().map(|_| RollbackRule::Stated),
        id: deploy.id,
        at: deploy.at,
        app: deploy.app.to_owned(),
        service: deploy.service.to_owned(),
        kind: match (&deploy.reverts, deploy.touches_cors) {
            (Some(_), _) => DeployKind::Rollback,
            (None, true) => DeployKind::Config,
            (None, false) => DeployKind::Deploy,
        },
        reverts: deploy.reverts.unwrap_or_default(),
        touches_cors: deploy.touches_cors,
        author: "demo-data".to_owned(),
        note: deploy.note,
        created_at: deploy.at,
        recorded_by: "demo-data".to_owned(),
    }
}

/// A log that is never written, only read: what the loader makes of it is what is stored.
struct Log {
    beacons: Box<dyn Iterator<Item = Envelope> + Send>,
    settings: Settings,
    partition: Partition,
    offset: u64,
    append_time: UnixMillis,
    end: UnixMillis,
    is_reported: bool,
}

impl Log {
    fn new(chunk_size: u64, plan: &Plan) -> Self {
        let settings = Settings {
            epoch: EPOCH,
            chunk_size,
            // Every beacon is generated once.
            resend_window: 60_000,
        };
        Self {
            beacons: Box::new(plan.beacons()),
            settings,
            partition: Partition::new(settings, PARTITION, 0),
            offset: 0,
            append_time: plan.from(),
            end: plan.end,
            is_reported: false,
        }
    }

    /// What the loader writes at its next flush; nothing at the end.
    fn batch(&mut self) -> Batch {
        let mut pending = Pending::default();
        let mut until = None;
        for envelope in &mut self.beacons {
            let at = envelope.received_at;
            let until = *until.get_or_insert(at.plus(MAX_DAYS * DAY_MS));
            self.append_time = self.append_time.max(at);
            let key = envelope.beacon.0;
            let entry = Entry::Beacon(envelope);
            let record = record(self.offset, self.append_time, key, &entry);
            self.partition
                .consume(DecodedRecord::new(record), &[], &mut pending);
            self.offset += 1;
            if pending.batch.observations.len() >= MAX_ROWS || at >= until {
                self.partition.flush(&mut pending);
                return pending.batch;
            }
        }
        if !std::mem::replace(&mut self.is_reported, true) {
            self.report(&mut pending);
        }
        self.partition.flush(&mut pending);
        pending.batch
    }

    /// What the edge would have counted: everything that the log holds.
    fn report(&mut self, pending: &mut Pending) {
        let report = EdgeReport {
            process: [1; 12],
            at: self.end,
            received: self.offset,
            appended: self.offset,
            ..EdgeReport::default()
        };
        let entry = Entry::EdgeReport(report);
        let at = self.append_time.max(self.end);
        let record = record(self.offset, at, [1; 12], &entry);
        self.partition
            .consume(DecodedRecord::new(record), &[], pending);
        self.offset += 1;
    }
}

fn record(offset: u64, append_time: UnixMillis, key: [u8; 12], entry: &Entry) -> Consumed {
    Consumed {
        partition: PARTITION,
        offset,
        append_time,
        key,
        payload: entry.encode().into(),
    }
}

/// A configuration that knows the generated apps and keeps the generated data.
fn configuration(days: u32) -> String {
    let kept = kept_days(days);
    let mut text = format!(
        "# Written by `corswatch demo-data`, for the data beside it.\n\n[store.retention]\n\
         raw = \"{kept}days\"\nparts = \"{kept}days\"\nminutes = \"{kept}days\"\n"
    );
    for (name, origins) in demo::history::apps() {
        text.push_str(&format!(
            "\n[[apps]]\nname = {name:?}\nkeys = [\"demo-data-{name}\"]\npage_origins = {origins:?}\n"
        ));
    }
    for service in demo::history::services() {
        text.push_str(&format!(
            "\n[[services]]\nname = {:?}\nowner = {:?}\n\n[[services.match]]\norigin = {:?}\npath = {:?}\n",
            service.name, service.owner, service.origin, service.path
        ));
    }
    text
}

fn tell(plan: &Plan, data: &Path, file: &Path) {
    say!(
        "\n{} rows from {} to {}, seed {}. Incidents:",
        plan.rows,
        rfc3339(plan.from()),
        rfc3339(plan.end),
        plan.seed
    );
    for incident in plan.incidents() {
        say!(
            "  {}  {} to {}  app {}, service {}",
            incident.kind.label(),
            rfc3339(incident.from),
            rfc3339(incident.to),
            incident.app,
            incident.service
        );
    }
    say!(
        "\nLook at it: corswatch up --config {} --data {}",
        file.display(),
        data.display()
    );
}
