//! Envoy's route configuration with policies of its CORS filter; also what Istio and Envoy Gateway
//! make of their own resources.
//!
//! Facts from envoyproxy/envoy (v1.34 to v1.40): `source/extensions/filters/http/cors/cors_filter.cc`
//! for what is answered, `source/common/router/config_impl.cc` for hosts and routes.

pub(crate) mod contour;
mod cors;
pub(crate) mod istio;
mod read;
mod route;
pub(crate) mod security;
mod span;
mod text;

use self::cors::Filter;
use self::route::{Action, Change, Route};
use crate::ask::Ask;
use crate::doubt::Doubt;
use crate::form::Answers;
use crate::grant::Grant;
use crate::place::{EntryUrl, SourceLocation};
use crate::prediction::{Line, Lost, PredictedResponse, Prediction, Upstream};
use crate::sheet::{Sheet, matters};

pub(crate) use self::read::read;

/// The virtual hosts of a file.
#[derive(Debug, Default)]
pub(crate) struct Hosts(Vec<Host>);

/// A virtual host.
#[derive(Debug)]
struct Host {
    domains: Vec<String>,
    port: Port,
    routes: Vec<Route>,
    /// What answers where no route fits.
    rest: Rest,
    /// Why the filter is not there, where a listener in the file has none.
    without_filter: Option<SourceLocation>,
}

/// Whether the port of the target counts for the domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    Counts,
    Ignored,
}

/// What becomes of requests that no route fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// 404.
    NotFound,
    /// Other files are about them.
    Uncovered,
}

/// How well a domain fits a host: exact, then the longest `*.end`, then the longest `start.*`, then
/// `*`.
fn fit(domain: &str, host: &str) -> Option<(u8, usize)> {
    match (domain.strip_prefix('*'), domain.strip_suffix('*')) {
        (Some(""), _) => Some((0, 0)),
        (Some(end), _) => (host.len() > end.len() && host.ends_with(end)).then_some((2, end.len())),
        (_, Some(start)) => {
            (host.len() > start.len() && host.starts_with(start)).then_some((1, start.len()))
        }
        _ => domain.eq_ignore_ascii_case(host).then_some((3, 0)),
    }
}

impl Hosts {
    /// The virtual hosts whose domains fit best: in files of Kubernetes several may name one.
    fn hosts(&self, ask: &Ask<'_>) -> Vec<&Host> {
        let bare = ask.host();
        let full = match ask.url.port() {
            Some(port) => format!("{bare}:{port}"),
            None => bare.to_owned(),
        };
        let rank = |one: &Host| {
            let host = if one.port == Port::Ignored {
                bare
            } else {
                &full
            };
            one.domains
                .iter()
                .filter_map(|domain| fit(domain, host))
                .max()
        };
        let best = self.0.iter().filter_map(&rank).max();
        let fitting = self
            .0
            .iter()
            .filter(|one| best.is_some() && rank(one) == best);
        fitting.collect()
    }

    fn tell(&self, ask: &Ask<'_>, upstream: &Upstream) -> Result<Option<PredictedResponse>, Doubt> {
        let hosts = self.hosts(ask);
        let of_host = |host: &'_ &Host| host.routes.len();
        let mut routes = Vec::with_capacity(hosts.iter().map(of_host).sum());
        for host in &hosts {
            routes.extend(
                host.routes
                    .iter()
                    .map(|route| (route, host.without_filter.as_ref())),
            );
        }
        routes.sort_by_key(|(route, _)| std::cmp::Reverse(route.rank));
        for (route, without_filter) in routes {
            if route.fits(ask)? {
                return route.answer(ask, upstream, without_filter).map(Some);
            }
        }
        let is_ours = hosts.iter().any(|host| host.rest == Rest::NotFound);
        Ok(is_ours.then(|| PredictedResponse {
            status: 404,
            ..PredictedResponse::default()
        }))
    }
}

