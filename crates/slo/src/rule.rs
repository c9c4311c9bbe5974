//! Multi-window, multi-burn-rate rules (SRE workbook, chapter 5).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Objective, Ratio, Severity, Window, burn_rate};

/// One condition: the budget burns at `burn` or faster in both windows. The long window says that
/// it matters, the short one that it still happens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The window that has to show enough damage.
    pub long: Window,
    /// The window that has to show that it goes on.
    pub short: Window,
    /// The burn rate from which both count as exceeded.
    pub burn: f64,
}

/// One alert of an SLO: it wants to fire while any of its rows is exceeded. Rows of one urgency
/// share a rule, because one incident that trips the fast row trips the slower one later, and that
/// is no news.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name; part of the alert's identity.
    pub name: String,
    /// How the alert wants to be treated.
    pub severity: Severity,
    /// Any of these is enough.
    pub rows: Vec<Row>,
}

/// What too little traffic must not be judged by: one failure among few requests is a burn rate
/// beyond every row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Guards {
    /// Bad events that the long window has to hold.
    pub min_bad: u64,
    /// Events that the long window has to hold.
    pub min_total: u64,
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            min_bad: 3,
            min_total: 10,
        }
    }
}

/// How much there is to judge by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Data {
    /// Some short window holds no event: unmeasured time is not uptime.
    Missing,
    /// A row would be exceeded if the guards did not find its long window too thin.
    Thin,
    /// Enough.
    Enough,
}

/// What one row reads.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RowReading {
    /// The condition.
    pub row: Row,
    /// What the long window holds.
    pub long: Ratio,
    /// What the short window holds.
    pub short: Ratio,
    /// Burn rate in the long window.
    pub long_burn: Option<f64>,
    /// Burn rate in the short window.
    pub short_burn: Option<f64>,
    /// Whether both windows reach the row's burn rate and the guards let it count.
    pub exceeded: bool,
}

impl RowReading {
    fn reaches(&self, burn: Option<f64>) -> bool {
        // The share 0.0144 over 0.001 is not exactly 14.4 in binary: equal means equal as written.
        burn.is_some_and(|burn| burn >= self.row.burn * (1.0 - 1e-9))
    }

    /// The short window still reaches its burn rate, and the long one has not fallen far below it.
    /// A long window that was never near it does not count: after a short incident the short window
    /// of a slow row burns for longer than the incident is worth.
    fn still_burns(&self) -> bool {
        let near = |burn: f64| burn >= self.row.burn * NEAR;
        self.reaches(self.short_burn) && self.long_burn.is_some_and(near)
    }
}

/// A long window above this part of its burn rate still counts for an alert that fires.
const NEAR: f64 = 0.5;

/// What a rule makes of the present.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judgement {
    /// Every row, in the rule's order.
    pub rows: Vec<RowReading>,
    /// How much there is to judge by.
    pub data: Data,
    /// Whether some row still burns: its short window reaches the burn rate and its long one is not
    /// far below. While that is so, a firing alert stays.
    pub still_burning: bool,
}

impl Judgement {
    /// The exceeded row that burns fastest compared to its threshold.
    #[must_use]
    pub fn worst(&self) -> Option<&RowReading> {
        let excess = |reading: &&RowReading| reading.long_burn.unwrap_or(0.0) / reading.row.burn;
        self.rows
            .iter()
            .filter(|reading| reading.exceeded)
            .max_by(|a, b| excess(a).total_cmp(&excess(b)))
    }

    /// Whether any row is exceeded.
    #[must_use]
    pub fn exceeded(&self) -> bool {
        self.rows.iter().any(|reading| reading.exceeded)
    }
}

impl Rule {
    /// Judges what `read` says of each window.
    #[must_use]
    pub fn judge(
        &self,
        objective: Objective,
        guards: Guards,
        read: impl Fn(Window) -> Ratio,
    ) -> Judgement {
        let (mut thin, mut missing, mut still_burning) = (false, false, false);
        let mut rows = Vec::with_capacity(self.rows.len());
        for &row in &self.rows {
            let (long, short) = (read(row.long), read(row.short));
            let mut reading = RowReading {
                row,
                long,
                short,
                long_burn: burn_rate(long, objective),
                short_burn: burn_rate(short, objective),
                exceeded: false,
            };
            let burns = reading.reaches(reading.long_burn) && reading.reaches(reading.short_burn);
            let enough = long.bad >= guards.min_bad && long.total >= guards.min_total;
            reading.exceeded = burns && enough;
            thin |= burns && !enough;
            missing |= short.is_empty();
            still_burning |= reading.still_burns();
            rows.push(reading);
        }
        let data = match (missing, thin) {
            (true, _) => Data::Missing,
            (false, true) => Data::Thin,
            (false, false) => Data::Enough,
        };
        Judgement {
            rows,
            data,
            still_burning,
        }
    }

    /// Every window that has to be read to judge.
    pub fn windows(&self) -> impl Iterator<Item = Window> + '_ {
        self.rows.iter().flat_map(|row| [row.long, row.short])
    }
}

/// The window for which the workbook's table is written.
const WORKBOOK: Window = Window::days(30);

/// The rules of an SLO with window `of`: the rows of the workbook's table 5-8 and the 3x row that
/// Sloth adds to it, and the guide's "more than 25 % of the budget in 7 days" as a ticket, because
/// its burn rate of 1.07 is slower than any page. Windows scale with the SLO's; burn rates and
/// shares of the budget stay.
#[must_use]
pub fn default_rules(of: Window) -> Vec<Rule> {
    let row = |long: Window, short: Window, burn: f64| Row {
        long: long.scaled(of, WORKBOOK),
        short: short.scaled(of, WORKBOOK),
        burn,
    };
    let rule = |name: &str, severity, rows: &[Row]| Rule {
        name: name.to_owned(),
        severity,
        rows: rows.to_vec(),
    };
    let week = Window::days(7);
    vec![
        rule(
            "fast_burn",
            Severity::Page,
            &[
                row(Window::hours(1), Window::minutes(5), 14.4),
                row(Window::hours(6), Window::minutes(30), 6.0),
            ],
        ),
        rule(
            "slow_burn",
            Severity::Ticket,
            &[
                row(Window::days(1), Window::hours(2), 3.0),
                row(Window::days(3), Window::hours(6), 1.0),
                row(week, week.twelfth(), 0.25 * week.fits_into(WORKBOOK)),
            ],
        ),
    ]
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
