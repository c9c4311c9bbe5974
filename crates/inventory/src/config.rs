//! Settings of the inventory.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Span};
use web::{OriginPattern, Schemes};

/// The inventory of policies: what pages call is audited, by the prober and where the prober may go.
/// The URLs of templates are those of `prober.samples`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Targets (endpoints of configured services) in the inventory; 0 switches it off. Permitted: 0 to
    /// 1000.
    pub targets: usize,
    /// Of these, endpoints of one origin of one service: those that `apps.endpoints` names, then those
    /// that are called at least a twentieth as often as the busiest; of these those that are read with
    /// GET first, then those of most calls. Calls of what is in it already count fourfold. Permitted: 1
    /// to 20.
    pub endpoints_per_origin: usize,
    /// Pause between two looks at the traffic for new endpoints. Permitted: 100ms to 1h.
    pub tick: Span,
    /// Every target is audited this often. Permitted: 1h to 30days.
    pub every: Span,
    /// It is audited again at the earliest after this, when headers of its origin have changed or it did not
    /// answer. Permitted: 1s to 1day.
    pub again_after: Span,
    /// Audits at the same time; of one origin there is never more than one. Permitted: 1 to 8.
    pub at_once: usize,
    /// Requests a second that one audit sends at most, one after the other. Permitted: 1 to 1000.
    pub requests_per_second: u32,
    /// What no page has called for this long leaves the inventory. Permitted: 1h to 90days.
    pub called_within: Span,
    /// An origin is unused when it is allowed and no page of it has called the target for this long.
    /// Permitted: 1h to 400days.
    pub unused_after: Span,
    /// Page origins that are believed to be on the allow-lists of all services, beside those of
    /// `services.allowed_origins`, the apps' page origins and those seen in traffic.
    pub origins: Vec<String>,
    /// Origins that are tried at one target. Permitted: 1 to 200.
    pub origins_per_target: usize,
    /// One process keeps the inventory; when it is not heard of for this long, another takes over.
    /// Permitted: 3s to 5m.
    pub lease: Span,
}

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

impl Default for Config {
    fn default() -> Self {
        Self {
            targets: 200,
            endpoints_per_origin: 3,
            tick: Span::secs(60),
            every: Span::secs(DAY),
            again_after: Span::secs(300),
            at_once: 1,
            requests_per_second: 20,
            called_within: Span::secs(7 * DAY),
            unused_after: Span::secs(30 * DAY),
            origins: Vec::new(),
            origins_per_target: 50,
            lease: Span::secs(15),
        }
    }
}

impl Config {
    /// Reports every setting that is wrong.
    pub fn problems(&self, mut problems: Problems<'_>) {
        let (second, hour) = (Span::secs(1), Span::secs(HOUR));
        let days = |days: u64| Span::secs(days * DAY);
        problems.range("targets", self.targets, 0..=1000);
        problems.range("endpoints_per_origin", self.endpoints_per_origin, 1..=20);
        problems.range("tick", self.tick, Span::millis(100)..=hour);
        problems.range("every", self.every, hour..=days(30));
        problems.range("again_after", self.again_after, second..=days(1));
        problems.range("at_once", self.at_once, 1..=8);
        problems.range("requests_per_second", self.requests_per_second, 1..=1000);
        problems.range("called_within", self.called_within, hour..=days(90));
        problems.range("unused_after", self.unused_after, hour..=days(400));
        problems.range("origins_per_target", self.origins_per_target, 1..=200);
        problems.range("lease", self.lease, Span::secs(3)..=Span::secs(300));
        for (n, origin) in self.origins.iter().enumerate() {
            let problem = match origin.contains('*') {
                true => Some("each origin is tried as it is: patterns cannot be".to_owned()),
                false => OriginPattern::read(origin, Schemes::Any)
                    .err()
                    .map(|problem| problem.to_string()),
            };
            if let Some(problem) = problem {
                problems.report(&format!("origins[{n}]"), origin, problem);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_permitted_and_every_mistake_is_named() {
        let mut found = Vec::new();
        Config::default().problems(Problems::at("inventory", &mut found));
        assert_eq!(found, []);
        let wrong = Config {
            targets: 1001,
            every: Span::secs(60),
            at_once: 0,
            origins: [
                "https://*.example.com",
                "https://ok.example",
                "example.com/",
            ]
            .map(str::to_owned)
            .to_vec(),
            ..Config::default()
        };
        wrong.problems(Problems::at("inventory", &mut found));
        let paths: Vec<_> = found.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "inventory.targets",
                "inventory.every",
                "inventory.at_once",
                "inventory.origins[0]",
                "inventory.origins[2]"
            ]
        );
    }
}
