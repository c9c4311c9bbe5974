//! The shop's API: a few routes with every kind of request, behind a CORS layer that can be broken.

use std::time::Duration;

use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::connection::Cut;
use crate::{Failure, Switches, policy};

/// How long the slow API takes: well over the 200 ms at which a preflight counts as slow.
const SLOW: Duration = Duration::from_millis(700);

const SESSION: &str = "demo-session=1";

/// Name and price in cents.
const ITEMS: &[(&str, u32)] = &[
    ("Enamel mug", 1400),
    ("Field notebook", 900),
    ("Canvas tote", 1900),
    ("Desk lamp", 5200),
    ("Wool blanket", 7400),
    ("Tea tin", 1150),
];

/// What the CORS layer goes by.
#[derive(Debug, Clone)]
struct Cors {
    switches: Switches,
    /// The origin whose pages may read.
    shop: HeaderValue,
}

/// The routes, behind a CORS layer that lets the pages of `shop` read.
pub(crate) fn router(switches: &Switches, shop: HeaderValue) -> Router {
    let cors_of = Cors {
        switches: switches.clone(),
        shop,
    };
    Router::new()
        .route("/items", get(items))
        .route("/items/{id}", get(item))
        .route("/cart/{id}", put(add_to_cart))
        .route("/login", post(login))
        .route("/orders", get(orders))
        .layer(from_fn_with_state(cors_of, cors))
}

/// Answers preflights and adds the headers of the policy, or of what is left of it.
async fn cors(
    State(Cors { switches, shop }): State<Cors>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
    next: Next,
) -> Response {
    let on = switches.on();
    if on.contains(&Failure::DeadNetwork) {
        cut.now();
        return StatusCode::BAD_GATEWAY.into_response();
    }
    if on.contains(&Failure::SlowApi) {
        tokio::time::sleep(SLOW).await;
    }
    if request.method() == Method::OPTIONS {
        return policy::preflight(&on, &shop, request.headers()).into_response();
    }
    let headers = policy::response(&on, &shop, request.headers());
    let mut response = next.run(request).await;
    response.headers_mut().extend(headers);
    response
}

async fn items() -> impl IntoResponse {
    let all: Vec<Value> = (0..ITEMS.len()).filter_map(as_json).collect();
    ([(policy::TOTAL_COUNT, all.len().to_string())], Json(all))
}

async fn item(Path(id): Path<usize>) -> Result<Json<Value>, StatusCode> {
    as_json(id).map(Json).ok_or(StatusCode::NOT_FOUND)
}

async fn add_to_cart(Path(id): Path<usize>, headers: HeaderMap) -> StatusCode {
    match (ITEMS.get(id), headers.get(policy::TENANT)) {
        (None, _) => StatusCode::NOT_FOUND,
        (_, None) => StatusCode::BAD_REQUEST,
        _ => StatusCode::NO_CONTENT,
    }
}

async fn login() -> impl IntoResponse {
    let cookie = format!("{SESSION}; Path=/; HttpOnly; SameSite=Lax");
    (StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)])
}

async fn orders(headers: HeaderMap) -> Response {
    let cookies = headers.get_all(COOKIE);
    let known = cookies
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .any(|cookies| cookies.split("; ").any(|cookie| cookie == SESSION));
    if !known {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let orders = json!([{"id": 1041, "item": 2}, {"id": 1042, "item": 4}]);
    ([(policy::TOTAL_COUNT, "2")], Json(orders)).into_response()
}

fn as_json(id: usize) -> Option<Value> {
    let (name, cents) = ITEMS.get(id)?;
    Some(json!({"id": id, "name": name, "cents": cents}))
}
