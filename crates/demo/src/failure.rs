//! What can be broken, and what is broken now.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// A way in which the API goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// No answer carries `Access-Control-Allow-Origin`.
    MissingHeader,
    /// OPTIONS answers 404 and knows nothing of CORS, as a router without a handler does.
    #[serde(rename = "preflight_404")]
    Preflight404,
    /// OPTIONS answers 500, with CORS headers from a layer around the handler.
    #[serde(rename = "preflight_500")]
    Preflight500,
    /// `Access-Control-Allow-Origin: *` together with credentials.
    WildcardWithCredentials,
    /// The preflight's answer does not list the header `x-tenant`.
    HeaderNotAllowed,
    /// `X-Total-Count` is sent but not exposed to scripts.
    HeaderNotExposed,
    /// The server hangs up without an answer: no CORS at all, and the same `TypeError` in the page.
    DeadNetwork,
    /// Every answer takes long, the preflight's too.
    SlowApi,
}

impl Failure {
    /// Every failure, in the order of the switches on the page.
    pub const ALL: &'static [Self] = &[
        Self::MissingHeader,
        Self::Preflight404,
        Self::Preflight500,
        Self::WildcardWithCredentials,
        Self::HeaderNotAllowed,
        Self::HeaderNotExposed,
        Self::DeadNetwork,
        Self::SlowApi,
    ];
}

/// The failures that are switched on. Cheap to clone; the copies share their state.
#[derive(Debug, Clone, Default)]
pub struct Switches(Arc<Mutex<BTreeSet<Failure>>>);

impl Switches {
    /// Switches on exactly these.
    pub fn set(&self, failures: BTreeSet<Failure>) {
        *self.lock() = failures;
    }

    /// What is on.
    #[must_use]
    pub fn on(&self) -> BTreeSet<Failure> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<Failure>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
