//! What belongs into the inventory: endpoints that pages call, a bounded number of them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use browse::{KnownPaths, NoPath, ProbeTarget};
use intake::AppConfig;
use observation::UnixMillis;
use store::{CalledRow, InventoryRow, OriginSeenRow};
use web::EndpointTemplate;

use crate::Config;

/// Endpoints that are remembered; more are found again at the next full look.
const MAX_CALLED: usize = 10_000;
/// Page origins that are remembered of a target, those that called last.
const MAX_PAGES: usize = 10_000;

/// An endpoint that is in the inventory stays unless another is called so many times as often: one that is
/// called a little more does not push it out every day, and one that was called once does not stay for long.
const STAYS: u64 = 4;

/// An endpoint that is called so many times less often than the busiest one of its server is rare: it comes
/// after the others however it is read, so that a few invented calls of `GET /anything` take no place from
/// endpoints that are only written to or are templates.
const RARE: u64 = 20;

/// Pages send operations of GraphQL with it; the configuration names endpoints without a method.
const OPERATIONS: &str = "POST";

/// The identity of a target.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) service: String,
    pub(crate) target_origin: String,
    pub(crate) endpoint: String,
}

impl Key {
    pub(crate) fn of(row: &InventoryRow) -> Self {
        Self {
            service: row.service.clone(),
            target_origin: row.target_origin.clone(),
            endpoint: row.endpoint.clone(),
        }
    }

    fn server(&self) -> (&str, &str) {
        (&self.service, &self.target_origin)
    }

    /// A number that spreads identities evenly: FNV-1a.
    pub(crate) fn spread(&self) -> u64 {
        let parts = [&self.service, &self.target_origin, &self.endpoint];
        let bytes = parts.into_iter().flat_map(|part| part.bytes().chain([0]));
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }
}

/// What is audited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) key: Key,
    pub(crate) apps: Vec<String>,
    /// `GET` where pages read it so; else the method of most calls, which only preflights name.
    pub(crate) method: String,
    pub(crate) place: ProbeTarget,
}

impl Target {
    /// Whether it may be asked with anything but a preflight.
    pub(crate) fn is_read(&self) -> bool {
        self.method == "GET"
    }
}

/// About how many calls each app makes with each method, in the look that saw most of them.
#[derive(Debug, Clone, Default)]
struct Called(BTreeMap<(String, String), u64>);

impl Called {
    fn weight(&self) -> u64 {
        self.0.values().sum()
    }

    fn apps(&self) -> BTreeSet<&String> {
        self.0.keys().map(|(app, _)| app).collect()
    }

    /// `GET` where pages read it so, and else the method of most calls.
    fn method(&self) -> &str {
        let mut methods: BTreeMap<&str, u64> = BTreeMap::new();
        for ((_, method), weight) in &self.0 {
            *methods.entry(method).or_default() += weight;
        }
        let is_read = methods.contains_key("GET") || methods.contains_key("HEAD");
        let most = methods.into_iter().max_by_key(|(_, weight)| *weight);
        match most {
            Some((method, _)) if !is_read => method,
            _ => "GET",
        }
    }
}

/// How targets are chosen.
#[derive(Debug)]
pub(crate) struct Choice {
    known: KnownPaths,
    /// Endpoints that the configuration of an app names.
    named: HashSet<(String, String)>,
    endpoints_per_origin: usize,
    targets: usize,
}

impl Choice {
    pub(crate) fn new(config: &Config, known: KnownPaths, apps: &[AppConfig]) -> Self {
        let named = apps.iter().flat_map(|app| {
            let asked = |endpoint: &String| known.asked_as(endpoint, OPERATIONS).to_owned();
            let of_app = move |endpoint: String| (app.name.clone(), endpoint);
            app.endpoints.iter().map(asked).map(of_app)
        });
        let named = named.collect();
        Self {
            named,
            known,
            endpoints_per_origin: config.endpoints_per_origin,
            targets: config.targets,
        }
    }

    pub(crate) fn known(&self) -> &KnownPaths {
        &self.known
    }

    fn is_named(&self, target: &Target) -> bool {
        let endpoint = &target.key.endpoint;
        let mut apps = target.apps.iter();
        apps.any(|app| self.named.contains(&(app.clone(), endpoint.clone())))
    }
}

/// What pages call, as far as it was seen.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    called: BTreeMap<Key, Called>,
    /// By service and server: the pages by origin and app.
    pages: BTreeMap<(String, String), BTreeMap<(String, String), CallTimes>>,
}

/// When pages of an origin called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallTimes {
    pub(crate) first: UnixMillis,
    pub(crate) last: UnixMillis,
}

impl Traffic {
    /// Takes in endpoints that were called. Operations of GraphQL are one endpoint, the path that they
    /// are sent to; what is counted together because there was too much of it is none.
    pub(crate) fn add_called(&mut self, rows: Vec<CalledRow>, known: &KnownPaths) {
        for row in rows {
            let key = Key {
                endpoint: known.asked_as(&row.endpoint, &row.method).to_owned(),
                service: row.service,
                target_origin: row.target_origin,
            };
            let is_new = !self.called.contains_key(&key);
            if key.endpoint == EndpointTemplate::OTHER
                || (is_new && self.called.len() >= MAX_CALLED)
            {
                continue;
            }
            let called = self.called.entry(key).or_default();
            let weight = called.0.entry((row.app, row.method)).or_default();
            *weight = row.weight.max(*weight);
        }
    }

