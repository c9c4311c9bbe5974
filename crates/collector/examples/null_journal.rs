//! An edge whose journal keeps nothing, for measuring the edge alone:
//! `cargo run --release -p collector --example null_journal -- 127.0.0.1:7780`.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use collector::{Collector, Config};
use intake::{AppConfig, Catalog, CatalogConfig};
use journal::{AppendError, Appended, Appender, Health, Record};

struct Nothing;

#[async_trait]
impl Appender for Nothing {
    async fn append(&self, record: Record) -> Result<Appended, AppendError> {
        let partition = record.partition;
        Ok(Appended {
            partition,
            offset: Some(0),
        })
    }
    fn health(&self) -> Health {
        Health::Ready
    }
    async fn close(&self, _: Duration) {}
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let mut config = Config::default();
    config.limits.client_rate = 10_000;
    config.limits.client_burst = 1_000_000;
    config.limits.network_bytes = settings::Size::mib(1024);
    config.limits.network_bytes_burst = settings::Size::mib(16 * 1024);
    config.limits.connections = 50_000;
    config.limits.connections_per_client = 50_000;
    config.trusted_proxies = vec!["127.0.0.0/8".parse()?];
    let app = AppConfig {
        name: "shop".into(),
        keys: vec!["shop-key-1".into()],
        page_origins: vec!["https://shop.test".into()],
        quota: 1_000_000,
        quota_bytes: settings::Size::mib(4096),
        ..AppConfig::default()
    };
    let catalog = Catalog::build(&CatalogConfig {
        apps: vec![app],
        ..CatalogConfig::default()
    })
    .map_err(|problems| format!("{problems:?}"))?;
    let metrics = runtime::Metrics::default();
    let clock = runtime::Clock::system();
    let collector = Collector::build(config, catalog, Arc::new(Nothing), 8, clock, &metrics);
    let listener = tokio::net::TcpListener::bind(&listen).await?;
    eprintln!(
        "listening on {}, process {}",
        listener.local_addr()?,
        std::process::id()
    );
    let stop = runtime::Stop::new();
    let mut shutdown = runtime::shutdown()?;
    let ended = stop.clone();
    let (served, ()) = tokio::join!(collector.serve(listener, stop), async move {
        shutdown.next().await;
        ended.cancel();
    });
    eprintln!("{}", metrics.encode());
    Ok(served?)
}
