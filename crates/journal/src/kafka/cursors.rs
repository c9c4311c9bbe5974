//! Commits, on a thread of their own.
//!
//! This binding of librdkafka tells the outcome of a commit only to a caller that waits for it, and
//! the polling thread must not wait. What comes while one commit is in progress goes with the next.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::topic_partition_list::Offset;

use super::topic_consumer::TopicConsumer;
use crate::metrics::JournalMetrics;
use crate::reader::Commit;
use crate::{Cause, ConsumeError};

/// Commits that may wait.
const MAX_WAITING: usize = 1024;

/// Where commits are sent to.
#[derive(Debug)]
pub(crate) struct Cursors(SyncSender<Commit>);

impl Cursors {
    /// Starts the thread; it ends when this is dropped and everything was answered.
    pub(crate) fn start(place: TopicConsumer, metrics: JournalMetrics) -> std::io::Result<Self> {
        let (sender, commits) = sync_channel(MAX_WAITING);
        std::thread::Builder::new()
            .name("journal-commit".to_owned())
            .spawn(move || run(&place, &metrics, &commits))?;
        Ok(Self(sender))
    }

    pub(crate) fn send(&self, commit: Commit) {
        use std::sync::mpsc::TrySendError::{Disconnected, Full};
        if let Err(Full(commit) | Disconnected(commit)) = self.0.try_send(commit) {
            let cause = Cause::from("too many commits wait for Kafka");
            // A caller that is gone does not mind.
            let _ = commit.reply.send(Err(ConsumeError::Unavailable(cause)));
        }
    }
}

fn run(place: &TopicConsumer, metrics: &JournalMetrics, commits: &Receiver<Commit>) {
    while let Ok(first) = commits.recv() {
        let waiting: Vec<_> = std::iter::once(first).chain(commits.try_iter()).collect();
        // Of several for one partition the last one counts.
        let offsets: BTreeMap<_, _> = waiting
            .iter()
            .map(|commit| (commit.partition, commit.next_offset))
            .collect();
        let list = offsets
            .iter()
            .map(|(p, next)| (*p, Offset::Offset(next.cast_signed())));
        let done = place
            .list(list)
            .and_then(|list| place.consumer.commit(&list, CommitMode::Sync));
        if done.is_ok() {
            for (partition, next) in offsets {
                metrics.positions(partition, None, Some(next));
            }
        }
        for commit in waiting {
            let done = done
                .clone()
                .map_err(|error| ConsumeError::Unavailable(error.into()));
            // A caller that is gone does not mind.
            let _ = commit.reply.send(done);
        }
    }
}
