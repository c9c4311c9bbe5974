//! Deploys, and M6.

use serde::{Deserialize, Serialize};
use store::DeployRow;
use utoipa::ToSchema;

use super::rate::Rate;
use crate::stamp::Stamp;

/// What kind of change a deploy is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeployKind {
    /// A new version of code.
    #[default]
    Deploy,
    /// A change of configuration.
    Config,
    /// Back to an earlier state; counts in M6 where it touches CORS.
    Rollback,
}

impl DeployKind {
    /// The word in JSON and column.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Config => "config",
            Self::Rollback => "rollback",
        }
    }
}

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
    /// What kind of change.
    #[schema(value_type = DeployKind)]
    pub kind: String,
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
    let rollback = DeployKind::Rollback.as_str();
    let touching = deploys.iter().filter(|deploy| deploy.touches_cors);
    let (back, forth): (Vec<_>, Vec<_>) = touching.partition(|deploy| deploy.kind == rollback);
    Rate::new(back.len() as u64, forth.len() as u64)
}
