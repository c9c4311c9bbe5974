//! Replays the failures that browsers report, and looks at targets that work.
//!
//! [`Prober`] asks every new failure of its target as a browser would (crate `browse`), once and again
//! after a change; the engine in `cors` names the rule that broke, and a diagnosis says whether the
//! failure was reproduced, why, and what changed since requests passed. One process of several works,
//! by a lease.
//!
//! It asks only what a rule of a configured service covers, sends no cookies and no unsafe methods, and
//! never changes what browsers reported.
#![forbid(unsafe_code)]

mod agenda;
mod config;
mod diagnosis;
mod metrics;
mod prober;
mod replay;
mod signature;
mod snapshot;

pub use config::{Config, Sample};
pub use prober::{Parts, Prober};
