//! Deploys, and M6.

use serde::Serialize;
use store::{DeployKind, DeployRow};
use utoipa::ToSchema;
use utoipa::openapi::Object;

use super::rate::Rate;
use super::words::one_of;
use crate::stamp::Stamp;

/// A deploy as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Deploy {
    /// Its identity; `reverts` of a rollback names it.
    pub id: String,
    /// When it took effect.
    pub at: Stamp,
    /// App whose traffic it may change.
    pub app: String,
    /// Service that was deployed; empty where not stated.
    pub service: String,
    /// Which version it brings; empty where not stated.
    pub version: String,
    /// What kind of change.
    #[schema(schema_with = kinds)]
    pub kind: DeployKind,
    /// Identity of the deploy that it takes back; empty where it takes none back.
    pub reverts: String,
    /// Whether it changes CORS configuration.
    pub touches_cors: bool,
    /// Who made it, as the report says.
    pub author: String,
    /// Name of the token that it was reported with; `local` where there are no tokens.
    pub recorded_by: String,
    /// What it is, for people.
    pub note: String,
    /// When it was recorded.
    pub created_at: Stamp,
}

impl From<DeployRow> for Deploy {
    fn from(row: DeployRow) -> Self {
        Self {
            id: row.id,
            at: Stamp(row.at),
            app: row.app,
            service: row.service,
            version: row.version,
            kind: row.kind,
            reverts: row.reverts,
            touches_cors: row.touches_cors,
            author: row.author,
            recorded_by: row.recorded_by,
            note: row.note,
            created_at: Stamp(row.created_at),
        }
    }
}

/// M6: rollbacks of deploys that touch CORS configuration.
pub(crate) fn rollback_rate(deploys: &[Deploy]) -> Rate {
    let touching = deploys.iter().filter(|deploy| deploy.touches_cors);
    let (back, forth): (Vec<_>, Vec<_>) =
        touching.partition(|deploy| deploy.kind == DeployKind::Rollback);
    Rate::new(back.len() as u64, forth.len() as u64)
}

/// The kinds of deploys in the description of the API.
pub(crate) fn kinds() -> Object {
    one_of(DeployKind::ALL.iter().map(|kind| kind.as_str()))
}
