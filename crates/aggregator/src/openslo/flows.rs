//! Flows of OpenSLO files: OpenSLO has no sets of endpoints, so they stand in the metric source of an objective.

use std::collections::BTreeSet;

use serde_json::Value;
use slo::Sli;

use super::export::usual_rules;
use super::import::{Imported, Reader};
use super::{FLOW_ENDPOINTS, Note};
use crate::{Config, FlowConfig, SloConfig};

impl Reader<'_> {
    /// Takes note of the calls that the metric source of an objective limits it to.
    pub(super) fn calls(&mut self, app: &str, name: &str, source: &Value) {
        let Some(listed) = source[FLOW_ENDPOINTS].as_array() else {
            self.added(format!(
                "the calls of flow `{name}` have to be configured as [[flows]]"
            ));
            return;
        };
        let mut endpoints = Vec::new();
        for (at, endpoint) in listed.iter().enumerate() {
            match endpoint.as_str() {
                Some(text) => endpoints.push(text.to_owned()),
                None => {
                    let path = format!("spec.{FLOW_ENDPOINTS}[{at}]");
                    let reason = "permitted: a path template, or a method and one";
                    self.problem(&path, &endpoint.to_string(), reason);
                }
            }
        }
        let flow = FlowConfig::of(app, name, endpoints);
        let mut known = self.imported.flows.iter();
        match known.find(|known| (&known.app, &known.name) == (&flow.app, &flow.name)) {
            None => self.imported.flows.push(flow),
            Some(known) if known.endpoints == flow.endpoints => {}
            Some(known) => {
                let reason = format!(
                    "permitted: those that flow `{name}` has elsewhere in the file: {}",
                    known.endpoints.join(", ")
                );
                self.problem(
                    &format!("spec.{FLOW_ENDPOINTS}"),
                    &flow.endpoints.join(", "),
                    reason,
                );
            }
        }
    }
}

/// The objective that every flow has of its own is a part of the flow and none beside it.
pub(super) fn take_own(imported: &mut Imported) {
    for flow in &mut imported.flows {
        let is_own = |slo: &SloConfig| {
            slo.app == flow.app
                && slo.flow.as_ref() == Some(&flow.name)
                && slo.name == flow.name
                && slo.sli == Sli::BlockRate
        };
        let Some(at) = imported.slos.iter().position(is_own) else {
            let text =
                "a flow has an objective of its own on the share of its requests that are blocked";
            imported.added.push(Note::new(&flow.name, text));
            continue;
        };
        let own = imported.slos.remove(at);
        flow.objective = own.objective;
        (flow.window, flow.calendar) = (own.window, own.calendar);
        flow.at_most = own.at_most;
        flow.owner = own.labels.get("owner").cloned().unwrap_or_default();
        flow.runbook.clone_from(&own.runbook);
        for member in differing(&own, &flow.slo()) {
            let text = format!("`{member}`: the objective of a flow has none of its own");
            imported.lost.push(Note::new(&flow.name, text));
        }
    }
}

/// The members in which an objective differs from what a flow sets.
fn differing(given: &SloConfig, made: &SloConfig) -> BTreeSet<String> {
    let members = |slo: &SloConfig| {
        let mut rules = if slo.rules.is_empty() {
            usual_rules(slo, &Config::default())
        } else {
            slo.rules.clone()
        };
        for rule in &mut rules {
            rule.name = Some(rule.name().to_owned());
            rule.short = Some(rule.short());
        }
        let whole = SloConfig {
            rules,
            ..slo.clone()
        };
        match serde_json::to_value(whole) {
            Ok(Value::Object(members)) => members,
            _ => serde_json::Map::new(),
        }
    };
    let (given, made) = (members(given), members(made));
    let names = given.keys().chain(made.keys());
    names
        .filter(|name| given.get(*name) != made.get(*name))
        .cloned()
        .collect()
}
