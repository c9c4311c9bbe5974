//! The consumer's end of a reading thread; the same for every implementation.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::oneshot;

use crate::handoff::{BoundedHandoff, ThreadWaker};
use crate::{ConsumeError, Consumer, Event};

/// Questions that may wait; more than one do only where a caller gave up waiting.
const MAX_WAITING: usize = 64;

/// How long a caller waits for an answer of the reading thread, which may have to ask a broker.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) type ResponseSender<T> = oneshot::Sender<Result<T, ConsumeError>>;

/// What a consumer asks its reading thread.
#[derive(Debug)]
pub(crate) enum Command {
    Start {
        partition: u32,
        offset: u64,
        reply: ResponseSender<u64>,
    },
    Commit(Commit),
    Ends {
        reply: ResponseSender<Vec<(u32, u64)>>,
    },
}

/// A cursor and who waits for it.
#[derive(Debug)]
pub(crate) struct Commit {
    pub(crate) partition: u32,
    pub(crate) next_offset: u64,
    pub(crate) reply: ResponseSender<()>,
}

/// What the reading thread holds.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) feed: Arc<BoundedHandoff>,
    pub(crate) bell: Arc<ThreadWaker>,
    commands: Receiver<Command>,
}

/// A reading thread: what it does with what its consumer asks.
pub(crate) trait Reads {
    fn link(&self) -> &Link;

    /// Whether it reads this partition.
    fn has(&self, partition: u32) -> bool;

    /// Reads a partition from `offset` on, or from where it really can.
    fn start(&mut self, partition: u32, offset: u64) -> Result<u64, ConsumeError>;

    /// Sees to it that the commit is made and answered.
    fn commit(&mut self, commit: Commit);

    /// Where each partition ends.
    fn ends(&mut self) -> Result<Vec<(u32, u64)>, ConsumeError>;

    /// Does what waits.
    ///
    /// # Errors
    /// [`Gone`] when the consumer was dropped.
    fn serve_commands(&mut self) -> Result<(), Gone> {
        while let Some(command) = self.link().command()? {
            // A caller that is gone does not mind, hence the ignored sends.
            match command {
                Command::Start {
                    partition,
                    offset,
                    reply,
                } => {
                    let _ = reply.send(self.start(partition, offset));
                }
                Command::Commit(commit) if self.has(commit.partition) => self.commit(commit),
                Command::Commit(Commit {
                    partition, reply, ..
                }) => {
                    let _ = reply.send(Err(ConsumeError::NotAssigned { partition }));
                }
                Command::Ends { reply } => {
                    let _ = reply.send(self.ends());
                }
            }
        }
        Ok(())
    }
}

impl Link {
    /// The next command that waits, or `None` when there is none.
    ///
    /// # Errors
    /// [`Gone`] when the consumer was dropped.
    pub(crate) fn command(&self) -> Result<Option<Command>, Gone> {
        match self.commands.try_recv() {
            Ok(command) => Ok(Some(command)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(Gone),
        }
    }
}

impl Drop for Link {
    /// Also when the thread panicked: no one waits forever.
    fn drop(&mut self) {
        self.feed.end("the reading thread ended".to_owned());
    }
}

/// The consumer was dropped.
#[derive(Debug)]
pub(crate) struct Gone;

/// The consumer of a reading thread.
#[derive(Debug)]
pub(crate) struct Reader {
    feed: Arc<BoundedHandoff>,
    bell: Arc<ThreadWaker>,
    /// `None` only while it is dropped.
    commands: Option<SyncSender<Command>>,
}

/// A consumer that reads ahead by at most `read_ahead` bytes, and the thread's end of it.
pub(crate) fn reader(read_ahead: usize) -> (Reader, Link) {
    let bell = Arc::new(ThreadWaker::default());
    let feed = Arc::new(BoundedHandoff::new(read_ahead, Arc::clone(&bell)));
    let (sender, commands) = sync_channel(MAX_WAITING);
    let reader = Reader {
        feed: Arc::clone(&feed),
        bell: Arc::clone(&bell),
        commands: Some(sender),
    };
    (
        reader,
        Link {
            feed,
            bell,
            commands,
        },
    )
}

impl Reader {
    async fn ask<T>(
        &self,
        question: impl FnOnce(ResponseSender<T>) -> Command,
    ) -> Result<T, ConsumeError> {
        let (reply, answer) = oneshot::channel();
        let commands = self.commands.as_ref().expect("taken only by drop");
        match commands.try_send(question(reply)) {
            Ok(()) => self.bell.ring(),
            Err(TrySendError::Full(_)) => {
                let cause = "too many questions wait for the reading thread";
                return Err(ConsumeError::Unavailable(cause.into()));
            }
            Err(TrySendError::Disconnected(_)) => return Err(ended()),
        }
        match tokio::time::timeout(RESPONSE_TIMEOUT, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(ended()),
            Err(late) => Err(ConsumeError::Unavailable(late.into())),
        }
    }
}

fn ended() -> ConsumeError {
    ConsumeError::Ended("the reading thread ended".into())
}

#[async_trait]
impl Consumer for Reader {
    async fn next(&mut self) -> Result<Event, ConsumeError> {
        self.feed.next().await
    }

    async fn start(&mut self, partition: u32, offset: u64) -> Result<u64, ConsumeError> {
        self.ask(|reply| Command::Start {
            partition,
            offset,
            reply,
        })
        .await
    }

    async fn commit(&mut self, partition: u32, next_offset: u64) -> Result<(), ConsumeError> {
        self.ask(|reply| {
            Command::Commit(Commit {
                partition,
                next_offset,
                reply,
            })
        })
        .await
    }

    async fn end_offsets(&mut self) -> Result<Vec<(u32, u64)>, ConsumeError> {
        self.ask(|reply| Command::Ends { reply }).await
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.commands = None;
        self.bell.ring();
    }
}
