//! From objectives to OpenSLO.

use serde_json::{Map, Value, json};
use slo::Severity;

use super::{FLOW_ENDPOINTS, Note, PREFIX, SOURCE_TYPE, VERSION, yaml};
use crate::{Config, FlowConfig, RuleConfig, SloConfig};

/// OpenSLO names have as many characters.
const MAX_NAME: usize = 63;

/// Objectives as OpenSLO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The documents.
    pub yaml: String,
    /// What other tools lose: it stands in annotations.
    pub lost: Vec<Note>,
}

/// Writes objectives and those of flows as OpenSLO v1 documents: for each an `SLO` with its alert policies.
#[must_use]
pub fn export((slos, flows): (&[SloConfig], &[FlowConfig]), config: &Config) -> Exported {
    let mut lost = Vec::new();
    let own = flows.iter().map(FlowConfig::slo);
    let documents: Vec<_> = slos
        .iter()
        .cloned()
        .chain(own)
        .map(|slo| document(&slo, flows, config, &mut lost))
        .collect();
    Exported {
        yaml: yaml::written(&documents),
        lost,
    }
}

fn document(slo: &SloConfig, flows: &[FlowConfig], config: &Config, lost: &mut Vec<Note>) -> Value {
    let name = slo.name();
    let annotations = annotations(slo);
    for key in annotations.keys().filter(|key| key.starts_with(PREFIX)) {
        let what = key.trim_start_matches(PREFIX);
        lost.push(Note::new(
            &name,
            format!("`{what}` is kept in an annotation"),
        ));
    }
    let is_of = |flow: &&FlowConfig| flow.app == slo.app && Some(&flow.name) == slo.flow.as_ref();
    let flow = flows.iter().find(is_of);
    if let Some(flow) = flow {
        let text = format!(
            "the calls of flow `{}` stand in its metric source",
            flow.name
        );
        lost.push(Note::new(&name, text));
    }
    let source = |part: &str| {
        let mut spec = Map::new();
        spec.insert("app".into(), json!(slo.app));
        spec.insert("sli".into(), json!(slo.sli));
        spec.insert("source".into(), json!(slo.source));
        for (name, value) in slo.filter().limits() {
            spec.insert(name.into(), json!(value));
        }
        if let Some(flow) = &slo.flow {
            spec.insert("flow".into(), json!(flow));
        }
        if let Some(flow) = flow {
            spec.insert(FLOW_ENDPOINTS.into(), json!(flow.endpoints));
        }
        spec.insert("events".into(), json!(part));
        json!({"metricSource": {"type": SOURCE_TYPE, "spec": spec}})
    };
    let policies = policies(slo, config, lost);
    let mut metadata = json!({"name": plain(&name), "displayName": name});
    if !annotations.is_empty() {
        metadata["annotations"] = Value::Object(annotations);
    }
    if !slo.labels.is_empty() {
        metadata["labels"] = json!(slo.labels);
    }
    json!({
        "apiVersion": VERSION,
        "kind": "SLO",
        "metadata": metadata,
        "spec": {
            "description": slo.sli.definition().bad_events,
            "service": slo.service.as_deref().unwrap_or(&slo.app),
            "indicator": {
                "metadata": {"name": plain(slo.sli.as_str())},
                "spec": {"ratioMetric": {
                    "counter": true,
                    "bad": source("bad"),
                    "total": source("total"),
                }},
            },
            "timeWindow": [window(slo)],
            "budgetingMethod": "Occurrences",
            "objectives": [{"displayName": name, "target": slo.objective().share()}],
            "alertPolicies": policies,
        },
    })
}

fn window(slo: &SloConfig) -> Value {
    let Some(calendar) = slo.calendar else {
        return json!({"duration": slo.window().to_string(), "isRolling": true});
    };
    use slo::Period::{Day, Month, Quarter, Week, Year};
    let (duration, starts) = match calendar.period {
        Day => ("1d", "2026-01-01 00:00:00"),
        // A Monday.
        Week => ("1w", "2026-01-05 00:00:00"),
        Month => ("1M", "2026-01-01 00:00:00"),
        Quarter => ("1Q", "2026-01-01 00:00:00"),
        Year => ("1Y", "2026-01-01 00:00:00"),
    };
    let zone = calendar.time_zone.to_string();
    json!({"duration": duration, "isRolling": false, "calendar": {"startTime": starts, "timeZone": zone}})
}

