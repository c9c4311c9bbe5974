//! Which origins are tried at a target: those that its allow-list may hold.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cors::Origin;
use intake::{AppConfig, ServiceConfig};
use store::OriginSource;

use crate::Config;
use crate::targets::{CallTimes, Target};

/// An origin to try, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) origin: Origin,
    pub(crate) source: OriginSource,
}

/// What the configuration says of allow-lists.
#[derive(Debug)]
pub(crate) struct Candidates {
    everywhere: Vec<String>,
    by_service: HashMap<String, Vec<String>>,
    by_app: HashMap<String, Vec<String>>,
    most: usize,
}

impl Candidates {
    pub(crate) fn new(config: &Config, apps: &[AppConfig], services: &[ServiceConfig]) -> Self {
        let of_service =
            |service: &ServiceConfig| (service.name.clone(), service.allowed_origins.clone());
        let of_app = |app: &AppConfig| (app.name.clone(), app.page_origins.clone());
        Self {
            everywhere: config.origins.clone(),
            by_service: services.iter().map(of_service).collect(),
            by_app: apps.iter().map(of_app).collect(),
            most: config.origins_per_target,
        }
    }

    /// The origins to try at `target`: what is said to be listed, the page origins of the apps that
    /// call it, and those that were seen to call, the latest first. Patterns cannot be tried, and
    /// pages of the target's own origin need no permission.
    pub(crate) fn of(
        &self,
        target: &Target,
        pages: &BTreeMap<String, CallTimes>,
    ) -> Vec<Candidate> {
        let listed = self.by_service.get(&target.key.service);
        let listed = listed.into_iter().flatten().chain(&self.everywhere);
        let apps = target.apps.iter().filter_map(|app| self.by_app.get(app));
        let mut seen: Vec<(&String, &CallTimes)> = pages.iter().collect();
        seen.sort_by_key(|(origin, seen)| (std::cmp::Reverse(seen.last), *origin));
        let all = listed
            .map(|origin| (origin, OriginSource::Listed))
            .chain(
                apps.flatten()
                    .map(|origin| (origin, OriginSource::Configured)),
            )
            .chain(
                seen.into_iter()
                    .map(|(origin, _)| (origin, OriginSource::Traffic)),
            );
        let mut known = BTreeSet::new();
        // `null` is asked for anyway.
        let is_tried = |origin: &str| {
            !origin.contains('*') && origin != "null" && origin != target.key.target_origin
        };
        all.filter(|(origin, _)| is_tried(origin))
            .filter_map(|(origin, source)| {
                let origin = Origin::parse(origin)?;
                known
                    .insert(origin.as_str().to_owned())
                    .then_some(Candidate { origin, source })
            })
            .take(self.most)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use browse::ProbeTarget;
    use observation::UnixMillis;

    use super::*;
    use crate::targets::Key;

    #[test]
    fn listed_origins_come_first_then_configured_ones_then_the_latest_that_called() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let config = Config {
            origins: texts(&["https://global.test"]),
            origins_per_target: 6,
            ..Config::default()
        };
        let app = |name: &str, page_origins| AppConfig {
            name: name.to_owned(),
            page_origins,
            ..AppConfig::default()
        };
        let apps = [
            app("shop", texts(&["https://shop.test", "https://*.shop.test"])),
            app("other", texts(&["https://other.test"])),
        ];
        let services = [ServiceConfig {
            name: "api".to_owned(),
            allowed_origins: texts(&["https://partner.test", "https://shop.test"]),
            ..ServiceConfig::default()
        }];
        let target = Target {
            key: Key {
                service: "api".to_owned(),
                target_origin: "https://api.test".to_owned(),
                endpoint: "/x".to_owned(),
            },
            apps: texts(&["shop"]),
            method: "GET".to_owned(),
            place: ProbeTarget {
                url: "https://api.test/x".to_owned(),
                made_up: false,
            },
        };
        let seen = |last| CallTimes {
            first: UnixMillis(0),
            last: UnixMillis(last),
        };
        let pages = [
            ("https://a.shop.test", seen(1)),
            ("https://b.shop.test", seen(9)),
            ("https://c.shop.test", seen(5)),
            ("https://d.shop.test", seen(0)),
            ("https://api.test", seen(99)),
            ("null", seen(99)),
        ];
        let pages = pages.map(|(origin, seen)| (origin.to_owned(), seen));
        let found = Candidates::new(&config, &apps, &services).of(&target, &pages.into());
        let found: Vec<_> = found
            .iter()
            .map(|one| (one.origin.as_str(), one.source.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("https://partner.test", "listed"),
                ("https://shop.test", "listed"),
                ("https://global.test", "listed"),
                ("https://b.shop.test", "traffic"),
                ("https://c.shop.test", "traffic"),
                ("https://a.shop.test", "traffic"),
            ]
        );
    }
}
