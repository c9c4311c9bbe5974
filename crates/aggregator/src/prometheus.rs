//! Objectives as recording and alerting rules of Prometheus, over the gauges that an aggregator shows.
//!
//! The gauges are of whole objectives. What corswatch does beyond the rules (groups, witnesses, replays, incidents) is not in
//! Prometheus: its alerts say that a budget burns.

use serde_json::{Map, Value, json};
use slo::Row;

use crate::openslo::Note;
use crate::{GroupBy, Slo};

/// Name of every alert; labels tell them apart.
pub const ALERT: &str = "CorswatchBudgetBurn";
/// Recorded series: the burn rate of an objective's window.
const BURN: &str = "slo_window:corswatch_burn_rate:max";
/// Recorded series: bad events in an objective's window.
const BAD: &str = "slo_window:corswatch_bad_events:max";
/// Recorded series: events in an objective's window.
const EVENTS: &str = "slo_window:corswatch_events:max";
/// Recorded series: the share of an objective's budget that is left.
const BUDGET: &str = "slo:corswatch_budget_remaining:min";

/// Rules as a file of Prometheus.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// The file.
    pub yaml: String,
    /// What they leave out.
    pub lost: Vec<Note>,
}

/// One alerting rule.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertRule {
    /// The objective.
    pub slo: String,
    /// Its rule.
    pub rule: String,
    /// What it evaluates.
    pub expr: String,
    /// Its labels.
    pub labels: Map<String, Value>,
    /// Its annotations.
    pub annotations: Map<String, Value>,
}

/// Writes the rules of `slos`. Standbys show what they evaluated when they last led, so series of several processes
/// are joined by what is most urgent.
#[must_use]
pub fn rules(slos: &[Slo]) -> Rules {
    let recorded = [
        (
            BURN,
            "max by (slo, window) (corswatch_aggregator_slo_burn_rate)",
        ),
        (
            BAD,
            "max by (slo, window) (corswatch_aggregator_slo_window_bad_events)",
        ),
        (
            EVENTS,
            "max by (slo, window) (corswatch_aggregator_slo_window_events)",
        ),
        (
            BUDGET,
            "min by (slo) (corswatch_aggregator_slo_budget_remaining_ratio)",
        ),
    ];
    let mut all: Vec<Value> = recorded
        .map(|(name, expr)| json!({"record": name, "expr": expr}))
        .into();
    let mut lost = Vec::new();
    for slo in slos {
        if slo.group_by != GroupBy::None {
            let text = format!(
                "the groups by {} are one: series are of whole objectives",
                slo.group_by
            );
            lost.push(Note {
                of: slo.name.clone(),
                text,
            });
        }
        all.extend(alert_rules(slo).into_iter().map(|rule| {
            let hold = slo.timing.hold.duration().as_millis();
            let mut value = json!({
                "alert": ALERT,
                "expr": rule.expr,
                "labels": rule.labels,
                "annotations": rule.annotations,
            });
            if hold > 0 {
                value["for"] = json!(format!("{hold}ms"));
            }
            value
        }));
    }
    let file = json!({"groups": [{"name": "corswatch", "rules": all}]});
    Rules {
        yaml: crate::openslo::yaml::written(std::slice::from_ref(&file)),
        lost,
    }
}

/// The alerting rules of an objective, one for each of its rules.
#[must_use]
pub fn alert_rules(slo: &Slo) -> Vec<AlertRule> {
    let of_rule = |rule: &slo::Rule| {
        let rows: Vec<_> = rule.rows.iter().map(|row| condition(slo, row)).collect();
        let mut labels = Map::new();
        for (name, value) in &slo.labels {
            if is_label(name) {
                labels.insert(name.clone(), json!(value));
            }
        }
        for (name, value) in [
            ("app", slo.app.as_str()),
            ("slo", &slo.name),
            ("sli", slo.sli.as_str()),
            ("rule", &rule.name),
            ("severity", rule.severity.as_str()),
        ] {
            labels.insert(name.to_owned(), json!(value));
        }
        let labels = labels.into_iter().map(|(name, text)| (name, literal(text)));
        let labels = labels.collect();
        let mut annotations = Map::new();
        let definition = slo.sli.definition();
        annotations.insert(
            "summary".to_owned(),
            json!(format!(
                "{}: the budget of {} burns too fast: {}",
                slo.app,
                slo.window_text(),
                definition.subject
            )),
        );
        annotations.insert("next_steps".to_owned(), json!(definition.next_steps));
        if !slo.runbook.is_empty() {
            annotations.insert("runbook_url".to_owned(), json!(slo.runbook));
        }
        AlertRule {
            slo: slo.name.clone(),
            rule: rule.name.clone(),
            // One alert, however many rows are exceeded.
            expr: format!("max by (slo) ({})", rows.join(" or ")),
            labels,
            annotations: annotations
                .into_iter()
                .map(|(name, text)| (name, literal(text)))
                .collect(),
        }
    };
    slo.rules.iter().map(of_rule).collect()
}

/// Both windows reach the burn rate, and the long one holds enough to judge by.
fn condition(slo: &Slo, row: &Row) -> String {
    let series = |name: &str, window: &slo::Window| {
        format!("{name}{{slo={},window=\"{window}\"}}", quoted(&slo.name))
    };
    // Equal means equal as written, as in `slo::Rule`.
    let burn = row.burn * (1.0 - 1e-9);
    let guards = slo.guards;
    format!(
        "({} >= {burn} and on (slo) {} >= {burn} and on (slo) {} >= {} and on (slo) {} >= {})",
        series(BURN, &row.long),
        series(BURN, &row.short),
        series(BAD, &row.long),
        guards.min_bad,
        series(EVENTS, &row.long),
        guards.min_total,
    )
}

/// A string of PromQL, which has the escapes of Go.
fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// Names of labels as Prometheus 2 has them.
fn is_label(name: &str) -> bool {
    let mut bytes = name.bytes();
    let first = bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    first
        && !name.starts_with("__")
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A text that the templates of Prometheus do not read as theirs.
fn literal(text: Value) -> Value {
    match text {
        Value::String(text) => Value::String(text.replace("{{", "{ {")),
        other => other,
    }
}
