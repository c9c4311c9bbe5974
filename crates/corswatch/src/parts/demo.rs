//! The demo shop, and the configuration that makes it an application.

use std::net::SocketAddr;
use std::time::Duration;

use demo::{DemoConfig, Listeners, Switches};
use intake::{AppConfig, LabTraffic, MatchRule, ServiceConfig};
use runtime::Tasks;
use settings::Span;

use super::{Socket, task_error};
use crate::config::Config;
use crate::exit::Failure;

const APP: &str = "demo-shop";
const KEY: &str = "demo-shop-key";
const DRAIN: Duration = Duration::from_secs(5);

/// The bound sockets of the demo.
pub(crate) struct Demo {
    listeners: Listeners,
    sockets: DemoSockets,
}

/// Where the demo listens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DemoSockets {
    shop: SocketAddr,
    api: SocketAddr,
}

impl DemoSockets {
    /// Adds the shop to the configuration: one person at one machine must see an alert, so one session and
    /// one network are witnesses enough.
    pub(crate) fn add_to(self, config: &mut Config) {
        let Self { shop, api } = self;
        config.apps.push(AppConfig {
            name: APP.to_owned(),
            keys: vec![KEY.to_owned()],
            page_origins: vec![
                format!("http://{shop}"),
                format!("http://localhost:{}", shop.port()),
            ],
            lab_traffic: LabTraffic::Count,
            ..AppConfig::default()
        });
        let api_origin = format!("http://{api}");
        // The shop's API is on this machine, and nothing else there is asked.
        let private = &mut config.prober.dangerously_allow_private_networks;
        private.push(api_origin.clone());
        config.services.push(ServiceConfig {
            name: "shop-api".to_owned(),
            owner: "you".to_owned(),
            matches: vec![MatchRule {
                origin: api_origin,
                path: String::new(),
            }],
            ..ServiceConfig::default()
        });
        // Whoever throws a switch waits for the inventory.
        config.inventory.tick = Span::secs(5);
        config.inventory.again_after = Span::secs(20);
        config.prober.snapshot_every = Span::secs(20);
        config.alert.corroboration.sessions = 1;
        config.alert.corroboration.networks = 1;
    }
}

impl Demo {
    /// Opens both sockets.
    pub(crate) async fn bind(config: &Config) -> Result<Self, Failure> {
        let shop = Socket::bind("the demo shop", "demo.shop", config.demo.shop).await?;
        let api = Socket::bind("the demo's API", "demo.api", config.demo.api).await?;
        let listeners = Listeners {
            shop: shop.listener,
            api: api.listener,
        };
        let shop = listeners.shop.local_addr().map_err(anyhow::Error::from)?;
        let api = listeners.api.local_addr().map_err(anyhow::Error::from)?;
        Ok(Self {
            listeners,
            sockets: DemoSockets { shop, api },
        })
    }

    /// Where shop and API listen.
    pub(crate) const fn sockets(&self) -> DemoSockets {
        self.sockets
    }

    /// Spawns shop and API; returns the shop's address.
    pub(crate) fn spawn(self, edge_url: &str, dashboard_url: &str, tasks: &mut Tasks) -> String {
        let config = DemoConfig {
            shop_addr: self.sockets.shop,
            api_addr: self.sockets.api,
            edge_url: edge_url.to_owned(),
            script_path: collector::script_path().to_owned(),
            integrity: Some(collector::integrity().to_owned()),
            key: KEY.to_owned(),
            dashboard_url: dashboard_url.to_owned(),
        };
        let listeners = self.listeners;
        tasks.spawn("demo", DRAIN, |stop| async move {
            let served = demo::serve(config, listeners, Switches::default(), stop).await;
            served.map_err(task_error)
        });
        format!("http://{}", self.sockets.shop)
    }
}
