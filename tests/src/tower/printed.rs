//! What `explain --fix-for tower-http` prints for each scenario, as it is: written by
//! `UPDATE_PRINTED=1 cargo test --workspace --test fixes tower`.
#![allow(clippy::all, clippy::pedantic)]

use super::App;

// a plain read
#[rustfmt::skip]
fn number_0(app: App) -> App {
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

let methods = ["GET"].map(|name: &str| name.parse::<Method>().expect("a method"));
let headers = [].map(HeaderName::from_static);
let cors = CorsLayer::new()
    .allow_origin(AllowOrigin::list([HeaderValue::from_static("http://app.test")]))
    .allow_methods(methods)
    .allow_headers(headers)
    .max_age(std::time::Duration::from_secs(600));
let app = app.layer(cors); // outermost: the last layer added runs first
app
}

// a read with cookies
#[rustfmt::skip]
fn number_1(app: App) -> App {
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

let methods = ["GET"].map(|name: &str| name.parse::<Method>().expect("a method"));
let headers = [].map(HeaderName::from_static);
let cors = CorsLayer::new()
    .allow_origin(AllowOrigin::list([HeaderValue::from_static("http://app.test")]))
    .allow_methods(methods)
    .allow_headers(headers)
    .allow_credentials(true)
    .max_age(std::time::Duration::from_secs(600));
let app = app.layer(cors); // outermost: the last layer added runs first
app
}

// HEAD with cookies
#[rustfmt::skip]
fn number_2(app: App) -> App {
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

let methods = ["HEAD"].map(|name: &str| name.parse::<Method>().expect("a method"));
let headers = [].map(HeaderName::from_static);
let cors = CorsLayer::new()
    .allow_origin(AllowOrigin::list([HeaderValue::from_static("http://app.test")]))
    .allow_methods(methods)
    .allow_headers(headers)
    .allow_credentials(true)
    .max_age(std::time::Duration::from_secs(600));
let app = app.layer(cors); // outermost: the last layer added runs first
app
}

// a page with a port
#[rustfmt::skip]
fn number_3(app: App) -> App {
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

let methods = ["DELETE"].map(|name: &str| name.parse::<Method>().expect("a method"));
let headers = [].map(HeaderName::from_static);
let cors = CorsLayer::new()
    .allow_origin(AllowOrigin::list([HeaderValue::from_static("http://app.test:8080")]))
    .allow_methods(methods)
    .allow_headers(headers)
    .max_age(std::time::Duration::from_secs(600));
let app = app.layer(cors); // outermost: the last layer added runs first
app
}

// PUT with a header and cookies
#[rustfmt::skip]
fn number_4(app: App) -> App {
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

let methods = ["PUT"].map(|name: &str| name.parse::<Method>().expect("a method"));
let headers = ["x-tenant"].map(HeaderName::from_static);
let cors = CorsLayer::new()
    .allow_origin(AllowOrigin::list([HeaderValue::from_static("http://app.test")]))
    .allow_methods(methods)
    .allow_headers(headers)
    .allow_credentials(true)
    .max_age(std::time::Duration::from_secs(600));
let app = app.layer(cors); // outermost: the last layer added runs first
app
}

// POST of JSON with cookies
#[rustfmt::skip]
fn number_5(app: App) -> App {
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

let methods = ["POST"].map(|name: &str| name.parse::<Method>().expect("a method"));
let headers = ["content-type"].map(HeaderName::from_static);
let cors = CorsLayer::new()
    .allow_origin(AllowOrigin::list([HeaderValue::from_static("http://app.test")]))
    .allow_methods(methods)
    .allow_headers(headers)
    .allow_credentials(true)
    .max_age(std::time::Duration::from_secs(600));
let app = app.layer(cors); // outermost: the last layer added runs first
app
}

// many headers
#[rustfmt::skip]
fn number_6(app: App) -> App {
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

let methods = ["PUT"].map(|name: &str| name.parse::<Method>().expect("a method"));
let headers = ["authorization", "content-type", "x-a", "x-b_c.d", "x-request-id"].map(HeaderName::from_static);
let cors = CorsLayer::new()
    .allow_origin(AllowOrigin::list([HeaderValue::from_static("http://app.test")]))
    .allow_methods(methods)
    .allow_headers(headers)
    .max_age(std::time::Duration::from_secs(600));
let app = app.layer(cors); // outermost: the last layer added runs first
app
}

// a header of tracing
#[rustfmt::skip]
fn number_7(app: App) -> App {
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

let methods = ["GET"].map(|name: &str| name.parse::<Method>().expect("a method"));
let headers = ["traceparent"].map(HeaderName::from_static);
let cors = CorsLayer::new()
    .allow_origin(AllowOrigin::list([HeaderValue::from_static("http://app.test")]))
    .allow_methods(methods)
    .allow_headers(headers)
    .max_age(std::time::Duration::from_secs(600));
let app = app.layer(cors); // outermost: the last layer added runs first
app
}

