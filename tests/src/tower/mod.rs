//! A service behind tower-http, configured as the snippets for it say.

pub mod printed;

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower::util::BoxCloneSyncService;
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

/// An application without CORS: `/x`, `/boom`, which fails, and `/private`, which wants Authorization.
#[derive(Debug, Clone)]
pub struct App(BoxCloneSyncService<Request<Incoming>, Response<Empty<Bytes>>, Infallible>);

impl Default for App {
    fn default() -> Self {
        Self(BoxCloneSyncService::new(service_fn(
            |request: Request<Incoming>| async move {
                let is_known = request.headers().contains_key("authorization");
                let status = match request.uri().path() {
                    "/x" => 200,
                    "/private" if is_known => 200,
                    "/private" => 401,
                    "/boom" => 500,
                    _ => 404,
                };
                let response = Response::builder()
                    .status(status)
                    .body(Empty::<Bytes>::new());
                Ok::<_, Infallible>(response.expect("a valid response"))
            },
        )))
    }
}

impl App {
    /// The same behind a layer, as the routers of frameworks have it.
    #[must_use]
    pub fn layer(self, layer: CorsLayer) -> Self {
        Self(BoxCloneSyncService::new(layer.layer(self.0)))
    }

    /// Serves for as long as it is polled.
    pub async fn serve(self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(self.0.clone());
            connections.spawn(async move {
                // A client that goes away concerns no one here.
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
            while connections.try_join_next().is_some() {}
        }
    }
}

/// Serves the application behind `layer`, for as long as it is polled.
pub async fn serve(listener: TcpListener, layer: CorsLayer) {
    App::default().layer(layer).serve(listener).await;
}
