//! Lists page by page: `limit` and `after` for lists that are bounded and read whole. A page begins after the row that ended
//! the one before, not at a number, so that rows that come meanwhile move nothing.

use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, Uri, header};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::form_urlencoded;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, Object, SchemaType, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, SchemaFormat};

use crate::params::MAX_LIMIT;
use crate::problem::{Code, Fault, Problem};

/// Rows of a page, where `after` is given alone.
const DEFAULT_LIMIT: usize = 100;
/// The names of the parameters.
pub(crate) const NAMES: [&str; 2] = ["limit", "after"];
/// Digits of a cursor.
const CURSOR: usize = 24;
/// Most bytes of an answer that is cut; these lists are bounded already.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// A list: its path, the schema of its answer, the member with the rows, and what tells rows apart.
struct List {
    path: &'static str,
    schema: &'static str,
    member: &'static str,
    key: &'static [&'static str],
}

const fn list(
    path: &'static str,
    schema: &'static str,
    member: &'static str,
    key: &'static [&'static str],
) -> List {
    List {
        path,
        schema,
        member,
        key,
    }
}

const LISTS: [List; 8] = [
    list("/api/v1/alerts", "AlertsBody", "alerts", &["id"]),
    list("/api/v1/deploys", "DeploysBody", "deploys", &["id"]),
    list("/api/v1/incidents", "IncidentsBody", "incidents", &["id"]),
    list(
        "/api/v1/inventory",
        "InventoryBody",
        "targets",
        &["service", "target_origin", "method", "endpoint"],
    ),
    list(
        "/api/v1/maintenance",
        "MaintenanceBody",
        "maintenance",
        &["id"],
    ),
    list(
        "/api/v1/partner-links",
        "PartnerLinksBody",
        "partner_links",
        &["id"],
    ),
    list("/api/v1/silences", "SilencesBody", "silences", &["id"]),
    list("/api/v1/slos", "SlosBody", "slos", &["name"]),
];

fn of(path: &str) -> Option<&'static List> {
    LISTS.iter().find(|list| list.path == path)
}

/// What is asked for of a list.
#[derive(Debug, Default, PartialEq, Eq)]
struct Page {
    limit: Option<usize>,
    after: Option<String>,
}

/// Answers with a page of a list where one is asked for.
pub(crate) async fn answered(mut request: Request, next: Next) -> Response {
    let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
    let Some(list) = of(request.uri().path()).filter(|_| is_get) else {
        return next.run(request).await;
    };
    let (uri, page) = match taken(request.uri()) {
        Ok(taken) => taken,
        Err(faults) => return Problem::faults(faults).into_response(),
    };
    if page == Page::default() {
        return next.run(request).await;
    }
    *request.uri_mut() = uri.clone();
    let response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    match cut(response.into_body(), list, &page, &uri).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

/// The address without the page, and the page.
fn taken(uri: &Uri) -> Result<(Uri, Page), Vec<Fault>> {
    let (mut page, mut others, mut faults) = (Page::default(), Vec::new(), Vec::new());
    let mut fault = |field: &str, value: &str, permitted: String| {
        faults.push(Fault {
            field: field.to_owned(),
            value: value.chars().take(64).collect(),
            permitted,
        });
    };
    for pair in uri.query().unwrap_or_default().split('&') {
        let Some((name, value)) = form_urlencoded::parse(pair.as_bytes()).next() else {
            continue;
        };
        match name.as_ref() {
            "limit" if page.limit.is_none() => {
                let limit = value.parse().ok();
                page.limit = limit.filter(|limit| (1..=MAX_LIMIT as usize).contains(limit));
                if page.limit.is_none() {
                    fault("limit", &value, format!("1 to {MAX_LIMIT}"));
                }
            }
            "after" if page.after.is_none() => {
                let is_cursor =
                    value.len() == CURSOR && value.bytes().all(|byte| byte.is_ascii_hexdigit());
                if !is_cursor {
                    fault(
                        "after",
                        &value,
                        "`next` of the page before, as it came".into(),
                    );
                }
                page.after = Some(value.into_owned());
            }
            "limit" | "after" => fault(&name, &value, "one value for each parameter".into()),
            _ => others.push(pair),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut target = uri.path().to_owned();
    if !others.is_empty() {
        target = format!("{target}?{}", others.join("&"));
    }
    Ok((target.parse().unwrap_or_else(|_| uri.clone()), page))
}

async fn cut(body: Body, list: &List, page: &Page, uri: &Uri) -> Result<Response, Problem> {
    let broken = || Problem::new(Code::Internal, "the answer cannot be cut into pages");
    let body = axum::body::to_bytes(body, MAX_BODY).await;
    let body = body.map_err(|_| broken())?;
    let mut answer: Value = serde_json::from_slice(&body).map_err(|_| broken())?;
    let rows = answer[list.member].as_array_mut().ok_or_else(broken)?;
    let start = match &page.after {
        None => 0,
        Some(after) => {
            let last = rows.iter().position(|row| cursor(list, row) == *after);
            last.ok_or_else(|| gone(after))? + 1
        }
    };
    let limit = page.limit.unwrap_or(DEFAULT_LIMIT);
    let is_last = rows.len() <= start + limit;
    rows.truncate(start + limit);
    rows.drain(..start);
    let next = rows.last().filter(|_| !is_last);
    let next = next.map(|row| cursor(list, row));
    answer["next"] = next.clone().into();
    let mut response = Json(answer).into_response();
    if let Some(next) = next {
        let mark = if uri.query().is_some() { '&' } else { '?' };
        // RFC 8288: also for whoever reads rows as CSV, which have no place for it.
        let link = format!("<{uri}{mark}limit={limit}&after={next}>; rel=\"next\"");
        if let Ok(link) = HeaderValue::try_from(link) {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    Ok(response)
}

fn gone(after: &str) -> Problem {
    Problem::faults(vec![Fault {
        field: "after".into(),
        value: after.to_owned(),
        permitted: "`next` of a page whose last row is still there; begin again without it".into(),
    }])
}

/// What stands for a row.
fn cursor(list: &List, row: &Value) -> String {
    let key: Vec<&Value> = list.key.iter().map(|name| &row[*name]).collect();
    let digest = Sha256::digest(serde_json::to_vec(&key).unwrap_or_default());
    data_encoding::HEXLOWER.encode(&digest[..CURSOR / 2])
}

/// The parameters of a list, for its description.
pub(crate) fn describe(path: &str, operation: &mut Operation) {
    if of(path).is_none() {
        return;
    }
    let limit = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
        .minimum(Some(1))
        .maximum(Some(MAX_LIMIT));
    let after = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(format!("^[0-9a-f]{{{CURSOR}}}$")));
    let parameters = operation.parameters.get_or_insert_default();
    let what = "Rows of a page; with neither this nor `after` all that there are.";
    parameters.push(RefOr::T(parameter("limit", what, limit.build())));
    let what = "`next` of the page before.";
    parameters.push(RefOr::T(parameter("after", what, after.build())));
}

fn parameter(name: &str, description: &str, schema: Object) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

/// The member of answers that leads to the next page, for their description.
pub(crate) fn describe_answer(name: &str, schema: &mut RefOr<Schema>) {
    let is_listed = LISTS.iter().any(|list| list.schema == name);
    if let (true, RefOr::T(Schema::Object(object))) = (is_listed, schema) {
        let next = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some(
                "`after` of the next page, where pages are asked for; null with the last one.",
            ));
        let next = RefOr::T(Schema::Object(next.build()));
        object.properties.insert("next".to_owned(), next);
    }
}
