//! Critical flows as configuration: sets of endpoints that people do something with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problem, Problems};
use slo::{Calendar, Objective, Severity, Sli, Window};
use store::{Flow, FlowCall};
use web::EndpointTemplate;

use crate::SloConfig;
use crate::slo_config::{month, page};

/// Flows at most: what each notices of an incident is counted.
const MAX_FLOWS: usize = 100;
/// Endpoints of a flow at most.
const MAX_ENDPOINTS: usize = 50;
/// Characters of a name.
const MAX_NAME: usize = 64;

/// A critical flow, such as login or checkout: `[[flows]]`. It has an objective of its own on the share of its
/// requests that are blocked, and incidents say how many page loads of it are affected. Other objectives can be
/// limited to it (`slo.flow`).
///
/// ```toml
/// [[flows]]
/// name = "checkout"
/// app = "shop"
/// endpoints = ["PUT /cart/:id", "/pay"]
/// objective = 0.9995
/// owner = "team-checkout"
/// ```
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowConfig {
    /// Its name, also that of its objective: letters, digits, `-` and `_`.
    pub name: String,
    /// The configured application whose pages it is of.
    pub app: String,
    /// Its path templates, with a method where only that one is meant: `/pay`, `PUT /cart/:id`.
    pub endpoints: Vec<String>,
    /// The share of its requests that must not be blocked. Left out: that of `block_rate`.
    #[serde(default)]
    pub objective: Option<Objective>,
    /// The rolling window of its error budget. At least 1h, at most 366d.
    #[serde(default = "month")]
    pub window: Window,
    /// Instead of `window`, as in `[[slo]]`.
    #[serde(default)]
    pub calendar: Option<Calendar>,
    /// The most urgent alert that its objective may raise.
    #[serde(default = "page")]
    pub at_most: Severity,
    /// Who is told; the label `owner` of its alerts.
    #[serde(default)]
    pub owner: String,
    /// Address of the runbook.
    #[serde(default)]
    pub runbook: String,
}

impl FlowConfig {
    /// A flow with nothing said but its calls.
    #[must_use]
    pub fn of(app: &str, name: &str, endpoints: Vec<String>) -> Self {
        Self {
            name: name.to_owned(),
            app: app.to_owned(),
            endpoints,
            objective: None,
            window: month(),
            calendar: None,
            at_most: page(),
            owner: String::new(),
            runbook: String::new(),
        }
    }

    /// What its requests are known by.
    #[must_use]
    pub fn flow(&self) -> Flow {
        Flow {
            name: self.name.clone(),
            calls: self.endpoints.iter().map(|text| call(text)).collect(),
        }
    }

    /// Its own objective.
    #[must_use]
    pub fn slo(&self) -> SloConfig {
        let mut slo = SloConfig {
            name: self.name.clone(),
            objective: self.objective,
            window: self.window,
            calendar: self.calendar,
            flow: Some(self.name.clone()),
            at_most: self.at_most,
            runbook: self.runbook.clone(),
            ..SloConfig::of(&self.app, Sli::BlockRate)
        };
        if !self.owner.is_empty() {
            slo.labels.insert("owner".to_owned(), self.owner.clone());
        }
        slo
    }

    fn problems(&self, problems: &mut Problems<'_>) {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if self.name.is_empty() || self.name.len() > MAX_NAME || !self.name.bytes().all(word) {
            let reason = format!("1 to {MAX_NAME} letters, digits, `-` and `_`");
            problems.report("name", &self.name, reason);
        }
        if !(1..=MAX_ENDPOINTS).contains(&self.endpoints.len()) {
            let reason = format!("permitted: 1 to {MAX_ENDPOINTS} endpoints");
            problems.report("endpoints", self.endpoints.len(), reason);
        }
        for (at, text) in self.endpoints.iter().enumerate() {
            let FlowCall { method, endpoint } = call(text);
            let field = format!("endpoints[{at}]");
            if let Some(method) = method
                && !method.bytes().all(|byte| byte.is_ascii_uppercase())
            {
                let reason = "a method in capitals before the path template: `PUT /cart/:id`";
                problems.report(&field, text, reason);
            } else if let Err(problem) = EndpointTemplate::check(&endpoint) {
                problems.report(&field, text, problem.to_string());
            }
        }
    }
}

fn call(text: &str) -> FlowCall {
    let (method, endpoint) = match text.split_once(' ') {
        Some((method, endpoint)) => (Some(method.to_owned()), endpoint),
        None => (None, text),
    };
    FlowCall {
        method,
        endpoint: endpoint.trim().to_owned(),
    }
}

