//! The routes and what stands around them.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use runtime::{Metrics as Registry, Stop};
use utoipa::openapi::OpenApi;

use crate::conditional::{self, Offsets};
use crate::config::Config;
use crate::health::{EdgePart, Health, StorePart, WatermarkPart};
use crate::hooks::{self, Hooks};
use crate::live::Live;
use crate::middleware::{self, Middleware};
use crate::openapi::describe;
use crate::problem::{Code, Problem};
use crate::seats::Seats;
use crate::state::{Shared, State};
use crate::watermark::Watermark;
use crate::{body, cheaper, paging, routes, tabular};

/// The routes of the admin server over `state`, guarded as `config` says.
pub fn router(config: Config, state: State) -> Router {
    router_until(&Stop::new(), config, state)
}

/// The same, with streams that end at `stop`.
pub(crate) fn router_until(stop: &Stop, config: Config, state: State) -> Router {
    let (shared, front) = shared(stop, config, state);
    let health = Arc::new(health(
        &front.config,
        &shared.state,
        shared.watermark.clone(),
    ));
    let public = Router::from(routes::public()).with_state(Arc::clone(&shared));
    let signed = Router::from(routes::signed())
        .with_state(Arc::clone(&shared))
        .route_layer(from_fn_with_state(Arc::clone(&front), middleware::bounded))
        .layer(DefaultBodyLimit::max(hooks::LIMIT));
    let sign_in = Router::from(routes::sign_in())
        .with_state(Arc::clone(&shared))
        .route_layer(from_fn_with_state(Arc::clone(&front), middleware::bounded));
    let guarded = Router::from(routes::guarded())
        .route_layer(from_fn(cheaper::answered))
        .route_layer(from_fn(paging::answered))
        .route_layer(from_fn(tabular::answered))
        .route_layer(from_fn_with_state(
            Arc::clone(&shared),
            conditional::answered,
        ))
        .with_state(shared);
    let health_router = Router::from(routes::health())
        .route_layer(from_fn_with_state(
            Arc::clone(&front),
            middleware::recognised,
        ))
        .with_state(Arc::clone(&health));
    let metrics = Router::from(routes::metrics()).with_state(health);
    let open = public.merge(health_router).merge(signed).merge(sign_in);
    surrounded(open, guarded.merge(metrics), NOTHING_HERE, &front)
}

/// What the routes over `state` share, and what stands before them.
pub(crate) fn shared(stop: &Stop, config: Config, state: State) -> (Arc<Shared>, Arc<Middleware>) {
    let mut api = crate::openapi::api();
    describe(&mut api);
    let front = Middleware::new(config, state.clock.clone(), &state.metrics, &paths(&api));
    let front = Arc::new(front);
    let queries = Arc::clone(&state.queries);
    let watermark = Watermark::new(queries, state.partitions, state.clock.clone());
    let live = Live::new(
        Arc::clone(&state.queries),
        &state.apps,
        state.partitions,
        state.clock.clone(),
    );
    let (most, most_per_token) = (front.config.max_streams, front.config.max_streams_per_token);
    let seats = Seats::new(most, most_per_token, &state.metrics);
    let hooks = Hooks::new(&front.config.deploy_hooks, &state.metrics);
    let shared = Arc::new(Shared {
        openapi: serde_json::to_vec(&api)
            .expect("the description is plain data")
            .into(),
        front: Arc::clone(&front),
        watermark,
        live,
        hooks,
        offsets: Offsets::new(Arc::clone(&state.queries)),
        seats: Arc::new(seats),
        stop: stop.clone(),
        state,
    });
    (shared, front)
}

/// Health and metrics alone: the admin server of a process without web UI.
pub(crate) fn health_router(config: Config, health: Health) -> Router {
    let counted = health.metrics.clone();
    health_and(NOTHING_HERE, &counted, config, health)
}

/// Health and metrics of a process that starts, whatever it will serve. What it will serve registers
/// its own counters, so requests until then are not counted.
pub(crate) fn starting_router(config: Config, health: Health) -> Router {
    health_and(STARTING, &Registry::default(), config, health)
}

fn health_and(elsewhere: Elsewhere, counted: &Registry, config: Config, health: Health) -> Router {
    let (open, api) = routes::health().split_for_parts();
    let (guarded, metrics) = routes::metrics().split_for_parts();
    let mut api = api;
    api.merge(metrics);
    let front = Middleware::new(config, health.clock.clone(), counted, &paths(&api));
    let (front, health) = (Arc::new(front), Arc::new(health));
    let open = open
        .route_layer(from_fn_with_state(
            Arc::clone(&front),
            middleware::recognised,
        ))
        .with_state(Arc::clone(&health));
    surrounded(open, guarded.with_state(health), elsewhere, &front)
}

/// What is said about a path that no route matches.
type Elsewhere = (Code, &'static str);

const NOTHING_HERE: Elsewhere = (Code::NotFound, "nothing is here");
const STARTING: Elsewhere = (
    Code::Starting,
    "the process starts; `/readyz` says what it waits for",
);

/// Routes that anybody may ask, and routes that need a token where there are any.
fn surrounded(
    open: Router,
    guarded: Router,
    (code, detail): Elsewhere,
    front: &Arc<Middleware>,
) -> Router {
    let layered = guarded
        .route_layer(from_fn_with_state(Arc::clone(front), middleware::bounded))
        .route_layer(from_fn_with_state(
            Arc::clone(front),
            middleware::authorised,
        ));
    open.merge(layered)
        .fallback(move || std::future::ready(Problem::new(code, detail)))
        .method_not_allowed_fallback(|| {
            std::future::ready(Problem::new(Code::MethodNotAllowed, "not with this method"))
        })
        .layer(DefaultBodyLimit::max(body::LIMIT))
        .layer(from_fn_with_state(Arc::clone(front), middleware::admitted))
}

/// The store and the age of its numbers, and whatever else the binary knows.
fn health(config: &Config, state: &State, watermark: Watermark) -> Health {
    let lagging_after = config.lagging_after;
    let mut parts: Vec<Arc<dyn crate::Part>> = vec![
        Arc::new(StorePart::new(Arc::clone(&state.queries))),
        Arc::new(EdgePart(Arc::clone(&state.queries))),
        Arc::new(WatermarkPart::new(
            watermark,
            state.clock.clone(),
            lagging_after,
        )),
    ];
    parts.extend(state.parts.iter().cloned());
    Health {
        parts,
        metrics: state.metrics.clone(),
        clock: state.clock.clone(),
    }
}

fn paths(api: &OpenApi) -> Vec<String> {
    let ui = routes::ui().map(str::to_owned);
    api.paths.paths.keys().cloned().chain(ui).collect()
}
