//! The slice rule: CORS breaks all or nothing for a page origin, endpoint, method and release. A partner
//! with little traffic that is blocked wholly never burns a budget; here it counts for itself. So does what
//! fails quietly for hours.

use std::collections::BTreeMap;
use std::sync::Arc;

use alert::{AlertId, Severity, Witnesses};
use incident::{Failing, Register, Sighting, Signal, Slice};
use observation::UnixMillis;
use store::{BlockedSlice, DiagnosisRow, SliFilter, StoreError, Written};

use crate::segments::end;
use crate::sighted::cause;
use crate::sightings::Sightings;
use crate::{Config, Evidence, Slo};

/// Slices are looked for again after this.
const EVERY: i64 = 5_000;
/// A slice counts only where it passed within this time.
const PASSED_WITHIN: i64 = 7 * 86_400_000;
/// What fails quietly is looked for again after this.
const QUIET_EVERY: i64 = 60_000;
/// Name of the rule for slices that are blocked.
const BLOCKED: &str = "blocked_slice";
/// Name of the rule for what fails quietly.
const QUIET: &str = "quiet_failure";
/// Names that stand where others have an objective.
pub(crate) const RULES: [&str; 2] = [BLOCKED, QUIET];

/// Looks for slices that passed and are blocked now.
pub(crate) struct Slices {
    source: Arc<dyn Evidence>,
    severity: Severity,
    sessions: u64,
    /// What every app's objectives are measured on, without their limits.
    apps: BTreeMap<String, SliFilter>,
    quiet_hours: u64,
    blocked: Looked,
    quiet: Looked,
}

/// What was found for each app, and when.
#[derive(Default)]
struct Looked {
    at: Option<UnixMillis>,
    written: Written,
    found: BTreeMap<String, Vec<BlockedSlice>>,
}

impl Looked {
    /// Windows slide by whole minutes: within one, what was found holds until something is written.
    fn is_due(&self, every: i64, at: UnixMillis, written: Written) -> bool {
        self.at.is_none_or(|then| {
            let changed = self.written != written || then.minute() != at.minute();
            changed && at.0 - then.0 >= every
        })
    }
}

impl Slices {
    pub(crate) fn new(source: Arc<dyn Evidence>, config: &Config, slos: &[Slo]) -> Self {
        let filter = |slo: &Slo| {
            let whole = SliFilter {
                lab: slo.filter.lab,
                ..SliFilter::app(&slo.app)
            };
            (slo.app.clone(), whole)
        };
        Self {
            source,
            severity: config.slice_severity,
            sessions: config.slice_sessions,
            apps: slos.iter().map(filter).collect(),
            quiet_hours: config.quiet_hours,
            blocked: Looked::default(),
            quiet: Looked::default(),
        }
    }

    /// What the requests of an app are measured on.
    pub(crate) fn filter(&self, app: &str) -> SliFilter {
        self.apps
            .get(app)
            .cloned()
            .unwrap_or_else(|| SliFilter::app(app))
    }

    /// The signals of the slices that are blocked now or fail quietly, one for each app and rule with any.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn signals(
        &mut self,
        sightings: &mut Sightings,
        register: &Register,
        (at, written): (UnixMillis, Written),
    ) -> Result<Vec<Signal>, StoreError> {
        self.look(at, written).await?;
        let mut signals = Vec::new();
        for (rule, severity, looked) in [
            (BLOCKED, self.severity, &self.blocked),
            (QUIET, Severity::Ticket, &self.quiet),
        ] {
            for (app, slices) in looked.found.iter().filter(|(_, found)| !found.is_empty()) {
                let alert = AlertId::of(app, rule, []).to_string();
                // What an incident tells of for another reason is not quiet.
                let is_reported =
                    |slice: &&BlockedSlice| rule == QUIET && is_told(register, app, slice, &alert);
                let slices: Vec<_> = slices.iter().filter(|slice| !is_reported(slice)).collect();
                let diagnoses = sightings.diagnoses(app, at).await;
                let scope = (self.filter(app), at);
                let mut seen = Vec::with_capacity(slices.len());
                for slice in &slices {
                    seen.push(grade(slice, severity, &diagnoses, (sightings, &scope)).await?);
                }
                if !seen.is_empty() {
                    signals.push(signal((app, rule, alert), &slices, seen));
                }
            }
        }
        Ok(signals)
    }

    async fn look(&mut self, at: UnixMillis, written: Written) -> Result<(), StoreError> {
        if self.sessions > 0 && self.blocked.is_due(EVERY, at, written) {
            for (app, filter) in &self.apps {
                let since = at.plus(-PASSED_WITHIN);
                let found = self
                    .source
                    .blocked_slices(filter, self.sessions, since, end(at))
                    .await?;
                self.blocked.found.insert(app.clone(), found);
            }
            self.blocked.at = Some(at);
            self.blocked.written = written;
        }
        if self.quiet_hours > 0 && self.quiet.is_due(QUIET_EVERY, at, written) {
            for (app, filter) in &self.apps {
                let limits = (self.quiet_hours, self.sessions.max(1));
                let found = self
                    .source
                    .lingering_slices(filter, limits, end(at))
                    .await?;
                self.quiet.found.insert(app.clone(), found);
            }
            self.quiet.at = Some(at);
            self.quiet.written = written;
        }
        Ok(())
    }
}

