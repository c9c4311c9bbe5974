//! Deploys that other services report: webhooks in their forms, recorded as deploys.

mod argocd;
mod config;
mod delivery;
mod github;
mod gitlab;
mod pagerduty;
mod record;

use http::{HeaderMap, header};
use observation::vocabulary;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use runtime::Metrics as Registry;
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;

pub(crate) use config::problems;
pub use config::{DeployHook, HookKind};
pub(crate) use delivery::Delivery;
use delivery::Unreadable;
pub(crate) use record::record;

use crate::problem::{Code, Fault, Problem};

/// Largest body of a delivery: those of GitHub name the whole repository, workflow and sender.
pub(crate) const LIMIT: usize = 1024 * 1024;

vocabulary! {
    /// What came of a delivery.
    HookOutcome {
        /// A deploy is recorded, or more is known of one.
        Recorded => "recorded",
        /// It says what is known already.
        Repeated => "repeated",
        /// It says nothing about deploys.
        Ignored => "ignored",
        /// Its signature, token or key is wrong or missing.
        BadSignature => "bad_signature",
        /// It cannot be understood.
        Invalid => "invalid",
        /// The store did not take it.
        Failed => "failed",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    hook: String,
    outcome: &'static str,
}

/// Counted for what names no configured webhook.
const NO_HOOK: &str = "unknown";

/// The configured webhooks.
#[derive(Debug)]
pub(crate) struct Hooks {
    hooks: Vec<DeployHook>,
    deliveries: Family<Labels, Counter>,
    /// What is known of a deploy is read and written again: one at a time.
    one: Mutex<()>,
}

impl Hooks {
    pub(crate) fn new(hooks: &[DeployHook], registry: &Registry) -> Self {
        let deliveries = Family::<Labels, Counter>::default();
        let names = hooks.iter().map(|hook| hook.name.as_str());
        for hook in names.chain([NO_HOOK]) {
            for outcome in HookOutcome::ALL {
                let _ = deliveries.get_or_create(&Labels {
                    hook: hook.to_owned(),
                    outcome: outcome.as_str(),
                });
            }
        }
        let exposed = deliveries.clone();
        registry.register("dashboard", |registry| {
            let help = "Deliveries of deploy webhooks, by webhook and outcome";
            registry.register("hook_deliveries", help, exposed);
        });
        Self {
            hooks: hooks.to_vec(),
            deliveries,
            one: Mutex::new(()),
        }
    }

    pub(crate) fn named(&self, name: &str) -> Option<&DeployHook> {
        self.hooks.iter().find(|hook| hook.name == name)
    }

    /// The webhook whose routing key an event carries.
    pub(crate) fn of_key(&self, bytes: &[u8]) -> Option<&DeployHook> {
        let key = pagerduty::routing_key(bytes);
        let mut keyed = self
            .hooks
            .iter()
            .filter(|hook| hook.kind == HookKind::Pagerduty);
        keyed.find(|hook| is_same(hook.secret.reveal(), &key))
    }

    /// Counts what came of a delivery.
    pub(crate) fn count(&self, hook: Option<&DeployHook>, outcome: HookOutcome) {
        let name = hook.map_or(NO_HOOK, |hook| hook.name.as_str());
        let labels = Labels {
            hook: name.to_owned(),
            outcome: outcome.as_str(),
        };
        self.deliveries.get_or_create(&labels).inc();
    }
}

/// Whether a delivery is from the one who knows the secret.
pub(crate) fn is_authentic(hook: &DeployHook, headers: &HeaderMap, bytes: &[u8]) -> bool {
    let secret = hook.secret.reveal();
    let value = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    };
    match hook.kind {
        HookKind::Github => github::is_signed(secret, value("x-hub-signature-256"), bytes),
        HookKind::Gitlab => is_same(secret, value("x-gitlab-token")),
        HookKind::Argocd => {
            let given = value(header::AUTHORIZATION.as_str());
            let (scheme, token) = given.split_once(' ').unwrap_or_default();
            scheme.eq_ignore_ascii_case("bearer") && is_same(secret, token.trim())
        }
        HookKind::Pagerduty => is_same(secret, &pagerduty::routing_key(bytes)),
    }
}

fn is_same(secret: &str, given: &str) -> bool {
    !secret.is_empty() && bool::from(secret.as_bytes().ct_eq(given.as_bytes()))
}

/// What a delivery says.
pub(crate) fn read(
    hook: &DeployHook,
    headers: &HeaderMap,
    bytes: &[u8],
    now: observation::UnixMillis,
) -> Result<Delivery, Unreadable> {
    let value = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    };
    match hook.kind {
        HookKind::Github => {
            let form = "application/x-www-form-urlencoded";
            let is_form = value(header::CONTENT_TYPE.as_str()).starts_with(form);
            github::read(value("x-github-event"), is_form, bytes)
        }
        HookKind::Gitlab => gitlab::read(bytes),
        HookKind::Argocd => argocd::read(bytes),
        HookKind::Pagerduty => pagerduty::read(bytes, now),
    }
}

/// What the caller of an unauthentic delivery is answered.
pub(crate) fn unauthentic(kind: Option<HookKind>) -> Problem {
    let wants = match kind {
        Some(HookKind::Github) => "`X-Hub-Signature-256` is not that of this body and the secret",
        Some(HookKind::Gitlab) => "`X-Gitlab-Token` is not the secret",
        Some(HookKind::Argocd) => "`Authorization: Bearer` is not the secret",
        Some(HookKind::Pagerduty) | None => "`routing_key` is not that of a configured webhook",
    };
    Problem::new(Code::Unauthenticated, wants)
}

impl From<Unreadable> for Problem {
    fn from(error: Unreadable) -> Self {
        Self::faults(vec![Fault {
            field: error.field,
            value: String::new(),
            permitted: error.reason,
        }])
    }
}
