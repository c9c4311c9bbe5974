//! The durable log: Kafka and disk behind one trait pair.
//!
//! [`Journal::open`] reads the configuration and checks what is there; [`Journal::appender`] and
//! [`Journal::consumer`] give the two ends. An acknowledged append survives the death of every
//! process. The journal never looks into a record.
//!
//! An appender to Kafka has a spool: a file that takes records while Kafka does not, and hands them
//! on in order once it does.
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
