//! What tests share: facts and beacons to start from, waiting with a deadline, processes that can
//! be killed, hostile clients, certificates, a real broker, a real engine, a real browser.
//!
//! **Promises.** What it starts ends with the test, also where the test panics; every wait has a deadline and says
//! what it waited for.
//!
//! ```no_run
//! use std::time::Duration;
//! use testkit::{Beacon, Engine, wait_until};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Engine::database().await; // a database of its own in an engine that tests share
//! let body = Beacon::new(1).blocked("PUT", "/cart/:id").body();
//! println!("send this to an edge: {body}");
//! wait_until("an incident", Duration::from_secs(10), async || {
//!     store.reader().incidents().await.is_ok_and(|open| !open.is_empty())
//! })
//! .await;
//! # Ok(())
//! # }
//! ```
//!
//! **Never.** It is not a dependency of the product, replaces no part that a user has by a fake, and retries no test.

pub mod beacon;
pub mod certificates;
pub mod checkout;
pub mod engine;
pub mod fact;
pub mod hostile;
pub mod http;
pub mod kafka;
pub mod node;
pub mod port;
pub mod process;
pub mod strictness;
pub mod wait;

pub use beacon::Beacon;
pub use engine::Engine;
pub use process::Process;
pub use wait::{wait_for, wait_until};
