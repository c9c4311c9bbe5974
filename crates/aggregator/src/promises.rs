//! What is wrong with objectives and flows together.

use std::collections::BTreeSet;

use settings::Problems;

use crate::SloConfig;
use crate::flow_config::{self, FlowConfig};

/// Objectives at most: each has labels of metrics.
const MAX_SLOS: usize = 1000;

/// Reports everything wrong with objectives and flows. `apps` are the configured applications.
pub fn problems(
    (slos, flows): (&[SloConfig], &[FlowConfig]),
    apps: &[String],
    found: &mut Problems<'_>,
) {
    if slos.len() > MAX_SLOS {
        found.report("slo", slos.len(), format!("at most {MAX_SLOS} objectives"));
    }
    let apps = apps.iter().map(String::as_str).collect();
    let mut names = BTreeSet::new();
    for (at, slo) in slos.iter().enumerate() {
        let mut section = found.section(format!("slo[{at}]"));
        if !names.insert(slo.name()) {
            section.report("name", slo.name(), "another objective has this name");
        }
        if let Some(problem) = flow_config::unknown(slo, flows) {
            section.report("flow", problem.value, problem.reason);
        }
        slo.problems(section, &apps);
    }
    flow_config::problems(flows, found);
    for (at, flow) in flows.iter().enumerate() {
        let mut section = found.section(format!("flows[{at}]"));
        if !names.insert(flow.name.clone()) {
            section.report(
                "name",
                &flow.name,
                "another objective or flow has this name",
            );
        }
        flow.slo().problems(section, &apps);
    }
}
