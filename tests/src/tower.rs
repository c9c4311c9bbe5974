//! A service behind tower-http, configured as the snippet for it says.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tower::{Layer as _, service_fn};
use tower_http::cors::CorsLayer;

/// The layer of the snippet for `https://app.test`, `PUT` with `x-tenant`, and credentials. A test
/// holds these lines against the snippet.
pub fn layer() -> CorsLayer {
    use http::{HeaderName, HeaderValue, Method};
    use tower_http::cors::AllowOrigin;

    let methods = ["PUT"].map(|name: &str| name.parse::<Method>().expect("a method"));
    let headers = ["x-tenant"].map(HeaderName::from_static);
    CorsLayer::new()
        .allow_origin(AllowOrigin::list([HeaderValue::from_static(
            "https://app.test",
        )]))
        .allow_methods(methods)
        .allow_headers(headers)
        .allow_credentials(true)
        .max_age(std::time::Duration::from_secs(600))
}

/// Serves one connection after the other, behind `layer`, for as long as it is polled.
pub async fn serve(listener: tokio::net::TcpListener, layer: CorsLayer) {
    let service = layer.layer(service_fn(
        |request: Request<hyper::body::Incoming>| async move {
            let status = match request.uri().path() {
                "/x" => 200,
                _ => 404,
            };
            let response = Response::builder()
                .status(status)
                .body(Empty::<Bytes>::new());
            Ok::<_, Infallible>(response.expect("a valid response"))
        },
    ));
    let service = TowerToHyperService::new(service);
    while let Ok((stream, _)) = listener.accept().await {
        // A client that goes away concerns nobody here.
        let _ = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service.clone())
            .await;
    }
}
