//! What every long-running part needs: tasks and drain order, clock, metrics registry, logging,
//! listeners.

mod clock;
mod listen;
pub mod logging;
mod metrics;
mod signal;
mod tasks;

pub use clock::{Clock, ManualClock};
pub use listen::{ListenError, listen};
pub use metrics::Metrics;
pub use signal::{Shutdown, shutdown};
pub use tasks::{Stop, TaskError, TaskFailure, Tasks};
