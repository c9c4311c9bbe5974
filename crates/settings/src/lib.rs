//! The words of the configuration: spans of time (`"15s"`), sizes (`"128KiB"`), secrets, and the
//! problems that a configuration can have. Each crate documents its own `Config` in these words and
//! reports its problems with [`Problems`]; the binary puts the tree together.
#![forbid(unsafe_code)]

mod address;
mod problem;
mod secret;
mod units;

pub use address::{completed, web_url};
pub use problem::{Problem, Problems};
pub use secret::Secret;
pub use units::{Size, Span};
