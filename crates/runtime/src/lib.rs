//! What every long-running part needs: tasks and drain order, clock, metrics registry, logging,
//! listeners, and which network an address belongs to.

mod address;
mod clock;
mod listen;
pub mod logging;
mod metrics;
mod signal;
mod tasks;

pub use address::Network;
pub use clock::{Clock, ManualClock};
pub use listen::{ListenError, listen};
pub use metrics::Metrics;
pub use signal::{Shutdown, shutdown};
pub use tasks::{Stop, TaskError, TaskFailure, Tasks};
