//! Alerts: their identity, their state machine, what makes a page believable, and the notifiers
//! that carry them out of the house.
//!
//! Deciding is pure ([`step`], [`AlertId::of`], [`Corroboration::grade`]); sending is bounded: every
//! receiver has a queue, retries end at a deadline, and each notification ends in one counted
//! [`Outcome`]. This crate does not read the store: who evaluates also keeps the state.
#![forbid(unsafe_code)]

mod alert;
mod config;
mod corroboration;
mod delivery;
mod delivery_queue;
mod dispatch;
mod endpoint;
mod error;
mod http;
mod identity;
mod log;
mod metrics;
mod notification;
mod notifier;
mod outbox;
mod owner;
mod pattern;
mod pending_delivery;
mod quote;
mod receiver;
mod recurrence;
mod route;
mod silence;
mod state;
mod told;
mod trial;
pub mod webhook;

pub use crate::alert::{Alert, AlertText, OF_EDGE};
pub use config::Config;
pub use corroboration::{Corroboration, Graded, Witnesses};
pub use delivery::{Deliveries, Delivery};
pub use dispatch::Dispatcher;
pub use endpoint::{Endpoint, Opening};
pub use error::AlertError;
pub use identity::AlertId;
pub use log::Log;
pub use metrics::Outcome;
pub use notification::{Notification, Occasion, Status, rfc3339};
pub use notifier::{Answer, Notifier, NotifyError, Renewal};
pub use outbox::{Outbox, Overflow};
pub use owner::{Owner, Owners};
pub use pattern::{Match, Pattern};
pub use pending_delivery::Receipt;
pub use receiver::{
    AlertmanagerConfig, EmailConfig, IncidentIoConfig, JsmConfig, JsmPriority, MailSecurity,
    PagerDutyConfig, SlackConfig, TeamsConfig, TeamsShape,
};
pub use route::RouteConfig;
pub use silence::{FieldProblem, Silence, SilenceConfig, SilenceKind, Silences};
pub use slo::Severity;
pub use state::{Evaluation, Phase, Reason, State, Timing, Transition, step};
pub use told::Told;
pub use webhook::WebhookConfig;
