//! What the description of the API says beyond its routes.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, License, OpenApi, SecurityRequirement};

use crate::routes;

const DESCRIPTION: &str = "The private side of corswatch: what browsers saw of cross-origin \
requests, as SLIs, series, failing endpoints, objectives, alerts, deploys and the ledger of \
beacons. Errors are problem details (RFC 9457). Times are RFC 3339 in UTC.";

/// Adds title, licence and the bearer scheme.
pub(crate) fn describe(api: &mut OpenApi) {
    api.info = InfoBuilder::new()
        .title("corswatch")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(License::new("Apache-2.0")))
        .build();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let components = api.components.get_or_insert_with(Components::new);
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    // Both: without configured tokens nobody needs one.
    let token = SecurityRequirement::new("token", Vec::<String>::new());
    api.security = Some(vec![token, SecurityRequirement::default()]);
}

/// The description of the API (OpenAPI 3.1) as JSON for people, as `/openapi.json` serves it.
///
/// # Panics
/// Never: the description is plain data.
#[must_use]
pub fn openapi() -> String {
    let mut api = api();
    describe(&mut api);
    serde_json::to_string_pretty(&api).expect("the description is plain data")
}

/// What the routes say of themselves.
pub(crate) fn api() -> OpenApi {
    let mut api = OpenApi::default();
    for routes in [
        routes::health().into_openapi(),
        routes::public().into_openapi(),
        routes::metrics().into_openapi(),
        routes::guarded().into_openapi(),
    ] {
        api.merge(routes);
    }
    api
}
