//! A deploy as a pipeline reports it.

use serde::Deserialize;
use store::{DeployKind, DeployRow, DeploySource, DeployState};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::problem::{Code, Fault, Problem};
use crate::selection::words;
use crate::state::Shared;
use crate::timestamp::Timestamp;
use crate::view::deploy::kinds;

const MAX_NAME: usize = 200;
const MAX_NOTE: usize = 4000;
const MAX_LINK: usize = 2000;
/// A deploy may be announced this long before it takes effect.
const MAX_AHEAD_MS: i64 = 24 * 60 * 60 * 1000;

/// A deploy as a pipeline reports it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeployReport {
    /// Identity within the app, such as the pipeline's number; random where absent. The same one again
    /// replaces.
    #[serde(default)]
    id: String,
    /// Configured app whose traffic it may change.
    app: String,
    /// Service that is deployed.
    #[serde(default)]
    service: String,
    /// Which version it brings: for an app of pages the release that they state. `GET /api/v1/gate` compares
    /// releases by it.
    #[serde(default)]
    version: String,
    /// Where it is deployed to, as pages state it. A deploy to staging is not suspected of failures in production.
    #[serde(default)]
    environment: String,
    /// What kind of change; default `deploy`.
    #[serde(default)]
    #[schema(schema_with = kinds)]
    kind: DeployKind,
    /// When it took effect; default now.
    #[serde(default)]
    at: Option<Timestamp>,
    /// Identity of the deploy that it takes back.
    #[serde(default)]
    reverts: String,
    /// Whether it changes CORS configuration; default false.
    #[serde(default)]
    touches_cors: bool,
    /// Who made it; default the name of the token.
    #[serde(default)]
    author: String,
    /// What it is, for people: a title, a link.
    #[serde(default)]
    note: String,
    /// Address of a page about it.
    #[serde(default)]
    link: String,
}

impl DeployReport {
    /// The row to be stored, if everything in it is permitted to `caller`.
    pub(crate) fn accept(self, caller: &Caller, shared: &Shared) -> Result<DeployRow, Problem> {
        let now = shared.clock.now();
        let at = self.at.map_or(now, |stamp| stamp.0);
        let mut faults = self.faults(caller, shared);
        if at.0 > now.0 + MAX_AHEAD_MS {
            let permitted = "at most a day ahead".to_owned();
            faults.push(Fault {
                field: "at".into(),
                value: Timestamp(at).to_string(),
                permitted,
            });
        }
        if !self.link.is_empty()
            && let Err(reason) = settings::web_url(&self.link)
        {
            faults.push(Fault {
                field: "link".into(),
                value: self.link.chars().take(64).collect(),
                permitted: format!("an address of http or https; this one {reason}"),
            });
        }
        if !faults.is_empty() {
            return Err(Problem::faults(faults));
        }
        let or = |text: String, usual: &str| {
            if text.is_empty() {
                usual.to_owned()
            } else {
                text
            }
        };
        Ok(DeployRow {
            id: if self.id.is_empty() {
                random_id()?
            } else {
                self.id
            },
            at,
            app: self.app,
            service: self.service,
            kind: self.kind,
            reverts: self.reverts,
            touches_cors: self.touches_cors,
            author: or(self.author, caller.name()),
            note: self.note,
            created_at: now,
            recorded_by: caller.name().to_owned(),
            version: self.version,
            environment: self.environment,
            link: self.link,
            source: DeploySource::Api,
            state: DeployState::Succeeded,
            rollback_rule: None,
        })
    }

    fn faults(&self, caller: &Caller, shared: &Shared) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut apps = shared.app_names().filter(|name| caller.may_see(name));
        if !apps.any(|name| name == self.app) {
            let visible = shared.app_names().filter(|name| caller.may_see(name));
            let permitted = words(visible);
            faults.push(Fault {
                field: "app".into(),
                value: self.app.clone(),
                permitted,
            });
        }
        for (field, value, most) in [
            ("id", &self.id, MAX_NAME),
            ("service", &self.service, MAX_NAME),
            ("version", &self.version, MAX_NAME),
            ("environment", &self.environment, MAX_NAME),
            ("link", &self.link, MAX_LINK),
            ("reverts", &self.reverts, MAX_NAME),
            ("author", &self.author, MAX_NAME),
            ("note", &self.note, MAX_NOTE),
        ] {
            if value.len() > most || value.chars().any(|c| c.is_control() && c != '\n') {
                let permitted = format!("at most {most} bytes without control characters");
                let value = value.chars().take(64).collect();
                faults.push(Fault {
                    field: field.into(),
                    value,
                    permitted,
                });
            }
        }
        faults
    }
}

pub(crate) fn random_id() -> Result<String, Problem> {
    let mut bytes = [0_u8; 12];
    getrandom::fill(&mut bytes)
        .map_err(|_| Problem::new(Code::Internal, "this machine has no randomness now"))?;
    Ok(observation::BeaconId(bytes).to_string())
}
