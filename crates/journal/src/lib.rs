//! The durable log: Kafka and disk behind one pair of traits.
//!
//! **Promises.** [`Journal::open`] reads the configuration and checks what is there; [`Journal::appender`] and
//! [`Journal::consumer`] give the two ends. An acknowledged append survives the death of every
//! process. An appender to Kafka has a spool: a file that takes records while Kafka does not, and hands them
//! on in order once it does.
//!
//! ```no_run
//! use runtime::{Clock, Metrics};
//! use journal::{Config, Event, Journal, KEY_LEN, Record, Room};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let mut config = Config::default();
//! config.disk.dir = "/var/lib/example/journal".into();
//! let journal = Journal::open(&config, Clock::system(), &Metrics::default()).await?;
//! let payload = "anything up to max_record".into();
//! let record = Record { partition: 0, key: [7; KEY_LEN], payload, room: Room::Shared };
//! // Returns once the record is durable.
//! let appended = journal.appender().await?.append(record).await?;
//! let mut consumer = journal.consumer("example").await?;
//! if let Event::Record(record) = consumer.next().await? {
//!     println!("{appended:?} read back as {:?}", record.payload);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! **Never.** It never looks into a record, and never acknowledges before the record is durable.
#![forbid(unsafe_code)]

mod blocking;
mod cluster;
mod config;
mod disk;
mod ends;
mod error;
mod handoff;
mod journal;
mod kafka;
mod log;
mod metrics;
mod reader;
mod record;
mod spool;

pub use config::{Config, Kind};
pub use disk::{DiskConfig, DiskSpace};
pub use ends::LogEnds;
pub use error::{AppendError, Cause, ConsumeError, Full, OpenError};
pub use journal::Journal;
pub use kafka::{Examined, ExaminedTopic, KafkaConfig};
pub use log::{Appender, Consumer, Health, Spooled};
pub use record::{Appended, Consumed, Event, KEY_LEN, Record, Room};
pub use spool::SpoolConfig;
