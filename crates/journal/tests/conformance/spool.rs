//! What only an appender with a spool can meet: Kafka that is slow, away, back, or never there.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use journal::{AppendError, Appender, Full, Health, Journal, KEY_LEN, Kind};
use rdkafka::mocking::MockCluster;
use runtime::{Clock, Metrics, Stop};
use settings::{Size, Span};
use testkit::kafka::Broker;
use testkit::{Process, wait_until};

use crate::lab::{Lab, SOON, Tail, append, record};

const CALLERS: u32 = 8;

/// A lab with brokers of its own and a short time-out.
fn lab(name: &str, brokers: String) -> Lab {
    let mut lab = Lab::without_broker(Kind::Kafka, name);
    lab.config.kafka.brokers = brokers;
    lab.config.spool.enabled = true;
    lab.config.spool.ack_timeout = Span::millis(300);
    lab
}

/// Callers that append one record after the other, each to one partition: the keys that were
/// acknowledged, in each caller's order.
async fn load(appender: &Arc<dyn Appender>, stop: &Stop) -> Vec<(u32, Vec<[u8; KEY_LEN]>)> {
    let callers = (0..CALLERS).map(|caller| async move {
        let mut acknowledged = Vec::new();
        for number in 0.. {
            if stop.is_cancelled() {
                break;
            }
            let record = record(caller % 2, caller * 1_000_000 + number, 500);
            let key = record.key;
            match appender.append(record).await {
                Ok(_) => acknowledged.push(key),
                Err(error) => panic!("refused: {error:?}"),
            }
        }
        (caller % 2, acknowledged)
    });
    futures::future::join_all(callers).await
}

/// Where each key of a partition stands first in the log, and how many copies there are in all.
async fn log_of(lab: &Lab) -> (BTreeMap<(u32, [u8; KEY_LEN]), u64>, usize) {
    let journal = lab.open_with(Metrics::default()).await;
    let mut tail = Tail::started(lab, &journal).await;
    let ends = tail.consumer.end_offsets().await.expect("ends");
    let total: u64 = ends.iter().map(|(_, end)| end).sum();
    let mut first = BTreeMap::new();
    for consumed in tail.records(usize::try_from(total).expect("it fits")).await {
        first
            .entry((consumed.partition, consumed.key))
            .or_insert(consumed.offset);
    }
    let copies = usize::try_from(total).expect("it fits") - first.len();
    (first, copies)
}

async fn until_drained(appender: &Arc<dyn Appender>) {
    wait_until("the spool is drained", SOON, || async {
        appender.health() == Health::Ready
    })
    .await;
}

fn spooled(lab: &Lab) -> u64 {
    lab.metric("corswatch_spool_spooled_records_total")
}

/// Waits until the log takes a record directly, which takes a while on a busy machine.
async fn until_direct(appender: &Arc<dyn Appender>, partition: u32) {
    wait_until("the log takes a record", SOON, || async {
        let appended = appender.append(record(partition, u32::MAX, 10)).await;
        appended.is_ok_and(|appended| appended.offset.is_some())
    })
    .await;
}

async fn until_spooling(lab: &Lab, records: u64) {
    let before = spooled(lab);
    wait_until("records are spooled", SOON, || async {
        spooled(lab) >= before + records
    })
    .await;
}

