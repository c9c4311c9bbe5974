//! Pure arithmetic of service level objectives: what an SLI counts, objectives, error budgets, burn
//! rates, windows and the rules that turn them into alerts. No clock, no I/O: everything is a
//! function of counts that somebody else has read.
#![forbid(unsafe_code)]

mod budget;
mod latency;
mod objective;
mod ratio;
mod rule;
mod severity;
mod sli;
mod window;

pub use budget::{ErrorBudget, burn_rate, spent};
pub use latency::{LatencySummary, quantile_ms};
pub use objective::{InvalidObjective, Objective};
pub use ratio::{Band, Ratio};
pub use rule::{Data, Guards, Judgement, Row, RowReading, Rule, default_rules};
pub use severity::Severity;
pub use sli::{Sli, UnknownSli};
pub use window::{InvalidWindow, Window};
