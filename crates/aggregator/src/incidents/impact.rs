//! What users notice of an incident, counted from single observations.

use incident::{Failing, Impact, Incident, Recent};
use observation::{MILLIS_PER_MINUTE, UnixMillis};
use slo::Count;
use store::{Counts, StoreError};

use super::{Incidents, RECENT, narrowed};
use crate::decide::AlertDecider;
use crate::segments::end;

/// The longest time that one query counts.
const MAX_COUNTED: i64 = 24 * 3_600_000;

impl Incidents {
    pub(super) async fn impact(
        &self,
        incident: &mut Incident,
        judge: &AlertDecider,
        at: UnixMillis,
    ) -> Result<(), StoreError> {
        let from = incident.started_at.0.max(at.0 - MAX_COUNTED);
        // Enough before it to tell where the numbers go.
        let from = UnixMillis(from.min(at.0 - 2 * RECENT)).minute();
        let target = incident.target_origin.clone();
        let counts = counts(incident.failing);
        let mut first = Vec::new();
        for (app, part) in &mut incident.apps {
            let filter = narrowed(judge.slices.filter(app), &target);
            let mut endpoints: Vec<_> = part
                .slices
                .iter()
                .map(|slice| slice.endpoint.clone())
                .collect();
            endpoints.dedup();
            let found = self
                .source
                .affected(&filter, (&endpoints, counts), (from, end(at)), RECENT)
                .await?;
            first.push(found.first_failed);
            part.impact = Some(Impact {
                sessions: found.sessions,
                all_sessions: found.all_sessions,
                networks: found.networks,
                failed: found.failed,
                requests: found.requests,
                recent: Recent {
                    requests: found.recent,
                    failed: found.recent_failed,
                    failed_before: found.before_failed,
                },
                since: incident.started_at,
            });
            let failing = (target.as_str(), endpoints.as_slice(), counts);
            part.flows = self
                .flows_noticing((app, part), failing, judge, (from, end(at)))
                .await?;
        }
        if let Some(first) = began(incident.started_at, first) {
            incident.started_at = first;
            let parts = incident.apps.values_mut();
            for impact in parts.filter_map(|part| part.impact.as_mut()) {
                impact.since = first;
            }
        }
        Ok(())
    }
}

/// When exactly it began: sums know the minute alone, and times to detect and to fix are shorter than that.
fn began(minute: UnixMillis, first: Vec<UnixMillis>) -> Option<UnixMillis> {
    let within = minute.0..minute.0 + MILLIS_PER_MINUTE;
    let failures = first.into_iter().filter(|at| within.contains(&at.0));
    failures.min()
}

/// What is counted of an incident: the same as its objectives count. What is slow is not blocked, which is said.
const fn counts(failing: Failing) -> Counts {
    let (failed, all) = match failing {
        Failing::Blocked | Failing::Latency => (Count::Blocked, Count::Requests),
        Failing::HeaderRead => (Count::HeaderUnreadable, Count::HeaderReads),
        Failing::Unknown => (Count::Unknown, Count::Requests),
    };
    Counts { failed, all }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_began_with_the_first_failure_of_its_first_minute() {
        let minute = UnixMillis(600_000);
        for (first, expected) in [
            (Vec::new(), None),
            (vec![0], None),
            (vec![0, 654_321, 640_000], Some(640_000)),
            // Of another minute: others of these endpoints, before it or after.
            (vec![599_999], None),
            (vec![660_000], None),
        ] {
            let found = began(minute, first.iter().copied().map(UnixMillis).collect());
            assert_eq!(found.map(|at| at.0), expected, "{first:?}");
        }
    }
}
