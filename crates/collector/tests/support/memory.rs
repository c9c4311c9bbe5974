//! A journal in memory, which can be made to fail.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use journal::{AppendError, Appended, Appender, Full, Health, Record};
use observation::{EdgeReport, Entry, Envelope};
use tokio::sync::watch;

/// What appending does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Take,
    /// Wait until the mode changes.
    Hold,
    Full,
    Timeout,
    Unavailable,
    TooLarge,
    Panic,
}

#[derive(Debug)]
pub(crate) struct Memory {
    mode: watch::Sender<Mode>,
    records: Mutex<Vec<Record>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            mode: watch::Sender::new(Mode::Take),
            records: Mutex::default(),
        }
    }
}

impl Memory {
    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    fn entries(&self) -> Vec<Entry> {
        let records = self.records.lock().expect("no panic while it is held");
        records
            .iter()
            .map(|record| Entry::decode(&record.payload).expect("an entry"))
            .collect()
    }

    pub(crate) fn beacons(&self) -> Vec<Envelope> {
        let beacons = self.entries().into_iter().filter_map(|entry| match entry {
            Entry::Beacon(envelope) => Some(envelope),
            Entry::EdgeReport(_) => None,
        });
        beacons.collect()
    }

    pub(crate) fn reports(&self) -> Vec<EdgeReport> {
        let reports = self.entries().into_iter().filter_map(|entry| match entry {
            Entry::Beacon(_) => None,
            Entry::EdgeReport(report) => Some(report),
        });
        reports.collect()
    }

    pub(crate) fn partitions(&self) -> Vec<u32> {
        let records = self.records.lock().expect("no panic while it is held");
        records.iter().map(|record| record.partition).collect()
    }
}

#[async_trait]
impl Appender for Memory {
    async fn append(&self, record: Record) -> Result<Appended, AppendError> {
        let mut mode = self.mode.subscribe();
        let mode = *mode
            .wait_for(|mode| *mode != Mode::Hold)
            .await
            .expect("self is alive");
        match mode {
            Mode::Take | Mode::Hold => {}
            Mode::Full => return Err(AppendError::Full { what: Full::Disk }),
            Mode::Timeout => return Err(AppendError::Timeout),
            Mode::Unavailable => return Err(AppendError::Unavailable("no broker".into())),
            Mode::TooLarge => return Err(AppendError::TooLarge { limit: 1 }),
            Mode::Panic => panic!("a mistake in the journal"),
        }
        let mut records = self.records.lock().expect("no panic while it is held");
        let partition = record.partition;
        records.push(record);
        let offset = records.len() as u64;
        Ok(Appended {
            partition,
            offset: Some(offset),
        })
    }

    fn health(&self) -> Health {
        Health::Ready
    }

    async fn close(&self, _: Duration) {}
}
