//! A loader that starts where the world has changed meanwhile: each case once was a hole.

mod scene;

use loader::{LoaderError, Repair, ReplayFrom, Settings};
use scene::{CHUNK, Log, audit, counts, load};
use store::{Batch, DeadLetterFilter, Mark};
use testkit::Engine;

#[tokio::test]
async fn a_chunk_whose_start_the_log_has_lost_keeps_its_sums() {
    let (store, log) = (Engine::database().await, Log::default());
    (0..100).for_each(|n| log.append(n, 0, 0));
    load(&store, &log, 1, None).await.expect("loads");
    (100..150).for_each(|n| log.append(n, 0, 1));
    // Copies of what the log no longer holds are still recognised.
    (0..10).for_each(|n| log.append(n, 1, 1));
    log.retain(60);
    load(&store, &log, 1, None).await.expect("loads");
    counts(&store, 150).await;
    log.retain(155);
    (150..700).for_each(|n| log.append(n, 2, 2));
    load(&store, &log, 1, None).await.expect("loads");
    counts(&store, 700).await;
}

#[tokio::test]
async fn a_flush_that_was_cut_short_before_the_log_lost_its_start_counts_once() {
    let (store, log) = (Engine::database().await, Log::default());
    (0..50).for_each(|n| log.append(n, 0, 0));
    load(&store, &log, 1, None).await.expect("loads");
    // Another loader got as far as raw rows and sums, and died before ledger and progress.
    (50..80).for_each(|n| log.append(n, 0, 0));
    let other = Engine::database().await;
    load(&other, &log, 1, None).await.expect("loads");
    let cut_short = Batch {
        parts: other
            .chunk_base(1, 0, observation::Chunk(0))
            .await
            .expect("read")
            .parts,
        ..Batch::default()
    };
    store.write(&cut_short).await.expect("written");
    log.retain(20);
    (80..90).for_each(|n| log.append(n, 0, 0));
    load(&store, &log, 1, None).await.expect("loads");
    counts(&store, 90).await;
}

