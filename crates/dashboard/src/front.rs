//! What stands around every route: who may ask, how many at once, for how long, and the counts.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State as Extract};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use runtime::{Clock, Metrics as Registry};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::auth::Gate;
use crate::config::Config;
use crate::metrics::{Metrics, NO_ROUTE};
use crate::problem::{Code, Problem};
use crate::{body, headers, hooks};

/// What stands around every route.
pub(crate) struct Front {
    pub(crate) config: Config,
    pub(crate) gate: Gate,
    measured: Metrics,
    slots: Semaphore,
    clock: Clock,
}

impl Front {
    /// Guards as `config` says; `paths` are all routes that exist.
    pub(crate) fn new(config: Config, clock: Clock, registry: &Registry, paths: &[String]) -> Self {
        Self {
            gate: Gate::new(&config),
            measured: Metrics::register(registry, paths),
            slots: Semaphore::new(config.max_requests_in_flight),
            clock,
            config,
        }
    }

    fn refuse(&self, problem: Problem, path: &str) -> Response {
        self.measured.refuse(problem.code(), path);
        problem.into_response()
    }
}

/// Around everything: host check, count, secure headers.
pub(crate) async fn admitted(
    Extract(front): Extract<Arc<Front>>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    front.measured.in_flight.inc();
    let response = match front.gate.admit(&request) {
        Ok(()) => next.run(request).await,
        Err(problem) => front.refuse(problem, &route),
    };
    front.measured.in_flight.dec();
    let response = plain_refusals_explained(response);
    front
        .measured
        .answered(&route, response.status(), started.elapsed());
    headers::secure(response)
}

/// Around data: who asks.
pub(crate) async fn authorised(
    Extract(front): Extract<Arc<Front>>,
    mut request: Request,
    next: Next,
) -> Response {
    match front.gate.identify(&request, front.clock.now()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => front.refuse(problem, request.uri().path()),
    }
}

/// Around data: how many at once, for how long.
pub(crate) async fn bounded(
    Extract(front): Extract<Arc<Front>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let Ok(_slot) = front.slots.try_acquire() else {
        let problem = Problem::new(
            Code::Overloaded,
            "too many requests at once; ask again soon",
        );
        return front.refuse(problem, &path);
    };
    let limit = front.config.request_timeout.duration();
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let problem =
                Problem::new(Code::Timeout, "no answer in time; ask for a smaller window");
            front.refuse(problem, &path)
        }
    }
}

/// The framework refuses large bodies in plain text.
fn plain_refusals_explained(response: Response<Body>) -> Response<Body> {
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
