//! What is told about a simulation.

use policy::{Grant, Policy, Predicted, Shapes, Totals};

/// Everything that is told.
pub(crate) struct Simulated<'a> {
    /// How the policy is named.
    pub(crate) file: String,
    pub(crate) policy: &'a Policy,
    pub(crate) shapes: &'a Shapes,
    pub(crate) predicted: Vec<Predicted<'a>>,
    pub(crate) totals: Totals,
    pub(crate) unused: Vec<Grant>,
}
