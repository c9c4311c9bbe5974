//! Settings of the prober.

use intake::ServiceConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Span};
use web::{EndpointTemplate, OriginPattern, PathPrefix, Schemes};

use browse::Addresses;
use browse::KnownPaths;
use browse::Limits;
use browse::TargetPolicy;

/// How failures are replayed, and how often targets are looked at. Only what a rule of a configured
/// service covers is ever asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Pause between two looks for new failures. Permitted: 100ms to 5m.
    pub tick: Span,
    /// Time for one message to a target. Permitted: 100ms to 30s.
    pub timeout: Span,
    /// Replays at the same time. Permitted: 1 to 32.
    pub at_once: usize,
    /// Messages that one target gets in a minute, all spellings of its origin together, and all names that
    /// lead to one address together. Permitted: 1 to 600.
    pub per_target_per_minute: u32,
    /// A failure that goes on is replayed again after this. Permitted: 1m to 1day.
    pub again_after: Span,
    /// Pause between two looks at the CORS headers of targets that work, so that a diagnosis can say
    /// what has changed. Permitted: 10s to 1day.
    pub snapshot_every: Span,
    /// Targets that are looked at, those of most requests first; 0 for none. Permitted: 0 to 1000.
    pub snapshot_targets: u32,
    /// One prober works; when it is not heard of for this long, another takes over. Permitted: 3s to
    /// 5m.
    pub lease: Span,
    /// Origins of services, written as in their rules, such as `http://localhost:8080`, that may be in a
    /// private network or on this machine. Everybody with a beacon key can make the prober ask there.
    pub dangerously_allow_private_networks: Vec<String>,
    /// Paths that stand for endpoint templates when they are replayed; without one a segment such as
    /// `:id` becomes `1`.
    pub samples: Vec<Sample>,
    /// Paths to which pages send GraphQL operations, as in the SDK's option `graphql`; those that end with
    /// `/graphql` need not be listed. An operation such as `/api/query/GetCart` is asked at its path.
    pub graphql_paths: Vec<String>,
}

/// A path that stands for an endpoint template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sample {
    /// Target origin, such as `https://api.shop.example`; empty for all.
    pub origin: String,
    /// Template, such as `/cart/:id`.
    pub endpoint: String,
    /// Path, such as `/cart/7`. It is asked with GET if the template is.
    pub path: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            tick: Span::secs(1),
            timeout: Span::secs(5),
            at_once: 4,
            per_target_per_minute: 60,
            again_after: Span::secs(600),
            snapshot_every: Span::secs(180),
            snapshot_targets: 50,
            lease: Span::secs(15),
            dangerously_allow_private_networks: Vec::new(),
            samples: Vec::new(),
            graphql_paths: Vec::new(),
        }
    }
}

impl Config {
    /// Reports every setting that is wrong; `services` are those of the catalog.
    pub fn problems(&self, services: &[ServiceConfig], mut problems: Problems<'_>) {
        let (minute, day) = (Span::secs(60), Span::secs(86_400));
        problems.range("tick", self.tick, Span::millis(100)..=Span::secs(300));
        problems.range("timeout", self.timeout, Span::millis(100)..=Span::secs(30));
        problems.range("at_once", self.at_once, 1..=32);
        problems.range("per_target_per_minute", self.per_target_per_minute, 1..=600);
        problems.range("again_after", self.again_after, minute..=day);
        problems.range("snapshot_every", self.snapshot_every, Span::secs(10)..=day);
        problems.range("snapshot_targets", self.snapshot_targets, 0..=1000);
        problems.range("lease", self.lease, Span::secs(3)..=Span::secs(300));
        let known = |origin: &str| {
            let mut rules = services.iter().flat_map(|service| &service.matches);
            rules.any(|rule| rule.origin == origin)
        };
        for (n, origin) in self.dangerously_allow_private_networks.iter().enumerate() {
            if !known(origin) {
                let field = format!("dangerously_allow_private_networks[{n}]");
                problems.report(&field, origin, "no service has a rule with this origin");
            }
        }
        for (n, sample) in self.samples.iter().enumerate() {
            sample.problems(problems.section(format_args!("samples[{n}]")));
        }
        for (n, path) in self.graphql_paths.iter().enumerate() {
            if let Err(problem) = EndpointTemplate::check(path) {
                problems.report(&format!("graphql_paths[{n}]"), path, problem.to_string());
            }
        }
    }

    /// What is configured of paths.
    #[must_use]
    pub fn known_paths(&self) -> KnownPaths {
        let samples = self.samples.iter().map(|sample| browse::Sample {
            origin: &sample.origin,
            endpoint: &sample.endpoint,
            path: &sample.path,
        });
        KnownPaths::new(samples, &self.graphql_paths)
    }

    /// The targets that may be asked: what the rules of `services` cover.
    #[must_use]
    pub fn policy(&self, services: &[ServiceConfig]) -> TargetPolicy {
        let rules = services.iter().flat_map(|service| &service.matches);
        rules.fold(TargetPolicy::default(), |policy, rule| {
            // The configuration has been checked; a rule that cannot be read allows nothing.
            let origins = OriginPattern::read(&rule.origin, Schemes::Web);
            let (Ok(origins), Ok(paths)) = (origins, PathPrefix::read(&rule.path)) else {
                return policy;
            };
            let addresses = if self
                .dangerously_allow_private_networks
                .contains(&rule.origin)
            {
                Addresses::Private
            } else {
                Addresses::Public
            };
            policy.allow_below(origins, paths, addresses)
        })
    }

    /// What a message may take.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            timeout: self.timeout.duration(),
            ..Limits::default()
        }
    }
}

impl Sample {
    fn problems(&self, mut problems: Problems<'_>) {
        if !self.origin.is_empty()
            && let Err(problem) = OriginPattern::read(&self.origin, Schemes::Web)
        {
            problems.report("origin", &self.origin, problem.to_string());
        }
        if let Err(problem) = EndpointTemplate::check(&self.endpoint) {
            problems.report("endpoint", &self.endpoint, problem.to_string());
        }
        // A path may have a query: it is asked, not counted.
        let path = self.path.split('?').next().unwrap_or_default();
        let problem = match self.path.contains('#') {
            true => Some("a path that is asked has no fragment".to_owned()),
            false => EndpointTemplate::check(path)
                .err()
                .map(|problem| problem.to_string()),
        };
        if let Some(problem) = problem {
            problems.report("path", &self.path, problem);
        }
    }
}
