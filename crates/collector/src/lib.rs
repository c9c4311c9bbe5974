//! The edge: admits, bounds, sheds, appends to the journal, answers.
//!
//! **Promises.** A beacon's request goes through it like this: the connection is admitted ([`Limits`]), the
//! request is held against load and rates, the key against the [`intake::Catalog`]; the body is read
//! and unpacked within its limits; an [`intake::Source`] makes an envelope of it; the journal
//! makes the envelope durable; 204. Every beacon ends in exactly one counted outcome:
//! `received = refused + appended + shed`.
//!
//! HTTP is served by hyper directly: the time-outs of the front end need a look at the connection
//! below the router, and the handful of routes needs no router that allocates for each request.
//!
//! ```no_run
//! use collector::{Collector, Config};
//! use journal::Journal;
//! use runtime::{Clock, Metrics, Stop};
//!
//! # async fn example(catalog: intake::Catalog, stop: Stop) -> Result<(), Box<dyn std::error::Error>> {
//! let metrics = Metrics::default();
//! let journal = Journal::open(&journal::Config::default(), Clock::system(), &metrics).await?;
//! let appender = journal.appender().await?;
//! let edge = Collector::build(
//!     Config::default(), catalog, appender, journal.partitions(), Clock::system(), &metrics,
//! );
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:7780").await?;
//! edge.serve(listener, stop).await?;
//! # Ok(())
//! # }
//! ```
//!
//! **Never.** It acknowledges nothing that the journal has not made durable, and it does not depend on the store.

mod address;
mod admission;
mod answer;
mod body;
mod config;
mod connection;
mod edge;
mod endpoints;
mod known_senders;
mod metrics;
mod network;
mod outcome;
mod rate;
mod received;
mod report;
mod routes;
mod script;
mod server;
mod unlisted;
mod watch;

pub use address::IpBlock;
pub use config::{Config, Limits, Timeouts};
pub use known_senders::Catalogs;
pub use report::Counts;
pub use script::{integrity, script_path};
pub use server::{Collector, ServeError};
