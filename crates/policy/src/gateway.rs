//! HTTPRoutes of Gateway API with a CORS filter, as the texts of `apis/v1/httproute_types.go` of
//! kubernetes-sigs/gateway-api say it (v1.4, GEP-1767). What those leave to implementations makes an
//! answer unknown.

mod filter;
mod matching;
mod read;

use self::filter::Cors;
pub(crate) use self::filter::admits;
use self::matching::{Match, Rank};
use crate::ask::Ask;
use crate::form::Answers;
use crate::grant::Grant;
use crate::place::{EntryUrl, Problem, SourceLocation};
use crate::prediction::{Line, PredictedResponse, Prediction, Upstream};
use crate::source::Source;

/// Every HTTPRoute of a file.
#[derive(Debug, Default)]
pub(crate) struct Routes(Vec<Route>);

#[derive(Debug)]
struct Route {
    hostnames: Vec<String>,
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    matches: Vec<Match>,
    cors: Option<Cors>,
    /// A filter that is not followed, and its line.
    other: Option<(String, SourceLocation)>,
    place: SourceLocation,
}

pub(crate) fn read(source: &Source<'_>, problems: &mut Vec<Problem>) -> Routes {
    Routes(read::routes(source, problems))
}

/// How well a route's hostnames fit: exact before wildcard, the longest first.
fn fit(hostnames: &[String], host: &str) -> Option<(bool, usize)> {
    if hostnames.is_empty() {
        return Some((false, 0));
    }
    let fits = hostnames
        .iter()
        .filter_map(|name| match name.strip_prefix('*') {
            Some(end) => {
                (host.len() > end.len() && host.ends_with(end)).then_some((false, name.len()))
            }
            None => (name == host).then_some((true, name.len())),
        });
    fits.max()
}

/// Which rule a request belongs to.
enum Belongs<'a> {
    To(&'a Rule),
    NoRule,
    Unknown(String, SourceLocation),
}

impl Answers for Routes {
    fn answer(&self, ask: &Ask<'_>, upstream: &Upstream) -> Prediction {
        let fits = |route: &Route| fit(&route.hostnames, ask.host());
        let Some(best) = self.0.iter().filter_map(fits).max() else {
            return Prediction::Uncovered;
        };
        let routes = self.0.iter().filter(|route| fits(route) == Some(best));
        let rules: Vec<&Rule> = routes.flat_map(|route| &route.rules).collect();
        match belongs(&rules, ask) {
            Belongs::To(rule) => rule.answer(ask, upstream),
            Belongs::NoRule => Prediction::Response(PredictedResponse {
                status: 404,
                ..PredictedResponse::default()
            }),
            Belongs::Unknown(reason, place) => Prediction::Unknown {
                reason,
                place: Some(place),
            },
        }
    }

    fn grants(&self) -> Vec<Grant> {
        let rules = self.0.iter().flat_map(|route| &route.rules);
        rules
            .filter_map(|rule| rule.cors.as_ref())
            .flat_map(Cors::grants)
            .collect()
    }

    fn doors(&self) -> Vec<EntryUrl> {
        let mut doors = Vec::new();
        for route in &self.0 {
            let hosts: Vec<Option<String>> = if route.hostnames.is_empty() {
                vec![None]
            } else {
                route
                    .hostnames
                    .iter()
                    .map(|name| Some(name.replace("*.", "any.")))
                    .collect()
            };
            for rule in &route.rules {
                let paths = rule.matches.iter().filter_map(|found| found.path());
                for path in paths {
                    doors.extend(hosts.iter().map(|host| EntryUrl {
                        host: host.clone(),
                        path: path.clone(),
                        place: rule.place.clone(),
                    }));
                }
            }
        }
        doors
    }
}

fn belongs<'a>(rules: &[&'a Rule], ask: &Ask<'_>) -> Belongs<'a> {
    let mut best: Option<(Rank, &Rule)> = None;
    // Taken for what it is a preflight of.
    let mut meant: Option<(Rank, &Rule)> = None;
    for rule in rules {
        for found in &rule.matches {
            let rank = match found.rank(ask) {
                Ok(Some(rank)) => rank,
                Ok(None) => continue,
                Err(reason) => return Belongs::Unknown(reason, rule.place.clone()),
            };
            if meant.as_ref().is_none_or(|(other, _)| rank > *other) {
                meant = Some((rank.clone(), rule));
            }
            if !rank.only_meant && best.as_ref().is_none_or(|(other, _)| rank > *other) {
                best = Some((rank, rule));
            }
        }
    }
    match (best, meant) {
        (_, Some((rank, rule))) if rank.only_meant => Belongs::Unknown(
            "the rule matches by method, and whether it gets the preflight is up to the implementation".to_owned(),
            rule.place.clone(),
        ),
        (Some((_, rule)), _) => Belongs::To(rule),
        (None, _) => Belongs::NoRule,
    }
}

impl Rule {
    fn answer(&self, ask: &Ask<'_>, upstream: &Upstream) -> Prediction {
        if let Some((name, place)) = &self.other {
            return Prediction::Unknown {
                reason: format!("what the filter `{name}` does to answers is not followed"),
                place: Some(place.clone()),
            };
        }
        let is_preflight = ask.is_preflight();
        let (status, assumed) = match (&self.cors, is_preflight) {
            (Some(_), true) => (204, Vec::new()),
            _ => match upstream.answer(is_preflight) {
                Some(answer) => {
                    let status = answer.status;
                    (
                        status,
                        vec![format!(
                            "the backend answers {status} without CORS headers of its own"
                        )],
                    )
                }
                None => {
                    return Prediction::Unknown {
                        reason: "no CORS filter answers the preflight: it is passed on to the backend, and what that answers does not stand in the file".to_owned(),
                        place: Some(self.place.clone()),
                    };
                }
            },
        };
        let lines: Vec<Line> = self
            .cors
            .as_ref()
            .map_or_else(Vec::new, |cors| cors.lines(ask));
        Prediction::Response(PredictedResponse {
            status,
            lines,
            assumed,
            by: Some(self.place.clone()),
            lost: Vec::new(),
        })
    }
}
