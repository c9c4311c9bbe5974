//! From OpenSLO to objectives.

use std::collections::BTreeMap;

use serde_json::Value;
use settings::{Problem, Span};
use slo::{Objective, Severity};

use super::{Note, PREFIX, VERSION, YamlError, flows, yaml};
use crate::{FlowConfig, GroupBy, SloConfig};

/// Objectives of an OpenSLO file.
#[derive(Debug, Clone, Default)]
pub struct Imported {
    /// The objectives, but for those that flows have of their own.
    pub slos: Vec<SloConfig>,
    /// The flows whose calls the file has.
    pub flows: Vec<FlowConfig>,
    /// What the file does not say and corswatch needs.
    pub added: Vec<Note>,
    /// What the file says and corswatch does not have.
    pub lost: Vec<Note>,
    /// What keeps an objective from being read.
    pub problems: Vec<Problem>,
}

/// Documents that others refer to by name.
type Named<'a> = BTreeMap<(&'a str, &'a str), &'a Value>;

/// Reads OpenSLO v1 documents. `app` is that of objectives whose metric source names none.
///
/// # Errors
/// [`YamlError`] for what is not YAML.
pub fn import(text: &str, app: Option<&str>) -> Result<Imported, YamlError> {
    let documents = yaml::documents(text)?;
    let mut imported = Imported::default();
    let mut named = Named::new();
    for document in &documents {
        let (kind, name) = (of(&document.value, "kind"), name(&document.value));
        named.insert((kind, name), &document.value);
        let version = of(&document.value, "apiVersion");
        if version != VERSION {
            imported.problems.push(Problem {
                path: format!("line {}: apiVersion", document.line),
                value: version.to_owned(),
                reason: format!("permitted: {VERSION}"),
            });
        }
    }
    for document in &documents {
        let kind = of(&document.value, "kind");
        match kind {
            "SLO" => {
                let mut reader = Reader {
                    named: &named,
                    name: name(&document.value).to_owned(),
                    line: document.line,
                    app,
                    imported: &mut imported,
                };
                reader.slo(&document.value);
            }
            // They are read where an objective refers to them.
            "SLI" | "AlertPolicy" | "AlertCondition" => {}
            _ => {
                let text = format!("documents of kind {kind} are not read");
                imported.lost.push(Note::new(name(&document.value), text));
            }
        }
    }
    flows::take_own(&mut imported);
    if imported.slos.is_empty() && imported.flows.is_empty() && imported.problems.is_empty() {
        imported.problems.push(Problem {
            path: "kind".to_owned(),
            value: String::new(),
            reason: "no document of kind SLO".to_owned(),
        });
    }
    Ok(imported)
}

pub(super) fn of<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

pub(super) fn name(document: &Value) -> &str {
    of(&document["metadata"], "name")
}

pub(super) fn annotation<'a>(document: &'a Value, name: &str) -> Option<&'a str> {
    document["metadata"]["annotations"][format!("{PREFIX}{name}")].as_str()
}

pub(super) struct Reader<'a> {
    pub(super) named: &'a Named<'a>,
    name: String,
    line: usize,
    pub(super) app: Option<&'a str>,
    pub(super) imported: &'a mut Imported,
}

impl<'a> Reader<'a> {
    pub(super) fn problem(&mut self, path: &str, value: &str, reason: impl Into<String>) {
        self.imported.problems.push(Problem {
            path: format!("line {}: {}: {path}", self.line, self.name),
            value: value.to_owned(),
            reason: reason.into(),
        });
    }

    pub(super) fn lost(&mut self, text: impl Into<String>) {
        self.imported.lost.push(Note::new(&self.name, text));
    }

    pub(super) fn added(&mut self, text: impl Into<String>) {
        self.imported.added.push(Note::new(&self.name, text));
    }

