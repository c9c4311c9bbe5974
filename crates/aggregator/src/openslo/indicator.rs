//! What an objective of OpenSLO measures.

use serde_json::Value;
use slo::Sli;

use super::import::{Reader, annotation, name, of};
use super::{PREFIX, SOURCE_TYPE};
use crate::SloConfig;

impl<'a> Reader<'a> {
    /// What is measured: the metric source of an indicator, inline or by name.
    pub(super) fn measured(&mut self, document: &'a Value) -> Option<SloConfig> {
        let spec = &document["spec"];
        let indicator = match spec["indicatorRef"].as_str() {
            Some(reference) => match self.named.get(&("SLI", reference)) {
                Some(indicator) => *indicator,
                None => {
                    self.problem(
                        "spec.indicatorRef",
                        reference,
                        "no SLI of this name is in the file",
                    );
                    return None;
                }
            },
            None => &spec["indicator"],
        };
        let metrics = &indicator["spec"]["ratioMetric"];
        let parts = ["bad", "good", "total"].into_iter();
        let sources = parts.map(|part| &metrics[part]["metricSource"]);
        let single = &indicator["spec"]["thresholdMetric"]["metricSource"];
        let mut sources = sources.chain([single]);
        let own = sources.find(|source| of(source, "type").eq_ignore_ascii_case(SOURCE_TYPE));
        let empty = Value::Null;
        let source = own.map_or(&empty, |source| &source["spec"]);
        let word = match source["sli"]
            .as_str()
            .or_else(|| annotation(document, "sli"))
        {
            Some(word) => word.to_owned(),
            None => name(indicator).replace('-', "_"),
        };
        let Some(sli) = sli(&word) else {
            let known: Vec<_> = Sli::ALL.iter().map(|sli| sli.as_str()).collect();
            let reason = format!(
                "corswatch measures by itself and reads no queries: name the SLI as `spec.sli` of a metricSource of \
                 type {SOURCE_TYPE}, or as annotation {PREFIX}sli; permitted: {}",
                known.join(", ")
            );
            self.problem("spec.indicator", &word, reason);
            return None;
        };
        if own.is_none() {
            let text = format!("the queries of the indicator: `{sli}` is measured instead");
            self.lost(text);
        }
        let app = source["app"].as_str().or(self.app);
        let app = app.unwrap_or_else(|| of(spec, "service")).to_owned();
        if app.is_empty() {
            self.problem(
                "spec.service",
                "",
                "names no app: write `spec.app`, or give --app",
            );
            return None;
        }
        if source["app"].is_null() {
            self.added(format!("app `{app}`"));
        }
        if spec["description"]
            .as_str()
            .is_some_and(|text| text != sli.definition().bad_events)
        {
            self.lost("description");
        }
        let mut slo = SloConfig::of(&app, sli);
        self.limits(source, &mut slo);
        Some(slo)
    }

    fn limits(&mut self, source: &Value, slo: &mut SloConfig) {
        let text = |name: &str| source[name].as_str().map(str::to_owned);
        slo.service = text("service");
        slo.page_origin = text("page_origin");
        slo.target_origin = text("target_origin");
        slo.endpoint = text("endpoint");
        slo.environment = text("environment");
        slo.release = text("release");
        slo.flow = text("flow");
        if let Some(flow) = slo.flow.clone() {
            self.calls(&slo.app, &flow, source);
        }
        if let Some(word) = source["source"].as_str() {
            match word.parse() {
                Ok(source) => slo.source = source,
                Err(error) => self.problem("spec.source", word, error.to_string()),
            }
        }
    }
}

/// An SLI by its word or its number in the CORS guide.
fn sli(word: &str) -> Option<Sli> {
    word.parse().ok().or_else(|| {
        let of_number = |sli: &&Sli| {
            let metric = sli.definition().metric;
            metric.is_some_and(|metric| metric.eq_ignore_ascii_case(word))
        };
        Sli::ALL.iter().find(of_number).copied()
    })
}
