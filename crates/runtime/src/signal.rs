//! SIGTERM and SIGINT, which ask a process to end, and SIGHUP, which asks it to read its configuration again.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

/// Signals that come so soon after one another are one request: `timeout` of GNU sends its signal to
/// the process and to its group, which the process belongs to.
const ONE_REQUEST: Duration = Duration::from_secs(1);

/// The signals that ask a process to end.
#[derive(Debug)]
pub struct Shutdown {
    terminate: Signal,
    interrupt: Signal,
    requests: Requests,
}

/// Tells the signals of one request from those of the next.
#[derive(Debug, Default)]
struct Requests {
    last: Option<Instant>,
}

impl Requests {
    fn is_new(&mut self, now: Instant) -> bool {
        let is_new = self.last.is_none_or(|last| now - last >= ONE_REQUEST);
        if is_new {
            self.last = Some(now);
        }
        is_new
    }
}

impl Shutdown {
    /// Waits for the next request and names its signal.
    pub async fn next(&mut self) -> &'static str {
        loop {
            let signal = tokio::select! {
                _ = self.terminate.recv() => "SIGTERM",
                _ = self.interrupt.recv() => "SIGINT",
            };
            if self.requests.is_new(Instant::now()) {
                return signal;
            }
        }
    }
}

/// Starts to listen for the signals; from here on they do not end the process by themselves.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn shutdown() -> std::io::Result<Shutdown> {
    Ok(Shutdown {
        terminate: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
        requests: Requests::default(),
    })
}

/// The signal that asks a process to read its configuration again.
#[derive(Debug)]
pub struct ReloadRequests(Signal);

impl ReloadRequests {
    /// Waits for the next request.
    pub async fn next(&mut self) {
        self.0.recv().await;
    }
}

/// Starts to listen for SIGHUP; from here on it does not end the process.
///
/// # Errors
/// When the handler cannot be installed.
pub fn reload_requests() -> std::io::Result<ReloadRequests> {
    Ok(ReloadRequests(signal(SignalKind::hangup())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_within_a_second_are_one_request_and_a_later_one_is_the_second() {
        let (mut requests, start) = (Requests::default(), Instant::now());
        for (millis, is_new) in [
            (0, true),
            (1, false),
            (999, false),
            (1000, true),
            (1500, false),
        ] {
            let now = start + Duration::from_millis(millis);
            assert_eq!(requests.is_new(now), is_new, "{millis} ms");
        }
    }
}
