//! Pure arithmetic of service level objectives: sums and the SLIs that are ratios of them, how far the
//! sums are complete, objectives, error budgets, burn rates, windows and the rules that turn them into
//! alerts.
//!
//! **Promises.** An SLI is one row of the table in `table.rs`, what it counts another; every reader of a
//! ratio, a budget or a burn rate gets it from here. Formulas are those of the SRE workbook, chapter 5. No
//! events are no ratio ([`None`]), never 0 %.
//!
//! ```
//! use slo::{ErrorBudget, Objective, Ratio, Window, burn_rate, spent};
//!
//! let objective = Objective::new(0.999)?;
//! let last_hour = Ratio::new(144, 10_000);
//! let burn = burn_rate(last_hour, objective).expect("there were requests");
//! assert!((burn - 14.4).abs() < 1e-9);
//! // A burn rate of 14.4 for one hour spends 2 % of a budget of 30 days.
//! assert!((spent(burn, Window::hours(1), Window::days(30)) - 0.02).abs() < 1e-9);
//! let month = ErrorBudget::of(Ratio::new(300, 400_000), objective).expect("there were requests");
//! assert!((month.remaining - 0.25).abs() < 1e-9);
//! assert_eq!(burn_rate(Ratio::new(0, 0), objective), None);
//! # Ok::<(), slo::InvalidObjective>(())
//! ```
//!
//! **Never.** It does no I/O and reads no clock: everything is a function of counts that someone else has
//! read.
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
pub use compare::{Comparison, GateVerdict, MIN_EVENTS, TOLERATED_RISE};
pub use latency::LatencySummary;
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

#[cfg(test)]
mod tests {
    #[test]
    fn schemas_say_what_is_meant_where_it_stands() {
        let schemas = [
            schemars::schema_for!(Vec<crate::Window>),
            schemars::schema_for!(Vec<crate::Objective>),
            schemars::schema_for!(Vec<crate::Zone>),
        ];
        for (schema, says) in schemas.iter().zip(["string", "number", "string"]) {
            let schema = schema.clone().to_value();
            assert_eq!(schema["items"]["type"], says, "{schema}");
        }
    }
}
