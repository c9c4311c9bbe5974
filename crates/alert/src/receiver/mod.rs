//! The receivers that can be configured. Adding one takes its file here, with its settings and its
//! notifier, and a row of `receivers!`; then `cargo xtask generate`, and a line in `docs/alerts.md`.

mod alertmanager;
mod email;
mod incident_io;
mod jsm;
mod message;
mod pagerduty;
mod slack;
mod teams;

use std::sync::Arc;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use runtime::Clock;
use settings::{Problems, Secret, Span};

pub use alertmanager::AlertmanagerConfig;
pub use email::{EmailConfig, MailSecurity};
pub use incident_io::IncidentIoConfig;
pub use jsm::{JsmConfig, JsmPriority};
pub use pagerduty::PagerDutyConfig;
pub use slack::SlackConfig;
pub use teams::{TeamsConfig, TeamsShape};

use crate::endpoint::Endpoint;
use crate::http::{Addresses, HttpClient, target};
use crate::{AlertError, Config, Notifier};

/// What all receivers are built with.
pub(crate) struct Setup<'a> {
    pub(crate) addresses: Addresses,
    pub(crate) external_url: &'a str,
    pub(crate) clock: &'a Clock,
}

impl Setup<'_> {
    /// What sends to the addresses of one receiver.
    pub(crate) fn client(&self, receiver: &str, timeout: Span) -> Result<HttpClient, AlertError> {
        HttpClient::new(
            receiver,
            timeout.duration(),
            self.addresses,
            self.clock.clone(),
        )
    }
}

/// The settings of one receiver.
pub(crate) trait ReceiverConfig {
    /// Its name: what routes, logs and metrics call it.
    fn name(&self) -> &str;

    /// Where it listens; nothing for settings that cannot be used.
    fn endpoints(&self) -> Vec<Endpoint>;

    /// Reports every setting that cannot be used.
    fn problems(&self, problems: Problems<'_>, addresses: Addresses);

    /// Its notifiers, each with a queue of its own: one, or one for each peer.
    ///
    /// # Errors
    /// [`AlertError`] where it cannot be set up.
    fn build(&self, setup: &Setup<'_>) -> Result<Vec<Arc<dyn Notifier>>, AlertError>;
}

macro_rules! receivers {
    ($($list:ident),* $(,)?) => {
        impl Config {
            /// Every configured receiver, with its path below `alert`.
            pub(crate) fn receivers(&self) -> Vec<(String, &dyn ReceiverConfig)> {
                let mut all: Vec<(String, &dyn ReceiverConfig)> = Vec::new();
                $(for (at, receiver) in self.$list.iter().enumerate() {
                    all.push((format!("{}[{at}]", stringify!($list)), receiver));
                })*
                all
            }
        }
    };
}

receivers! {
    webhooks,
    alertmanager,
    pagerduty,
    slack,
    teams,
    jsm,
    incident_io,
    email,
}

pub(crate) fn timeout_problem(problems: &mut Problems<'_>, timeout: Span) {
    problems.range("timeout", timeout, Span::millis(100)..=Span::secs(60));
}

/// Reports the address of a receiver where it cannot be called. It is a secret, or may hold one.
fn url_problem(problems: &mut Problems<'_>, field: &str, url: &str, addresses: Addresses) {
    if let Err(reason) = target(url, addresses) {
        problems.report(field, "[redacted]", reason);
    }
}

/// Reports a secret that is not set, or that no header can carry.
fn secret_problem(problems: &mut Problems<'_>, field: &str, secret: &Secret) {
    if secret.reveal().is_empty() {
        let reason = format!("is missing: set it, or `{field}_file` with the path of a file");
        problems.report(field, "\"\"", reason);
    } else if HeaderValue::from_str(secret.reveal()).is_err() {
        problems.report(field, secret, "holds characters that no HTTP header has");
    }
}

fn url_of(name: &str, url: &str, addresses: Addresses) -> Result<Url, AlertError> {
    target(url, addresses).map_err(|reason| AlertError::Target {
        name: name.to_owned(),
        reason,
    })
}

/// A header that is kept out of debug output.
fn secret_header(receiver: &str, name: HeaderName, value: &str) -> Result<HeaderMap, AlertError> {
    let mut value = HeaderValue::from_str(value).map_err(|_| AlertError::Target {
        name: receiver.to_owned(),
        reason: "its secret holds characters that no HTTP header has".to_owned(),
    })?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(name, value)]))
}
