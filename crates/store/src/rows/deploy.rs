//! Deploys: what teams changed.

use observation::{UnixMillis, vocabulary};

use crate::wire::fields;

vocabulary! {
    /// What kind of change a deploy is.
    #[derive(Default)]
    DeployKind {
        /// A new version of code.
        #[default]
        Deploy => "deploy",
        /// A change of configuration.
        Config => "config",
        /// Back to an earlier state; counts in M6 where it touches CORS.
        Rollback => "rollback",
    }
}

vocabulary! {
    /// What reported a deploy.
    #[derive(Default)]
    DeploySource {
        /// `POST /api/v1/deploys`.
        #[default]
        Api => "api",
        /// A webhook of GitHub.
        Github => "github",
        /// A webhook of GitLab.
        Gitlab => "gitlab",
        /// A notification of Argo CD.
        Argocd => "argocd",
        /// A change event in the form of PagerDuty's Events API v2.
        Pagerduty => "pagerduty",
    }
}

vocabulary! {
    /// How far a deploy got.
    #[derive(Default)]
    DeployState {
        /// It is asked for, and nothing has changed yet.
        Requested => "requested",
        /// It was given up before anything changed.
        Cancelled => "cancelled",
        /// It takes effect.
        Started => "started",
        /// It failed; what it changed until then may stand.
        Failed => "failed",
        /// It is done.
        #[default]
        Succeeded => "succeeded",
    }
}

impl DeployState {
    /// Whether it may have changed anything.
    #[must_use]
    pub const fn took_effect(self) -> bool {
        matches!(self, Self::Started | Self::Failed | Self::Succeeded)
    }
}

vocabulary! {
    /// By which rule a deploy is a rollback.
    RollbackRule {
        /// Who reported it says so.
        Stated => "stated",
        /// The title of its change says that it reverts another.
        Revert => "revert",
        /// Its version differs from the one before and was deployed earlier, for the same service and environment.
        EarlierVersion => "earlier_version",
    }
}

fields! {
    /// A deploy as a team reported it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DeployRow in "deployments" {
        /// Identity, unique; a second write replaces the first.
        pub id: String,
        /// When it was deployed.
        pub at: UnixMillis,
        /// Configured application.
        pub app: String,
        /// Service that was deployed, or empty.
        pub service: String,
        /// What kind of change.
        pub kind: DeployKind,
        /// Identity of the deploy that this one takes back, or empty.
        pub reverts: String,
        /// Whether it changed CORS configuration.
        pub touches_cors: bool,
        /// Who made it, as the pipeline says.
        pub author: String,
        /// What for.
        pub note: String,
        /// When it was reported.
        pub created_at: UnixMillis,
        /// Name of the token that it was reported with.
        pub recorded_by: String,
        /// Which version it brings, or empty.
        pub version: String,
        /// Where it was deployed to, or empty.
        pub environment: String,
        /// Address of a page about it, or empty.
        pub link: String,
        /// What reported it.
        pub source: DeploySource,
        /// How far it got.
        pub state: DeployState,
        /// By which rule it is a rollback, where it is one.
        pub rollback_rule: Option<RollbackRule>,
    }
}