    /// Takes in when pages called.
    pub(crate) fn add_seen(&mut self, rows: Vec<OriginSeenRow>) {
        for row in rows {
            let pages = self
                .pages
                .entry((row.service, row.target_origin))
                .or_default();
            let page = (row.page_origin, row.app);
            if !pages.contains_key(&page) && pages.len() >= MAX_PAGES {
                continue;
            }
            let seen = pages.entry(page).or_insert(CallTimes {
                first: row.first_seen,
                last: row.last_seen,
            });
            seen.first = seen.first.min(row.first_seen);
            seen.last = seen.last.max(row.last_seen);
        }
    }

    /// When pages of any app called the server of a target, by origin: a list holds for a whole server.
    pub(crate) fn pages(&self, key: &Key) -> BTreeMap<String, CallTimes> {
        self.pages_of(key, |_| true)
    }

    /// The same of the apps that call the target itself: those who see it may know of these.
    pub(crate) fn own_pages(&self, target: &Target) -> BTreeMap<String, CallTimes> {
        self.pages_of(&target.key, |app| target.apps.iter().any(|own| own == app))
    }

    fn pages_of(&self, key: &Key, is_meant: impl Fn(&str) -> bool) -> BTreeMap<String, CallTimes> {
        let of = (key.service.clone(), key.target_origin.clone());
        let pages = self.pages.get(&of).into_iter().flatten();
        let mut found: BTreeMap<String, CallTimes> = BTreeMap::new();
        for ((origin, _), seen) in pages.filter(|((_, app), _)| is_meant(app)) {
            let known = found.entry(origin.clone()).or_insert(*seen);
            known.first = known.first.min(seen.first);
            known.last = known.last.max(seen.last);
        }
        found
    }

    /// Chooses the targets: first what an app's configuration names, then what is called most, where what is
    /// `known` counts [`STAYS`] times. Each service gets its turn until the limit is reached.
    pub(crate) fn select(&self, known: &HashSet<Key>, choice: &Choice) -> Vec<Target> {
        let weight = |key: &Key, called: &Called| match known.contains(key) {
            true => called.weight().saturating_mul(STAYS),
            false => called.weight(),
        };
        let mut busiest: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for (key, called) in &self.called {
            let most = busiest.entry(key.server()).or_default();
            *most = called.weight().max(*most);
        }
        let mut origins: BTreeMap<(&str, &str), Vec<(Rank, Target)>> = BTreeMap::new();
        for (key, called) in &self.called {
            let weight = weight(key, called);
            // No row is of what cannot be asked.
            let Ok(target) = target(key, called, &choice.known) else {
                continue;
            };
            let rank = Rank {
                unnamed: !choice.is_named(&target),
                unbelieved: called.weight() == 0,
                rare: weight.saturating_mul(RARE) < busiest[&key.server()],
                unread: !target.is_read(),
                made_up: target.place.made_up,
                weight: std::cmp::Reverse(weight),
                unknown: !known.contains(key),
            };
            origins
                .entry(key.server())
                .or_default()
                .push((rank, target));
        }
        let mut services: BTreeMap<&str, Vec<(usize, Rank, Target)>> = BTreeMap::new();
        for ((service, _), mut targets) in origins {
            targets.sort_by(|a, b| (&a.0, &a.1.key).cmp(&(&b.0, &b.1.key)));
            targets.truncate(choice.endpoints_per_origin);
            let numbered = targets.into_iter().enumerate();
            let numbered = numbered.map(|(turn, (rank, target))| (turn, rank, target));
            services.entry(service).or_default().extend(numbered);
        }
        let mut chosen = Vec::new();
        for (_, mut targets) in services {
            targets.sort_by(|a, b| (a.0, &a.2.key).cmp(&(b.0, &b.2.key)));
            let turns = targets.into_iter().enumerate();
            chosen.extend(turns.map(|(turn, (_, rank, target))| {
                let first = (rank.unnamed, rank.unknown, turn);
                (first, target)
            }));
        }
        chosen.sort_by(|a, b| (a.0, &a.1.key).cmp(&(b.0, &b.1.key)));
        chosen.truncate(choice.targets);
        chosen.into_iter().map(|(_, target)| target).collect()
    }
}

/// What comes first; the order of the fields is their weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    unnamed: bool,
    /// All calls of it are disputed.
    unbelieved: bool,
    /// Others of its server are called [`RARE`] times as often.
    rare: bool,
    unread: bool,
    made_up: bool,
    weight: std::cmp::Reverse<u64>,
    unknown: bool,
}

fn target(key: &Key, called: &Called, known: &KnownPaths) -> Result<Target, NoPath> {
    let method = called.method();
    Ok(Target {
        key: key.clone(),
        apps: called.apps().into_iter().cloned().collect(),
        method: method.to_owned(),
        place: ProbeTarget::of(&key.target_origin, &key.endpoint, method, known)?,
    })
}

#[cfg(test)]
#[path = "targets_tests.rs"]
mod tests;
