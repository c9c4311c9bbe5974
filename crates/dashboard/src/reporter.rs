//! Writes reports for whoever sends them: what `GET /api/v1/report` answers, without a request.

use std::sync::Arc;

use runtime::Stop;

use crate::auth::Caller;
use crate::config::Config;
use crate::interval::Interval;
use crate::problem::Problem;
use crate::router::shared;
use crate::routes::api::v1::report::report;
use crate::state::{Shared, State};

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the report could not be written: {0}")]
pub struct ReportError(String);

impl From<Problem> for ReportError {
    fn from(problem: Problem) -> Self {
        Self(problem.into_detail())
    }
}

/// Writes reports from the same state that a router answers from.
pub struct Reporter(Arc<Shared>);

impl std::fmt::Debug for Reporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Reporter").field(&self.0.state).finish()
    }
}

impl Reporter {
    /// Writes about the apps of `state`.
    #[must_use]
    pub fn new(state: State) -> Self {
        let (shared, ..) = shared(&Stop::new(), Config::default(), state);
        Self(shared)
    }

    /// What happened to `app` within a time, as Markdown, under `title`. `period` is `week` or `month`.
    ///
    /// # Errors
    /// [`ReportError`] when the store does not answer.
    pub async fn markdown(
        &self,
        app: &str,
        title: &str,
        (period, within): (&'static str, Interval),
    ) -> Result<String, ReportError> {
        let report = report(app, period, within, &Caller::Local, &self.0).await?;
        Ok(report.markdown(title))
    }
}
