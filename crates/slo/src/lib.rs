//! Pure arithmetic of service level objectives: sums and the SLIs that are ratios of them, how far the
//! sums are complete, objectives, error budgets, burn rates, windows and the rules that turn them into
//! alerts. An SLI is one row of the table in `table.rs`, what it counts another. No clock, no I/O: everything is a
//! function of counts that someone else has read.
#![forbid(unsafe_code)]

mod budget;
mod calendar;
mod compare;
mod latency;
mod objective;
mod ratio;
mod refusals;
mod rule;
mod severity;
mod sli;
mod sums;
mod table;
mod watermark;
mod window;

pub use budget::{BudgetState, ErrorBudget, burn_rate, spent};
pub use calendar::{Calendar, InvalidZone, Period, Zone};
pub use compare::{Comparison, GateVerdict, LEAST_RISE, MIN_BAD, MIN_EVENTS, TOLERATED_RISE};
pub use latency::{LatencySummary, quantile_ms};
pub use objective::{InvalidObjective, Objective};
pub use ratio::{Band, Ratio};
pub use refusals::{Refusal, Refusals};
pub use rule::{Data, Guards, Judgement, Row, RowReading, Rule, default_rules};
pub use severity::Severity;
pub use sli::{Beside, Definition, Formula, Term};
pub use sums::{Condition, Histogram, Test};
pub use table::{Count, Sli, Sums};
pub use watermark::{Progress, watermark};
pub use window::{InvalidWindow, Window};
