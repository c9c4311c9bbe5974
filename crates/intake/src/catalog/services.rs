//! Which service owns an endpoint.

use std::collections::HashMap;

use web::{OriginPattern, PathPrefix, Schemes};

use super::ServiceConfig;

/// A service that pages call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Name, as it stands in observations.
    pub name: String,
    /// Who owns it; empty where not configured.
    pub owner: String,
    /// Where its runbook is; empty where not configured.
    pub runbook: String,
}

/// A path prefix and the service that it leads to.
#[derive(Debug)]
struct Rule {
    path: PathPrefix,
    service: usize,
}

/// All services with their rules, the longest path first.
#[derive(Debug)]
pub(crate) struct Services {
    all: Vec<Service>,
    exact: HashMap<String, Vec<Rule>>,
    patterns: Vec<(OriginPattern, Rule)>,
}

impl Services {
    pub(super) fn build(configs: &[ServiceConfig]) -> Self {
        let mut services = Self {
            all: Vec::with_capacity(configs.len()),
            exact: HashMap::new(),
            patterns: Vec::new(),
        };
        for (service, config) in configs.iter().enumerate() {
            services.all.push(Service {
                name: config.name.clone(),
                owner: config.owner.clone(),
                runbook: config.runbook.clone(),
            });
            for rule in &config.matches {
                // The configuration has been checked; what cannot be read covers nothing.
                let origins = OriginPattern::read(&rule.origin, Schemes::Web);
                let (Ok(origins), Ok(path)) = (origins, PathPrefix::read(&rule.path)) else {
                    continue;
                };
                services.add(origins, Rule { path, service });
            }
        }
        for rules in services.exact.values_mut() {
            rules.sort_by_key(|rule| std::cmp::Reverse(rule.path.len()));
        }
        services
            .patterns
            .sort_by_key(|(_, rule)| std::cmp::Reverse(rule.path.len()));
        services
    }

    fn add(&mut self, origins: OriginPattern, rule: Rule) {
        match origins.exact() {
            Some(origin) => self.exact.entry(origin.to_owned()).or_default().push(rule),
            None => self.patterns.push((origins, rule)),
        }
    }

    pub(crate) fn all(&self) -> &[Service] {
        &self.all
    }

    /// The longest path prefix wins; of two equally long ones, that of the exact origin.
    pub(crate) fn of(&self, target_origin: &str, endpoint: &str) -> Option<&Service> {
        let exact = self
            .exact
            .get(target_origin)
            .and_then(|rules| rules.iter().find(|rule| rule.path.covers(endpoint)));
        let pattern = self
            .patterns
            .iter()
            .find(|(pattern, rule)| pattern.admits(target_origin) && rule.path.covers(endpoint))
            .map(|(_, rule)| rule);
        let rule = match (exact, pattern) {
            (Some(exact), Some(pattern)) if pattern.path.len() > exact.path.len() => pattern,
            (Some(exact), _) => exact,
            (None, pattern) => pattern?,
        };
        self.all.get(rule.service)
    }
}
