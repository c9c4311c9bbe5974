//! Who owns the services that alerts are about.

use std::collections::BTreeMap;

/// The label with the team that owns the service; routes by team match it.
const OWNER: &str = "owner";
const SERVICE: &str = "service";
const RUNBOOK: &str = "runbook_url";
/// The runbook of the service, where the objective has one of its own.
const SERVICE_RUNBOOK: &str = "service_runbook_url";

/// Who owns a service. Empty texts where nothing is configured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owner {
    /// The team.
    pub team: String,
    /// Address of the service's runbook.
    pub runbook: String,
}

/// The owners of the configured services, by name of the service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners(BTreeMap<String, Owner>);

impl FromIterator<(String, Owner)> for Owners {
    fn from_iter<I: IntoIterator<Item = (String, Owner)>>(owners: I) -> Self {
        Self(owners.into_iter().collect())
    }
}

impl Owners {
    /// Who owns `service`.
    #[must_use]
    pub fn of(&self, service: &str) -> Option<&Owner> {
        self.0.get(service)
    }

    /// Adds the owner of the service that `labels` name, as label `owner`, and its runbook, as
    /// annotation `runbook_url` or, where the objective has one, `service_runbook_url`. What is there
    /// already stays: an objective may label its alerts otherwise.
    pub fn complete(
        &self,
        labels: &mut BTreeMap<String, String>,
        annotations: &mut BTreeMap<String, String>,
    ) {
        let Some(owner) = labels.get(SERVICE).and_then(|service| self.of(service)) else {
            return;
        };
        if !owner.team.is_empty() {
            labels
                .entry(OWNER.to_owned())
                .or_insert_with(|| owner.team.clone());
        }
        if owner.runbook.is_empty() {
            return;
        }
        let name = match annotations.get(RUNBOOK) {
            Some(other) if *other == owner.runbook => return,
            Some(_) => SERVICE_RUNBOOK,
            None => RUNBOOK,
        };
        annotations.insert(name.to_owned(), owner.runbook.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
        pairs
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .into()
    }

    fn owners() -> Owners {
        let owner = |team: &str, runbook: &str| Owner {
            team: team.to_owned(),
            runbook: runbook.to_owned(),
        };
        [
            ("checkout", owner("team-checkout", "https://run.test/co")),
            ("legacy", owner("", "")),
        ]
        .map(|(service, owner)| (service.to_owned(), owner))
        .into_iter()
        .collect()
    }

    #[test]
    fn an_alert_of_a_service_names_its_owner_and_runbook_and_no_other_alert_does() {
        let (team, runbook) = (("owner", "team-checkout"), "https://run.test/co");
        let service = ("service", "checkout");
        for (labels, annotations, expected_labels, expected_annotations) in [
            (
                texts([service]),
                texts([]),
                texts([service, team]),
                texts([("runbook_url", runbook)]),
            ),
            (
                texts([service, ("owner", "on-call")]),
                texts([("runbook_url", "https://run.test/slo")]),
                texts([service, ("owner", "on-call")]),
                texts([
                    ("runbook_url", "https://run.test/slo"),
                    ("service_runbook_url", runbook),
                ]),
            ),
            (
                texts([service]),
                texts([("runbook_url", runbook)]),
                texts([service, team]),
                texts([("runbook_url", runbook)]),
            ),
            (
                texts([("service", "legacy")]),
                texts([]),
                texts([("service", "legacy")]),
                texts([]),
            ),
            (
                texts([("app", "checkout")]),
                texts([]),
                texts([("app", "checkout")]),
                texts([]),
            ),
        ] {
            let (mut got_labels, mut got_annotations) = (labels.clone(), annotations);
            owners().complete(&mut got_labels, &mut got_annotations);
            assert_eq!(got_labels, expected_labels, "{labels:?}");
            assert_eq!(got_annotations, expected_annotations, "{labels:?}");
        }
    }
}
