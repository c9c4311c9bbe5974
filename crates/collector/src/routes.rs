//! The routes of the edge: one table.

use std::net::IpAddr;
use std::sync::Arc;

use http::Method;
use http::request::Parts;

use crate::answer::{self, Answer};
use crate::body::Upload;
use crate::edge::Edge;
use crate::endpoints::script;
use crate::endpoints::upload::{self, Credential, Sender};
use crate::outcome::Served;

/// A path, with at most one variable part.
#[derive(Debug, Clone, Copy)]
enum Path {
    Exactly(&'static str),
    /// What stands between the two is the parameter; it holds no slash.
    Between(&'static str, &'static str),
}

impl Path {
    fn parameter(self, path: &str) -> Option<&str> {
        match self {
            Self::Exactly(exact) => (path == exact).then_some(""),
            Self::Between(start, end) => path
                .strip_prefix(start)?
                .strip_suffix(end)
                .filter(|parameter| !parameter.is_empty() && !parameter.contains('/')),
        }
    }
}

/// How much of a body an endpoint reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BodyLimit {
    /// `limits.body` of the configuration.
    Beacon,
    /// `limits.decompressed` of the configuration: servers pack their lines only where they are told to.
    Log,
    /// Nothing.
    None,
}

/// What answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    Beacon,
    Log,
    Other(Served),
}

#[derive(Debug)]
struct Route {
    method: Method,
    path: Path,
    body: BodyLimit,
    endpoint: Endpoint,
}

const fn route(method: Method, path: Path, body: BodyLimit, endpoint: Endpoint) -> Route {
    Route {
        method,
        path,
        body,
        endpoint,
    }
}

const BEACON: Path = Path::Between("/v1/b/", "");
const LOGS: Path = Path::Exactly("/v1/logs");
const KEYED: Path = Path::Between("/v1/s/", ".js");
const CURRENT: Path = Path::Exactly("/v1/corswatch.js");
const HASHED: Path = Path::Between("/v1/corswatch-", ".js");

static ROUTES: [Route; 9] = [
    route(Method::POST, BEACON, BodyLimit::Beacon, Endpoint::Beacon),
    route(Method::POST, LOGS, BodyLimit::Log, Endpoint::Log),
    route(
        Method::OPTIONS,
        BEACON,
        BodyLimit::None,
        Endpoint::Other(Served::Preflight),
    ),
    route(
        Method::GET,
        HASHED,
        BodyLimit::None,
        Endpoint::Other(Served::Script),
    ),
    route(
        Method::HEAD,
        HASHED,
        BodyLimit::None,
        Endpoint::Other(Served::Script),
    ),
    route(
        Method::GET,
        CURRENT,
        BodyLimit::None,
        Endpoint::Other(Served::ScriptRedirect),
    ),
    route(
        Method::HEAD,
        CURRENT,
        BodyLimit::None,
        Endpoint::Other(Served::ScriptRedirect),
    ),
    route(
        Method::GET,
        KEYED,
        BodyLimit::None,
        Endpoint::Other(Served::KeyedScript),
    ),
    route(
        Method::HEAD,
        KEYED,
        BodyLimit::None,
        Endpoint::Other(Served::KeyedScript),
    ),
];

/// Answers a request.
pub(crate) async fn answer(
    edge: &Arc<Edge>,
    request: &Parts,
    body: &mut Upload,
    peer: IpAddr,
) -> Answer {
    let path = request.uri.path();
    let found = ROUTES.iter().find_map(|route| {
        (route.method == request.method)
            .then(|| route.path.parameter(path))
            .flatten()
            .map(|parameter| (route, parameter))
    });
    let Some((route, parameter)) = found else {
        return unrouted(edge, path);
    };
    let credential = match route.endpoint {
        Endpoint::Beacon => Credential::PublicKey(parameter),
        Endpoint::Log => Credential::Bearer,
        Endpoint::Other(served) => return other(edge, served, parameter, request),
    };
    let limit = match route.body {
        BodyLimit::Beacon => edge.limits.body.bytes(),
        BodyLimit::Log => edge.limits.decompressed.bytes(),
        BodyLimit::None => 0,
    };
    let sender = Sender {
        credential,
        headers: &request.headers,
        peer,
    };
    upload::take(edge, sender, body, limit).await
}

fn other(edge: &Edge, served: Served, parameter: &str, request: &Parts) -> Answer {
    edge.metrics.served(served);
    match served {
        Served::Preflight => answer::preflight(),
        Served::ScriptRedirect => script::redirect(edge),
        Served::Script => script::by_hash(edge, parameter, &request.headers),
        Served::KeyedScript => script::by_key(edge, parameter, &request.headers),
        Served::NotFound | Served::MethodNotAllowed | Served::BadFraming => answer::not_found(),
    }
}

fn unrouted(edge: &Edge, path: &str) -> Answer {
    let methods: Vec<&str> = ROUTES
        .iter()
        .filter(|route| route.path.parameter(path).is_some())
        .map(|route| route.method.as_str())
        .collect();
    if methods.is_empty() {
        edge.metrics.served(Served::NotFound);
        return answer::not_found();
    }
    edge.metrics.served(Served::MethodNotAllowed);
    answer::method_not_allowed(&methods.join(", "))
}
