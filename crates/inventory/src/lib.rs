//! Keeps an inventory of the CORS policies of what pages call.
//!
//! **Promises.** [`Inventory`] takes from the traffic which endpoints of configured services pages call, audits a
//! bounded number of them once a day and when their headers change, and keeps what it found: which origins
//! may read, what is wrong with that and since when, and which allowed origins no page comes from.
//!
//! ```no_run
//! use browse::{Client, KnownPaths, Limits, Names, TargetPolicy};
//! use inventory::{Config, Inventory, Parts};
//! use runtime::{Clock, Metrics, Stop};
//!
//! # async fn example(apps: &[intake::AppConfig], services: &[intake::ServiceConfig], store: store::Store, stop: Stop) {
//! let metrics = Metrics::default();
//! let inventory = Inventory::new(Parts {
//!     config: Config::default(),
//!     known_paths: KnownPaths::default(),
//!     apps,
//!     services,
//!     client: Client::new(TargetPolicy::default(), Names::default(), Limits::default()),
//!     store,
//!     clock: Clock::system(),
//!     metrics: &metrics,
//! });
//! if let Some(inventory) = inventory {
//!     inventory.run(stop).await;
//! }
//! # }
//! ```
//!
//! **Never.** It asks with GET only what pages ask with GET, and everything else by preflight; it asks nothing
//! that no page calls.
#![forbid(unsafe_code)]

mod agenda;
mod ask;
mod candidates;
mod config;
mod judge;
mod keeper;
mod look;
mod metrics;
mod record;
mod seen;
mod targets;

pub use config::Config;
pub use keeper::{Inventory, Parts};
