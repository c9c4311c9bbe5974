//! Asks servers what a browser would ask them.
//!
//! [`Client`] sends one message to a target that a [`TargetPolicy`] allows and keeps the answer's
//! head byte for byte. [`browse`] walks a request along its preflight and redirects the way a
//! browser does; the engine in `cors` decides every step and has the verdict. [`Prober`] does so
//! with every failure that browsers report, once and again after a change, and keeps what it shows.
#![forbid(unsafe_code)]

mod addresses;
mod agenda;
mod browse;
mod client;
mod config;
mod diagnosis;
mod error;
mod metrics;
mod pace;
mod place;
mod policy;
mod prober;
mod replay;
mod signature;
mod snapshot;

pub use addresses::Addresses;
pub use browse::{Ending, Manner, Methods, Step, Values, Walk, browse};
pub use client::{Call, Client, Limits, Names, Reply, Timing};
pub use config::{Config, Sample};
pub use error::{CallError, Fault, Phase, Refusal, Rule};
pub use place::{KnownPaths, NoPath, Place};
pub use policy::{Target, TargetPolicy};
pub use prober::{Parts, Prober};
