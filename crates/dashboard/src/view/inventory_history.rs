//! The inventory over time.

use std::collections::BTreeMap;

use observation::UnixMillis;
use serde::Serialize;
use store::{AuditState, InventoryStep, StanceCounts, Vary};
use utoipa::ToSchema;

use super::inventory::Stances;
use crate::timestamp::Timestamp;

const DAY: i64 = 86_400_000;

/// The inventory at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct InventoryPoint {
    /// The end of a day in UTC; now for the last one.
    at: Timestamp,
    #[serde(flatten)]
    stances: Stances,
    /// Targets.
    targets: usize,
    /// Targets whose `Vary` does not name Origin where it has to.
    vary_missing: usize,
}

/// A point for the end of each of the last `days` days and for now, from the first day on of which
/// something is known. `steps` are in order of time.
pub(crate) fn points(steps: &[InventoryStep], now: UnixMillis, days: u32) -> Vec<InventoryPoint> {
    let Some(first) = steps.first() else {
        return Vec::new();
    };
    let today = now.0.div_euclid(DAY);
    let ends = (1..i64::from(days))
        .rev()
        .map(|ago| (today + 1 - ago) * DAY);
    let ends = ends
        .chain([now.0])
        .filter(|end| *end > first.first_at.0 || *end == now.0);
    let mut left = steps.iter().peekable();
    let mut standing: BTreeMap<(&str, &str, &str), &InventoryStep> = BTreeMap::new();
    let mut points = Vec::new();
    for end in ends {
        while let Some(step) = left.next_if(|step| step.first_at.0 <= end) {
            let key = (
                step.service.as_str(),
                step.target_origin.as_str(),
                step.endpoint.as_str(),
            );
            if step.state == AuditState::Retired {
                standing.remove(&key);
            } else {
                standing.insert(key, step);
            }
        }
        points.push(point(UnixMillis(end), standing.values().copied()));
    }
    points
}

fn point<'a>(
    at: UnixMillis,
    standing: impl Iterator<Item = &'a InventoryStep> + Clone,
) -> InventoryPoint {
    let told = standing.clone();
    let counts = StanceCounts::of(told.map(|step| (step.service.as_str(), step.stance)));
    InventoryPoint {
        at: Timestamp(at),
        stances: Stances::from(&counts),
        targets: standing.clone().count(),
        vary_missing: standing.filter(|step| step.vary == Vary::Missing).count(),
    }
}

#[cfg(test)]
mod tests {
    use store::Stance;

    use super::*;

    fn step(service: &str, at: i64, state: AuditState, stance: Stance) -> InventoryStep {
        InventoryStep {
            service: service.to_owned(),
            target_origin: "https://api.test".to_owned(),
            endpoint: "/x".to_owned(),
            apps: Vec::new(),
            first_at: UnixMillis(at),
            state,
            stance: Some(stance),
            vary: Vary::Right,
        }
    }

    #[test]
    fn each_day_ends_with_what_stood_then() {
        use AuditState::{Answered, NoAnswer, Retired};
        let noon = |day: i64| day * DAY + DAY / 2;
        let steps = [
            step("a", noon(10), Answered, Stance::Wildcard),
            step("b", noon(11), Answered, Stance::Wildcard),
            step("b", noon(11) + 1, Answered, Stance::List),
            // Silence changes nothing of what is known.
            step("a", noon(12), NoAnswer, Stance::Wildcard),
            step("a", noon(13), Retired, Stance::Wildcard),
        ];
        let told: Vec<_> = points(&steps, UnixMillis(noon(13) + 5), 30)
            .into_iter()
            .map(|point| (point.at.0.0, point.stances.wildcard, point.targets))
            .collect();
        let expected = [
            (11 * DAY, 1, 1),
            (12 * DAY, 1, 2),
            (13 * DAY, 1, 2),
            (noon(13) + 5, 0, 1),
        ];
        assert_eq!(told, expected);
        assert_eq!(points(&[], UnixMillis(noon(13)), 30), []);
        assert_eq!(points(&steps, UnixMillis(noon(13)), 1).len(), 1);
    }
}
