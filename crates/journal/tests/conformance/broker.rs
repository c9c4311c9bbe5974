//! What only a journal in Kafka can meet: a broker that dies, a group, a topic made by others.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use journal::{Consumer, Event, Journal, Kind, OpenError};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use runtime::{Clock, Metrics};
use settings::Span;
use testkit::kafka::Broker;
use testkit::wait_until;

use crate::lab::{Lab, SOON, Tail, append, offsets, record};

fn raw(lab: &Lab) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", &lab.config.kafka.brokers);
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_the_kill_of_the_broker() {
    const CALLERS: u32 = 8;
    let mut broker = Broker::start().await;
    let mut lab = Lab::without_broker(Kind::Kafka, "killed");
    lab.config.kafka.brokers = broker.bootstrap();
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    let stop = runtime::Stop::new();
    let callers = (0..CALLERS).map(|caller| {
        let (appender, stop) = (Arc::clone(&appender), stop.clone());
        async move {
            let mut acknowledged = Vec::new();
            for number in 0.. {
                if stop.is_cancelled() {
                    break;
                }
                let number = caller * 1_000_000 + number;
                if let Ok(at) = appender.append(record(number % 2, number, 700)).await {
                    acknowledged.push(((at.partition, at.offset.expect("in the log")), number));
                }
            }
            acknowledged
        }
    });
    let nemesis = async {
        let appended = || lab.metric("corswatch_journal_appended_records_total");
        for _ in 0..2 {
            let before = appended();
            wait_until("appends go on", SOON, || async {
                appended() > before + 300
            })
            .await;
            broker.kill();
            wait_until("it is noticed", SOON, || async {
                !appender.health().is_ready()
            })
            .await;
            broker.restart().await;
        }
        let before = appended();
        wait_until("appends go on", SOON, || async {
            appended() > before + 300
        })
        .await;
        stop.cancel();
    };
    let (acknowledged, ()) = tokio::join!(futures::future::join_all(callers), nemesis);
    assert!(appender.health().is_ready());
    let acknowledged: BTreeMap<_, _> = acknowledged.into_iter().flatten().collect();
    assert!(acknowledged.len() > 600, "{}", acknowledged.len());

    let mut tail = Tail::started(&lab, &journal).await;
    let ends = tail.consumer.end_offsets().await.expect("ends");
    let total = ends
        .iter()
        .map(|(_, end)| usize::try_from(*end).expect("it fits"))
        .sum();
    let found: BTreeMap<_, _> = tail
        .records(total)
        .await
        .into_iter()
        .map(|consumed| ((consumed.partition, consumed.offset), consumed.key))
        .collect();
    assert_eq!(found.len(), total, "each position once, without gaps");
    for (position, number) in acknowledged {
        let key = record(position.0, number, 0).key;
        assert_eq!(
            found.get(&position),
            Some(&key),
            "{position:?} was acknowledged"
        );
    }
}

