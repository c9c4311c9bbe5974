//! Keeps an inventory of the CORS policies of what pages call.
//!
//! [`Inventory`] learns from the traffic which endpoints of configured services pages call, audits a
//! bounded number of them once a day and when their headers change, and keeps what it found: whom
//! they let read, what is wrong with that and since when, and which origins they let in that no page
//! comes from. It asks with GET only what pages ask with GET, and everything else by preflight.
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
