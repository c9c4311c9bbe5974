//! An incident as the API answers with it.

use observation::UnixMillis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::duration::{span, time};
use crate::incident::Incident;
use crate::lifecycle::{Replay, cached_until, waits};
use crate::runbook::{Step, runbook};
use crate::text;

/// Whose a service is, as the configuration has it.
#[derive(Debug, Clone, Default)]
pub struct Owned {
    /// The team, or empty.
    pub owner: String,
    /// Address of the service's runbook, or empty.
    pub runbook: String,
}

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

/// A change that may have caused it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SuspectView {
    /// `deploy` or `header_change`.
    pub kind: String,
    /// The deploy's identity, or the header.
    pub id: String,
    /// When it took effect.
    pub at: String,
    /// How likely, from 0 to 1.
    pub score: f64,
    /// Why it is suspected.
    pub why: String,
    /// How to undo it.
    pub undo: String,
    /// Address of a page about it; null where none is known.
    pub link: Option<String>,
}

/// An alert that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertView {
    /// Identity of the alert.
    pub id: String,
    /// App.
    pub app: String,
    /// Objective.
    pub slo: String,
    /// SLI.
    pub sli: String,
    /// Rule.
    pub rule: String,
    /// `page` or `ticket`.
    pub severity: String,
    /// Since when it counts here.
    pub since: String,
    /// Since when it is clean; null while it is not.
    pub clean_since: Option<String>,
    /// What it measured.
    pub measured: String,
    /// What is left of its budget.
    pub budget: String,
}

/// One incident of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Listed {
    /// Identity.
    pub id: String,
    /// `open` or `closed`.
    pub state: String,
    /// The watermark at which it was opened.
    pub opened_at: String,
    /// When it was closed; null while it is open.
    pub closed_at: Option<String>,
    /// `fixed`, `stopped`, `by_hand` or `merged`; null while it is open.
    pub closed_as: Option<String>,
    /// The incident that it was merged into, or null.
    pub merged_into: Option<String>,
    /// `page` or `ticket`.
    pub severity: String,
    /// What broke, in one line.
    pub title: String,
    /// Chromium's `CorsError` name of what a replay reproduced, or null.
    pub cause: Option<String>,
    /// What Chromium names beside it, or null.
    pub parameter: Option<String>,
    /// Where in the protocol, or null.
    pub stage: Option<String>,
    /// Origin of the server, or null.
    pub target_origin: Option<String>,
    /// Service, or null.
    pub service: Option<String>,
    /// The team that owns it, or null.
    pub owner: Option<String>,
    /// Runbook of objective or service, or null.
    pub runbook_url: Option<String>,
    /// The apps that it concerns.
    pub apps: Vec<String>,
    /// Methods and endpoints that fail: `PUT /cart/:id`.
    pub endpoints: Vec<String>,
    /// SLIs whose objectives fired.
    pub slis: Vec<String>,
    /// What users notice; null before it was counted.
    pub impact: Option<ImpactView>,
    /// Changes that may have caused it, the likeliest first; empty where none explains it.
    pub suspects: Vec<SuspectView>,
    /// Whether suspects were looked for.
    pub suspects_known: bool,
    /// The alerts that belong to it.
    pub alerts: Vec<AlertView>,
}

/// One line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntryView {
    /// When.
    pub at: String,
    /// What kind of thing happened.
    pub what: String,
    /// In words.
    pub text: String,
}

/// A header before and after a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeaderView {
    /// The header.
    pub header: String,
    /// Its value before; empty where it was absent.
    pub before: String,
    /// Its value since; empty where it vanished.
    pub after: String,
    /// When it was last seen as before.
    pub from: String,
    /// When it was first seen as since.
    pub to: String,
    /// What happened, in words.
    pub what: String,
}

/// What the cause was concluded from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EvidenceView {
    /// What a replay showed; empty without one.
    pub diagnosis: String,
    /// What mends it; empty where not known.
    pub fix: String,
    /// Headers of the answer that decided: `name: value`.
    pub headers: Vec<String>,
    /// Headers of the target that changed.
    pub changes: Vec<HeaderView>,
    /// Dimensions that fail.
    pub affected: Vec<String>,
    /// Dimensions that do not.
    pub healthy: Vec<String>,
    /// Origins of the pages that fail.
    pub page_origins: Vec<String>,
}

/// How long things took.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimesView {
    /// From the first failure to the opening.
    pub to_detect: String,
    /// From the first failure to the first notification; null where none was sent.
    pub to_notify: Option<String>,
    /// From the first failure to the end; null while it is open.
    pub to_fix: Option<String>,
}

/// All of one incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Detail {
    /// What lists show.
    #[serde(flatten)]
    pub listed: Listed,
    /// How it stands, in words.
    pub description: String,
    /// What happened, in order.
    pub timeline: Vec<EntryView>,
    /// What the cause was concluded from.
    pub evidence: EvidenceView,
    /// What is to be done, ticked where it is done.
    pub runbook: Vec<Step>,
    /// The closed incident of the same kind before this one, or null.
    pub previous: Option<String>,
    /// What still has to happen before it is closed, where it recovers.
    pub waits_for: Vec<String>,
    /// Until when browsers may go by preflight answers from before it was mended, or null.
    pub cached_until: Option<String>,
    /// How long things took.
    pub times: TimesView,
}