// a method in lower case
#[rustfmt::skip]
fn number_8(app: App) -> App {
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

let methods = ["PATCH"].map(|name: &str| name.parse::<Method>().expect("a method"));
let headers = ["content-type"].map(HeaderName::from_static);
let cors = CorsLayer::new()
    .allow_origin(AllowOrigin::list([HeaderValue::from_static("http://app.test")]))
    .allow_methods(methods)
    .allow_headers(headers)
    .max_age(std::time::Duration::from_secs(600));
let app = app.layer(cors); // outermost: the last layer added runs first
app
}

// a header of answers in the request
#[rustfmt::skip]
fn number_9(app: App) -> App {
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

let methods = ["GET"].map(|name: &str| name.parse::<Method>().expect("a method"));
let headers = ["x-tenant"].map(HeaderName::from_static);
let cors = CorsLayer::new()
    .allow_origin(AllowOrigin::list([HeaderValue::from_static("http://app.test")]))
    .allow_methods(methods)
    .allow_headers(headers)
    .max_age(std::time::Duration::from_secs(600));
let app = app.layer(cors); // outermost: the last layer added runs first
app
}

// a path that is not there, with cookies
#[rustfmt::skip]
fn number_10(app: App) -> App {
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

let methods = ["GET"].map(|name: &str| name.parse::<Method>().expect("a method"));
let headers = [].map(HeaderName::from_static);
let cors = CorsLayer::new()
    .allow_origin(AllowOrigin::list([HeaderValue::from_static("http://app.test")]))
    .allow_methods(methods)
    .allow_headers(headers)
    .allow_credentials(true)
    .max_age(std::time::Duration::from_secs(600));
let app = app.layer(cors); // outermost: the last layer added runs first
app
}

// PUT to a path that is not there
#[rustfmt::skip]
fn number_11(app: App) -> App {
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

let methods = ["PUT"].map(|name: &str| name.parse::<Method>().expect("a method"));
let headers = [].map(HeaderName::from_static);
let cors = CorsLayer::new()
    .allow_origin(AllowOrigin::list([HeaderValue::from_static("http://app.test")]))
    .allow_methods(methods)
    .allow_headers(headers)
    .max_age(std::time::Duration::from_secs(600));
let app = app.layer(cors); // outermost: the last layer added runs first
app
}

// a failure of the application
#[rustfmt::skip]
fn number_12(app: App) -> App {
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

let methods = ["GET"].map(|name: &str| name.parse::<Method>().expect("a method"));
let headers = [].map(HeaderName::from_static);
let cors = CorsLayer::new()
    .allow_origin(AllowOrigin::list([HeaderValue::from_static("http://app.test")]))
    .allow_methods(methods)
    .allow_headers(headers)
    .max_age(std::time::Duration::from_secs(600));
let app = app.layer(cors); // outermost: the last layer added runs first
app
}

// a failure of the application at a PUT with cookies
#[rustfmt::skip]
fn number_13(app: App) -> App {
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

let methods = ["PUT"].map(|name: &str| name.parse::<Method>().expect("a method"));
let headers = ["x-tenant"].map(HeaderName::from_static);
let cors = CorsLayer::new()
    .allow_origin(AllowOrigin::list([HeaderValue::from_static("http://app.test")]))
    .allow_methods(methods)
    .allow_headers(headers)
    .allow_credentials(true)
    .max_age(std::time::Duration::from_secs(600));
let app = app.layer(cors); // outermost: the last layer added runs first
app
}

// a preflight that is to log in
#[rustfmt::skip]
fn number_14(app: App) -> App {
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

let methods = ["GET"].map(|name: &str| name.parse::<Method>().expect("a method"));
let headers = ["authorization"].map(HeaderName::from_static);
let cors = CorsLayer::new()
    .allow_origin(AllowOrigin::list([HeaderValue::from_static("http://app.test")]))
    .allow_methods(methods)
    .allow_headers(headers)
    .max_age(std::time::Duration::from_secs(600));
let app = app.layer(cors); // outermost: the last layer added runs first
app
}

// an answer to who has not logged in
#[rustfmt::skip]
fn number_15(app: App) -> App {
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

let methods = ["GET"].map(|name: &str| name.parse::<Method>().expect("a method"));
let headers = [].map(HeaderName::from_static);
let cors = CorsLayer::new()
    .allow_origin(AllowOrigin::list([HeaderValue::from_static("http://app.test")]))
    .allow_methods(methods)
    .allow_headers(headers)
    .allow_credentials(true)
    .max_age(std::time::Duration::from_secs(600));
let app = app.layer(cors); // outermost: the last layer added runs first
app
}

/// The functions, in the order of the scenarios.
#[rustfmt::skip]
pub const ALL: [fn(App) -> App; 16] = [number_0, number_1, number_2, number_3, number_4, number_5, number_6, number_7, number_8, number_9, number_10, number_11, number_12, number_13, number_14, number_15];
