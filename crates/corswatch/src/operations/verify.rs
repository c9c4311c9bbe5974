//! `corswatch verify`: raw rows against rollups and ledger, and the repair from the log.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::Context as _;
use loader::{Repair, RepairError, Settings};
use runtime::Clock;
use store::{Audit, CHUNKS_PER_SPAN, Store};

use super::span_of_time::rfc3339;
use crate::cli::Verify;
use crate::config::Config;
use crate::exit::Failure;
use crate::parts::{Context, Storage, embedded_data, open_journal, storage};

/// What differs ends the command with this code.
const DIFFERS: u8 = 1;
/// The consumer group of repairs: the loaders go on in theirs.
const GROUP: &str = "corswatch-verify";
/// Differences that are printed.
const PRINTED: usize = 50;

/// Recounts; repairs where that is asked for, and recounts again.
pub(crate) async fn verify(mut config: Config, args: Verify) -> Result<ExitCode, Failure> {
    if let Some(data) = args.data.clone() {
        config.move_data_to(data);
    }
    let _data = embedded_data(&config, "verify")?;
    let storage = storage(&config, &Context::new()).await?;
    let done = check(&config, &storage.store, &args).await;
    Storage::end(storage).await;
    done
}

async fn check(config: &Config, store: &Store, args: &Verify) -> Result<ExitCode, Failure> {
    let now = Clock::system().now();
    let (from, to) = (args.from.before(now), args.to.before(now).minute());
    if from >= to {
        let text = "--from must lie at least a minute before --to".to_owned();
        return Err(Failure::Input(text));
    }
    let recount = async || {
        let audit = store.audit(config.loader.chunk_size, from, to).await;
        audit.context("recounting")
    };
    let mut audit = recount().await?;
    print(&audit);
    if args.repair && !audit.agrees() {
        repair(config, store, &audit).await?;
        say!("\nafter the repair:");
        audit = recount().await?;
        print(&audit);
    }
    Ok(match audit.agrees() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(DIFFERS),
    })
}

fn print(audit: &Audit) {
    say!(
        "{} requests in {} groups of app, minute and span recounted: {} differ; {} chunks differ \
         from their ledger",
        audit.requests,
        audit.compared,
        audit.differences.len(),
        audit.ledger_differences.len()
    );
    for d in audit.differences.iter().take(PRINTED) {
        say!(
            "  app {} minute {} span {}/{}/{}: raw {}, rollup {}",
            d.app,
            rfc3339(d.minute),
            d.epoch,
            d.partition,
            d.span,
            d.raw,
            d.rollup
        );
    }
    for d in audit.ledger_differences.iter().take(PRINTED) {
        say!(
            "  chunk {}/{}/{}: {} raw rows, {} by the ledger",
            d.epoch,
            d.partition,
            d.chunk,
            d.raw,
            d.ledger
        );
    }
}

/// Writes the spans that differ again from the log, as far as the log still holds them.
async fn repair(config: &Config, store: &Store, audit: &Audit) -> Result<(), Failure> {
    let journal = open_journal(config, &Context::new()).await?;
    let epoch = journal.epoch();
    let sums = audit
        .differences
        .iter()
        .map(|d| (d.epoch, d.partition, d.span));
    let ledger = audit
        .ledger_differences
        .iter()
        .map(|d| (d.epoch, d.partition, d.chunk / CHUNKS_PER_SPAN));
    let spans: BTreeSet<(u32, u32, u64)> = sums.chain(ledger).collect();
    let consumer = journal.consumer(GROUP).await.map_err(anyhow::Error::from)?;
    let settings = Settings {
        epoch,
        chunk_size: config.loader.chunk_size,
        resend_window: config.loader.resend_window.as_millis(),
    };
    let mut repair = Repair::new(settings, consumer, store.clone());
    for (of, partition, span) in spans {
        if of != epoch {
            say!("  span {of}/{partition}/{span}: of another epoch than the journal ({epoch})");
            continue;
        }
        match repair.span(partition, span).await {
            Ok(()) => say!("  span {of}/{partition}/{span}: written again"),
            Err(error @ RepairError::Gone { .. }) => {
                say!("  span {of}/{partition}/{span}: cannot be repaired, {error}");
            }
            Err(error) => return Err(Failure::Software(error.into())),
        }
    }
    Ok(())
}
