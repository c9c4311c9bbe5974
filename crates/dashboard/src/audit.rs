//! The audit log: who changed what, who began to ask, who was turned away. Lines of the process's log with
//! the target `audit`; bounded, so that strangers cannot fill the log.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};
use tokio::time::Instant;

use crate::problem::Code;

/// A token that was not used from an address for so long is said to begin again.
const BEGINS_AGAIN: Duration = Duration::from_secs(3600);
/// Pairs of token and address that are remembered.
const MAX_BEGUN: usize = 10_000;
/// Refusals that are written down in a second; the metrics count all of them.
const REFUSALS_PER_SECOND: u32 = 10;

/// What the log of audits remembers.
#[derive(Debug, Default)]
pub(crate) struct Audit(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    begun: HashMap<(String, IpAddr), Instant>,
    /// The start of a second, and how many refusals were written in it.
    refusals: Option<(Instant, u32)>,
}

impl Audit {
    /// A token is used; written down where that begins.
    pub(crate) fn used(&self, token: &str, client: IpAddr) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if state.begun.len() >= MAX_BEGUN {
            state.begun.clear();
        }
        let before = state.begun.insert((token.to_owned(), client), now);
        drop(state);
        if before.is_none_or(|before| now - before >= BEGINS_AGAIN) {
            tracing::info!(target: "audit", token, %client, "token used");
        }
    }

    /// A request that changes something was answered.
    pub(crate) fn changed(
        token: &str,
        client: IpAddr,
        (method, path): (&Method, &str),
        status: StatusCode,
    ) {
        let status = status.as_u16();
        tracing::info!(target: "audit", token, %client, %method, path, status, "change asked for");
    }

    /// A request was turned away. What it brought as a token is not written down.
    pub(crate) fn refused(&self, code: Code, client: IpAddr, path: &str) {
        let reason = code.as_str();
        if self.may_write(Instant::now()) {
            tracing::warn!(target: "audit", reason, %client, path, "request refused");
        } else {
            tracing::debug!(target: "audit", reason, %client, path, "request refused");
        }
    }

    fn may_write(&self, now: Instant) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut state.refusals {
            Some((since, count)) if now - *since < Duration::from_secs(1) => {
                *count += 1;
                *count <= REFUSALS_PER_SECOND
            }
            second => {
                *second = Some((now, 1));
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_refusals_does_not_fill_the_log() {
        let (audit, start) = (Audit::default(), Instant::now());
        let written = |at: Instant| (0..1000).filter(|_| audit.may_write(at)).count();
        assert_eq!(written(start), 10);
        assert_eq!(written(start + Duration::from_secs(1)), 10);
    }
}
