//! What every long-running part needs: tasks and drain order, clock, metrics registry, logging,
//! listeners, work done in rounds, pauses after failures, which network an address belongs to, and whose
//! certificates are believed.
//!
//! **Promises.** A task that ends before it is stopped stops the process; tasks drain in the order of their start,
//! each within its deadline. Pauses grow up to a limit, with jitter. Error chains are printed whole, once.
//!
//! ```
//! use std::time::Duration;
//! use runtime::{Backoff, Causes as _, Clock, ManualClock, Network, Tasks};
//! use observation::UnixMillis;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let mut tasks = Tasks::default();
//! tasks.spawn("worker", Duration::from_secs(5), |stop| async move {
//!     stop.cancelled().await; // then it finishes what it holds
//!     Ok(())
//! });
//! tasks.run(async { /* until a signal arrives */ }).await.expect("everything drained");
//! # });
//! let (clock, by_hand) = ManualClock::at(UnixMillis(1_000));
//! by_hand.advance(500);
//! assert_eq!(clock.now(), UnixMillis(1_500));
//! assert!(Backoff::new(Duration::from_secs(1), Duration::from_secs(60)).pause() <= Duration::from_secs(1));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! **Never.** It knows no stage of the pipeline and keeps no state of the product.

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
mod trust;

pub use address::Network;
pub use backoff::Backoff;
pub use causes::{Causes, WithCauses};
pub use clock::{Clock, ManualClock};
pub use listen::{ListenError, listen};
pub use metrics::Metrics;
pub use rounds::{RoundFailed, Rounds, Tick, joined, run_rounds};
pub use signal::{ReloadRequests, Shutdown, reload_requests, shutdown};
pub use tasks::{Stop, TaskError, TaskFailure, Tasks};
pub use trust::{authorities, client_tls};
