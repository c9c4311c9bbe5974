//! What tests share: facts and beacons to start from, waiting with a deadline, processes that can
//! be killed, hostile clients, certificates, a real broker, a real engine, a real browser.

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