/// An incident as lists show it.
#[must_use]
pub fn listed(incident: &Incident, owned: &Owned) -> Listed {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let closed = incident.closed();
    let slices: std::collections::BTreeSet<_> = incident
        .apps
        .values()
        .flat_map(|part| &part.slices)
        .collect();
    let mut slis: Vec<_> = incident
        .alerts
        .iter()
        .map(|alert| alert.sli.clone())
        .collect();
    slis.sort_unstable();
    slis.dedup();
    let owner = incident
        .labels
        .get("owner")
        .map_or(owned.owner.as_str(), String::as_str);
    let runbook = if incident.runbook.is_empty() {
        &owned.runbook
    } else {
        &incident.runbook
    };
    let cause = incident.cause.as_ref();
    let stage = cause.and_then(|cause| cause.stage).or(incident.stage);
    Listed {
        id: incident.id.clone(),
        state: if closed.is_some() { "closed" } else { "open" }.to_owned(),
        opened_at: time(incident.opened_at),
        closed_at: closed.map(|(at, _)| time(at)),
        closed_as: closed.map(|(_, how)| how.to_string()),
        merged_into: incident.merged_into.clone(),
        severity: incident.severity.to_string(),
        title: text::title(incident),
        cause: cause.map(|cause| cause.cause.clone()),
        parameter: cause.and_then(|cause| text(&cause.parameter)),
        stage: stage.map(|stage| stage.to_string()),
        target_origin: text(&incident.target_origin),
        service: text(&incident.service),
        owner: text(owner),
        runbook_url: text(runbook),
        apps: incident.apps.keys().cloned().collect(),
        endpoints: slices
            .into_iter()
            .map(|slice| format!("{} {}", slice.method, slice.endpoint))
            .collect(),
        slis,
        impact: impact(incident),
        suspects: suspects(incident),
        suspects_known: incident.suspects.is_some(),
        alerts: alerts(incident),
    }
}

fn impact(incident: &Incident) -> Option<ImpactView> {
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

fn suspects(incident: &Incident) -> Vec<SuspectView> {
    let view = |suspect: &crate::Suspect| SuspectView {
        kind: suspect.kind.to_string(),
        id: suspect.id.clone(),
        at: time(suspect.at),
        score: (suspect.score * 100.0).round() / 100.0,
        why: suspect.why.clone(),
        undo: suspect.undo.clone(),
        link: Some(suspect.link.clone()).filter(|link| !link.is_empty()),
    };
    incident.suspects.iter().flatten().map(view).collect()
}

fn alerts(incident: &Incident) -> Vec<AlertView> {
    let view = |alert: &crate::Evidence| AlertView {
        id: alert.alert.clone(),
        app: alert.app.clone(),
        slo: alert.slo.clone(),
        sli: alert.sli.clone(),
        rule: alert.rule.clone(),
        severity: alert.severity.to_string(),
        since: time(alert.since),
        clean_since: alert.clean_since.map(time),
        measured: alert.measured.clone(),
        budget: alert.budget.clone(),
    };
    incident.alerts.iter().map(view).collect()
}

/// All of an incident, as it stands at `now`.
#[must_use]
pub fn detail(incident: &Incident, owned: &Owned, now: UnixMillis) -> Detail {
    let entry = |entry: &crate::Entry| EntryView {
        at: time(entry.at),
        what: entry.what.to_string(),
        text: entry.text.clone(),
    };
    Detail {
        listed: listed(incident, owned),
        description: text::description(incident, Replay::Impossible, now),
        timeline: incident.timeline.iter().map(entry).collect(),
        evidence: evidence(incident),
        runbook: runbook(incident),
        previous: incident.previous.clone(),
        waits_for: waits(incident, Replay::Impossible, now),
        cached_until: cached_until(incident).map(time),
        times: times(incident),
    }
}

fn times(incident: &Incident) -> TimesView {
    let since = incident.started_at.0;
    let notified = incident
        .timeline
        .iter()
        .find(|entry| entry.what == crate::Happening::Notified);
    TimesView {
        to_detect: span(incident.opened_at.0 - since),
        to_notify: notified.map(|entry| span(entry.at.0 - since)),
        to_fix: incident.closed().map(|(at, _)| span(at.0 - since)),
    }
}

fn evidence(incident: &Incident) -> EvidenceView {
    let cause = incident.cause.as_ref();
    let change = |change: &crate::HeaderChange| HeaderView {
        header: change.header.clone(),
        before: change.before.clone(),
        after: change.after.clone(),
        from: time(change.from),
        to: time(change.to),
        what: change.what.clone(),
    };
    let mut view = EvidenceView {
        diagnosis: cause.map(text::diagnosis).unwrap_or_default(),
        fix: cause.map(text::fix).unwrap_or_default(),
        headers: cause
            .iter()
            .flat_map(|cause| &cause.offending)
            .map(|(name, value)| format!("{name}: {value}"))
            .collect(),
        changes: cause
            .iter()
            .flat_map(|cause| &cause.changes)
            .map(change)
            .collect(),
        ..EvidenceView::default()
    };
    for part in incident.apps.values() {
        view.affected.extend(part.contrast.affected.iter().cloned());
        view.healthy.extend(part.contrast.healthy.iter().cloned());
        view.page_origins.extend(part.page_origins.iter().cloned());
    }
    view.page_origins.sort_unstable();
    view.page_origins.dedup();
    view
}
