//! What the description of the API says beyond its routes.

use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, Content, InfoBuilder, License, ObjectBuilder, OpenApi, PathItem, Ref, RefOr,
    Response, ResponseBuilder, SecurityRequirement,
};

use crate::view::words::one_of;
use crate::{conditional, paging, routes, tabular};

const DESCRIPTION: &str = "The admin server of corswatch: what browsers saw of cross-origin \
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
    problems(api);
    formats(api);
    answers(api);
    // Both: without configured tokens no one needs one.
    let token = SecurityRequirement::new("token", Vec::<String>::new());
    api.security = Some(vec![token, SecurityRequirement::default()]);
}

/// The type of problem details (RFC 9457).
const PROBLEM_JSON: &str = "application/problem+json";
/// Routes that need no token and are never too busy.
const ALWAYS_ANSWERED: [&str; 3] = ["/livez", "/readyz", "/openapi.json"];
/// What stands around every other route may answer, whatever the route documents itself.
const AROUND: [(&str, &str); 6] = [
    ("400", "a parameter is at fault"),
    ("401", "no token, or one that is not known or has expired"),
    ("403", "the caller may not do this"),
    ("421", "the `Host` is not a name of this server"),
    ("500", "a fault of this server"),
    (
        "503",
        "too many requests at the same time, or the store does not answer now",
    ),
];

/// Gives every problem its media type, and every route the problems that stand around it.
fn problems(api: &mut OpenApi) {
    for (path, item) in &mut api.paths.paths {
        for (_, operation) in operations(item) {
            for response in operation.responses.responses.values_mut() {
                if let RefOr::T(response) = response {
                    rename_problem(response);
                }
            }
            if ALWAYS_ANSWERED.contains(&path.as_str()) {
                continue;
            }
            for (status, description) in AROUND {
                let responses = &mut operation.responses.responses;
                responses
                    .entry(status.to_owned())
                    .or_insert_with(|| RefOr::T(problem(description)));
            }
        }
    }
}

/// What stands around the routes that answer with rows, or with what the log alone decides.
fn formats(api: &mut OpenApi) {
    for (path, item) in &mut api.paths.paths {
        let Some(operation) = &mut item.get else {
            continue;
        };
        let responses = &mut operation.responses.responses;
        if tabular::is_table(path) {
            if let Some(RefOr::T(answer)) = responses.get_mut("200") {
                let rows = Content::new(Some(ObjectBuilder::new().schema_type(Type::String)));
                answer
                    .content
                    .insert(tabular::CSV.to_owned(), RefOr::T(rows));
            }
            let format = ParameterBuilder::new()
                .name(tabular::FORMAT)
                .parameter_in(ParameterIn::Query)
                .description(Some(
                    "`csv` for rows of comma-separated values; `Accept: text/csv` does the same.",
                ))
                .schema(Some(one_of(tabular::FORMATS.into_iter())));
            operation
                .parameters
                .get_or_insert_default()
                .push(RefOr::T(format.build()));
        }
        paging::describe(path, operation);
        let responses = &mut operation.responses.responses;
        if conditional::is_tagged(path) {
            let unchanged = "nothing has changed since the answer with the `ETag` that \
                `If-None-Match` names";
            let answer = ResponseBuilder::new().description(unchanged).build();
            responses.insert("304".to_owned(), RefOr::T(answer));
        }
    }
}

/// What answers have beside what their routes say.
fn answers(api: &mut OpenApi) {
    let components = api.components.get_or_insert_with(Components::new);
    for (name, schema) in &mut components.schemas {
        paging::describe_answer(name, schema);
    }
}

fn rename_problem(response: &mut Response) {
    let is_problem = |content: &RefOr<Content>| match content {
        RefOr::T(Content {
            schema: Some(RefOr::Ref(reference)),
            ..
        }) => reference.ref_location.ends_with("/Problem"),
        _ => false,
    };
    let json = "application/json";
    if response.content.get(json).is_some_and(is_problem)
        && let Some(content) = response.content.swap_remove(json)
    {
        response.content.insert(PROBLEM_JSON.to_owned(), content);
    }
}

fn problem(description: &str) -> Response {
    let schema = Ref::from_schema_name("Problem");
    ResponseBuilder::new()
        .description(description)
        .content(PROBLEM_JSON, Content::new(Some(schema)))
        .build()
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
        routes::signed().into_openapi(),
        routes::sign_in().into_openapi(),
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
