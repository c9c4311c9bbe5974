//! Which service owns an endpoint.

use std::collections::HashMap;

use super::ServiceConfig;
use super::pattern::OriginPattern;

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
    path: String,
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
                let path = rule.path.trim_end_matches('/').to_owned();
                services.add(&rule.origin, Rule { path, service });
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

    fn add(&mut self, origin: &str, rule: Rule) {
        match OriginPattern::read(origin) {
            Ok(pattern) => self.patterns.push((pattern, rule)),
            Err(_) => self.exact.entry(origin.to_owned()).or_default().push(rule),
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
            .and_then(|rules| rules.iter().find(|rule| rule.covers(endpoint)));
        let pattern = self
            .patterns
            .iter()
            .find(|(pattern, rule)| pattern.matches(target_origin) && rule.covers(endpoint))
            .map(|(_, rule)| rule);
        let rule = match (exact, pattern) {
            (Some(exact), Some(pattern)) if pattern.path.len() > exact.path.len() => pattern,
            (Some(exact), _) => exact,
            (None, pattern) => pattern?,
        };
        self.all.get(rule.service)
    }
}

impl Rule {
    /// A prefix ends where a segment ends: `/cart` covers `/cart/:id` and not `/cartoon`.
    fn covers(&self, endpoint: &str) -> bool {
        endpoint
            .strip_prefix(self.path.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}
