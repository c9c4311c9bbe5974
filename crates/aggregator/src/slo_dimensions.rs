//! The dimensions by which an objective is limited.

use std::collections::BTreeSet;

use settings::Problems;
use web::Schemes;

use crate::slo_config::SloConfig;

impl SloConfig {
    /// What no observation can have: an objective of it would be met forever.
    pub(crate) fn dimension_problems(&self, problems: &mut Problems<'_>) {
        let origins = [
            ("page_origin", &self.page_origin, Schemes::Any),
            ("target_origin", &self.target_origin, Schemes::Web),
        ];
        for (field, origin, schemes) in origins {
            if let Some(origin) = origin
                && let Some(reason) = web::mistake(origin, schemes)
            {
                problems.report(field, origin, reason);
            }
        }
        if let Some(endpoint) = &self.endpoint
            && !endpoint.starts_with('/')
        {
            let reason = "an endpoint starts with /; a template is such as /cart/:id";
            problems.report("endpoint", endpoint, reason);
        }
        for (field, text) in [
            ("service", &self.service),
            ("environment", &self.environment),
            ("release", &self.release),
        ] {
            if text.as_ref().is_some_and(String::is_empty) {
                let reason = "is empty: leave the line out for all of them";
                problems.report(field, "\"\"", reason);
            }
        }
    }
}

/// What to say where an objective is of an app that is not there.
pub(crate) fn no_such_app(apps: &BTreeSet<&str>) -> String {
    let names: Vec<String> = apps
        .iter()
        .map(|name| format!("`app = {name:?}`"))
        .collect();
    match names.as_slice() {
        [] => "no app is configured: add `[[apps]]`".to_owned(),
        names => format!("no such app is configured: write {}", names.join(" or ")),
    }
}
