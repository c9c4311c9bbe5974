//! The demo alone, without a product around it: `cargo run -p demo --example shop`.

use demo::{DemoConfig, Switches};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = DemoConfig {
        shop_addr: DemoConfig::SHOP,
        api_addr: DemoConfig::API,
        edge_url: "http://127.0.0.1:7780".to_owned(),
        script_path: "/v1/s/demo.js".to_owned(),
        integrity: None,
        key: "demo".to_owned(),
        dashboard_url: "http://127.0.0.1:7781".to_owned(),
    };
    let listeners = config.bind().await?;
    println!("demo shop on {}", listeners.shop_origin()?);
    let stop = runtime::Stop::new();
    let mut shutdown = runtime::shutdown()?;
    tokio::select! {
        served = demo::serve(config, listeners, Switches::default(), stop.clone()) => served?,
        signal = shutdown.next() => println!("{signal}: bye"),
    }
    Ok(())
}
