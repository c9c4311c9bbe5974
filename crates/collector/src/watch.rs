//! What a connection is doing, so that it can be cut when it takes too long.
//!
//! The connection notes changes; a timer looks now and then. So a request costs no timer.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::Timeouts;
use crate::metrics::Cut;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It has sent nothing yet.
    Opened,
    /// It is sending a header.
    Header,
    /// A request is being answered; it has its own time-outs.
    Busy,
    /// It waits for the next request.
    Idle,
}

impl Phase {
    const fn of(number: u8) -> Self {
        match number {
            0 => Self::Opened,
            1 => Self::Header,
            2 => Self::Busy,
            _ => Self::Idle,
        }
    }
}

/// What a look at a connection says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Look again then.
    Again(Instant),
    /// It has been idle long enough to give up its buffers.
    Park,
    /// It took too long.
    Cut(Cut),
}

/// How long a connection keeps its buffers while it is idle. Pages send every few seconds at most, so
/// nearly every connection is parked nearly all the time.
pub(crate) const PARK_AFTER: Duration = Duration::from_millis(100);

/// The state of one connection.
#[derive(Debug)]
pub(crate) struct Watch {
    opened: Instant,
    phase: AtomicU8,
    /// Milliseconds from `opened` to the last change of the phase.
    since: AtomicU64,
    write_blocked: AtomicBool,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Self {
            opened: Instant::now(),
            phase: AtomicU8::new(Phase::Opened as u8),
            since: AtomicU64::new(0),
            write_blocked: AtomicBool::new(false),
        }
    }

    pub(crate) fn enter(&self, phase: Phase) {
        let since = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.since.store(since, Ordering::Relaxed);
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    pub(crate) fn phase(&self) -> Phase {
        Phase::of(self.phase.load(Ordering::Relaxed))
    }

    /// Whether a request is being answered, up to the last byte of its answer.
    pub(crate) fn is_busy(&self) -> bool {
        self.phase() == Phase::Busy || self.write_blocked.load(Ordering::Relaxed)
    }

    fn bytes_arrived(&self) {
        if matches!(self.phase(), Phase::Opened | Phase::Idle) {
            self.enter(Phase::Header);
        }
    }

    /// When the phase ends at the latest.
    pub(crate) fn deadline(&self, timeouts: &Timeouts) -> Option<(Instant, Cut)> {
        let (span, cut) = match self.phase() {
            Phase::Opened => (timeouts.first_byte, Cut::FirstByte),
            Phase::Header => (timeouts.header, Cut::Header),
            Phase::Busy => return None,
            Phase::Idle => (timeouts.idle, Cut::Idle),
        };
        Some((self.since() + span.duration(), cut))
    }

    fn since(&self) -> Instant {
        self.opened + Duration::from_millis(self.since.load(Ordering::Relaxed))
    }

    /// Looks at a connection that holds buffers. It is looked at often, because it may be idle soon.
    pub(crate) fn look(&self, timeouts: &Timeouts) -> Look {
        let now = Instant::now();
        match self.deadline(timeouts) {
            Some((deadline, cut)) if now >= deadline => Look::Cut(cut),
            Some(_) if self.is_parkable(now) => Look::Park,
            Some((deadline, _)) => Look::Again(deadline.min(now + PARK_AFTER)),
            None => Look::Again(now + PARK_AFTER),
        }
    }

    fn is_parkable(&self, now: Instant) -> bool {
        self.phase() == Phase::Idle && !self.is_busy() && now >= self.since() + PARK_AFTER
    }
}

/// A stream that notes what happens to it, and gives out first what was read ahead of it.
#[derive(Debug)]
pub(crate) struct Noted {
    pub(crate) stream: TcpStream,
    pub(crate) ahead: Bytes,
    pub(crate) watch: std::sync::Arc<Watch>,
}

impl Noted {
    fn wrote<T>(&self, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        self.watch
            .write_blocked
            .store(polled.is_pending(), Ordering::Relaxed);
        polled
    }
}

impl AsyncRead for Noted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.ahead.is_empty() {
            let count = self.ahead.len().min(into.remaining());
            into.put_slice(&self.ahead[..count]);
            self.ahead.advance(count);
            return Poll::Ready(Ok(()));
        }
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, into))?;
        if into.filled().len() > before {
            self.watch.bytes_arrived();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Noted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.wrote(polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
