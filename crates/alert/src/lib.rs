//! Alerts: their identity, their state machine, what makes a page credible, and the notifiers
//! that deliver them.
//!
//! **Promises.** Deciding is pure ([`step`], [`AlertId::of`], [`Corroboration::grade`]): the same evaluations give
//! the same transitions. Sending is bounded: every receiver has a queue, retries end at a deadline, and each
//! notification ends in one counted [`Outcome`].
//!
//! ```
//! use alert::{AlertId, Evaluation, Severity, State, Timing, Transition, step};
//! use observation::UnixMillis;
//! use settings::Span;
//!
//! let id = AlertId::of("checkout", "burn-rate", [("environment", "production")]);
//! assert_eq!(id, AlertId::of("checkout", "burn-rate", [("environment", "production")]));
//! let timing = Timing { hold: Span::secs(0), resolve_after: Span::secs(300), remind_after: Span::secs(14_400) };
//! let (firing, transition) = step(&State::default(), Evaluation::Exceeded(Severity::Page), &timing, UnixMillis(0));
//! assert_eq!(transition, Some(Transition::Fired));
//! // No data is not recovery: nothing changes.
//! let (still, transition) = step(&firing, Evaluation::NoData, &timing, UnixMillis(600_000));
//! assert!(still.phase.is_firing() && transition.is_none());
//! ```
//!
//! **Never.** It does not read the store: who evaluates also keeps the state.
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
mod notified;
mod notifier;
mod outbox;
mod owner;
mod pattern;
mod pending_delivery;
mod quote;
mod receiver;
mod recurrence;
mod report_form;
mod report_schedule;
mod route;
mod silence;
mod state;
mod time_of_day;
mod trial;
mod webhook;

pub use crate::alert::{Alert, AlertText, OF_EDGE, OF_RECEIVERS};
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
pub use notified::Notified;
pub use notifier::{Answer, Notifier, NotifyError, Renewal};
pub use outbox::{Outbox, Overflow};
pub use owner::{Owner, Owners};
pub use pattern::{Match, Pattern};
pub use pending_delivery::Receipt;
pub use receiver::{
    AlertmanagerConfig, EmailConfig, IncidentIoConfig, JsmConfig, JsmPriority, MailSecurity,
    PagerDutyConfig, SlackConfig, TeamsConfig, TeamsShape,
};
pub use report_form::report_page;
pub use report_schedule::{DueReport, ReportConfig, ReportPeriod};
pub use route::RouteConfig;
pub use silence::{FieldProblem, Silence, SilenceConfig, SilenceKind, Silences};
pub use slo::Severity;
pub use state::{Evaluation, Phase, Reason, State, Timing, Transition, step};
pub use time_of_day::TimeOfDay;
pub use webhook::WebhookConfig;
