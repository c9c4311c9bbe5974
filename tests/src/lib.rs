//! The product as a user runs it: the binary in a process of its own, asked over HTTP.

mod flood;
mod product;
mod settings;

pub use flood::flood;
pub use product::{Product, Role, address, eventually};
pub use settings::{KEY, Settings};
