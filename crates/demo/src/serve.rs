//! Serves both origins until asked to stop.

use axum::http::HeaderValue;
use runtime::Stop;

use crate::connection::{Cut, Cuttable};
use crate::{DemoConfig, Listeners, Switches, api, shop};

/// The demo cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A socket failed.
    #[error("the demo shop cannot serve")]
    Serve(#[source] std::io::Error),
}

/// Serves the shop's page and its API on `listeners` until `stop`; both share `switches`.
///
/// # Errors
/// [`DemoError`] when a socket fails.
pub async fn serve(
    config: DemoConfig,
    listeners: Listeners,
    switches: Switches,
    stop: Stop,
) -> Result<(), DemoError> {
    let api_url = listeners.api_origin().map_err(DemoError::Serve)?;
    let shop_origin = listeners
        .shop_origin()
        .and_then(|origin| HeaderValue::from_str(&origin).map_err(std::io::Error::other));
    let shop_origin = shop_origin.map_err(DemoError::Serve)?;
    let shop = shop::router(&config, &api_url, &switches);
    let api = api::router(&switches, shop_origin).into_make_service_with_connect_info::<Cut>();
    let shop =
        axum::serve(listeners.shop, shop).with_graceful_shutdown(stop.clone().cancelled_owned());
    let api =
        axum::serve(Cuttable(listeners.api), api).with_graceful_shutdown(stop.cancelled_owned());
    tokio::try_join!(shop.into_future(), api.into_future()).map_err(DemoError::Serve)?;
    Ok(())
}
