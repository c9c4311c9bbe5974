//! What the demo needs to know about the product around it.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

/// Where the shop and its API listen, and how the shop's page reports to the edge.
#[derive(Debug, Clone)]
pub struct DemoConfig {
    /// Address of the shop's page; port 0 takes a free one.
    pub shop_addr: SocketAddr,
    /// Address of the shop's API; port 0 takes a free one.
    pub api_addr: SocketAddr,
    /// Base URL of the edge that takes the beacons: `http://127.0.0.1:7780`.
    pub edge_url: String,
    /// Path of the SDK at the edge: the immutable hashed file, or the keyed one.
    pub script_path: String,
    /// Subresource integrity of the script; not for the keyed one, whose content can change.
    pub integrity: Option<String>,
    /// Key of the app that the shop reports as.
    pub key: String,
    /// Where a person looks at what was reported.
    pub dashboard_url: String,
}

impl DemoConfig {
    /// The default address of the shop's page.
    pub const SHOP: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 7782);
    /// The default address of the shop's API.
    pub const API: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 7783);

    /// Opens both sockets.
    ///
    /// # Errors
    /// When an address is taken or not this machine's.
    pub async fn bind(&self) -> Result<Listeners, runtime::ListenError> {
        Ok(Listeners {
            shop: runtime::listen("demo shop", "demo.shop_addr", self.shop_addr).await?,
            api: runtime::listen("demo API", "demo.api_addr", self.api_addr).await?,
        })
    }
}

/// The two bound sockets. Bound before serving, so that the caller can tell the ports.
#[derive(Debug)]
pub struct Listeners {
    /// Of the shop's page.
    pub shop: TcpListener,
    /// Of the shop's API.
    pub api: TcpListener,
}

impl Listeners {
    /// Origin of the shop's page, as a browser writes it: what the app must allow as page origin.
    ///
    /// # Errors
    /// When the socket does not know its address.
    pub fn shop_origin(&self) -> std::io::Result<String> {
        Ok(format!("http://{}", self.shop.local_addr()?))
    }

    /// Origin of the shop's API.
    ///
    /// # Errors
    /// When the socket does not know its address.
    pub fn api_origin(&self) -> std::io::Result<String> {
        Ok(format!("http://{}", self.api.local_addr()?))
    }
}
