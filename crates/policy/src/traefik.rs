//! Traefik: its dynamic configuration as a file (YAML, TOML), its Kubernetes resources, and labels of
//! containers.
//!
//! Facts from traefik/traefik (v3.7): what a headers middleware does from
//! `pkg/middlewares/headers/header.go`, which one it is from `pkg/config/dynamic/middlewares.go`, how
//! rules are read and ordered from `pkg/muxer/http`.

mod headers;
mod labels;
mod read;
mod rule;

use self::headers::Headers;
use self::rule::Rule;
use crate::ask::Ask;
use crate::doubt::Doubt;
use crate::form::Answers;
use crate::grant::Grant;
use crate::place::{EntryUrl, SourceLocation};
use crate::prediction::{PredictedResponse, Prediction, Upstream};
use crate::sheet::Sheet;

pub(crate) use self::read::read;

/// What a file says.
#[derive(Debug, Default)]
pub(crate) struct Dynamic {
    routers: Vec<Router>,
    middlewares: Vec<Middleware>,
}

#[derive(Debug)]
struct Router {
    rule: Rule,
    priority: i64,
    middlewares: Vec<(String, SourceLocation)>,
    place: SourceLocation,
}

#[derive(Debug)]
struct Middleware {
    /// The names under which it is known.
    names: Vec<String>,
    kind: Kind,
    place: SourceLocation,
}

#[derive(Debug)]
enum Kind {
    Headers(Box<Headers>),
    Chain(Vec<(String, SourceLocation)>),
    /// `basicAuth`, `digestAuth`: asks for a login.
    Login,
    /// `redirectScheme`: the scheme, and whether for good.
    Scheme(String, bool),
    /// Changes nothing of what matters here.
    Harmless,
    /// Not followed.
    Other(String),
}

/// A chain calls no more middlewares: chains may name themselves.
const MOST_MIDDLEWARES: usize = 64;

impl Dynamic {
    fn middleware(&self, name: &str) -> Option<&Middleware> {
        let bare = name.split('@').next().unwrap_or(name);
        let is_it = |one: &&Middleware| one.names.iter().any(|own| own.eq_ignore_ascii_case(bare));
        self.middlewares.iter().find(is_it)
    }

    /// The middlewares of a router in order, those of chains in their place.
    fn chain<'a>(
        &'a self,
        names: &[(String, SourceLocation)],
        found: &mut Vec<&'a Middleware>,
    ) -> Result<(), Doubt> {
        for (name, place) in names {
            if found.len() >= MOST_MIDDLEWARES {
                return Err(Doubt::at("the chain of middlewares has no end", place));
            }
            let Some(middleware) = self.middleware(name) else {
                let reason = format!("the middleware `{name}` does not stand in the file");
                return Err(Doubt::at(reason, place));
            };
            match &middleware.kind {
                Kind::Chain(names) => {
                    found.push(middleware);
                    self.chain(names, found)?;
                }
                _ => found.push(middleware),
            }
        }
        Ok(())
    }

    /// The router of a request: of those whose rule fits the one of the highest priority, which is the
    /// length of its rule where none is given.
    fn router(&self, ask: &Ask<'_>) -> Result<Option<&Router>, Doubt> {
        let mut sorted: Vec<&Router> = self.routers.iter().collect();
        sorted.sort_by_key(|router| std::cmp::Reverse(router.priority));
        for router in sorted {
            if router.rule.fits(ask, &router.place)? {
                return Ok(Some(router));
            }
        }
        Ok(None)
    }

    fn tell(&self, ask: &Ask<'_>, upstream: &Upstream) -> Result<Option<PredictedResponse>, Doubt> {
        let mut chain = Vec::new();
        let place;
        if self.routers.is_empty() {
            let mut with_cors = self.middlewares.iter().filter(
                |one| matches!(&one.kind, Kind::Headers(headers) if headers.is_about_answers()),
            );
            let Some(only) = with_cors.next() else {
                return Ok(None);
            };
            if let Some(other) = with_cors.next() {
                let reason = "no router stands in the file, and it has several middlewares: which one a request meets is not known";
                return Err(Doubt::at(reason, &other.place));
            }
            place = only.place.clone();
            chain.push(only);
        } else {
            match self.router(ask)? {
                Some(router) => {
                    place = router.place.clone();
                    self.chain(&router.middlewares, &mut chain)?;
                }
                None if self
                    .routers
                    .iter()
                    .any(|router| router.rule.is_about(ask.host())) =>
                {
                    return Ok(Some(PredictedResponse {
                        status: 404,
                        ..PredictedResponse::default()
                    }));
                }
                None => return Ok(None),
            }
        }
        through(&chain, ask, upstream, &place).map(Some)
    }
}

