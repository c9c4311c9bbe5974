//! Hands on what the spool holds of one partition, oldest first.
//!
//! One portion is on its way at a time and the next waits for its reports, so a slow broker sets the
//! pace. After a failure the first portion is one record; each success doubles it.

use std::sync::Arc;
use std::time::Duration;

use runtime::{Backoff, Causes as _};
use tokio::time::Instant;

use super::Inner;
use super::breaker::Mode;
use crate::disk::Portion;
use crate::kafka::Ack;
use crate::{AppendError, Consumed, Record, Room};

/// The largest portion.
const LARGEST: Portion = Portion {
    records: 1024,
    bytes: 512 << 10,
};

/// Pauses after failures.
const INITIAL_BACKOFF: Duration = Duration::from_millis(250);
const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// How long the drain waits for records that are on their way into the spool.
const IN_FLIGHT_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Looks at a spool that says it holds records and gives none, before it counts as damaged.
const MAX_MISSES: u32 = 50;

fn pauses() -> Backoff {
    Backoff::new(INITIAL_BACKOFF, MAX_BACKOFF)
}

/// Drains a partition whenever its breaker is not closed.
pub(crate) async fn run(inner: &Inner, partition: u32) {
    let mut drain = Drain {
        inner,
        partition,
        size: 1,
        pauses: pauses(),
        misses: 0,
    };
    inner.gate.opened().await;
    loop {
        inner.breakers[partition as usize].is_to_be_drained().await;
        drain.step().await;
    }
}

struct Drain<'a> {
    inner: &'a Inner,
    partition: u32,
    /// Records of the next portion.
    size: usize,
    /// Pauses after failures in a row.
    pauses: Backoff,
    misses: u32,
}

impl Drain<'_> {
    async fn step(&mut self) {
        let several = match self.size {
            1 => None,
            // The semaphore is never closed.
            _ => self.inner.portions.acquire().await.ok(),
        };
        let portion = Portion {
            records: self.size,
            ..LARGEST
        };
        let partition = self.partition;
        let has_failed = match self.inner.file.read(partition, portion).await {
            Ok(records) if records.is_empty() => {
                self.end().await;
                false
            }
            Ok(records) => {
                self.misses = 0;
                !self.send(records).await
            }
            Err(error) => {
                tracing::error!(partition, error = %error.with_causes(), "the spool cannot be read");
                true
            }
        };
        drop(several);
        if has_failed {
            self.failed().await;
        }
    }

    /// Nothing was found.
    async fn end(&mut self) {
        let (inner, partition) = (self.inner, self.partition);
        let breaker = &inner.breakers[partition as usize];
        if breaker.try_close(|| inner.file.held(partition).records == 0) {
            self.misses = 0;
            inner.counts.breaker(partition, Mode::Closed);
            tracing::info!(partition, "records of the partition go to Kafka again");
            return;
        }
        breaker.has_landed(IN_FLIGHT_POLL_INTERVAL).await;
        self.misses += 1;
        if inner.file.held(partition).records > 0 && self.misses > MAX_MISSES {
            self.misses = 0;
            let reason = format!("partition {partition} does not hold what it should");
            inner.file.suspect(reason);
        }
        tokio::time::sleep(IN_FLIGHT_POLL_INTERVAL).await;
    }

    /// Hands a portion to Kafka; whether it took all of it.
    async fn send(&mut self, records: Vec<Consumed>) -> bool {
        let (inner, partition) = (self.inner, self.partition);
        let started = Instant::now();
        let sent = begin_all(inner, &records);
        let mut complete = sent.len() == records.len();
        let mut done = Vec::with_capacity(sent.len());
        for (record, ack) in records.iter().zip(sent) {
            match ack.wait().await {
                Ok(_) => done.push((partition, record.offset)),
                Err(error) => {
                    complete = false;
                    tracing::debug!(
                        partition,
                        error = %error.with_causes(),
                        "a spooled record was not taken"
                    );
                }
            }
        }
        let took = started.elapsed();
        inner.counts.drained.inc_by(done.len() as u64);
        self.remove(done).await;
        if !complete {
            return false;
        }
        self.pauses.reset();
        self.size = (self.size * 2).min(LARGEST.records);
        // As long as it takes about as long as the breaker's time-out, its callers are better served
        // by the spool.
        let left = inner.file.held(partition).records;
        if took < inner.ack_timeout / 2 && left <= LARGEST.records as u64 {
            inner.breakers[partition as usize].hand_over();
        }
        true
    }

    /// Removes what Kafka has. Repeated until it succeeds: what is not removed would be sent again.
    async fn remove(&mut self, done: Vec<(u32, u64)>) {
        let mut pauses = pauses();
        while !done.is_empty() {
            let Err(error) = self.inner.file.remove(done.clone()).await else {
                return;
            };
            if self.inner.stop.is_cancelled() {
                return;
            }
            tracing::warn!(
                error = %error.with_causes(),
                "drained records cannot be removed yet"
            );
            tokio::time::sleep(pauses.pause()).await;
        }
    }

    async fn failed(&mut self) {
        self.inner.counts.drain_failures.inc();
        self.inner.breakers[self.partition as usize].take_back();
        self.size = 1;
        tokio::time::sleep(self.pauses.pause()).await;
    }
}

/// Hands the records to Kafka, up to the first that it does not take.
fn begin_all(inner: &Inner, records: &[Consumed]) -> Vec<Arc<Ack>> {
    let begin = |consumed: &Consumed| -> Result<Arc<Ack>, AppendError> {
        inner.kafka.begin(&Record {
            partition: consumed.partition,
            key: consumed.key,
            payload: consumed.payload.clone(),
            room: Room::Shared,
        })
    };
    let begun = records.iter().map(|record| begin(record).ok());
    begun.take_while(Option::is_some).flatten().collect()
}