/// What OpenSLO has no member for.
fn annotations(slo: &SloConfig) -> Map<String, Value> {
    let usual = SloConfig::of(&slo.app, slo.sli);
    let mut found = Map::new();
    let mut add = |name: &str, value: String| {
        found.insert(format!("{PREFIX}{name}"), Value::String(value));
    };
    if slo.group_by != usual.group_by {
        add("group-by", slo.group_by.to_string());
    }
    if slo.at_most != usual.at_most {
        add("at-most", slo.at_most.to_string());
    }
    if slo.guards != usual.guards {
        add("min-bad", slo.guards.min_bad.to_string());
        add("min-total", slo.guards.min_total.to_string());
    }
    for (name, span) in [("hold", slo.hold), ("resolve-after", slo.resolve_after)] {
        if let Some(span) = span {
            add(name, span.to_string().replace(' ', ""));
        }
    }
    if !slo.runbook.is_empty() {
        add("runbook", slo.runbook.clone());
    }
    found
}

/// The rows that are evaluated of an objective that names none.
pub(super) fn usual_rules(slo: &SloConfig, config: &Config) -> Vec<RuleConfig> {
    let without = SloConfig {
        rules: Vec::new(),
        ..slo.clone()
    };
    let resolved = crate::objectives(
        (std::slice::from_ref(&without), &[]),
        &[],
        config,
        settings::Span::secs(3600),
    );
    let rules = resolved.into_iter().flat_map(|slo| slo.rules);
    rules
        .flat_map(|rule| {
            let (name, severity) = (rule.name.clone(), rule.severity);
            rule.rows.into_iter().map(move |row| RuleConfig {
                name: Some(name.clone()),
                severity,
                long: row.long,
                short: Some(row.short),
                burn: Some(row.burn),
                budget: None,
            })
        })
        .collect()
}

/// A policy for each row of each rule; of those that stand for none, the rows that are evaluated.
fn policies(slo: &SloConfig, config: &Config, lost: &mut Vec<Note>) -> Vec<Value> {
    let given: Vec<RuleConfig> = if slo.rules.is_empty() {
        usual_rules(slo, config)
    } else {
        slo.rules.clone()
    };
    if !given.is_empty() {
        let text = "OpenSLO has one window a condition: the short window of each rule is kept in an annotation";
        lost.push(Note::new(&slo.name(), text));
    }
    given.iter().map(|row| policy(slo, row)).collect()
}

fn policy(slo: &SloConfig, row: &RuleConfig) -> Value {
    let name = plain(&format!("{}-{}-{}", slo.name(), row.name(), row.long));
    let annotations = json!({
        format!("{PREFIX}rule"): row.name(),
        format!("{PREFIX}short-window"): row.short().to_string(),
    });
    json!({
        "apiVersion": VERSION,
        "kind": "AlertPolicy",
        "metadata": {"name": name, "annotations": annotations},
        "spec": {
            "description": format!("The budget burns too fast over {} and {}.", row.long, row.short()),
            "alertWhenNoData": false,
            "alertWhenResolved": true,
            "alertWhenBreaching": true,
            "conditions": [{
                "apiVersion": VERSION,
                "kind": "AlertCondition",
                "metadata": {"name": name},
                "spec": {
                    "severity": match row.severity {
                        Severity::Page => "page",
                        Severity::Ticket => "ticket",
                    },
                    "condition": {
                        "kind": "burnrate",
                        "op": "gte",
                        "threshold": row.burn_rate(slo.window()).unwrap_or_default(),
                        "lookbackWindow": row.long.to_string(),
                        "alertAfter": "0m",
                    },
                },
            }],
            "notificationTargets": [],
        },
    })
}

/// A name as OpenSLO has them: lower-case letters, digits and dashes (RFC 1123).
fn plain(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let dashed = lower
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    let text: String = dashed.take(MAX_NAME).collect();
    text.trim_matches('-').to_owned()
}
