//! Alert policies of OpenSLO.

use serde_json::Value;
use settings::Span;
use slo::Severity;

use super::import::{Reader, annotation, name, of};
use super::window::rolling;
use crate::{RuleConfig, SloConfig};

impl<'a> Reader<'a> {
    /// A document inline, or the one of a name.
    fn resolved(&self, kind: &'a str, given: &'a Value, member: &str) -> Option<&'a Value> {
        let reference = given.as_str().or_else(|| given[member].as_str());
        match reference {
            Some(reference) => {
                let mut named = self.named.iter();
                let found = named.find(|((of, name), _)| *of == kind && *name == reference);
                found.map(|(_, document)| *document)
            }
            None => Some(given).filter(|given| given["spec"].is_object()),
        }
    }

    pub(super) fn policy(&mut self, given: &'a Value, at: usize, slo: &mut SloConfig) {
        let path = format!("spec.alertPolicies[{at}]");
        let Some(policy) = self.resolved("AlertPolicy", given, "alertPolicyRef") else {
            self.problem(&path, "", "no AlertPolicy of this name is in the file");
            return;
        };
        let spec = &policy["spec"];
        if spec["alertWhenNoData"] == true {
            self.lost(format!(
                "{}: alertWhenNoData: without data nothing is concluded, and one alert for all says so",
                name(policy)
            ));
        }
        let targets = spec["notificationTargets"].as_array();
        if targets.is_some_and(|targets| !targets.is_empty()) {
            self.lost(format!(
                "{}: notificationTargets: see [[alert.routes]]",
                name(policy)
            ));
        }
        for condition in spec["conditions"].as_array().into_iter().flatten() {
            match self.resolved("AlertCondition", condition, "conditionRef") {
                Some(condition) => self.condition(policy, condition, &path, slo),
                None => self.problem(&path, "", "no AlertCondition of this name is in the file"),
            }
        }
    }

    fn condition(&mut self, policy: &Value, given: &Value, path: &str, slo: &mut SloConfig) {
        let spec = &given["spec"];
        let condition = &spec["condition"];
        let kind = of(condition, "kind");
        if !kind.eq_ignore_ascii_case("burnrate") {
            self.lost(format!("{}: a condition of kind {kind:?}", name(policy)));
            return;
        }
        let lookback = of(condition, "lookbackWindow");
        let Some(long) = rolling(lookback) else {
            self.problem(path, lookback, "lookbackWindow: such as 1h");
            return;
        };
        let Some(burn) = condition["threshold"].as_f64() else {
            self.problem(path, "", "threshold: is missing");
            return;
        };
        let short = annotation(policy, "short-window").and_then(rolling);
        if short.is_none() {
            self.added(format!(
                "{}: a short window of {}, so that an alert ends soon after its cause",
                name(policy),
                long.twelfth()
            ));
        }
        let after = of(condition, "alertAfter");
        if let Ok(span) = after.parse::<Span>()
            && span > Span::secs(0)
        {
            slo.hold = slo.hold.max(Some(span));
            self.lost(format!(
                "{}: alertAfter {after} holds for the whole objective",
                name(policy)
            ));
        }
        let rule = annotation(policy, "rule").map(str::to_owned);
        slo.rules.push(RuleConfig {
            name: rule,
            severity: severity(of(spec, "severity")),
            long,
            short: short.filter(|short| *short != long.twelfth()),
            burn: Some(burn),
            budget: None,
        });
    }
}

/// Severities are words of whoever writes them: those that wake someone are a page.
fn severity(word: &str) -> Severity {
    match word.to_ascii_lowercase().as_str() {
        "page" | "critical" | "high" | "sev1" | "p1" => Severity::Page,
        _ => Severity::Ticket,
    }
}
