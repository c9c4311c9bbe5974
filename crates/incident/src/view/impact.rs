//! What users notice, for the API.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::duration::time;
use crate::{Incident, text};

/// What users notice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ImpactView {
    /// Page loads with a failure.
    pub sessions: u64,
    /// Page loads that asked for one of the endpoints.
    pub all_sessions: u64,
    /// Client networks with a failure, among those that are known.
    pub networks: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Requests.
    pub requests: u64,
    /// Share of the requests that failed; null without requests.
    pub share: Option<f64>,
    /// Time of the first failure.
    pub since: String,
    /// `rising`, `steady`, `falling`, or `over`.
    pub trend: String,
    /// The same in words.
    pub text: String,
    /// What critical flows notice, those of which calls fail.
    #[serde(default)]
    pub flows: Vec<FlowView>,
}

/// What users of a critical flow notice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FlowView {
    /// Its name.
    pub name: String,
    /// App.
    pub app: String,
    /// Page loads of it with a failure.
    pub sessions: u64,
    /// Page loads of it.
    pub all_sessions: u64,
    /// Share of its page loads with a failure; null without page loads.
    pub share: Option<f64>,
}

pub(super) fn impact(incident: &Incident) -> Option<ImpactView> {
    let impact = incident.impact()?;
    Some(ImpactView {
        sessions: impact.sessions,
        all_sessions: impact.all_sessions,
        networks: impact.networks,
        failed: impact.failed,
        requests: impact.requests,
        share: impact.share(),
        since: time(impact.since),
        trend: impact.trend().to_string(),
        text: text::noticed(incident).unwrap_or_default(),
        flows: incident.apps.iter().flat_map(flows).collect(),
    })
}

fn flows((app, part): (&String, &crate::AppPart)) -> impl Iterator<Item = FlowView> {
    part.flows.iter().map(|flow| FlowView {
        name: flow.name.clone(),
        app: app.clone(),
        sessions: flow.sessions,
        all_sessions: flow.all_sessions,
        share: flow.share(),
    })
}
