//! The routes: the folders below are the paths.

pub(crate) mod api;
mod auth;
mod docs;
mod livez;
mod metrics;
mod openapi;
mod partner;
mod readyz;
mod ui;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::health::Health;
use crate::state::Shared;

/// Health, for which no one needs a token.
pub(crate) fn health() -> OpenApiRouter<Arc<Health>> {
    OpenApiRouter::new()
        .routes(routes!(livez::get))
        .routes(routes!(readyz::get))
}

/// Metrics, for those who may see data.
pub(crate) fn metrics() -> OpenApiRouter<Arc<Health>> {
    OpenApiRouter::new().routes(routes!(metrics::get))
}

/// Every other route that needs no token: the description of the API, the UI without data.
pub(crate) fn public() -> OpenApiRouter<Arc<Shared>> {
    let described = OpenApiRouter::new().routes(routes!(openapi::get));
    ui::PAGES
        .iter()
        .fold(described, |router, page| {
            router.route(page, axum::routing::get(ui::index))
        })
        .route(ui::ASSET, axum::routing::get(ui::asset))
        .route(docs::ADDRESS, axum::routing::get(docs::address))
        .route(docs::OPENING, axum::routing::get(docs::opening))
        .route(docs::FILE, axum::routing::get(docs::file))
}

/// The routes of the UI and the documentation, which the description of the API leaves out.
pub(crate) fn ui() -> impl Iterator<Item = &'static str> {
    let ui = ui::PAGES.iter().copied().chain([ui::ASSET]);
    ui.chain(docs::PATHS)
}

/// Routes that need no token but the signature of whoever calls.
pub(crate) fn signed() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(api::v1::hooks::post))
        .routes(routes!(api::v1::hooks::enqueue))
}

/// The ways in for people who have shown nothing yet, and what links of partners show.
pub(crate) fn sign_in() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(auth::methods::get))
        .routes(routes!(auth::login::get))
        .routes(routes!(auth::callback::get))
        .routes(routes!(auth::logout::post))
        .routes(routes!(partner::get))
}

/// Every route that shows data or changes something.
pub(crate) fn guarded() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(api::v1::me::get))
        .routes(routes!(api::v1::apps::get))
        .routes(routes!(api::v1::sli::get))
        .routes(routes!(api::v1::series::get))
        .routes(routes!(api::v1::stream::get))
        .routes(routes!(api::v1::endpoints::get))
        .routes(routes!(api::v1::difference::get))
        .routes(routes!(api::v1::comparison::get))
        .routes(routes!(api::v1::preflights::get))
        .routes(routes!(api::v1::failures::get))
        .routes(routes!(api::v1::failures::single::get))
        .routes(routes!(api::v1::diagnoses::get))
        .routes(routes!(api::v1::breakdown::get))
        .routes(routes!(api::v1::shapes::get))
        .routes(routes!(api::v1::inventory::get))
        .routes(routes!(api::v1::inventory::history::get))
        .routes(routes!(api::v1::ledger::get))
        .routes(routes!(api::v1::alerts::get))
        .routes(routes!(api::v1::incidents::get))
        .routes(routes!(api::v1::incidents::show))
        .routes(routes!(api::v1::incidents::close))
        .routes(routes!(api::v1::slos::get))
        .routes(routes!(api::v1::silences::get, api::v1::silences::post))
        .routes(routes!(api::v1::silences::delete))
        .routes(routes!(
            api::v1::maintenance::get,
            api::v1::maintenance::post
        ))
        .routes(routes!(api::v1::maintenance::delete))
        .routes(routes!(
            api::v1::partner_links::get,
            api::v1::partner_links::post
        ))
        .routes(routes!(api::v1::partner_links::delete))
        .routes(routes!(api::v1::deliveries::get))
        .routes(routes!(api::v1::backtest::post))
        .routes(routes!(api::v1::gate::get))
        .routes(routes!(api::v1::report::get))
        .routes(routes!(api::v1::deploys::get, api::v1::deploys::post))
}
