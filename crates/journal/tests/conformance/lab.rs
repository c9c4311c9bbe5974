//! A journal of either kind to try, and what tests do with it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use journal::{Appender, Config, Consumed, Consumer, Event, Journal, KEY_LEN, Kind, Record, Room};
use runtime::{Clock, Metrics};
use settings::Size;
use testkit::kafka::Broker;
use tokio::sync::OnceCell;

/// Enough for a machine that does other things as well.
pub(crate) const SOON: Duration = Duration::from_secs(60);

/// One broker for all tests; it ends with the process.
static BROKER: OnceCell<Broker> = OnceCell::const_new();

/// A place for one journal, empty at first.
pub(crate) struct Lab {
    pub(crate) config: Config,
    pub(crate) metrics: Metrics,
    _dir: tempfile::TempDir,
}

impl Lab {
    /// A lab with the broker that all tests share, where it is needed.
    pub(crate) async fn new(kind: Kind, name: &str) -> Self {
        let mut lab = Self::without_broker(kind, name);
        if kind == Kind::Kafka {
            lab.config.kafka.brokers = BROKER.get_or_init(Broker::start).await.bootstrap();
        }
        lab
    }

    /// A lab whose appender to Kafka has a spool.
    pub(crate) async fn spooling(name: &str) -> Self {
        let mut lab = Self::new(Kind::Kafka, &format!("spool_{name}")).await;
        lab.config.spool.enabled = true;
        lab
    }

    /// A lab whose brokers the test sets. `name` is the topic's.
    pub(crate) fn without_broker(kind: Kind, name: &str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut config = Config {
            kind,
            ..Config::default()
        };
        config.read_ahead = Size::mib(1);
        config.disk.dir = dir.path().to_owned();
        config.disk.partitions = 2;
        config.disk.keep_free_percent = 0;
        config.spool.enabled = false;
        config.spool.dir = dir.path().join("spool");
        config.spool.keep_free_percent = 0;
        config.kafka.partitions = 2;
        config.kafka.create_topic = true;
        config.kafka.topic = name.to_owned();
        config.kafka.session_timeout = settings::Span::secs(6);
        Self {
            config,
            metrics: Metrics::default(),
            _dir: dir,
        }
    }

    /// The consumer group: one of its own, as the topic.
    pub(crate) fn group(&self) -> &str {
        &self.config.kafka.topic
    }

    pub(crate) async fn open(&self) -> Journal {
        self.open_with(self.metrics.clone()).await
    }

    /// Opens it with metrics of its own, as another process would.
    pub(crate) async fn open_with(&self, metrics: Metrics) -> Journal {
        Journal::open(&self.config, Clock::system(), &metrics)
            .await
            .expect("it opens")
    }

    /// The value of a metric without labels.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let text = self.metrics.encode();
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
            .unwrap_or_else(|| panic!("no metric {name} in\n{text}"))
    }
}

/// A record whose key and payload tell who it is.
pub(crate) fn record(partition: u32, number: u32, size: usize) -> Record {
    let mut key = [0; KEY_LEN];
    key[..4].copy_from_slice(&number.to_be_bytes());
    key[4..8].copy_from_slice(&partition.to_be_bytes());
    // Not the same byte throughout, so that a cut or shifted payload shows.
    let payload: Vec<u8> = (0..size).map(|at| (at as u32 ^ number) as u8).collect();
    Record {
        partition,
        key,
        payload: Bytes::from(payload),
        room: Room::Shared,
    }
}

/// Appends one after the other and returns the offsets.
pub(crate) async fn append(
    appender: &Arc<dyn Appender>,
    partition: u32,
    numbers: std::ops::Range<u32>,
) -> Vec<u64> {
    let mut offsets = Vec::new();
    for number in numbers {
        let appended = appender
            .append(record(partition, number, 100))
            .await
            .expect("durable");
        assert_eq!(appended.partition, partition);
        offsets.push(appended.offset.expect("it is in the log"));
    }
    offsets
}

/// The loader's side.
pub(crate) struct Tail {
    pub(crate) consumer: Box<dyn Consumer>,
    pub(crate) committed: Vec<Option<u64>>,
}

impl Tail {
    /// Joins, and waits until all partitions are assigned. Nothing is started.
    pub(crate) async fn join(lab: &Lab, journal: &Journal) -> Self {
        let consumer = journal.consumer(lab.group()).await.expect("a consumer");
        let count = journal.partitions() as usize;
        let mut tail = Self {
            consumer,
            committed: vec![None; count],
        };
        let mut assigned = 0;
        while assigned < count {
            match tail.event().await {
                Event::Assigned {
                    partition,
                    committed,
                } => {
                    tail.committed[partition as usize] = committed;
                    assigned += 1;
                }
                other => panic!("{other:?} before everything is assigned"),
            }
        }
        tail
    }

    /// Joins and starts every partition from what was committed.
    pub(crate) async fn started(lab: &Lab, journal: &Journal) -> Self {
        let mut tail = Self::join(lab, journal).await;
        for partition in 0..journal.partitions() {
            let offset = tail.committed[partition as usize].unwrap_or(0);
            tail.start(partition, offset).await;
        }
        tail
    }

    pub(crate) async fn start(&mut self, partition: u32, offset: u64) -> u64 {
        self.consumer
            .start(partition, offset)
            .await
            .expect("it starts")
    }

    pub(crate) async fn event(&mut self) -> Event {
        tokio::time::timeout(SOON, self.consumer.next())
            .await
            .expect("an event in time")
            .expect("no failure")
    }

    /// The next `count` records, whatever is told between them.
    pub(crate) async fn records(&mut self, count: usize) -> Vec<Consumed> {
        let mut records = Vec::with_capacity(count);
        while records.len() < count {
            match self.event().await {
                Event::Record(record) => records.push(record),
                Event::CaughtUp { .. } => {}
                other => panic!("{other:?} after {} of {count} records", records.len()),
            }
        }
        records
    }

    /// What is told until `partition` is caught up to `end`: its records.
    pub(crate) async fn until_caught_up(&mut self, partition: u32, end: u64) -> Vec<Consumed> {
        let mut records = Vec::new();
        loop {
            match self.event().await {
                Event::Record(record) => records.push(record),
                Event::CaughtUp {
                    partition: p,
                    next_offset,
                    ..
                } if p == partition => {
                    if next_offset >= end {
                        return records;
                    }
                }
                Event::CaughtUp { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

pub(crate) fn offsets(records: &[Consumed]) -> Vec<u64> {
    records.iter().map(|record| record.offset).collect()
}
