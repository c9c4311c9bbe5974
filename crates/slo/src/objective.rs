//! What share of events has to be good.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The share of good events that is promised, strictly between 0 and 1: `0.999`. Exactly 1 would
/// leave no budget, and every burn rate would be infinite.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Objective(f64);

/// A number that is not an objective.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("an objective lies between 0 and 1, both excluded, such as 0.999; not {0}")]
pub struct InvalidObjective(pub f64);

impl Objective {
    /// The objective `share`.
    ///
    /// # Errors
    /// [`InvalidObjective`] unless `0 < share < 1`.
    pub fn new(share: f64) -> Result<Self, InvalidObjective> {
        if share > 0.0 && share < 1.0 {
            Ok(Self(share))
        } else {
            Err(InvalidObjective(share))
        }
    }

    pub(crate) const fn known(share: f64) -> Self {
        assert!(
            share > 0.0 && share < 1.0,
            "an objective lies between 0 and 1"
        );
        Self(share)
    }

    /// The share of good events.
    #[must_use]
    pub const fn share(self) -> f64 {
        self.0
    }

    /// The share of events that may be bad: `1 - share`, above 0.
    #[must_use]
    pub fn allowance(self) -> f64 {
        // 1 - 0.999 is 0.0010000000000000009: what people configure has few digits, so that
        // rounding to 12 of them gives the number they mean.
        let allowance = ((1.0 - self.0) * 1e12).round() / 1e12;
        if allowance > 0.0 {
            allowance
        } else {
            1.0 - self.0
        }
    }
}

impl TryFrom<f64> for Objective {
    type Error = InvalidObjective;
    fn try_from(share: f64) -> Result<Self, InvalidObjective> {
        Self::new(share)
    }
}

impl From<Objective> for f64 {
    fn from(objective: Objective) -> Self {
        objective.0
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = (self.0 * 1e12).round() / 1e10;
        write!(f, "{percent} %")
    }
}

impl JsonSchema for Objective {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Objective".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shares_that_leave_a_budget_are_objectives() {
        for share in [0.0, 1.0, -0.1, 99.9, f64::NAN, f64::INFINITY] {
            assert!(Objective::new(share).is_err(), "{share}");
        }
        let objective: Objective = serde_json::from_str("0.999").expect("an objective");
        assert_eq!(objective.to_string(), "99.9 %");
        assert_eq!(objective.allowance().to_bits(), 0.001_f64.to_bits());
        assert_eq!(f64::from(objective).to_bits(), 0.999_f64.to_bits());
        let schema = schemars::schema_for!(Objective).to_value();
        assert_eq!(schema["exclusiveMaximum"], 1, "{schema}");
        let error = serde_json::from_str::<Objective>("99.9").expect_err("percent");
        assert!(error.to_string().contains("such as 0.999"), "{error}");
    }

    #[test]
    fn however_near_to_all_an_objective_leaves_an_allowance() {
        let share = 1.0 - 1e-14;
        let objective = Objective::new(share).expect("below 1");
        assert_eq!(objective.allowance().to_bits(), (1.0 - share).to_bits());
    }
}