impl Route {
    fn answer(
        &self,
        ask: &Ask<'_>,
        upstream: &Upstream,
        without_filter: Option<&SourceLocation>,
    ) -> Result<PredictedResponse, Doubt> {
        let place = &self.place;
        let mut predicted = PredictedResponse {
            by: Some(place.clone()),
            ..PredictedResponse::default()
        };
        // The filter leaves redirects and direct answers alone: they are no route entries.
        match &self.action {
            Action::Opaque(what) => {
                return Err(Doubt::at(
                    format!("what `{what}` does is not followed"),
                    place,
                ));
            }
            Action::Direct(status) => predicted.status = *status,
            Action::Redirect(status, to) => {
                predicted.status = *status;
                predicted.lines.push(Line {
                    name: "Location".to_owned(),
                    value: to.of(ask),
                    place: Some(place.clone()),
                });
            }
            Action::Cluster => {
                let filter = Filter::of(&self.policies);
                let filter = filter.filter(|_| without_filter.is_none());
                let found = filter
                    .as_ref()
                    .map(|filter| filter.preflight(ask))
                    .transpose()?;
                if let Some(mut sheet) = found.flatten() {
                    // The answer of a filter passes by the filters themselves only.
                    if let Some(filter) = &filter {
                        filter.change(ask, &mut sheet);
                    }
                    predicted.status = 200;
                    predicted.lines = sheet.0;
                    return Ok(predicted);
                }
                predicted = upstream.passed_on(ask.is_preflight(), "the cluster", place)?;
                let mut sheet = Sheet(std::mem::take(&mut predicted.lines));
                changed(&self.changes, ask, &mut sheet)?;
                if let Some(filter) = &filter {
                    filter.change(ask, &mut sheet);
                }
                predicted.lines = sheet.0;
                if let (Some(missing), Some(first)) = (without_filter, self.policies.first()) {
                    let reason = format!(
                        "the filters of {missing} do not hold `envoy.filters.http.cors`, without which the policy does nothing"
                    );
                    predicted.lost = lost(&reason, &first.place);
                }
                return Ok(predicted);
            }
        }
        let mut sheet = Sheet(std::mem::take(&mut predicted.lines));
        changed(&self.changes, ask, &mut sheet)?;
        predicted.lines = sheet.0;
        if let Some(first) = self.policies.first() {
            let reason = "the CORS filter does nothing to a direct answer or a redirect";
            predicted.lost = lost(reason, &first.place);
        }
        Ok(predicted)
    }
}

/// The headers of a policy that does nothing.
fn lost(reason: &str, place: &SourceLocation) -> Vec<Lost> {
    let names = [
        "Access-Control-Allow-Origin",
        "Access-Control-Allow-Credentials",
        "Access-Control-Allow-Methods",
        "Access-Control-Allow-Headers",
    ];
    let one = |name: &&str| Lost {
        header: (*name).to_owned(),
        reason: reason.to_owned(),
        place: place.clone(),
    };
    names.iter().map(one).collect()
}

/// `response_headers_to_add` and `response_headers_to_remove`: all are taken away first, as
/// `HeaderParser::evaluateHeaders` does.
fn changed(changes: &[Change], ask: &Ask<'_>, sheet: &mut Sheet) -> Result<(), Doubt> {
    for change in changes {
        match change {
            Change::Remove(name) => sheet.remove(name),
            Change::Add(name, value, place) => {
                if let Some(value) = known(name, value.of(ask, place))? {
                    sheet.add(name, value, Some(place));
                }
            }
            Change::Set(name, value, place) => {
                if let Some(value) = known(name, value.of(ask, place))? {
                    sheet.set(name, value, Some(place));
                }
            }
            Change::Default(name, value, place) => {
                if let Some(value) = known(name, value.of(ask, place))?
                    && !sheet.has(name)
                {
                    sheet.add(name, value, Some(place));
                }
            }
        }
    }
    Ok(())
}

/// A value that matters and is not known makes the answer unknown; an empty one is not sent.
fn known(name: &str, value: Result<String, Doubt>) -> Result<Option<String>, Doubt> {
    match value {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(doubt) if matters(name) => Err(doubt),
        Err(_) => Ok(None),
    }
}

impl Answers for Hosts {
    fn answer(&self, ask: &Ask<'_>, upstream: &Upstream) -> Prediction {
        self.tell(ask, upstream).into()
    }

    fn grants(&self) -> Vec<Grant> {
        let routes = self.0.iter().flat_map(|host| &host.routes);
        routes
            .flat_map(|route| &route.policies)
            .flat_map(cors::Policy::grants)
            .collect()
    }

    fn doors(&self) -> Vec<EntryUrl> {
        let mut doors = Vec::new();
        for host in &self.0 {
            for route in &host.routes {
                let Some(path) = route.door() else { continue };
                doors.extend(host.domains.iter().map(|domain| EntryUrl {
                    host: match domain.as_str() {
                        "*" => None,
                        name => Some(name.replace("*.", "any.").replace(".*", ".test")),
                    },
                    path: path.clone(),
                    place: route.place.clone(),
                }));
            }
        }
        doors
    }
}
