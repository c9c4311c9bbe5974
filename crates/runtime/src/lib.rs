//! What every long-running part needs: tasks and drain order, clock, metrics registry, logging,
//! listeners, work done in rounds, pauses after failures, and which network an address belongs to.

mod address;
mod backoff;
mod causes;
mod clock;
mod listen;
pub mod logging;
mod metrics;
mod rounds;
mod signal;
mod tasks;

pub use address::Network;
pub use backoff::Backoff;
pub use causes::{Causes, WithCauses};
pub use clock::{Clock, ManualClock};
pub use listen::{ListenError, listen};
pub use metrics::Metrics;
pub use rounds::{RoundFailed, Rounds, Tick, joined, run_rounds};
pub use signal::{ReloadRequests, Shutdown, reload_requests, shutdown};
pub use tasks::{Stop, TaskError, TaskFailure, Tasks};
