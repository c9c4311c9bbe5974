//! `corswatch dead-letters`: what could not be stored, and what to do about it.

use std::process::ExitCode;

use anyhow::Context as _;
use journal::{Appender, Record, Room};
use observation::{BeaconId, DeadLetterReason, EdgeReport, Entry, Position};
use runtime::Clock;
use store::{DeadLetterFilter, DeadLetterRow, Mark, Store};

use super::span_of_time::rfc3339;
use crate::cli::{DeadLetters, DeadLettersCommand, Selection};
use crate::config::Config;
use crate::exit::Failure;
use crate::parts::{Context, Storage, embedded_data, open_journal, storage};

/// What changed nothing ends the command with this code.
const NOTHING_CHANGED: u8 = 1;
/// Letters that are read at once.
const PAGE: u32 = 100;

/// Lists dead letters, appends them to the log again, or gives them up.
pub(crate) async fn dead_letters(
    mut config: Config,
    args: DeadLetters,
) -> Result<ExitCode, Failure> {
    if let Some(data) = args.data {
        config.move_data_to(data);
    }
    // The spool is a collector's own; a command that cannot append says so and ends.
    config.journal.spool.enabled = false;
    let _data = embedded_data(&config, "dead-letters")?;
    let storage = storage(&config, &Context::new()).await?;
    let done = act(&config, &storage.store, args.command).await;
    Storage::end(storage).await;
    done
}

async fn act(
    config: &Config,
    store: &Store,
    command: DeadLettersCommand,
) -> Result<ExitCode, Failure> {
    match command {
        DeadLettersCommand::List(args) => {
            list(store, args.reason, args.limit).await?;
            Ok(ExitCode::SUCCESS)
        }
        DeadLettersCommand::Replay(selection) => replay(config, store, &selection).await,
        DeadLettersCommand::Drop(selection) => {
            let mut dropped = 0;
            each(store, &selection, async |letter: DeadLetterRow| {
                mark(store, &letter, Mark::Dropped).await?;
                dropped += 1;
                Ok(())
            })
            .await?;
            say!("{dropped} dropped");
            Ok(changed(dropped))
        }
    }
}

/// A command that changed nothing says so to scripts too.
fn changed(letters: u64) -> ExitCode {
    if letters > 0 {
        return ExitCode::SUCCESS;
    }
    complain!(
        "corswatch: nothing was changed: no dead letter is selected (`corswatch dead-letters list` \
         shows them)"
    );
    ExitCode::from(NOTHING_CHANGED)
}

async fn list(store: &Store, reason: Option<DeadLetterReason>, limit: u32) -> Result<(), Failure> {
    let filter = DeadLetterFilter {
        reason: reason.map(|reason| reason.as_str().to_owned()),
        position: None,
    };
    let letters = store.dead_letters(&filter, None, limit).await;
    let letters = letters.context("reading dead letters")?;
    say!("POSITION\tAPPENDED\tREASON\tBYTES\tDETAIL");
    for letter in &letters {
        say!(
            "{}/{}/{}\t{}\t{}\t{}\t{}",
            letter.epoch,
            letter.partition,
            letter.offset,
            rfc3339(letter.append_time),
            letter.reason,
            letter.payload.len(),
            // Part of it may come from a page.
            printable::line(&letter.detail),
        );
    }
    if letters.len() == usize::try_from(limit).unwrap_or(usize::MAX) {
        say!("... and perhaps more (--limit)");
    }
    Ok(())
}

/// Appends the letters' records to the log again. A beacon that is stored already, or that was
/// replayed before, is recognised like any other re-send.
async fn replay(
    config: &Config,
    store: &Store,
    selection: &Selection,
) -> Result<ExitCode, Failure> {
    let ground = Context::new();
    let journal = open_journal(config, &ground).await?;
    let appender = journal.appender().await.map_err(anyhow::Error::from)?;
    let (mut replayed, mut unreadable) = (0, 0);
    let partitions = journal.partitions();
    let done = each(store, selection, async |letter: DeadLetterRow| {
        let Ok(Entry::Beacon(envelope)) = Entry::decode(&letter.payload) else {
            unreadable += 1;
            return Ok(());
        };
        append(
            &*appender,
            partitions,
            envelope.beacon,
            letter.payload.clone(),
        )
        .await?;
        replayed += 1;
        mark(store, &letter, Mark::Replayed).await
    })
    .await;
    if replayed > 0 {
        // So that the ledger knows where they came from.
        report(&*appender, partitions, replayed, &ground.clock).await?;
    }
    appender.close(std::time::Duration::from_secs(10)).await;
    say!("{replayed} replayed, {unreadable} cannot be read by this build either");
    done?;
    if unreadable > 0 && replayed == 0 {
        return Ok(ExitCode::from(NOTHING_CHANGED));
    }
    Ok(changed(replayed))
}

async fn append(
    appender: &dyn Appender,
    partitions: u32,
    id: BeaconId,
    payload: Vec<u8>,
) -> Result<(), Failure> {
    let record = Record {
        partition: id.partition(partitions),
        key: id.0,
        payload: payload.into(),
        room: Room::Shared,
    };
    let appended = appender.append(record).await;
    appended.context("appending to the journal")?;
    Ok(())
}

/// Counts the replayed letters as received and appended, as an edge does.
async fn report(
    appender: &dyn Appender,
    partitions: u32,
    replayed: u64,
    clock: &Clock,
) -> Result<(), Failure> {
    let mut process = [0; 12];
    getrandom::fill(&mut process).context("random numbers")?;
    let report = EdgeReport {
        process,
        at: clock.now(),
        received: replayed,
        appended: replayed,
        ..EdgeReport::default()
    };
    let payload = <Entry>::EdgeReport(report).encode();
    append(appender, partitions, BeaconId(process), payload).await
}

async fn mark(store: &Store, letter: &DeadLetterRow, mark: Mark) -> Result<(), Failure> {
    let marked = store.mark_dead_letter(letter, mark).await;
    Ok(marked.context("marking a dead letter")?)
}

async fn each(
    store: &Store,
    selection: &Selection,
    mut act: impl AsyncFnMut(DeadLetterRow) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let filter = DeadLetterFilter {
        reason: selection.reason.map(|reason| reason.as_str().to_owned()),
        position: selection.at.map(|place| place.0),
    };
    let mut after = None;
    loop {
        let letters = store.dead_letters(&filter, after, PAGE).await;
        let letters = letters.context("reading dead letters")?;
        let Some(last) = letters.last() else {
            return Ok(());
        };
        after = Some(Position {
            epoch: last.epoch,
            partition: last.partition,
            offset: last.offset,
        });
        for letter in letters {
            act(letter).await?;
        }
    }
}
