//! Where the log ends, asked on a thread of its own.
//!
//! A question to a broker waits its turn behind the fetch that is in progress on the same connection,
//! and for a broker that is away it waits until its time-out; the polling thread must do neither.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use observation::UnixMillis;
use runtime::{Causes as _, Clock};

use super::topic_consumer::MetadataClient;
use crate::handoff::ThreadWaker;

const BROKER_TIMEOUT: Duration = Duration::from_secs(5);

/// The ends of some partitions.
#[derive(Debug)]
pub(crate) struct Look {
    /// When they were asked for.
    pub(crate) at: UnixMillis,
    pub(crate) ends: BTreeMap<u32, u64>,
}

/// Asks for the log's ends, one question at a time.
#[derive(Debug)]
pub(crate) struct Ends {
    questions: SyncSender<Vec<u32>>,
    answer: Arc<Mutex<Option<Look>>>,
}

impl Ends {
    /// Starts the thread; it ends when this is dropped.
    pub(crate) fn start(
        asker: MetadataClient,
        clock: Clock,
        bell: Arc<ThreadWaker>,
    ) -> std::io::Result<Self> {
        let (questions, asked) = sync_channel(1);
        let answer = Arc::new(Mutex::new(None));
        let answers = Arc::clone(&answer);
        std::thread::Builder::new()
            .name("journal-ends".to_owned())
            .spawn(move || run(&asker, &clock, &bell, (&asked, &answers)))?;
        Ok(Self { questions, answer })
    }

    /// Asks, unless a question waits already.
    pub(crate) fn ask(&self, partitions: Vec<u32>) {
        // Full means that the brokers are slow: the answer to come serves as well.
        let _ = self.questions.try_send(partitions);
    }

    /// The latest answer, once.
    pub(crate) fn take(&self) -> Option<Look> {
        self.answer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

fn run(
    asker: &MetadataClient,
    clock: &Clock,
    bell: &ThreadWaker,
    (asked, answers): (&Receiver<Vec<u32>>, &Mutex<Option<Look>>),
) {
    while let Ok(partitions) = asked.recv() {
        let at = clock.now();
        match asker.ends(partitions, BROKER_TIMEOUT) {
            Ok(ends) => {
                let look = Look { at, ends };
                *answers.lock().unwrap_or_else(PoisonError::into_inner) = Some(look);
                bell.ring();
            }
            Err(error) => {
                tracing::debug!(error = %error.with_causes(), "the log's ends cannot be read")
            }
        }
    }
}
