//! Deploys, and M6.

use serde::Serialize;
use store::{DeployKind, DeployRow, DeploySource, DeployState, RollbackRule};
use utoipa::ToSchema;
use utoipa::openapi::Object;
use utoipa::openapi::schema::{SchemaType, Type};

use super::rate::Rate;
use super::words::one_of;
use crate::timestamp::Timestamp;

/// A deploy as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Deploy {
    /// Its identity; `reverts` of a rollback names it.
    pub id: String,
    /// When it took effect.
    pub at: Timestamp,
    /// App whose traffic it may change.
    pub app: String,
    /// Service that was deployed; empty where not stated.
    pub service: String,
    /// Which version it brings; empty where not stated.
    pub version: String,
    /// Where it was deployed to; empty where not stated.
    pub environment: String,
    /// How far it got. Only what is at least `started` can be suspected.
    #[schema(schema_with = states)]
    pub state: DeployState,
    /// What reported it.
    #[schema(schema_with = sources)]
    pub source: DeploySource,
    /// Address of a page about it; null where none is known.
    pub link: Option<String>,
    /// What kind of change.
    #[schema(schema_with = kinds)]
    pub kind: DeployKind,
    /// Identity of the deploy that it takes back; empty where it takes none back.
    pub reverts: String,
    /// By which rule it is a rollback; null where it is none.
    #[schema(schema_with = rules)]
    pub rollback_rule: Option<RollbackRule>,
    /// Whether it changes CORS configuration.
    pub touches_cors: bool,
    /// Who made it, as the report says.
    pub author: String,
    /// Name of the token that it was reported with; `local` where there are no tokens.
    pub recorded_by: String,
    /// What it is, for people.
    pub note: String,
    /// When it was recorded.
    pub created_at: Timestamp,
}

impl From<DeployRow> for Deploy {
    fn from(row: DeployRow) -> Self {
        Self {
            id: row.id,
            at: Timestamp(row.at),
            app: row.app,
            service: row.service,
            version: row.version,
            environment: row.environment,
            state: row.state,
            source: row.source,
            link: Some(row.link).filter(|link| !link.is_empty()),
            kind: row.kind,
            reverts: row.reverts,
            rollback_rule: row.rollback_rule,
            touches_cors: row.touches_cors,
            author: row.author,
            recorded_by: row.recorded_by,
            note: row.note,
            created_at: Timestamp(row.created_at),
        }
    }
}

/// M6: rollbacks of deploys that touch CORS configuration.
pub(crate) fn rollback_rate(deploys: &[Deploy]) -> Rate {
    let touching = deploys
        .iter()
        .filter(|deploy| deploy.touches_cors && deploy.state.took_effect());
    let (back, forth): (Vec<_>, Vec<_>) =
        touching.partition(|deploy| deploy.kind == DeployKind::Rollback);
    Rate::new(back.len() as u64, forth.len() as u64)
}

/// The kinds of deploys in the description of the API.
pub(crate) fn kinds() -> Object {
    one_of(DeployKind::ALL.iter().map(|kind| kind.as_str()))
}

fn states() -> Object {
    one_of(DeployState::ALL.iter().map(|state| state.as_str()))
}

fn sources() -> Object {
    one_of(DeploySource::ALL.iter().map(|source| source.as_str()))
}

fn rules() -> Object {
    let rules = RollbackRule::ALL.iter().map(|rule| rule.as_str());
    let mut object = one_of(rules);
    object.schema_type = SchemaType::from_iter([Type::String, Type::Null]);
    if let Some(words) = &mut object.enum_values {
        words.push(serde_json::Value::Null);
    }
    object
}
