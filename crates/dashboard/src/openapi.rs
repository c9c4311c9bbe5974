//! What the description of the API says beyond its routes.

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, License, OpenApi, PathItem, SecurityRequirement};

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
    for (path, item) in &mut api.paths.paths {
        for (method, operation) in operations(item) {
            operation.operation_id = Some(operation_id(method, path));
        }
    }
    api
}

/// The operations of a path that this API has.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let methods = [
        ("get", &mut item.get),
        ("post", &mut item.post),
        ("put", &mut item.put),
        ("patch", &mut item.patch),
        ("delete", &mut item.delete),
    ];
    methods
        .into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// `get_inventory_history` for `GET /api/v1/inventory/history`: an id is unique in the whole
/// description (OpenAPI 3.1, Operation Object), and generators of clients name functions after it.
fn operation_id(method: &str, path: &str) -> String {
    let short = path.strip_prefix("/api/v1").unwrap_or(path);
    let words = short
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    std::iter::once(method)
        .chain(words)
        .collect::<Vec<_>>()
        .join("_")
}
