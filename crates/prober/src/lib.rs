//! Replays the failures that browsers report, and looks at targets that work.
//!
//! **Promises.** [`Prober`] asks every new failure of its target as a browser would (crate `browse`), once and again
//! after a change; the engine in `cors` names the rule that broke, and a diagnosis says whether the
//! failure was reproduced, why, and what changed since requests passed. One process of several works,
//! by a lease.
//!
//! ```no_run
//! use browse::{Client, Limits, Names, TargetPolicy};
//! use prober::{Config, Parts, Prober};
//! use runtime::{Clock, Metrics, Stop};
//!
//! # async fn example(store: store::Store, stop: Stop) {
//! let policy = TargetPolicy::default(); // names every target that may be asked
//! let metrics = Metrics::default();
//! let prober = Prober::new(Parts {
//!     config: Config::default(),
//!     client: Client::new(policy, Names::default(), Limits::default()),
//!     store,
//!     clock: Clock::system(),
//!     metrics: &metrics,
//! });
//! prober.run(stop).await;
//! # }
//! ```
//!
//! **Never.** It asks only what a rule of a configured service covers, sends no cookies and no unsafe methods, and
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