#[tokio::test]
async fn a_log_that_was_made_anew_and_has_grown_past_the_old_one_is_refused() {
    let (store, log) = (Engine::database().await, Log::default());
    (0..20).for_each(|n| log.append(n, 0, 0));
    load(&store, &log, 1, None).await.expect("loads");
    let again = Log::default();
    (100..150).for_each(|n| again.append(n, 1, 1));
    let refused = load(&store, &again, 1, None)
        .await
        .expect_err("another log");
    assert!(
        matches!(
            refused,
            LoaderError::LogReplaced {
                partition: 0,
                offset: 19
            }
        ),
        "{refused}"
    );
    assert!(
        refused.to_string().contains("journal.kafka.epoch"),
        "{refused}"
    );
    counts(&store, 20).await;
    let shorter = Log::default();
    shorter.append(200, 1, 1);
    let refused = load(&store, &shorter, 1, None)
        .await
        .expect_err("too short");
    assert!(
        matches!(refused, LoaderError::LogBehindStore { .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn a_new_epoch_recognises_what_the_old_one_took_in() {
    let (store, log) = (Engine::database().await, Log::default());
    (0..20).for_each(|n| log.append(n, 0, 0));
    load(&store, &log, 1, None).await.expect("loads");
    // Other partitions, other offsets; ten beacons are sent again in between.
    let again = Log::default();
    (10..40).for_each(|n| again.append(n, 2, 2));
    load(&store, &again, 2, None).await.expect("loads");
    counts(&store, 40).await;
}

#[tokio::test]
async fn a_copy_that_waited_hours_in_a_spool_counts_once_whichever_comes_first() {
    let (store, log) = (Engine::database().await, Log::default());
    // Beacons 0 to 9 went through at once; their copies wait for three hours, as do 10 to 19.
    (0..10).for_each(|n| log.append(n, 0, 0));
    (1000..1300).for_each(|n| log.append(n, 170, 170));
    (0..20).for_each(|n| log.append(n, 1, 180));
    // More copies of both, from a spool that drained even later.
    (0..20).for_each(|n| log.append(n, 2, 400));
    load(&store, &log, 1, None).await.expect("loads");
    counts(&store, 320).await;
    load(&store, &log, 1, None).await.expect("loads again");
    counts(&store, 320).await;
}

#[tokio::test]
async fn a_store_whose_tables_do_not_agree_is_made_whole_by_a_replay() {
    let (store, log) = (Engine::database().await, Log::default());
    (0..600).for_each(|n| log.append(n, 0, 0));
    let whole = Engine::database().await;
    load(&whole, &log, 1, None).await.expect("loads");
    // A backup that took progress and ledger late and everything else early.
    let chunks = whole.reader().ledger().await.expect("read");
    let progress = Batch {
        progress: chunks.progress,
        ..Batch::default()
    };
    store.write(&progress).await.expect("written");
    load(&store, &log, 1, Some(ReplayFrom::Start))
        .await
        .expect("replays");
    counts(&store, 600).await;
}

#[tokio::test]
async fn a_repair_takes_away_what_the_log_does_not_account_for() {
    let (store, log) = (Engine::database().await, Log::default());
    (0..CHUNK * 17).for_each(|n| log.append(n, 0, 0));
    load(&store, &log, 1, None).await.expect("loads");
    store.compact(1, 0, 0).await.expect("compacted");
    counts(&store, CHUNK * 17).await;
    // Sums that are too high, of a dimension that exists and of one that does not, in a chunk that
    // is compacted and in one that is open.
    for chunk in [3, 16] {
        let chunk = observation::Chunk(chunk);
        let mut parts = store.chunk_base(1, 0, chunk).await.expect("read").parts;
        parts.truncate(1);
        parts[0].count += 7;
        let mut invented = parts[0].clone();
        invented.dims.endpoint = "/nowhere".to_owned();
        parts.push(invented);
        let batch = Batch {
            parts,
            ..Batch::default()
        };
        store.write(&batch).await.expect("written");
    }
    store.compact_again(1, 0, 0).await.expect("compacted");
    let found = audit(&store).await;
    assert_eq!(found.differences.len(), 2, "{found:#?}");
    let settings = Settings {
        epoch: 1,
        chunk_size: CHUNK,
        resend_window: 900_000,
    };
    let mut repair = Repair::new(settings, log.consumer(), store.clone());
    for difference in found.differences {
        repair.span(0, difference.span).await.expect("repaired");
    }
    counts(&store, CHUNK * 17).await;
}

#[tokio::test]
async fn a_dead_letter_is_listed_until_somebody_deals_with_it() {
    let (store, log) = (Engine::database().await, Log::default());
    log.append(1, 0, 0);
    log.append_bytes(vec![9, 9, 9], 0);
    log.append_bytes(b"\x04nonsense".to_vec(), 0);
    load(&store, &log, 1, None).await.expect("loads");
    let all = DeadLetterFilter::default();
    let letters = store.dead_letters(&all, None, 10).await.expect("listed");
    let reasons: Vec<_> = letters
        .iter()
        .map(|letter| letter.reason.as_str())
        .collect();
    assert_eq!(reasons, ["newer_version", "malformed"]);
    assert_eq!(letters[0].payload, [9, 9, 9]);
    let newer = DeadLetterFilter {
        reason: Some("newer_version".to_owned()),
        position: None,
    };
    let newer = store.dead_letters(&newer, None, 10).await.expect("listed");
    assert_eq!(newer.len(), 1);
    store
        .mark_dead_letter(&newer[0], Mark::Dropped)
        .await
        .expect("marked");
    // A replay writes the letter again, and it stays dealt with.
    load(&store, &log, 1, Some(ReplayFrom::Start))
        .await
        .expect("replays");
    let left = store.dead_letters(&all, None, 10).await.expect("listed");
    assert_eq!(left, letters[1..]);
}