/// Reports everything wrong with flows, but for what is wrong with their objectives.
pub(crate) fn problems(flows: &[FlowConfig], found: &mut Problems<'_>) {
    if flows.len() > MAX_FLOWS {
        found.report("flows", flows.len(), format!("at most {MAX_FLOWS} flows"));
    }
    for (at, flow) in flows.iter().enumerate() {
        flow.problems(&mut found.section(format!("flows[{at}]")));
    }
}

/// A flow that an objective names and that is not configured for its app.
pub(crate) fn unknown(slo: &SloConfig, flows: &[FlowConfig]) -> Option<Problem> {
    let name = slo.flow.as_ref()?;
    let own = |flow: &&FlowConfig| flow.app == slo.app;
    if flows.iter().filter(own).any(|flow| flow.name == *name) {
        return None;
    }
    let known: Vec<_> = flows
        .iter()
        .filter(own)
        .map(|flow| flow.name.as_str())
        .collect();
    let reason = match known.is_empty() {
        true => format!("`{}` has no [[flows]]", slo.app),
        false => format!(
            "no such flow of `{}`; permitted: {}",
            slo.app,
            known.join(", ")
        ),
    };
    Some(Problem {
        path: "flow".to_owned(),
        value: name.clone(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, objectives};

    const CHECKOUT: &str = "name = \"checkout\"\napp = \"shop\"\nendpoints = [\"PUT /cart/:id\", \"/pay\"]\n\
                            objective = 0.9995\nowner = \"team-checkout\"";

    fn flow(toml: &str) -> FlowConfig {
        toml::from_str(toml).expect("well formed")
    }

    fn found(flows: &[FlowConfig], slos: &[SloConfig]) -> Vec<String> {
        let mut found = Vec::new();
        crate::problems(
            (slos, flows),
            &["shop".to_owned()],
            &mut Problems::at("", &mut found),
        );
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_flow_has_an_objective_of_its_own_beside_the_others_and_lends_its_scope_to_them() {
        let flows = [flow(CHECKOUT)];
        let limited = SloConfig {
            flow: Some("checkout".to_owned()),
            ..SloConfig::of("shop", Sli::PreflightFailureRate)
        };
        assert_eq!(found(&flows, std::slice::from_ref(&limited)), [""; 0]);
        let apps = ["shop".to_owned()];
        let span = settings::Span::secs(3600);
        for (slos, names) in [
            (
                &[limited][..],
                &["shop-preflight_failure_rate-checkout", "checkout"][..],
            ),
            (
                &[],
                &[
                    "shop-block_rate",
                    "shop-preflight_failure_rate",
                    "shop-credentialed_failure_rate",
                    "shop-exposed_header_mismatch",
                    "shop-preflight_latency",
                    "checkout",
                ],
            ),
        ] {
            let resolved = objectives((slos, &flows), &apps, &Config::default(), span);
            let all: Vec<_> = resolved.iter().map(|slo| slo.name.as_str()).collect();
            assert_eq!(all, names);
            let own = resolved.last().expect("that of the flow");
            assert_eq!(own.filter.flow.as_ref(), Some(&flows[0].flow()));
            assert_eq!(
                (own.labels["flow"].as_str(), own.labels["owner"].as_str()),
                ("checkout", "team-checkout")
            );
            assert!((own.objective.share() - 0.9995).abs() < 1e-9);
        }
        assert_eq!(
            flows[0].flow().calls,
            [
                FlowCall {
                    method: Some("PUT".to_owned()),
                    endpoint: "/cart/:id".to_owned()
                },
                FlowCall {
                    method: None,
                    endpoint: "/pay".to_owned()
                },
            ]
        );
    }

    #[test]
    fn every_mistake_of_a_flow_is_reported_at_once() {
        let flows = [
            flow(
                "name = \"check out\"\napp = \"shp\"\nendpoints = [\"put /cart\", \"cart?x\"]\nwindow = \"10m\"",
            ),
            flow("name = \"empty\"\napp = \"shop\"\nendpoints = []"),
            flow("name = \"empty\"\napp = \"shop\"\nendpoints = [\"/a\"]"),
        ];
        let slo = SloConfig {
            flow: Some("pay".to_owned()),
            ..SloConfig::of("shop", Sli::BlockRate)
        };
        let found = found(&flows, &[slo]);
        for path in [
            "flows[0].name",
            "flows[0].endpoints[0]",
            "flows[0].endpoints[1]",
            "flows[0].app",
            "flows[0].window",
            "flows[1].endpoints",
            "flows[2].name",
            "slo[0].flow",
        ] {
            assert!(
                found.iter().any(|text| text.starts_with(path)),
                "{path}: {found:#?}"
            );
        }
        assert_eq!(found.len(), 8, "{found:#?}");
    }
}
