//! Asks servers what a browser would ask them.
//!
//! [`Client`] sends one message to a target that a [`TargetPolicy`] allows and keeps the answer's
//! head byte for byte. [`browse`] walks a request along its preflight and redirects the way a
//! browser does; the engine in `cors` decides every step and has the verdict.
#![forbid(unsafe_code)]

mod browse;
mod client;
mod error;
mod policy;

pub use browse::{Ending, Manner, Methods, Step, Values, Walk, browse};
pub use client::{Call, Client, Limits, Names, Reply, Timing};
pub use error::{CallError, Fault, Phase, Refusal, Rule};
pub use intake::OriginRule;
pub use policy::{Addresses, Target, TargetPolicy};
