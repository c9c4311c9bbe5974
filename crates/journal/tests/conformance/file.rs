//! What only a journal on disk can meet: a killed process, a full disk, a damaged file.

use std::collections::BTreeMap;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::process::Command;
use std::time::Duration;

use journal::{
    AppendError, ConsumeError, Event, Full, Health, Journal, Kind, OpenError, Record, Room,
};
use observation::UnixMillis;
use runtime::{Clock, ManualClock, Metrics};
use settings::Size;
use testkit::{Process, wait_for};

use crate::lab::{Lab, SOON, Tail, append, offsets, record};

async fn lab() -> Lab {
    Lab::new(Kind::Disk, "file").await
}

/// What a process said that it was told: position -> key.
fn acknowledged(lines: &[String]) -> BTreeMap<(u32, u64), String> {
    let parse = |line: &String| {
        let mut words = line.strip_prefix("ok ")?.split(' ');
        let position = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let key = words.next()?;
        // The kill may have cut the last line.
        (key.len() == 24).then(|| (position, key.to_owned()))
    };
    lines.iter().filter_map(parse).collect()
}

/// Everything in the journal: position -> key; fails where offsets have gaps.
async fn everything(lab: &Lab) -> BTreeMap<(u32, u64), String> {
    let journal = lab.open().await;
    let mut tail = Tail::started(lab, &journal).await;
    let ends = tail.consumer.end_offsets().await.expect("ends");
    let total: u64 = ends.iter().map(|(_, end)| end).sum();
    let records = tail.records(usize::try_from(total).expect("it fits")).await;
    let hex = |key: &[u8]| {
        key.iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let found: BTreeMap<_, _> = records
        .iter()
        .map(|r| ((r.partition, r.offset), hex(&r.key)))
        .collect();
    assert_eq!(found.len() as u64, total);
    for (partition, end) in ends {
        assert!(
            (0..end).all(|offset| found.contains_key(&(partition, offset))),
            "a gap"
        );
    }
    found
}

fn writer(lab: &Lab) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_journal-writer"));
    command.arg(&lab.config.disk.dir);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_acknowledged_is_there() {
    let lab = lab().await;
    let mut acked = BTreeMap::new();
    for round in 1..=4 {
        let mut process = Process::start(&mut writer(&lab));
        // Killed in the middle, each time at another moment.
        let wanted = 150 * round;
        wait_for("it appends", SOON, || {
            let enough = acknowledged(&process.lines()).len() >= wanted;
            std::future::ready(enough.then_some(()))
        })
        .await;
        process.kill();
        wait_for("its last words", SOON, || {
            let (before, after) = (process.lines().len(), process.lines().len());
            std::future::ready((before == after).then_some(()))
        })
        .await;
        for (position, key) in acknowledged(&process.lines()) {
            assert_eq!(
                acked.insert(position, key),
                None,
                "{position:?} was given twice"
            );
        }
    }
    let found = everything(&lab).await;
    for (position, key) in &acked {
        assert_eq!(
            found.get(position),
            Some(key),
            "{position:?} was acknowledged"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_refuses_to_be_written_is_told_and_costs_nothing_acknowledged() {
    let lab = lab().await;
    let mut command = Command::new("sh");
    // Files may grow to 2 MiB; without the signal that would end the process, writes then fail.
    command
        .args(["-c", "trap '' XFSZ; ulimit -f 4096; exec \"$@\"", "sh"])
        .arg(env!("CARGO_BIN_EXE_journal-writer"))
        .arg(&lab.config.disk.dir);
    let mut process = Process::start(&mut command);
    let refused = |line: &str| line.starts_with("refused").then(|| line.to_owned());
    let said = process.line("it is refused", SOON, refused).await;
    assert!(said.contains("the journal is unavailable"), "{said}");
    assert!(said.contains("Unready"), "{said}");
    process.kill();
    let acked = acknowledged(&process.lines());
    assert!(acked.len() > 100, "it wrote before: {}", acked.len());
    let found = everything(&lab).await;
    for (position, key) in &acked {
        assert_eq!(
            found.get(position),
            Some(key),
            "{position:?} was acknowledged"
        );
    }
}

async fn refusal(lab: &Lab) -> OpenError {
    Journal::open(&lab.config, Clock::system(), &lab.metrics)
        .await
        .expect_err("refused")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_is_refused_and_told_who_has_it() {
    let lab = lab().await;
    let mut process = Process::start(&mut writer(&lab));
    process
        .line("it appends", SOON, |line| {
            line.starts_with("ok").then_some(())
        })
        .await;
    let error = refusal(&lab).await;
    assert!(matches!(error, OpenError::InUse(_)), "{error:?}");
    assert!(
        error.to_string().contains(&process.id().to_string()),
        "{error}"
    );
    process.kill();
    lab.open().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_consumer_is_refused_while_there_is_one() {
    let lab = lab().await;
    let journal = lab.open().await;
    let first = journal.consumer("loader").await.expect("the first");
    let Err(error) = journal.consumer("loader").await else {
        panic!("a second consumer")
    };
    assert!(matches!(error, OpenError::InUse(_)), "{error:?}");
    drop(first);
    journal
        .consumer("loader")
        .await
        .expect("the place is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_number_of_partitions_is_refused_with_the_reason() {
    let mut lab = lab().await;
    drop(lab.open().await);
    lab.config.disk.partitions = 3;
    let error = refusal(&lab).await;
    assert!(matches!(error, OpenError::Mismatch(_)), "{error:?}");
    assert!(
        error.to_string().contains("journal.disk.partitions = 2"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_journal_or_damaged_is_refused_by_name() {
    let lab = lab().await;
    {
        let journal = lab.open().await;
        let appender = journal.appender().await.expect("an appender");
        append(&appender, 0, 0..500).await;
        appender.close(SOON).await;
    }
    let path = lab.config.disk.dir.join("journal.db");
    // Emptied into the file, so that the file is all there is.
    drop(lab.open().await);
    drop(lab.open().await);
    let whole = std::fs::read(&path).expect("it is there");
    assert!(whole.len() > 50_000, "{}", whole.len());

    let half = whole[..whole.len() / 2].to_vec();
    let foreign = {
        let path = lab.config.disk.dir.join("foreign.db");
        let other = rusqlite::Connection::open(&path).expect("a database");
        other
            .execute_batch("CREATE TABLE other (x)")
            .expect("a table");
        drop(other);
        std::fs::read(path).expect("it is there")
    };
    for (what, bytes) in [
        ("cut short", half),
        ("of another program", foreign),
        ("text", b"This is not a database. ".repeat(1000)),
    ] {
        std::fs::write(&path, bytes).expect("written");
        let error = refusal(&lab).await;
        assert!(
            matches!(error, OpenError::Damaged { .. }),
            "{what}: {error:?}"
        );
        assert!(error.to_string().contains("journal.db"), "{what}: {error}");
    }
    std::fs::remove_file(&path).expect("removed");
    std::fs::create_dir(&path).expect("a directory in its place");
    let error = refusal(&lab).await;
    assert!(matches!(error, OpenError::Unavailable { .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_found_while_reading_is_told_and_not_skipped() {
    let lab = lab().await;
    let count = 5000;
    {
        let journal = lab.open().await;
        let appender = journal.appender().await.expect("an appender");
        let appends = (0..count).map(|number| appender.append(record(0, number, 700)));
        let appended = futures::future::join_all(appends).await;
        assert!(appended.iter().all(Result::is_ok));
    }
    let journal = lab.open().await;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .open(lab.config.disk.dir.join("journal.db"))
        .expect("it is there");
    let middle = file.metadata().expect("open").len() / 2;
    file.seek(SeekFrom::Start(middle / 4096 * 4096))
        .expect("a place");
    file.write_all(&[0xa5; 64 << 10]).expect("written");
    let mut tail = Tail::join(&lab, &journal).await;
    tail.start(0, 0).await;
    let mut next = 0;
    let failure = loop {
        match tail.consumer.next().await {
            Ok(Event::Record(consumed)) => {
                assert_eq!(consumed.offset, next, "nothing is skipped");
                next += 1;
            }
            Ok(other) => panic!("{other:?} at {next} of {count}"),
            Err(failure) => break failure,
        }
    };
    assert!(
        matches!(failure, ConsumeError::Unavailable(_)),
        "{failure:?}"
    );
    assert!(next < u64::from(count), "{next}");
}

async fn wait_for_start(tail: &mut Tail, expected: u64) {
    let deadline = tokio::time::Instant::now() + SOON;
    loop {
        let start = tail.start(0, 0).await;
        if start == expected {
            return;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "starts at {start}, not {expected}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_committed_records_go_and_offsets_never_start_anew() {
    let mut lab = lab().await;
    lab.config.disk.keep_records = 10;
    let (clock, hand) = ManualClock::at(UnixMillis(1_800_000_000_000));
    let open = || Journal::open(&lab.config, clock.clone(), &lab.metrics);
    let journal = open().await.expect("it opens");
    let appender = journal.appender().await.expect("an appender");
    append(&appender, 0, 0..50).await;
    append(&appender, 1, 0..50).await;
    let mut tail = Tail::started(&lab, &journal).await;
    tail.consumer.commit(0, 40).await.expect("committed");
    hand.advance(lab.config.disk.retention.as_millis() + 1);
    // Ten below the cursor stay; what is not committed stays.
    wait_for_start(&mut tail, 30).await;
    assert_eq!(tail.start(1, 0).await, 0, "nothing of it was committed");
    drop((tail, appender, journal));

    lab.config.disk.keep_records = 0;
    let open = || Journal::open(&lab.config, clock.clone(), &lab.metrics);
    let journal = open().await.expect("it opens");
    let mut tail = Tail::started(&lab, &journal).await;
    tail.consumer.commit(0, 50).await.expect("committed");
    wait_for_start(&mut tail, 50).await;
    drop((tail, journal));

    let journal = open().await.expect("it opens");
    let appender = journal.appender().await.expect("an appender");
    assert_eq!(
        append(&appender, 0, 50..52).await,
        [50, 51],
        "although the partition is empty"
    );
    let mut tail = Tail::join(&lab, &journal).await;
    assert_eq!(tail.committed, [Some(50), None]);
    assert_eq!(tail.start(0, 7).await, 50);
    assert_eq!(offsets(&tail.records(2).await), [50, 51]);
}

#[tokio::test(flavor = "multi_thread")]
async fn few_large_records_cannot_fill_a_journal_whose_reader_keeps_up() {
    let mut lab = lab().await;
    lab.config.disk.max_size = Size::mib(16);
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    let mut tail = Tail::started(&lab, &journal).await;
    // Four times the largest size, in far fewer records than `keep_records`.
    let mut uncommitted_from = 0;
    for number in 0..1_000 {
        let appended = wait_for("there is room", SOON, || async {
            match appender.append(record(0, number, 64_000)).await {
                Err(AppendError::Full { .. }) => None,
                other => Some(other.expect("appended")),
            }
        })
        .await;
        uncommitted_from = appended.offset.expect("an offset") + 1;
        if number % 50 == 49 {
            tail.consumer
                .commit(0, uncommitted_from)
                .await
                .expect("committed");
        }
    }
    assert_eq!(uncommitted_from, 1_000, "each record has one offset");
    assert!(appender.health().is_ready(), "{:?}", appender.health());
    drop((tail, appender, journal));

    let journal = lab.open().await;
    let mut tail = Tail::join(&lab, &journal).await;
    assert_eq!(tail.committed[0], Some(1_000));
    let first = tail.start(0, 0).await;
    assert!(
        (1..1_000).contains(&first),
        "the oldest went, not all: {first}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_journal_sheds_and_takes_again_once_committed_records_can_go() {
    let mut lab = lab().await;
    lab.config.disk.max_size = Size::mib(2);
    lab.config.disk.keep_records = 0;
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    let full = wait_for("the journal is full", SOON, || {
        let appender = &appender;
        async move {
            for number in 0..50 {
                match appender.append(record(0, number, 4000)).await {
                    Ok(_) => {}
                    Err(AppendError::Full { what }) => return Some(what),
                    Err(error) => panic!("{error:?}"),
                }
            }
            None
        }
    })
    .await;
    assert_eq!(full, Full::Size);
    let Health::Unready { reason } = appender.health() else {
        panic!("{:?}", appender.health());
    };
    let setting = "has reached `journal.disk.max_size` = \"2MiB\", and ";
    assert!(reason.contains(setting), "{reason}");
    let advice = " records wait for the loader; look at the loader, or raise it";
    assert!(reason.contains(advice), "{reason}");
    let reserved = || Record {
        room: Room::Reserve,
        ..record(0, 0, 100_000)
    };
    let mut taken = 0;
    while appender.append(reserved()).await.is_ok() {
        taken += 1;
        assert!(taken < 100, "the reserve has a bound");
    }
    assert!(taken >= 10, "{taken} of 100 kB went into the reserve");
    let mut tail = Tail::join(&lab, &journal).await;
    let end = tail.consumer.end_offsets().await.expect("ends")[0].1;
    tail.consumer
        .commit(0, end)
        .await
        .expect("a cursor is taken by a full journal");
    wait_for("there is room again", SOON, || async {
        appender.append(record(0, 0, 100)).await.ok()
    })
    .await;
    assert!(appender.health().is_ready());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_with_too_little_room_sheds_from_the_first_record_and_says_why() {
    let mut lab = lab().await;
    lab.config.disk.keep_free_percent = 100;
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    let full = appender.append(record(0, 0, 100)).await;
    assert!(
        matches!(full, Err(AppendError::Full { what: Full::Disk })),
        "{full:?}"
    );
    let Health::Unready { reason } = appender.health() else {
        panic!("{:?}", appender.health());
    };
    let setting = "less than `journal.disk.keep_free_percent` = 100";
    assert!(reason.contains(setting), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_full_sheds_and_the_others_are_written() {
    let mut lab = lab().await;
    lab.config.queue = Size::kib(100);
    let journal = Journal::open(&lab.config, Clock::system(), &Metrics::default()).await;
    let journal = journal.expect("it opens");
    let appender = journal.appender().await.expect("an appender");
    let appends = (0..200).map(|number| appender.append(record(0, number, 10_000)));
    let results = futures::future::join_all(appends).await;
    let shed = results
        .iter()
        .filter(|result| matches!(result, Err(AppendError::Full { what: Full::Queue })));
    let shed = shed.count();
    let taken = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(shed + taken, 200, "{results:?}");
    assert!(shed > 0 && taken > 0, "{shed} shed, {taken} taken");
    let mut tail = Tail::started(&lab, &journal).await;
    assert_eq!(tail.records(taken).await.len(), taken);
}

/// A file as the first format had it, with one record.
const FIRST_FORMAT: &str = "
    CREATE TABLE meta (epoch INTEGER NOT NULL, partitions INTEGER NOT NULL);
    CREATE TABLE partition (
        id INTEGER PRIMARY KEY,
        first_offset INTEGER NOT NULL DEFAULT 0,
        next_offset INTEGER NOT NULL DEFAULT 0,
        committed INTEGER
    );
    CREATE TABLE record (
        id INTEGER PRIMARY KEY,
        append_time INTEGER NOT NULL,
        key BLOB NOT NULL,
        payload BLOB NOT NULL
    );
    INSERT INTO meta VALUES (1700000000, 2);
    INSERT INTO partition (id) VALUES (0), (1);
    INSERT INTO record VALUES (0, 1700000000000, x'000102030405060708090a0b', x'6f6c64');
    PRAGMA application_id = 1668762161;
    PRAGMA user_version = 1;
";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_the_first_format_is_taken_over() {
    let lab = lab().await;
    let path = lab.config.disk.dir.join("journal.db");
    let first = rusqlite::Connection::open(path).expect("a database");
    first.execute_batch(FIRST_FORMAT).expect("a journal");
    drop(first);
    let journal = lab.open().await;
    assert_eq!(journal.epoch(), 1_700_000_000);
    let appender = journal.appender().await.expect("an appender");
    assert_eq!(append(&appender, 0, 1..3).await, [1, 2]);
    let mut tail = Tail::started(&lab, &journal).await;
    let records = tail.records(3).await;
    assert_eq!(offsets(&records), [0, 1, 2]);
    assert_eq!(records[0].payload, "old");
    assert_eq!(lab.metric("corswatch_journal_damaged_records_total"), 0);
}