async fn next(consumer: &mut Box<dyn Consumer>) -> Event {
    tokio::time::timeout(SOON, consumer.next())
        .await
        .expect("in time")
        .expect("an event")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_consumer_takes_a_share_and_a_dropped_one_gives_its_back() {
    let lab = Lab::new(Kind::Kafka, "shares").await;
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    append(&appender, 0, 0..20).await;
    append(&appender, 1, 0..20).await;
    let mut first = Tail::started(&lab, &journal).await;
    first.records(40).await;
    for partition in 0..2 {
        first
            .consumer
            .commit(partition, 15)
            .await
            .expect("committed");
    }
    let mut second = journal.consumer(lab.group()).await.expect("a second");
    let revoked = loop {
        match first.event().await {
            Event::Revoked { partition } => break partition,
            Event::CaughtUp { .. } => {}
            other => panic!("{other:?}"),
        }
    };
    let refused = first.consumer.commit(revoked, 20).await;
    assert!(
        refused.is_err(),
        "what is revoked cannot be committed: {refused:?}"
    );
    let assigned = next(&mut second).await;
    assert_eq!(
        assigned,
        Event::Assigned {
            partition: revoked,
            committed: Some(15)
        }
    );
    assert_eq!(second.start(revoked, 15).await.expect("started"), 15);
    let Event::Record(consumed) = next(&mut second).await else {
        panic!("no record")
    };
    assert_eq!((consumed.partition, consumed.offset), (revoked, 15));

    // Nothing of the revoked partition comes to the first any more; all of the other does.
    let other = 1 - revoked;
    append(&appender, revoked, 20..25).await;
    append(&appender, other, 20..25).await;
    let records = first.until_caught_up(other, 25).await;
    assert_eq!(offsets(&records), (20..25).collect::<Vec<_>>());
    assert!(records.iter().all(|consumed| consumed.partition == other));

    drop(first);
    let taken_over = loop {
        match next(&mut second).await {
            Event::Assigned {
                partition,
                committed,
            } => break (partition, committed),
            Event::Record(_) | Event::CaughtUp { .. } => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(taken_over, (other, Some(15)));
}

async fn refusal(lab: &Lab) -> OpenError {
    let opened = Journal::open(&lab.config, Clock::system(), &Metrics::default()).await;
    opened.expect_err("refused")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_missing_or_another_than_configured_is_refused_with_what_to_do() {
    let mut lab = Lab::new(Kind::Kafka, "refused").await;
    lab.config.kafka.create_topic = false;
    let error = refusal(&lab).await;
    assert!(
        error.to_string().contains("journal.kafka.create_topic"),
        "{error}"
    );

    lab.config.kafka.create_topic = true;
    lab.open().await;
    lab.config.kafka.partitions = 3;
    let error = refusal(&lab).await;
    assert!(error.to_string().contains("journal.kafka.epoch"), "{error}");

    lab.config.kafka.partitions = 2;
    lab.config.kafka.required_replication = 3;
    let error = refusal(&lab).await;
    assert!(error.to_string().contains("replicas"), "{error}");
    assert!(matches!(error, OpenError::Mismatch(_)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn brokers_that_do_not_answer_are_named_once_the_configured_time_is_over() {
    let mut lab = Lab::without_broker(Kind::Kafka, "nobody");
    lab.config.kafka.brokers = format!("127.0.0.1:{}", testkit::port::free());
    lab.config.kafka.open_timeout = Span::secs(1);
    // One question alone may take longer than this where more time is left.
    let limit = Duration::from_secs(4);
    let error = tokio::time::timeout(limit, refusal(&lab)).await;
    let error = error.expect("it waits no longer than configured");
    assert!(matches!(error, OpenError::Unavailable { .. }), "{error:?}");
    assert!(
        error.to_string().contains(&lab.config.kafka.brokers),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_made_here_has_the_append_times_of_the_broker() {
    let lab = Lab::new(Kind::Kafka, "times").await;
    let journal = lab.open().await;
    let producer: FutureProducer = raw(&lab).create().expect("a producer");
    let message = FutureRecord::to("times")
        .partition(0)
        .key("123456789012")
        .payload("x");
    // A clock in 1970.
    producer
        .send(message.timestamp(1), SOON)
        .await
        .expect("taken");
    let mut tail = Tail::started(&lab, &journal).await;
    let consumed = tail.records(1).await.remove(0);
    let now = Clock::system().now();
    assert!(
        (now.0 - consumed.append_time.0).abs() < 120_000,
        "{:?}",
        consumed.append_time
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_foreign_program_wrote_comes_through_for_the_loader_to_judge() {
    let lab = Lab::new(Kind::Kafka, "foreign").await;
    let journal = lab.open().await;
    let producer: FutureProducer = raw(&lab).create().expect("a producer");
    let messages: [FutureRecord<'_, str, str>; 3] = [
        FutureRecord::to("foreign")
            .partition(0)
            .key("short")
            .payload("a"),
        FutureRecord::to("foreign").partition(0).payload("b"),
        FutureRecord::to("foreign").partition(0).key("123456789012"),
    ];
    for message in messages {
        producer.send(message, SOON).await.expect("taken");
    }
    let mut tail = Tail::started(&lab, &journal).await;
    let seen: Vec<_> = tail
        .records(3)
        .await
        .into_iter()
        .map(|c| (c.offset, c.key, c.payload))
        .collect();
    assert_eq!(seen[0], (0, [0; 12], "a".into()));
    assert_eq!(seen[1], (1, [0; 12], "b".into()));
    assert_eq!(seen[2], (2, *b"123456789012", "".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_below_what_retention_left_is_told_where_it_starts() {
    let lab = Lab::new(Kind::Kafka, "retention").await;
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    append(&appender, 0, 0..50).await;
    let admin: AdminClient<DefaultClientContext> = raw(&lab).create().expect("an admin");
    let mut below = TopicPartitionList::new();
    below
        .add_partition_offset("retention", 0, Offset::Offset(30))
        .expect("a place");
    admin
        .delete_records(&below, &AdminOptions::new())
        .await
        .expect("removed");
    let mut tail = Tail::join(&lab, &journal).await;
    assert_eq!(tail.start(0, 7).await, 30);
    assert_eq!(
        offsets(&tail.records(20).await),
        (30..50).collect::<Vec<_>>()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_retention_overtakes_goes_on_after_the_gap_and_counts_it() {
    let mut lab = Lab::new(Kind::Kafka, "overtaken").await;
    // Nothing is fetched ahead of what is asked for.
    let properties = [
        ("queued.min.messages", "1"),
        ("fetch.message.max.bytes", "2000"),
    ];
    lab.config.kafka.properties = properties
        .map(|(name, value)| (name.to_owned(), settings::Secret::new(value.to_owned())))
        .into();
    lab.config.read_ahead = settings::Size::kib(64);
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    let appends = (0..400).map(|number| appender.append(record(0, number, 1000)));
    let appended: Vec<_> = futures::stream::iter(appends).buffered(1).collect().await;
    assert!(appended.iter().all(Result::is_ok));
    let mut tail = Tail::join(&lab, &journal).await;
    tail.start(0, 0).await;
    let mut seen = offsets(&tail.records(10).await);
    let admin: AdminClient<DefaultClientContext> = raw(&lab).create().expect("an admin");
    let mut below = TopicPartitionList::new();
    below
        .add_partition_offset("overtaken", 0, Offset::Offset(390))
        .expect("a place");
    admin
        .delete_records(&below, &AdminOptions::new())
        .await
        .expect("removed");
    seen.extend(offsets(&tail.until_caught_up(0, 400).await));
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
    assert_eq!(seen.last(), Some(&399));
    let missing = 400 - seen.len() as u64;
    assert_eq!(
        lab.metric("corswatch_journal_missing_offsets_total"),
        missing
    );
    assert!(missing > 0, "retention overtook it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_while_the_broker_is_away_fails_and_works_again_when_it_is_back() {
    let mut broker = Broker::start().await;
    let mut lab = Lab::without_broker(Kind::Kafka, "away");
    lab.config.kafka.brokers = broker.bootstrap();
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    append(&appender, 0, 0..10).await;
    let mut tail = Tail::started(&lab, &journal).await;
    tail.records(10).await;
    broker.kill();
    let failed = tail.consumer.commit(0, 5).await;
    assert!(failed.is_err(), "{failed:?}");
    broker.restart().await;
    let deadline = tokio::time::Instant::now() + SOON;
    // The group may have to be joined again, and the partition started again.
    while tail.consumer.commit(0, 6).await.is_err() {
        assert!(tokio::time::Instant::now() < deadline, "no commit succeeds");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop(tail);
    assert_eq!(Tail::join(&lab, &journal).await.committed, [Some(6), None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_producer_that_failed_for_good_is_rebuilt() {
    use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
    let brokers = rdkafka::mocking::MockCluster::new(1).expect("a mock");
    brokers.create_topic("fatal", 2, 1).expect("a topic");
    let mut lab = Lab::without_broker(Kind::Kafka, "fatal");
    lab.config.kafka.brokers = brokers.bootstrap_servers();
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    append(&appender, 0, 0..3).await;
    // A gap in the sequence of an idempotent producer: it cannot go on.
    let lost = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER];
    brokers.request_errors(RDKafkaApiKey::Produce, &lost);
    let failed = appender.append(record(0, 3, 100)).await;
    assert!(failed.is_err(), "{failed:?}");
    assert!(!appender.health().is_ready());
    wait_until("appends go on", SOON, || async {
        appender.append(record(0, 4, 100)).await.is_ok()
    })
    .await;
    assert!(appender.health().is_ready());
    assert_eq!(lab.metric("corswatch_journal_recoveries_total"), 1);
}
