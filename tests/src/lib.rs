//! The product as a user runs it: the binary in a process of its own, asked over HTTP.

pub mod chaos;
mod cluster;
mod command;
mod flood;
pub mod markdown;
mod product;
mod receiver;
mod servers;
mod settings;
pub mod tower;
mod visitors;

pub use cluster::{Cluster, counted_and_balanced};
pub use command::corswatch;
pub use flood::Flood;
pub use product::{Product, Role, address, counted, eventually};
pub use receiver::Receiver;
pub use servers::{Application, Content, Kind, WebServer};
pub use settings::{KEY, Settings};
pub use visitors::{Visit, Visitors};

/// Beacons in each recorded store of a build of before; each is of one blocked request and one good one.
pub const RECORDED: u64 = 200;
