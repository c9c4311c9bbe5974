//! The slice rule: CORS breaks all or nothing for a page origin, endpoint, method and release. A partner
//! with little traffic that is blocked wholly never burns a budget; here it counts for itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use alert::{AlertId, Severity, Witnesses};
use incident::{Failing, Sighting, Signal};
use observation::UnixMillis;
use store::{BlockedSlice, SliFilter, StoreError};

use crate::segments::end;
use crate::sightings::{Sightings, cause};
use crate::{Config, Evidence, Slo};

/// Slices are looked for again after this.
const EVERY: i64 = 5_000;
/// A slice counts only where it passed within this time.
const PASSED_WITHIN: i64 = 7 * 86_400_000;
/// Name of the rule.
pub(crate) const RULE: &str = "blocked_slice";

/// Looks for slices that passed and are blocked now.
pub(crate) struct Slices {
    source: Arc<dyn Evidence>,
    severity: Severity,
    sessions: u64,
    /// What every app's objectives are measured on, without their limits.
    apps: BTreeMap<String, SliFilter>,
    looked_at: Option<UnixMillis>,
    found: BTreeMap<String, Vec<BlockedSlice>>,
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
            looked_at: None,
            found: BTreeMap::new(),
        }
    }

    /// What the requests of an app are measured on.
    pub(crate) fn filter(&self, app: &str) -> SliFilter {
        self.apps
            .get(app)
            .cloned()
            .unwrap_or_else(|| SliFilter::app(app))
    }

    /// The signals of the slices that are blocked now, one for each app with any.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn signals(
        &mut self,
        sightings: &mut Sightings,
        at: UnixMillis,
    ) -> Result<Vec<Signal>, StoreError> {
        if self.sessions == 0 {
            return Ok(Vec::new());
        }
        if self.looked_at.is_none_or(|then| at.0 - then.0 >= EVERY) {
            for (app, filter) in &self.apps {
                let since = at.plus(-PASSED_WITHIN);
                let found = self
                    .source
                    .blocked_slices(filter, self.sessions, since, end(at))
                    .await?;
                self.found.insert(app.clone(), found);
            }
            self.looked_at = Some(at);
        }
        let mut signals = Vec::new();
        for (app, slices) in self.found.iter().filter(|(_, slices)| !slices.is_empty()) {
            let diagnoses = sightings.diagnoses(app, at).await;
            let mut seen = Vec::with_capacity(slices.len());
            for slice in slices {
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
                let believed = cause.is_some() || sightings.believes(&[witnesses]);
                seen.push(Sighting {
                    stage: diagnosis.and_then(|row| row.signature.stage),
                    cause,
                    severity: if believed {
                        self.severity
                    } else {
                        Severity::Ticket
                    },
                    suspicious: !believed && self.severity == Severity::Page,
                    ..sighting(slice)
                });
            }
            signals.push(signal(app, slices, seen));
        }
        Ok(signals)
    }
}

fn is_of(row: &store::DiagnosisRow, slice: &BlockedSlice) -> bool {
    let told = &row.signature;
    told.target_origin == slice.target_origin
        && told.endpoint == slice.endpoint
        && told.method == slice.method
        && told.page_origin == slice.page_origin
        && told.outcome == observation::Outcome::Blocked
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

fn signal(app: &str, slices: &[BlockedSlice], sightings: Vec<Sighting>) -> Signal {
    let most = slices.iter().max_by_key(|slice| slice.sessions);
    let measured = most.map_or_else(String::new, |slice| {
        format!(
            "{} {}{} from {} passed before; now {} of {} requests are blocked, as {} page loads saw.",
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
        alert: AlertId::of(app, RULE, []).to_string(),
        app: app.to_owned(),
        slo: RULE.to_owned(),
        sli: slo::Sli::BlockRate.to_string(),
        rule: RULE.to_owned(),
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
