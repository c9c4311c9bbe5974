//! Generated history: traffic of a business over days, with its daily and weekly shape, releases and
//! incidents, as the beacons that browsers would have sent. The same plan gives the same beacons.

mod incident;
mod site;
mod traffic;

use observation::{Envelope, MILLIS_PER_MINUTE, UnixMillis};

pub use incident::{Deploy, Incident, IncidentKind};
use traffic::Traffic;

const DAY_MINUTES: i64 = 24 * 60;

/// What is to be generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// The same seed gives the same history.
    pub seed: u64,
    /// How many days.
    pub days: u32,
    /// How many observations in all.
    pub rows: u64,
    /// The end, exclusive.
    pub end: UnixMillis,
}

/// A service of the generated business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: &'static str,
    /// The team that owns it.
    pub owner: &'static str,
    /// Its origin.
    pub origin: &'static str,
    /// The prefix of its paths.
    pub path: &'static str,
}

impl Plan {
    /// The first minute.
    #[must_use]
    pub fn from(&self) -> UnixMillis {
        let minutes = i64::from(self.days) * DAY_MINUTES;
        self.end.minute().plus(-minutes * MILLIS_PER_MINUTE)
    }

    /// The incidents, in order of time.
    #[must_use]
    pub fn incidents(&self) -> Vec<Incident> {
        incident::incidents(self.seed, self.from(), self.end.minute())
    }

    /// The deploys, in order of time.
    #[must_use]
    pub fn deploys(&self) -> Vec<Deploy> {
        incident::deploys(self.from(), self.end.minute(), &self.incidents())
    }

    /// The beacons, minute by minute: exactly [`Plan::rows`] observations.
    pub fn beacons(&self) -> impl Iterator<Item = Envelope> + Send + use<> {
        let plan = *self;
        let minutes = i64::from(plan.days) * DAY_MINUTES;
        let whole: f64 = (0..minutes).map(|n| plan.weight(n)).sum();
        let mut traffic = Traffic::new(&plan);
        let (mut weight, mut done) = (0.0, 0);
        (0..minutes).flat_map(move |minute| {
            weight += plan.weight(minute);
            let share = if minute + 1 == minutes {
                1.0
            } else {
                weight / whole
            };
            let until = rounded(share, plan.rows);
            let rows = until - done;
            done = until;
            traffic.minute(plan.from().plus(minute * MILLIS_PER_MINUTE), rows)
        })
    }

    /// How busy a minute is: little at night, less at the weekend, a little more every week.
    #[expect(
        clippy::cast_precision_loss,
        reason = "minutes of some years are small numbers"
    )]
    fn weight(&self, minute: i64) -> f64 {
        let at = self.from().0 / MILLIS_PER_MINUTE + minute;
        let hour = at.rem_euclid(DAY_MINUTES) as f64 / 60.0;
        // 1970-01-01 was a Thursday.
        let weekday = (at.div_euclid(DAY_MINUTES) + 3).rem_euclid(7);
        let day = 0.25 + 0.75 * (0.5 - 0.5 * ((hour - 4.0) / 24.0 * std::f64::consts::TAU).cos());
        let week = if weekday >= 5 { 0.65 } else { 1.0 };
        day * week * (1.0 + 0.002 * minute as f64 / DAY_MINUTES as f64)
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a count that fits 53 bits"
)]
fn rounded(share: f64, rows: u64) -> u64 {
    (share * rows as f64).round() as u64
}

/// The names of the apps, with the origins of their pages.
pub fn apps() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    site::APPS.iter().map(|app| (app.name, app.page_origins))
}

/// The services.
pub fn services() -> impl Iterator<Item = Service> {
    let of = |&(name, owner, origin, path): &(_, _, _, _)| Service {
        name,
        owner,
        origin,
        path,
    };
    site::SERVICES.iter().map(of)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use observation::Outcome;

    use super::*;

    const PLAN: Plan = Plan {
        seed: 7,
        days: 14,
        rows: 60_000,
        // 2026-11-01T12:00:00Z.
        end: UnixMillis(1_793_534_400_000),
    };

    #[test]
    fn the_same_plan_gives_the_same_beacons_and_another_seed_gives_others() {
        assert!(PLAN.beacons().take(500).eq(PLAN.beacons().take(500)));
        let other = Plan { seed: 8, ..PLAN };
        assert!(PLAN.beacons().take(500).ne(other.beacons().take(500)));
    }

    #[test]
    fn there_are_exactly_as_many_rows_as_asked_for_and_all_within_the_time() {
        let mut rows = 0;
        for beacon in PLAN.beacons() {
            rows += beacon.observations.len() as u64;
            for seen in &beacon.observations {
                assert!(
                    PLAN.from() <= seen.at && seen.at < PLAN.end,
                    "{:?}",
                    seen.at
                );
                assert!(seen.at <= beacon.received_at);
            }
        }
        assert_eq!(rows, PLAN.rows);
    }

    #[test]
    fn every_kind_of_incident_happens_and_what_browsers_see_of_it_is_in_the_traffic() {
        let incidents = PLAN.incidents();
        let mut blocked: BTreeMap<usize, u64> = BTreeMap::new();
        for beacon in PLAN.beacons() {
            for seen in &beacon.observations {
                let at = incidents.iter().position(|incident| {
                    incident.from <= seen.at
                        && seen.at < incident.to
                        && incident.service == seen.service
                        && incident.app == beacon.origin.app
                });
                if let (Some(at), Outcome::Blocked) = (at, seen.outcome) {
                    *blocked.entry(at).or_default() += 1;
                }
            }
        }
        for (at, incident) in incidents.iter().enumerate() {
            let seen = blocked.contains_key(&at);
            let visible = incident.kind != IncidentKind::AnyOriginAdmitted;
            assert!(seen || !visible, "{incident:?}: {blocked:?}");
        }
        assert!(incidents.last().is_some_and(|last| last.to == PLAN.end));
        let deploys = PLAN.deploys();
        assert!(deploys.iter().any(|deploy| deploy.reverts.is_some()));
        assert!(deploys.is_sorted_by_key(|deploy| deploy.at));
    }
}