/// What comes back through a chain of middlewares: each may answer itself, and changes what comes from
/// behind it.
fn through(
    chain: &[&Middleware],
    ask: &Ask<'_>,
    upstream: &Upstream,
    place: &SourceLocation,
) -> Result<PredictedResponse, Doubt> {
    let Some((first, rest)) = chain.split_first() else {
        return upstream.passed_on(ask.is_preflight(), "the service", place);
    };
    match &first.kind {
        Kind::Chain(_) | Kind::Harmless => through(rest, ask, upstream, place),
        Kind::Headers(headers) => {
            if let Some(sheet) = headers.preflight(ask) {
                return Ok(PredictedResponse {
                    status: 200,
                    lines: sheet.0,
                    by: Some(first.place.clone()),
                    ..PredictedResponse::default()
                });
            }
            let mut predicted = through(rest, ask, upstream, place)?;
            let mut sheet = Sheet(std::mem::take(&mut predicted.lines));
            headers.change(ask, &mut sheet)?;
            predicted.lines = sheet.0;
            Ok(predicted)
        }
        Kind::Login if ask.is_preflight() => Ok(PredictedResponse {
            status: 401,
            by: Some(first.place.clone()),
            ..PredictedResponse::default()
        }),
        Kind::Login => {
            let mut predicted = through(rest, ask, upstream, place)?;
            let assumed = format!("the login that {} wants is given", first.place);
            predicted.assumed.push(assumed);
            Ok(predicted)
        }
        Kind::Scheme(scheme, _) if scheme == ask.url.scheme() => {
            through(rest, ask, upstream, place)
        }
        Kind::Scheme(scheme, for_good) => Ok(moved(ask, scheme, *for_good, &first.place)),
        Kind::Other(name) => {
            let reason = format!("what the middleware `{name}` does is not followed");
            Err(Doubt::at(reason, &first.place))
        }
    }
}

/// `redirectScheme` (`pkg/middlewares/redirect/redirect.go`): 301 and 302 to GET, 308 and 307 to the
/// rest.
fn moved(ask: &Ask<'_>, scheme: &str, for_good: bool, place: &SourceLocation) -> PredictedResponse {
    let status = match (ask.method, for_good) {
        ("GET", true) => 301,
        ("GET", false) => 302,
        (_, true) => 308,
        (_, false) => 307,
    };
    let rest = ask
        .url
        .as_str()
        .split_once("://")
        .map_or("", |(_, rest)| rest);
    let mut sheet = Sheet::default();
    sheet.add("Location", format!("{scheme}://{rest}"), Some(place));
    PredictedResponse {
        status,
        lines: sheet.0,
        by: Some(place.clone()),
        ..PredictedResponse::default()
    }
}

impl Answers for Dynamic {
    fn answer(&self, ask: &Ask<'_>, upstream: &Upstream) -> Prediction {
        self.tell(ask, upstream).into()
    }

    fn grants(&self) -> Vec<Grant> {
        let headers = self.middlewares.iter().filter_map(|one| match &one.kind {
            Kind::Headers(headers) => Some(headers),
            _ => None,
        });
        headers.flat_map(|headers| headers.grants()).collect()
    }

    fn doors(&self) -> Vec<EntryUrl> {
        if self.routers.is_empty() {
            return self
                .middlewares
                .iter()
                .take(1)
                .map(|one| EntryUrl {
                    host: None,
                    path: "/".to_owned(),
                    place: one.place.clone(),
                })
                .collect();
        }
        let doors = self.routers.iter().flat_map(|router| {
            let paths = router.rule.paths();
            let mut hosts = router.rule.hosts();
            if hosts.is_empty() {
                hosts.push(None);
            }
            hosts.into_iter().flat_map(move |host| {
                let paths = paths.clone();
                paths.into_iter().map(move |path| EntryUrl {
                    host: host.clone(),
                    path,
                    place: router.place.clone(),
                })
            })
        });
        doors.collect()
    }
}
