//! The audit log: who changed what, who began to ask, who was turned away. Lines of the process's log with
//! the target `audit`; bounded, so that strangers cannot fill the log.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode, Uri};
use tokio::time::Instant;

use crate::auth::{Caller, Way};
use crate::problem::Code;

/// What was not used or looked at from an address for so long is said to begin again.
const BEGINS_AGAIN: Duration = Duration::from_secs(3600);
/// Pairs of what is used or looked at and address that are remembered.
const MAX_BEGUN: usize = 10_000;
/// The longest name of an app that is written, in characters.
const MAX_APP: usize = 64;
/// Refusals that are written down in a second; the metrics count all of them.
const REFUSALS_PER_SECOND: u32 = 10;

/// What the log of audits remembers.
#[derive(Debug, Default)]
pub(crate) struct Audit(Mutex<State>);

/// What is written of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// It began.
    In,
    /// It was ended.
    Out,
}

impl Step {
    const fn as_str(self) -> &'static str {
        match self {
            Self::In => "signed in",
            Self::Out => "signed out",
        }
    }
}

/// The app that is asked about, if one is.
fn app(asked: &Uri) -> String {
    let query = asked.query().unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let app = pairs.find(|(name, _)| name == "app");
    app.map_or_else(String::new, |(_, app)| app.chars().take(MAX_APP).collect())
}

#[derive(Debug, Default)]
struct State {
    begun: HashMap<(String, IpAddr), Instant>,
    /// The start of a second, and how many refusals were written in it.
    refusals: Option<(Instant, u32)>,
}

impl Audit {
    /// A caller asks; written down where that begins: for a token its use, for a person each page's data of an app.
    pub(crate) fn used(&self, caller: &Caller, client: IpAddr, asked: &Uri) {
        let name = caller.name();
        match caller.way() {
            Way::Local => {}
            Way::Token => {
                if self.begins(name.to_owned(), client) {
                    tracing::info!(target: "audit", token = name, %client, "token used");
                }
            }
            Way::Session | Way::Proxy => {
                let (path, app) = (asked.path(), app(asked));
                if self.begins(format!("{name} {path} {app}"), client) {
                    tracing::info!(target: "audit", person = name, %client, path, app, "looked at");
                }
            }
        }
    }

    /// A partner follows a link; written down where that begins.
    pub(crate) fn followed(&self, link: &str, client: IpAddr) {
        if self.begins(format!("link {link}"), client) {
            tracing::info!(target: "audit", link, %client, "partner link followed");
        }
    }

    /// A person signed in or out.
    pub(crate) fn signed(person: &str, client: IpAddr, step: Step) {
        let step = step.as_str();
        tracing::info!(target: "audit", person, %client, "{step}");
    }

    fn begins(&self, what: String, client: IpAddr) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if state.begun.len() >= MAX_BEGUN {
            state.begun.clear();
        }
        let before = state.begun.insert((what, client), now);
        before.is_none_or(|before| now - before >= BEGINS_AGAIN)
    }

    /// A request that changes something was answered.
    pub(crate) fn changed(
        caller: &Caller,
        client: IpAddr,
        (method, path): (&Method, &str),
        status: StatusCode,
    ) {
        let (name, status) = (caller.name(), status.as_u16());
        match caller.way() {
            Way::Local | Way::Token => {
                tracing::info!(target: "audit", token = name, %client, %method, path, status, "change asked for");
            }
            Way::Session | Way::Proxy => {
                tracing::info!(target: "audit", person = name, %client, %method, path, status, "change asked for");
            }
        }
    }

    /// A request was turned away; of whom, where that is known. What it brought as a token is not written down.
    pub(crate) fn refused(&self, code: Code, who: Option<&Caller>, client: IpAddr, path: &str) {
        let reason = code.as_str();
        let token = who.filter(|who| matches!(who.way(), Way::Local | Way::Token));
        let person = who.filter(|who| matches!(who.way(), Way::Session | Way::Proxy));
        let (token, person) = (token.map(Caller::name), person.map(Caller::name));
        if self.may_write(Instant::now()) {
            tracing::warn!(target: "audit", token, person, reason, %client, path, "request refused");
        } else {
            tracing::debug!(target: "audit", token, person, reason, %client, path, "request refused");
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
