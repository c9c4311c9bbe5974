//! Sums over predictions, and what of a policy no one needed.

use std::collections::HashSet;

use crate::grant::{Grant, Kind};
use crate::origin::Pattern;
use crate::place::SourceLocation;
use crate::predict::{Outcome, Predicted};
use crate::{gateway, nginx};

/// Shapes, and the requests that they stand for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// Shapes.
    pub shapes: u64,
    /// Requests.
    pub requests: u64,
}

impl Sum {
    fn add(&mut self, requests: u64) {
        self.shapes += 1;
        self.requests += requests;
    }
}

/// Sums of a simulation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// All shapes.
    pub all: Sum,
    /// Those that would pass.
    pub allowed: Sum,
    /// Those that would be blocked.
    pub blocked: Sum,
    /// Those of them that pass today, with the requests that do.
    pub newly_blocked: Sum,
    /// Those that would pass and are blocked today, with the requests that are.
    pub newly_allowed: Sum,
    /// Those about which the policy does not tell.
    pub unknown: Sum,
    /// Those about whose target the policy says nothing.
    pub uncovered: Sum,
    /// Those with a response header that pages read and could not read.
    pub hidden: Sum,
}

impl Totals {
    /// Adds predictions up.
    #[must_use]
    pub fn of(predicted: &[Predicted<'_>]) -> Self {
        let mut totals = Self::default();
        for prediction in predicted {
            let shape = prediction.shape;
            totals.all.add(shape.count);
            match &prediction.outcome {
                Outcome::Allowed => {
                    totals.allowed.add(shape.count);
                    if shape.blocked() > 0 {
                        totals.newly_allowed.add(shape.blocked());
                    }
                }
                Outcome::Blocked(_) => {
                    totals.blocked.add(shape.count);
                    if shape.passing() > 0 {
                        totals.newly_blocked.add(shape.passing());
                    }
                }
                Outcome::Unknown { .. } => totals.unknown.add(shape.count),
                Outcome::Uncovered => totals.uncovered.add(shape.count),
            }
            if !prediction.hidden.is_empty() {
                totals.hidden.add(shape.count);
            }
        }
        totals
    }
}

/// What of the policy no shape needed. A method or a name counts as needed where a shape was answered
/// from its line.
#[must_use]
pub fn unused(grants: &[Grant], predicted: &[Predicted<'_>]) -> Vec<Grant> {
    let mut needed: HashSet<(Kind, &SourceLocation, String)> = HashSet::new();
    let mut origins: HashSet<&str> = HashSet::new();
    for prediction in predicted {
        let shape = prediction.shape;
        if matches!(prediction.outcome, Outcome::Uncovered) {
            continue;
        }
        origins.insert(&shape.page_origin);
        for (name, place) in &prediction.used {
            match Kind::of_header(name) {
                Some(Kind::Method) => {
                    needed.insert((Kind::Method, place, shape.method.clone()));
                }
                Some(Kind::Header) => {
                    let names = shape.headers.iter().flatten();
                    needed
                        .extend(names.map(|name| (Kind::Header, place, name.to_ascii_lowercase())));
                }
                Some(Kind::Exposed) => {
                    let names = shape.reads.iter();
                    needed.extend(
                        names.map(|name| (Kind::Exposed, place, name.to_ascii_lowercase())),
                    );
                }
                _ => {}
            }
        }
    }
    let is_needed = |grant: &&Grant| match grant.kind {
        Kind::Origin => origins.iter().any(|origin| fits(&grant.value, origin)),
        kind => {
            let of_line = |value: &str| needed.contains(&(kind, &grant.place, value.to_owned()));
            if grant.value == "*" {
                needed
                    .iter()
                    .any(|(other, place, _)| *other == kind && *place == &grant.place)
            } else {
                of_line(&grant.value) || of_line(&grant.value.to_ascii_lowercase())
            }
        }
    };
    grants
        .iter()
        .filter(|grant| !is_needed(grant))
        .cloned()
        .collect()
}

/// An origin against whatever stands for origins in one of the forms.
fn fits(pattern: &str, origin: &str) -> bool {
    let expression = pattern.strip_prefix('~');
    if let Some(expression) = expression {
        let expression = expression.trim_start_matches('*');
        let regex = nginx::regex(expression, nginx::Case::Ignored);
        return regex.is_ok_and(|regex| regex.is_match(origin).unwrap_or(false));
    }
    pattern.eq_ignore_ascii_case(origin)
        || Pattern::read(pattern).is_ok_and(|pattern| pattern.matches(origin))
        || gateway::admits(pattern, origin)
}
