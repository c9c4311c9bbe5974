//! What stands around every route: who may ask, how many at once, for how long, and the counts.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State as Extract};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, StatusCode};
use runtime::{Clock, Metrics as Registry};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::audit::Audit;
use crate::auth::{Authenticator, Caller};
use crate::config::Config;
use crate::guesses::Guesses;
use crate::login::Login;
use crate::metrics::{Metrics, NO_ROUTE};
use crate::problem::{Code, Problem};
use crate::readable::{self, Reader};
use crate::{body, headers, hooks};

/// What stands around every route.
pub(crate) struct Middleware {
    pub(crate) config: Config,
    pub(crate) gate: Authenticator,
    measured: Metrics,
    pub(crate) audit: Audit,
    pub(crate) guesses: Guesses,
    slots: Semaphore,
    clock: Clock,
}

impl Middleware {
    /// Guards as `config` says; `paths` are all routes that exist.
    pub(crate) fn new(config: Config, clock: Clock, registry: &Registry, paths: &[String]) -> Self {
        Self {
            gate: Authenticator::new(&config, Login::new(&config, &clock, registry)),
            measured: Metrics::register(registry, paths),
            audit: Audit::default(),
            guesses: Guesses::new(config.wrong_tokens_per_minute, registry),
            slots: Semaphore::new(config.max_requests_in_flight),
            clock,
            config,
        }
    }

    pub(crate) fn refuse(&self, problem: Problem, client: IpAddr, path: &str) -> Response {
        self.measured.refuse(problem.code());
        self.audit.refused(problem.code(), None, client, path);
        problem.into_response()
    }

    /// Who asks, unless too many wrong tokens came from there.
    fn identify(&self, request: &Request, client: IpAddr) -> Result<Caller, Problem> {
        let peer = peer(request);
        if self.gate.is_open() {
            return self.gate.identify(request, peer, self.clock.now());
        }
        let now = Instant::now();
        self.guesses.listens(client, now)?;
        let caller = self.gate.identify(request, peer, self.clock.now());
        match &caller {
            Ok(caller) => self.audit.used(caller, client, request.uri()),
            // Who sends none does not guess.
            Err(problem) if is_wrong(problem.code(), request) => self.guesses.wrong(client, now),
            Err(_) => {}
        }
        caller
    }

    /// Who is at the other end; as a trusted proxy tells it, where one is before this side.
    pub(crate) fn client(&self, request: &Request) -> IpAddr {
        let peer = peer(request);
        if !self.config.trusted_proxies.contains(&peer) {
            return peer;
        }
        let forwarded = request.headers().get_all("x-forwarded-for");
        // Each proxy adds its own peer at the end: what stands before can be anybody's invention.
        let last = forwarded
            .iter()
            .next_back()
            .and_then(|line| line.to_str().ok());
        let last = last.and_then(|line| line.rsplit(',').next()?.trim().parse().ok());
        last.unwrap_or(peer)
    }
}

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// The other end of the connection of a request.
pub(crate) fn peer(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<Peer>();
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0)
}

fn is_wrong(code: Code, request: &Request) -> bool {
    matches!(code, Code::Unauthenticated | Code::TokenExpired)
        && request.headers().contains_key(AUTHORIZATION)
}

/// Around everything: host check, count, secure headers.
pub(crate) async fn admitted(
    Extract(front): Extract<Arc<Middleware>>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let (client, reader) = (front.client(&request), Reader::of(&request));
    front.measured.in_flight.inc();
    let bounds = web::framing(request.version(), request.headers()).map_err(Problem::from);
    let response = match bounds.and_then(|()| front.gate.admit(&request)) {
        Ok(()) => next.run(request).await,
        Err(problem) => front.refuse(problem, client, &route),
    };
    front.measured.in_flight.dec();
    let response = readable::answered(reader, plain_refusals_explained(response));
    front
        .measured
        .answered(&route, response.status(), started.elapsed());
    headers::secure(response, front.config.hsts())
}

/// Around health, which anybody may ask: who asks, where that is known.
pub(crate) async fn recognised(
    Extract(front): Extract<Arc<Middleware>>,
    mut request: Request,
    next: Next,
) -> Response {
    let client = front.client(&request);
    // Token, session, or the word of a proxy; who shows nothing is no one, and not refused here.
    if let Ok(caller) = front.identify(&request, client) {
        request.extensions_mut().insert(caller);
    }
    next.run(request).await
}

/// Around data: who asks.
pub(crate) async fn authorised(
    Extract(front): Extract<Arc<Middleware>>,
    mut request: Request,
    next: Next,
) -> Response {
    let client = front.client(&request);
    let caller = match front.identify(&request, client) {
        Ok(caller) => caller,
        Err(problem) => return front.refuse(problem, client, request.uri().path()),
    };
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    request.extensions_mut().insert(caller.clone());
    let response = next.run(request).await;
    if !matches!(method, Method::GET | Method::HEAD) {
        Audit::changed(&caller, client, (&method, &path), response.status());
    } else if response.status() == StatusCode::FORBIDDEN {
        front
            .audit
            .refused(Code::Forbidden, Some(&caller), client, &path);
    }
    response
}

/// Around data: how many at once, for how long.
pub(crate) async fn bounded(
    Extract(front): Extract<Arc<Middleware>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let client = front.client(&request);
    let Ok(_slot) = front.slots.try_acquire() else {
        let problem = Problem::new(
            Code::Overloaded,
            "too many concurrent requests; try again soon",
        );
        return front.refuse(problem, client, &path);
    };
    let limit = front.config.request_timeout.duration();
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let problem =
                Problem::new(Code::Timeout, "no answer in time; ask for a smaller window");
            front.refuse(problem, client, &path)
        }
    }
}

/// The framework refuses large and malformed bodies in plain text.
fn plain_refusals_explained(response: Response<Body>) -> Response<Body> {
    let kind = response.headers().get(CONTENT_TYPE);
    let is_plain = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if is_plain && response.status() == StatusCode::BAD_REQUEST {
        let detail = "the body is not complete, or its chunks are malformed";
        return Problem::new(Code::MalformedRequest, detail).into_response();
    }
    if response.status() != StatusCode::PAYLOAD_TOO_LARGE {
        return response;
    }
    let detail = format!(
        "a body has at most {} bytes, a delivery of a webhook {}",
        body::LIMIT,
        hooks::LIMIT
    );
    Problem::new(Code::TooLarge, detail).into_response()
}
