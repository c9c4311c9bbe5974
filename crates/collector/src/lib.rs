//! The edge: admits, bounds, sheds, appends to the journal, answers.
//!
//! A beacon's request goes through it like this: the connection is admitted ([`Limits`]), the
//! request is held against load and rates, the key against the [`intake::Catalog`]; the body is read
//! and unpacked within its limits; an [`intake::Source`] makes an envelope of it; the journal
//! makes the envelope durable; 204. Every beacon ends in exactly one counted outcome:
//! `received = refused + appended + shed`.
//!
//! HTTP is served by hyper directly: the time-outs of the front end need a look at the connection
//! below the router, and the handful of routes needs no router that allocates for each request.

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
mod watch;

pub use address::IpBlock;
pub use config::{Config, Limits, Timeouts};
pub use known_senders::Catalogs;
pub use report::Counts;
pub use script::{integrity, script_path};
pub use server::{Collector, ServeError};
