//! What critical flows notice of incidents.

use std::sync::Arc;

use incident::{AppPart, FlowImpact};
use observation::UnixMillis;
use store::{Counts, Flow, SliFilter, StoreError};

use super::Incidents;
use crate::Slo;
use crate::decide::AlertDecider;

impl Incidents {
    /// The flows of an app of which calls fail.
    pub(super) async fn flows_noticing(
        &self,
        (app, part): (&str, &AppPart),
        failing: (&str, &[String], Counts),
        judge: &AlertDecider,
        span: (UnixMillis, UnixMillis),
    ) -> Result<Vec<FlowImpact>, StoreError> {
        let mut noticing = Vec::new();
        let own = self.flows.iter().filter(|(of, _)| of == app);
        for (_, flow) in own {
            let mut slices = part.slices.iter();
            if !slices.any(|slice| flow.has(&slice.method, &slice.endpoint)) {
                continue;
            }
            let filter = SliFilter {
                flow: Some(flow.clone()),
                ..judge.slices.filter(app)
            };
            let found = self.source.flow_affected(&filter, failing, span).await?;
            noticing.push(FlowImpact {
                name: flow.name.clone(),
                sessions: found.sessions,
                all_sessions: found.all_sessions,
            });
        }
        Ok(noticing)
    }
}

/// Every flow has an objective, which carries it.
pub(super) fn of(slos: &[Arc<Slo>]) -> Vec<(String, Flow)> {
    let mut flows: Vec<(String, Flow)> = Vec::new();
    for slo in slos {
        let Some(flow) = &slo.filter.flow else {
            continue;
        };
        if !flows
            .iter()
            .any(|(app, known)| *app == slo.app && known == flow)
        {
            flows.push((slo.app.clone(), flow.clone()));
        }
    }
    flows
}
