//! Which receivers hear of an alert.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::Problems;

use crate::pattern::{Match, Matcher};

/// Routes at most.
const MAX_ROUTES: usize = 200;

/// Receivers of the alerts whose labels match. The first route that matches decides; an alert that none
/// matches goes to all receivers.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RouteConfig {
    /// Labels of the alert: `{ owner = "team-checkout", severity = "page" }`, and with regular
    /// expressions `{ service = { regex = "checkout-.*" } }`. Empty for every alert.
    #[serde(rename = "match")]
    pub matches: Match,
    /// Names of receivers; none for alerts that only the log hears of.
    pub receivers: Vec<String>,
    /// Whether the routes below are looked at as well.
    #[serde(rename = "continue")]
    pub continues: bool,
}

/// Reports every route that cannot be used.
pub(crate) fn problems(
    routes: &[RouteConfig],
    receivers: &BTreeSet<&str>,
    known_label: &dyn Fn(&str) -> bool,
    problems: &mut Problems<'_>,
) {
    if routes.len() > MAX_ROUTES {
        problems.report("routes", routes.len(), format!("at most {MAX_ROUTES}"));
    }
    let names = receivers.iter().copied().collect::<Vec<_>>().join(", ");
    let names = match names.as_str() {
        "" => "none is configured; add one, such as `[[alert.slack]]`".to_owned(),
        names => format!("permitted: {names}"),
    };
    for (at, route) in routes.iter().enumerate() {
        let mut problems = problems.section(format!("routes[{at}]"));
        for (label, reason) in route.matches.problems(known_label) {
            problems.report("match", format!("{label:?}"), reason);
        }
        for receiver in &route.receivers {
            if !receivers.contains(receiver.as_str()) {
                let reason = format!("no receiver has this name; {names}");
                problems.report("receivers", format!("{receiver:?}"), reason);
            }
        }
    }
}

/// The routes, ready to be asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Routes(Vec<Route>);

#[derive(Debug, Clone)]
struct Route {
    matcher: Matcher,
    receivers: Vec<String>,
    continues: bool,
}

/// Who hears of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recipients {
    All,
    These(BTreeSet<String>),
}

impl Recipients {
    pub(crate) fn contain(&self, receiver: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(names) => names.contains(receiver),
        }
    }
}

impl Routes {
    pub(crate) fn compile(routes: &[RouteConfig]) -> Result<Self, String> {
        let compiled = routes.iter().map(|route| {
            Ok(Route {
                matcher: route.matches.compile()?,
                receivers: route.receivers.clone(),
                continues: route.continues,
            })
        });
        compiled.collect::<Result<_, String>>().map(Self)
    }

    pub(crate) fn recipients(&self, labels: &BTreeMap<String, String>) -> Recipients {
        let mut names = BTreeSet::new();
        let mut is_matched = false;
        for route in self.0.iter().filter(|route| route.matcher.matches(labels)) {
            is_matched = true;
            names.extend(route.receivers.iter().cloned());
            if !route.continues {
                break;
            }
        }
        if is_matched {
            Recipients::These(names)
        } else {
            Recipients::All
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(json: &str) -> Routes {
        let routes: Vec<RouteConfig> = serde_json::from_str(json).expect("well formed");
        Routes::compile(&routes).expect("usable")
    }

    #[test]
    fn the_first_route_that_matches_decides_unless_it_continues() {
        let routes = routes(
            r#"[
            {"match": {"severity": "page"}, "receivers": ["pagerduty"], "continue": true},
            {"match": {"owner": {"regex": "team-a|team-b"}}, "receivers": ["slack"]},
            {"match": {"owner": "team-a"}, "receivers": ["email"]},
            {"match": {"environment": "staging"}, "receivers": []}
        ]"#,
        );
        for (labels, expected) in [
            (vec![("severity", "page")], Some(vec!["pagerduty"])),
            (
                vec![("severity", "page"), ("owner", "team-a")],
                Some(vec!["pagerduty", "slack"]),
            ),
            (vec![("owner", "team-a")], Some(vec!["slack"])),
            (vec![("environment", "staging")], Some(vec![])),
            (vec![("owner", "team-c")], None),
        ] {
            let labels: BTreeMap<_, _> = labels
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            let expected = expected.map_or(Recipients::All, |names| {
                Recipients::These(names.into_iter().map(str::to_owned).collect())
            });
            assert_eq!(routes.recipients(&labels), expected, "{labels:?}");
        }
    }
}
