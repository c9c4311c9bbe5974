//! A spool whose file is damaged: noticed, counted, and never the end of the edge.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use journal::{Appender, Health, Kind};
use runtime::Metrics;
use settings::Span;
use testkit::kafka::Broker;
use testkit::wait_until;

use crate::lab::{Lab, SOON, Tail, record};

const COUNT: u32 = 3000;

/// A lab whose broker does not run, and whose spool holds [`COUNT`] records.
async fn filled(name: &str) -> (Lab, Broker) {
    let broker = Broker::prepare();
    let mut lab = Lab::without_broker(Kind::Kafka, name);
    lab.config.kafka.brokers = broker.bootstrap();
    lab.config.kafka.open_timeout = Span::secs(1);
    lab.config.spool.enabled = true;
    lab.config.spool.ack_timeout = Span::millis(300);
    let journal = lab.open_with(Metrics::default()).await;
    let appender = journal.appender().await.expect("an appender");
    let appends = (0..COUNT).map(|number| appender.append(record(number % 2, number, 700)));
    let appended = futures::future::join_all(appends).await;
    assert!(appended.iter().all(Result::is_ok));
    appender.close(SOON).await;
    (lab, broker)
}

fn file(lab: &Lab) -> PathBuf {
    lab.config.spool.dir.join("journal.db")
}

/// Moves everything from the write-ahead log into the file.
async fn settle(lab: &Lab) {
    for _ in 0..2 {
        let journal = lab.open_with(Metrics::default()).await;
        let appender = journal.appender().await.expect("an appender");
        appender.close(SOON).await;
    }
}

fn set_aside(lab: &Lab) -> usize {
    let entries = std::fs::read_dir(&lab.config.spool.dir).expect("a directory");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    names
        .filter(|name| {
            let name = name.to_string_lossy();
            name.starts_with("damaged-") && name.ends_with(".db")
        })
        .count()
}

async fn start(lab: &Lab, broker: &mut Broker) -> Arc<dyn Appender> {
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("it starts all the same");
    broker.restart().await;
    wait_until("the spool is drained", SOON, || async {
        appender.health() == Health::Ready
    })
    .await;
    appender
}

/// How many records reached the log, and how many of them empty.
async fn arrived(lab: &Lab) -> (usize, usize) {
    let journal = lab.open_with(Metrics::default()).await;
    let mut tail = Tail::started(lab, &journal).await;
    let ends = tail.consumer.end_offsets().await.expect("ends");
    let total = ends
        .iter()
        .map(|(_, end)| usize::try_from(*end).expect("it fits"))
        .sum();
    let records = tail.records(total).await;
    let mut empty = 0;
    for consumed in &records {
        let number = u32::from_be_bytes(consumed.key[..4].try_into().expect("four"));
        let sent = record(consumed.partition, number, consumed.payload.len());
        match consumed.payload.is_empty() {
            true => empty += 1,
            false => assert!(
                consumed.payload == sent.payload,
                "{number} is as it was sent"
            ),
        }
    }
    (total, empty)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_a_record_is_noticed_and_the_record_becomes_a_bad_one() {
    let (lab, mut broker) = filled("spool_flipped").await;
    settle(&lab).await;
    let mut bytes = std::fs::read(file(&lab)).expect("it is there");
    // In the middle of a payload, so that the structure of the file stays whole.
    let wanted = record(0, 1500, 700).payload;
    let at = bytes
        .windows(64)
        .position(|window| window == &wanted[100..164])
        .expect("the record is in the file");
    bytes[at] ^= 4;
    std::fs::write(file(&lab), bytes).expect("written");
    let _appender = start(&lab, &mut broker).await;
    assert_eq!(lab.metric("corswatch_spool_damaged_records_total"), 1);
    assert_eq!(lab.metric("corswatch_spool_damaged_files_total"), 0);
    assert_eq!(arrived(&lab).await, (COUNT as usize, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_that_are_not_what_they_should_be_make_bad_records_and_hold_up_no_other() {
    let (lab, mut broker) = filled("spool_types").await;
    settle(&lab).await;
    let open = rusqlite::Connection::open(file(&lab)).expect("a database");
    for change in [
        "payload = 7",
        "key = 1.5",
        "append_time = x'00'",
        "sum = 'x'",
    ] {
        let sql = format!(
            "UPDATE record SET {change} WHERE id = (SELECT min(id) FROM record WHERE sum > 0
             AND typeof(payload) || typeof(key) || typeof(append_time) || typeof(sum)
             = 'blobblobintegerinteger')"
        );
        assert_eq!(open.execute(&sql, []).expect("changed"), 1, "{change}");
    }
    drop(open);
    let _appender = start(&lab, &mut broker).await;
    assert_eq!(lab.metric("corswatch_spool_damaged_records_total"), 4);
    assert_eq!(lab.metric("corswatch_spool_damaged_files_total"), 0);
    assert_eq!(arrived(&lab).await, (COUNT as usize, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_cut_short_is_set_aside_and_what_is_left_of_it_is_drained() {
    let (lab, mut broker) = filled("spool_cut").await;
    settle(&lab).await;
    let handle = std::fs::OpenOptions::new().write(true).open(file(&lab));
    let handle = handle.expect("it is there");
    let length = handle.metadata().expect("open").len();
    // The last eighth: the inner pages of the tree, without which its leaves are not found, were
    // made when it grew and lie in the middle.
    handle.set_len(length / 8 * 7).expect("cut");
    let _appender = start(&lab, &mut broker).await;
    assert_eq!(lab.metric("corswatch_spool_damaged_files_total"), 1);
    assert_eq!(set_aside(&lab), 1);
    let (saved, _) = arrived(&lab).await;
    assert!(saved > COUNT as usize / 3, "{saved} of {COUNT}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_garbage_is_set_aside_and_an_empty_spool_goes_on() {
    let (lab, mut broker) = filled("spool_garbage").await;
    settle(&lab).await;
    std::fs::write(file(&lab), b"This is not a database. ".repeat(1000)).expect("written");
    let _appender = start(&lab, &mut broker).await;
    assert_eq!(lab.metric("corswatch_spool_damaged_files_total"), 1);
    assert_eq!(arrived(&lab).await.0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_that_shows_while_draining_costs_what_is_damaged_and_nothing_else() {
    let (lab, mut broker) = filled("spool_running").await;
    settle(&lab).await;
    let mut handle = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(file(&lab))
        .expect("it is there");
    let length = handle.metadata().expect("open").len();
    // Pages in the middle; the schema at the beginning stays.
    let middle = length / 2 / 4096 * 4096;
    handle.seek(SeekFrom::Start(middle)).expect("a place");
    let mut before = [0; 16];
    handle.read_exact(&mut before).expect("read");
    handle.seek(SeekFrom::Start(middle)).expect("a place");
    handle.write_all(&[0xa5; 64 << 10]).expect("written");
    drop(handle);
    let appender = start(&lab, &mut broker).await;
    assert_eq!(lab.metric("corswatch_spool_damaged_files_total"), 1);
    assert_eq!(set_aside(&lab), 1);
    let (saved, _) = arrived(&lab).await;
    // 64 KiB of records of 700 bytes are gone; a damaged inner page may take more with it.
    assert!(saved > COUNT as usize * 8 / 10, "{saved} of {COUNT}");
    appender.close(Duration::from_secs(5)).await;
}