/// Everything acknowledged is in the log, and what one caller appended is there in its order.
async fn check(lab: &Lab, acknowledged: &[(u32, Vec<[u8; KEY_LEN]>)]) {
    let (first, copies) = log_of(lab).await;
    let total: usize = acknowledged.iter().map(|(_, keys)| keys.len()).sum();
    for (partition, keys) in acknowledged {
        let places: Vec<_> = keys
            .iter()
            .map(|key| *first.get(&(*partition, *key)).expect("it was acknowledged"))
            .collect();
        let turned = places.windows(2).filter(|pair| pair[0] >= pair[1]).count();
        assert_eq!(turned, 0, "in order in partition {partition}");
    }
    eprintln!("{total} acknowledged, {copies} copies for the loader to drop");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_killed_costs_no_acknowledgement_and_gets_everything_once_it_is_back() {
    let mut broker = Broker::start().await;
    let lab = lab("spool_killed", broker.bootstrap());
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    let stop = Stop::new();
    let nemesis = async {
        for _ in 0..2 {
            broker.kill();
            until_spooling(&lab, 500).await;
            let health = appender.health();
            let Health::Degraded { spooled, .. } = &health else {
                panic!("{health:?}")
            };
            assert!(spooled.records > 0 && spooled.bytes > 0, "{health:?}");
            broker.restart().await;
            until_drained(&appender).await;
        }
        stop.cancel();
    };
    let (acknowledged, ()) = tokio::join!(load(&appender, &stop), nemesis);
    until_drained(&appender).await;
    assert!(lab.metric("corswatch_spool_drained_records_total") > 500);
    check(&lab, &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_stands_still_is_left_alone_and_gets_everything_once_it_goes_on() {
    let mut broker = Broker::start().await;
    let lab = lab("spool_still", broker.bootstrap());
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    until_direct(&appender, 0).await;
    let stop = Stop::new();
    let nemesis = async {
        broker.pause();
        until_spooling(&lab, 2000).await;
        // Kafka still holds what the callers of that moment gave it; nothing follows.
        let queued = lab.metric("corswatch_journal_queue_bytes");
        assert!(queued <= u64::from(CALLERS) * 500, "{queued} bytes");
        broker.resume();
        until_drained(&appender).await;
        stop.cancel();
    };
    let (acknowledged, ()) = tokio::join!(load(&appender, &stop), nemesis);
    until_drained(&appender).await;
    check(&lab, &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_broker_gets_each_record_once_and_its_late_success_removes_the_copy() {
    let brokers = MockCluster::new(1).expect("a mock");
    brokers.create_topic("spool_slow", 2, 1).expect("a topic");
    let mut lab = lab("spool_slow", brokers.bootstrap_servers());
    lab.config.spool.ack_timeout = Span::millis(100);
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    append(&appender, 0, 0..2).await;
    brokers
        .broker_round_trip_time(1, Duration::from_millis(400))
        .expect("slow");
    let both = (0..20).map(|number| appender.append(record(number % 2, 100 + number, 50)));
    for appended in futures::future::join_all(both).await {
        assert_eq!(appended.expect("durable").offset, None);
    }
    wait_until("the reports come late", SOON, || async {
        lab.metric("corswatch_spool_late_successes_total") == 20
    })
    .await;
    brokers
        .broker_round_trip_time(1, Duration::from_millis(1))
        .expect("quick");
    until_drained(&appender).await;
    assert_eq!(lab.metric("corswatch_spool_drained_records_total"), 0);
    let at = append(&appender, 0, 500..501).await;
    assert_eq!(at, [12], "2 + 10 before it, no copies");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_fails_does_not_hold_up_another() {
    let brokers = MockCluster::new(2).expect("a mock");
    brokers.create_topic("spool_half", 2, 1).expect("a topic");
    brokers
        .partition_leader("spool_half", 0, Some(1))
        .expect("a leader");
    brokers
        .partition_leader("spool_half", 1, Some(2))
        .expect("a leader");
    let lab = lab("spool_half", brokers.bootstrap_servers());
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    append(&appender, 0, 0..2).await;
    append(&appender, 1, 0..2).await;
    brokers.broker_down(2).expect("down");
    let appended = appender.append(record(1, 5, 50)).await.expect("durable");
    assert_eq!(appended.offset, None, "in the spool");
    let breaker = |partition| {
        lab.metric(&format!(
            "corswatch_spool_breaker{{partition=\"{partition}\"}}"
        ))
    };
    assert_eq!(append(&appender, 0, 2..4).await, [2, 3], "in the log");
    assert_eq!((breaker(0), breaker(1)), (0, 2));
    brokers.broker_up(2).expect("up");
    until_drained(&appender).await;
    assert_eq!(append(&appender, 1, 6..7).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_it_starts_and_spools_and_the_topic_is_checked_once_there_is_one() {
    let mut broker = Broker::prepare();
    let mut lab = lab("spool_later", broker.bootstrap());
    lab.config.kafka.open_timeout = Span::secs(1);
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    for number in 0..50 {
        let appended = appender.append(record(number % 2, number, 100)).await;
        assert_eq!(appended.expect("durable").offset, None);
    }
    assert!(matches!(appender.health(), Health::Degraded { .. }));
    drop((appender, journal));

    // What a process left behind is drained by the next, which finds a broker.
    let journal = lab.open_with(Metrics::default()).await;
    let appender = journal.appender().await.expect("an appender");
    broker.restart().await;
    until_drained(&appender).await;
    let (first, copies) = log_of(&lab).await;
    assert_eq!((first.len(), copies), (50, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_does_not_keep_its_promises_gets_nothing() {
    let mut broker = Broker::start().await;
    // Someone made it with another number of partitions.
    let mut other = Lab::without_broker(Kind::Kafka, "spool_unfit");
    other.config.kafka.brokers = broker.bootstrap();
    other.config.kafka.partitions = 3;
    drop(other.open().await);
    broker.kill();
    let mut lab = lab("spool_unfit", broker.bootstrap());
    lab.config.kafka.open_timeout = Span::secs(1);
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    appender.append(record(0, 1, 100)).await.expect("durable");
    broker.restart().await;
    wait_until("it says why", SOON, || async {
        match appender.health() {
            Health::Degraded { reason, .. } => reason.contains("has 3 partitions"),
            _ => false,
        }
    })
    .await;
    appender.append(record(0, 2, 100)).await.expect("durable");
    assert_eq!(lab.metric("corswatch_spool_drained_records_total"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_spool_sheds_and_takes_again_once_it_was_drained() {
    let mut broker = Broker::start().await;
    let mut lab = lab("spool_full", broker.bootstrap());
    lab.config.spool.max_size = Size::mib(2);
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    until_direct(&appender, 0).await;
    broker.kill();
    let mut acknowledged = 0;
    let full = loop {
        match appender.append(record(0, 10 + acknowledged, 4000)).await {
            Ok(_) => acknowledged += 1,
            Err(AppendError::Full { what }) => break what,
            Err(error) => panic!("{error:?}"),
        }
    };
    assert_eq!(full, Full::Size);
    assert!(acknowledged > 100, "{acknowledged}");
    let health = appender.health();
    assert!(matches!(health, Health::Unready { .. }), "{health:?}");
    broker.restart().await;
    until_drained(&appender).await;
    until_direct(&appender, 0).await;
    let (first, _) = log_of(&lab).await;
    assert_eq!(first.len(), acknowledged as usize + 1);
}

/// The keys that a process said were acknowledged, and how many of them in the spool.
fn acknowledged(lines: &[String]) -> (Vec<String>, usize) {
    let mut in_spool = 0;
    let keys = lines.iter().filter_map(|line| {
        let rest = line
            .strip_prefix("spooled ")
            .inspect(|_| in_spool += 1)
            .or_else(|| line.strip_prefix("ok "))?;
        let key = rest.rsplit(' ').next()?;
        // The kill may have cut the last line.
        (key.len() == 24).then(|| key.to_owned())
    });
    (keys.collect(), in_spool)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_process_acknowledged_that_is_killed_while_it_spools_and_drains_reaches_the_log() {
    let mut broker = Broker::start().await;
    let lab = lab("spool_process", broker.bootstrap());
    drop(lab.open().await);
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_journal-writer"));
        command
            .arg(&lab.config.spool.dir)
            .arg(broker_address(&lab))
            .arg(&lab.config.kafka.topic);
        Process::start(&mut command)
    };
    let mut keys = Vec::new();
    let kill = |mut process: Process| {
        process.kill();
        process
    };
    // While it spools.
    broker.kill();
    let process = start();
    wait_until("it spools", SOON, || async {
        acknowledged(&process.lines()).1 > 3000
    })
    .await;
    keys.push(kill(process));
    // While it drains, and spools what comes.
    broker.restart().await;
    let process = start();
    wait_until("it appends", SOON, || async {
        acknowledged(&process.lines()).0.len() > 50
    })
    .await;
    keys.push(kill(process));
    // The rest is drained by the next.
    let journal = lab.open_with(Metrics::default()).await;
    let appender = journal.appender().await.expect("an appender");
    until_drained(&appender).await;
    let (first, copies) = log_of(&lab).await;
    let hex = |key: &[u8]| key.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let found: std::collections::BTreeSet<_> = first.keys().map(|(_, key)| hex(key)).collect();
    let mut total = 0;
    for process in keys {
        let mut settled = 0;
        // Its last words may still be on their way.
        wait_until("its last words", SOON, || {
            let before = std::mem::replace(&mut settled, process.lines().len());
            std::future::ready(before == process.lines().len())
        })
        .await;
        for key in acknowledged(&process.lines()).0 {
            total += 1;
            assert!(found.contains(&key), "{key} was acknowledged");
        }
    }
    eprintln!("{total} acknowledged, {copies} copies");
}

fn broker_address(lab: &Lab) -> &str {
    &lab.config.kafka.brokers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_is_told_to_take_another_directory() {
    let lab = lab(
        "spool_shared",
        format!("127.0.0.1:{}", testkit::port::free()),
    );
    let mut one = lab.config.clone();
    one.kafka.open_timeout = Span::secs(1);
    let journal = Journal::open(&one, Clock::system(), &Metrics::default()).await;
    let journal = journal.expect("it opens");
    let _first = journal.appender().await.expect("the first");
    let Err(error) = journal.appender().await else {
        panic!("two of them")
    };
    assert!(error.to_string().contains("journal.spool.dir"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_while_kafka_is_away_is_quick_and_keeps_everything() {
    let mut broker = Broker::start().await;
    let lab = lab("spool_close", broker.bootstrap());
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    until_direct(&appender, 0).await;
    broker.kill();
    let appends = (10..60).map(|number| appender.append(record(number % 2, number, 100)));
    let appends = futures::stream::iter(appends)
        .buffer_unordered(50)
        .collect::<Vec<_>>();
    let close = async {
        tokio::task::yield_now().await;
        appender.close(Duration::from_secs(20)).await;
    };
    let (appended, ()) = tokio::join!(appends, close);
    let taken = appended.iter().filter(|appended| appended.is_ok()).count();
    assert_eq!(taken, 50, "all were begun before the close");
    let refused = appender.append(record(0, 99, 10)).await;
    assert!(matches!(refused, Err(AppendError::Closed)), "{refused:?}");
    drop((appender, journal));
    broker.restart().await;
    let journal = lab.open_with(Metrics::default()).await;
    let appender = journal.appender().await.expect("an appender");
    until_drained(&appender).await;
    let (first, _) = log_of(&lab).await;
    assert_eq!(first.len(), 51);
}