/// A slice as a failure, as urgent as its witnesses and replays make it.
async fn grade(
    slice: &BlockedSlice,
    wanted: Severity,
    diagnoses: &[DiagnosisRow],
    (sightings, (filter, at)): (&mut Sightings, &(SliFilter, UnixMillis)),
) -> Result<Sighting, StoreError> {
    let diagnosis = diagnoses
        .iter()
        .filter(|row| row.is_reproduced() && is_of(row, slice))
        .max_by_key(|row| row.at);
    let witnesses = Witnesses {
        sessions: slice.sessions,
        networks: slice.networks,
        all_networks: slice.all_networks,
    };
    let cause = diagnosis.map(cause);
    let mut believed = sightings.believes(&[witnesses]);
    if let (false, Some(cause)) = (believed, &cause) {
        believed = sightings
            .replay_suffices(cause, witnesses, (filter, *at))
            .await?;
    }
    Ok(Sighting {
        stage: diagnosis.and_then(|row| row.signature.stage),
        cause,
        severity: if believed { wanted } else { Severity::Ticket },
        suspicious: !believed && wanted == Severity::Page,
        ..sighting(slice)
    })
}

/// Whether an open incident has the slice because of another alert.
fn is_told(register: &Register, app: &str, slice: &BlockedSlice, alert: &str) -> bool {
    let of_it = Slice {
        method: slice.method.clone(),
        endpoint: slice.endpoint.clone(),
    };
    register
        .all()
        .filter(|incident| incident.is_open())
        .any(|incident| {
            incident.target_origin == slice.target_origin
                && incident
                    .apps
                    .get(app)
                    .is_some_and(|part| part.slices.contains(&of_it))
                && incident
                    .alerts
                    .iter()
                    .any(|known| known.alert != alert && known.clean_since.is_none())
        })
}

fn is_of(row: &DiagnosisRow, slice: &BlockedSlice) -> bool {
    let signature = &row.signature;
    signature.target_origin == slice.target_origin
        && signature.endpoint == slice.endpoint
        && signature.method == slice.method
        && signature.page_origin == slice.page_origin
        && signature.outcome == observation::Outcome::Blocked
}

fn sighting(slice: &BlockedSlice) -> Sighting {
    Sighting {
        service: slice.service.clone(),
        target_origin: slice.target_origin.clone(),
        endpoint: slice.endpoint.clone(),
        method: slice.method.clone(),
        page_origins: vec![slice.page_origin.clone()],
        failing: Failing::Blocked,
        stage: None,
        count: slice.blocked,
        first_seen: slice.first_seen,
        last_seen: slice.last_seen,
        severity: Severity::Ticket,
        suspicious: false,
        cause: None,
    }
}

fn signal(
    (app, rule, alert): (&str, &str, String),
    slices: &[&BlockedSlice],
    sightings: Vec<Sighting>,
) -> Signal {
    let most = slices.iter().max_by_key(|slice| slice.sessions);
    let measured = most.map_or_else(String::new, |slice| {
        let how = if rule == BLOCKED {
            "passed before; now"
        } else {
            "fails quietly for hours:"
        };
        format!(
            "{} {}{} from {} {how} {} of {} requests are blocked, as {} page loads saw.",
            slice.method,
            slice.target_origin,
            slice.endpoint,
            slice.page_origin,
            slice.blocked,
            slice.requests,
            slice.sessions
        )
    });
    Signal {
        alert,
        app: app.to_owned(),
        slo: rule.to_owned(),
        sli: slo::Sli::BlockRate.to_string(),
        rule: rule.to_owned(),
        service: String::new(),
        failing: Failing::Blocked,
        severity: Severity::Ticket,
        suspicious: false,
        labels: BTreeMap::new(),
        runbook: String::new(),
        measured,
        budget: String::new(),
        sightings,
        memory: 0,
    }
}