    fn slo(&mut self, document: &'a Value) {
        let spec = &document["spec"];
        let Some(mut slo) = self.measured(document) else {
            return;
        };
        self.window(spec, &mut slo);
        self.annotations(document, &mut slo);
        if !matches!(of(spec, "budgetingMethod"), "" | "Occurrences") {
            let method = of(spec, "budgetingMethod");
            self.lost(format!(
                "budgetingMethod {method}: events are counted (Occurrences)"
            ));
        }
        for (at, policy) in spec["alertPolicies"]
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
        {
            self.policy(policy, at, &mut slo);
        }
        if slo.rules.is_empty() {
            self.added("no alert policy: the usual rules of corswatch hold");
        }
        let stated = document["metadata"]["displayName"].as_str();
        let base = stated.filter(|name| !name.is_empty()).unwrap_or(&self.name);
        let base = base.to_owned();
        let objectives = spec["objectives"].as_array().map_or(&[][..], Vec::as_slice);
        if objectives.is_empty() {
            self.problem(
                "spec.objectives",
                "",
                "is missing: one with `target` or `targetPercent`",
            );
        }
        for (at, objective) in objectives.iter().enumerate() {
            let mut slo = slo.clone();
            slo.name = if objectives.len() == 1 {
                base.clone()
            } else {
                format!("{base}-{}", at + 1)
            };
            if self.objective(objective, at, &mut slo) {
                self.imported.slos.push(slo);
            }
        }
    }

    fn objective(&mut self, objective: &Value, at: usize, slo: &mut SloConfig) -> bool {
        let path = format!("spec.objectives[{at}].target");
        let share = match (&objective["target"], &objective["targetPercent"]) {
            (Value::Null, Value::Null) => None,
            (Value::Null, percent) => percent.as_f64().map(|percent| {
                // 99.9 / 100 is 0.9990000000000001.
                (percent * 1e10).round() / 1e12
            }),
            (target, _) => target.as_f64(),
        };
        for member in [
            "op",
            "value",
            "compositeWeight",
            "timeSliceTarget",
            "timeSliceWindow",
        ] {
            if !objective[member].is_null() {
                self.lost(format!(
                    "objectives[{at}].{member}: an SLI of corswatch has one threshold"
                ));
            }
        }
        match share.map(Objective::new) {
            Some(Ok(share)) => {
                slo.objective = Some(share);
                true
            }
            Some(Err(error)) => {
                self.problem(&path, "", error.to_string());
                false
            }
            None => {
                self.problem(&path, "", "is missing: `target` or `targetPercent`");
                false
            }
        }
    }

    fn annotations(&mut self, document: &Value, slo: &mut SloConfig) {
        let parsed = |name: &str| annotation(document, name).map(str::to_owned);
        if let Some(word) = parsed("group-by") {
            match word.parse::<GroupBy>() {
                Ok(group_by) => slo.group_by = group_by,
                Err(error) => self.problem("group-by", &word, error.to_string()),
            }
        }
        if let Some(word) = parsed("at-most") {
            match word.parse::<Severity>() {
                Ok(severity) => slo.at_most = severity,
                Err(error) => self.problem("at-most", &word, error.to_string()),
            }
        }
        if let Some(count) = parsed("min-bad").and_then(|text| text.parse().ok()) {
            slo.guards.min_bad = count;
        }
        if let Some(count) = parsed("min-total").and_then(|text| text.parse().ok()) {
            slo.guards.min_total = count;
        }
        let span = |name: &str| parsed(name).and_then(|text| text.parse::<Span>().ok());
        slo.hold = span("hold");
        slo.resolve_after = span("resolve-after");
        slo.runbook = parsed("runbook").unwrap_or_default();
        let metadata = &document["metadata"];
        for (name, value) in metadata["labels"].as_object().into_iter().flatten() {
            match value {
                Value::String(text) => {
                    slo.labels.insert(name.clone(), text.clone());
                }
                Value::Array(list) if list.len() == 1 && list[0].is_string() => {
                    let text = list[0].as_str().unwrap_or_default();
                    slo.labels.insert(name.clone(), text.to_owned());
                }
                _ => self.lost(format!("label {name}: a label of corswatch is one text")),
            }
        }
        for name in metadata["annotations"].as_object().into_iter().flatten() {
            if !name.0.starts_with(PREFIX) {
                self.lost(format!("annotation {}", name.0));
            }
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
