//! The routes and what stands around them.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State as Extract};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use utoipa::openapi::OpenApi;

use crate::auth::Gate;
use crate::config::Config;
use crate::metrics::{Metrics, NO_ROUTE};
use crate::openapi::describe;
use crate::problem::{Code, Problem};
use crate::state::{Shared, State};
use crate::{body, headers, routes};

/// The routes of the private side over `state`, guarded as `config` says.
pub fn router(config: Config, state: State) -> Router {
    let (public, mut api) = routes::public().split_for_parts();
    let (guarded, data) = routes::guarded().split_for_parts();
    api.merge(data);
    describe(&mut api);
    let shared = Arc::new(Shared {
        gate: Gate::new(&config),
        measured: Metrics::register(&state.metrics, &paths(&api)),
        slots: Semaphore::new(config.max_requests_in_flight),
        openapi: serde_json::to_vec(&api)
            .expect("the description is plain data")
            .into(),
        config,
        state,
    });
    let guarded = guarded
        .route_layer(middleware::from_fn_with_state(Arc::clone(&shared), bounded))
        .route_layer(middleware::from_fn_with_state(
            Arc::clone(&shared),
            authorised,
        ));
    let measured = public
        .merge(guarded)
        .fallback(|| std::future::ready(Problem::new(Code::NotFound, "nothing is here")))
        .method_not_allowed_fallback(|| {
            std::future::ready(Problem::new(Code::MethodNotAllowed, "not with this method"))
        });
    measured
        .layer(DefaultBodyLimit::max(body::LIMIT))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&shared),
            admitted,
        ))
        .with_state(shared)
}

fn paths(api: &OpenApi) -> Vec<String> {
    let ui = ["/", "/assets/{file}"].map(str::to_owned);
    api.paths.paths.keys().cloned().chain(ui).collect()
}

/// Around everything: host check, count, secure headers.
async fn admitted(Extract(shared): Extract<Arc<Shared>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    shared.measured.in_flight.inc();
    let response = match shared.gate.admit(&request) {
        Ok(()) => next.run(request).await,
        Err(problem) => refuse(&shared, problem, &route),
    };
    shared.measured.in_flight.dec();
    let response = plain_refusals_explained(response);
    shared
        .measured
        .answered(&route, response.status(), started.elapsed());
    headers::secure(response)
}

/// Around data: who asks.
async fn authorised(
    Extract(shared): Extract<Arc<Shared>>,
    mut request: Request,
    next: Next,
) -> Response {
    match shared.gate.identify(&request, shared.clock.now()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => refuse(&shared, problem, request.uri().path()),
    }
}

/// Around data: how many at once, for how long.
async fn bounded(Extract(shared): Extract<Arc<Shared>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let Ok(_slot) = shared.slots.try_acquire() else {
        let problem = Problem::new(
            Code::Overloaded,
            "too many requests at once; ask again soon",
        );
        return refuse(&shared, problem, &path);
    };
    let limit = shared.config.request_timeout.duration();
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let problem =
                Problem::new(Code::Timeout, "no answer in time; ask for a smaller window");
            refuse(&shared, problem, &path)
        }
    }
}

fn refuse(shared: &Shared, problem: Problem, path: &str) -> Response {
    shared.measured.refuse(problem.code(), path);
    problem.into_response()
}

/// The framework refuses large bodies in plain text.
fn plain_refusals_explained(response: Response<Body>) -> Response<Body> {
    if response.status() != StatusCode::PAYLOAD_TOO_LARGE {
        return response;
    }
    let detail = format!("a body has at most {} bytes", body::LIMIT);
    Problem::new(Code::TooLarge, detail).into_response()
}
