//! The steps of a runbook for one incident, ticked by what is known already.
//!
//! The order is the guide's: reproduce, check headers at the edge, at gateways, at the service, roll back.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::incident::Incident;
use crate::register::is_of_cors;
use crate::signal::Failing;
use crate::text;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// Whether it is done: the product has the evidence.
    pub done: bool,
    /// What to do, or what was found.
    pub text: String,
}

/// The steps for an incident.
#[must_use]
pub fn runbook(incident: &Incident) -> Vec<Step> {
    let mut steps = vec![reproduce(incident)];
    if is_of_cors(incident.failing) {
        steps.extend(headers(incident));
    } else {
        steps.push(todo(match incident.failing {
            Failing::Latency => {
                "Compare the time of OPTIONS at the edge, at gateways and at the service; raise Access-Control-Max-Age."
            }
            _ => "Check DNS, certificates and reachability from where users are: browsers cannot tell these from CORS.",
        }));
    }
    steps.push(roll_back(incident));
    steps.push(Step {
        done: incident.closed().is_some(),
        text:
            "Watch users recover; browsers keep preflight answers for up to Access-Control-Max-Age."
                .to_owned(),
    });
    steps
}

fn reproduce(incident: &Incident) -> Step {
    if let Some(cause) = incident
        .cause
        .as_ref()
        .filter(|cause| !cause.replayed.is_empty())
    {
        return Step {
            done: true,
            text: format!("Reproduced: {}.", cause.replayed),
        };
    }
    let slice = incident.apps.values().flat_map(|part| &part.slices).next();
    let page = incident
        .apps
        .values()
        .flat_map(|part| &part.page_origins)
        .next();
    todo(match (slice, page) {
        (Some(slice), Some(page)) => format!(
            "Reproduce {} {}{} from {page} in a browser.",
            slice.method, incident.target_origin, slice.endpoint
        ),
        _ => "Reproduce one of the failing requests from the page that makes it.".to_owned(),
    })
}

fn headers(incident: &Incident) -> Vec<Step> {
    let Some(cause) = &incident.cause else {
        return vec![
            todo(
                "Check the Access-Control headers at the edge: `curl -i` with Origin, and OPTIONS for preflights.",
            ),
            todo(
                "Check gateways and ingresses: do they pass OPTIONS on, do they strip or repeat headers?",
            ),
            todo(
                "Check the service's own CORS configuration for the page's origin, method and headers.",
            ),
        ];
    };
    let header = match cause.header_name() {
        "" => "the answer",
        header => header,
    };
    let mut steps = vec![Step {
        done: true,
        text: format!("Checked from outside: {}.", text::named(cause)),
    }];
    steps.push(todo(format!(
        "Ask the service behind the edge and the gateway the same: where {header} is right, the hop before it is at fault."
    )));
    let changed = cause.changes.first();
    steps.push(match changed {
        Some(change) => Step {
            done: true,
            text: format!("Looked for changes of the headers: {}.", change.what),
        },
        None => todo("Look for what changed in the configuration of that hop."),
    });
    let fix = text::fix(cause);
    if !fix.is_empty() {
        steps.push(todo(format!("Or patch it: {fix}")));
    }
    steps
}

fn roll_back(incident: &Incident) -> Step {
    let undo = text::undo(incident);
    todo(match (undo.as_str(), incident.suspects.as_deref()) {
        ("", Some([])) => "No change that is known explains it: look for changes that are not reported, such as of CDN or DNS."
            .to_owned(),
        ("", _) => "Look for deploys just before the start, and roll back.".to_owned(),
        (undo, _) => undo.to_owned(),
    })
}

fn todo(text: impl Into<String>) -> Step {
    Step {
        done: false,
        text: text.into(),
    }
}
