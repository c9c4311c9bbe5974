//! The vocabulary of the configuration: spans of time (`"15s"`), sizes (`"128KiB"`), secrets, and the
//! problems that a configuration can have.
//!
//! **Promises.** Each crate documents its own `Config` with these types and reports its problems with
//! [`Problems`], all of them together, each with its path; the binary puts the tree together. What is
//! printed can be read again, except for a [`Secret`], which prints as `[redacted]`.
//!
//! ```
//! use settings::{Problem, Problems, Secret, Size, Span};
//!
//! let timeout: Span = "90s".parse()?;
//! assert_eq!(timeout.as_millis(), 90_000);
//! let mut found: Vec<Problem> = Vec::new();
//! let mut problems = Problems::at("collector", &mut found);
//! problems.range("body", Size::mib(64), Size::kib(1)..=Size::mib(1));
//! assert_eq!(found[0].to_string(), "collector.body = 64MiB: permitted: 1KiB to 1MiB");
//! assert_eq!(format!("{:?}", Secret::new("hunter2".to_owned())), "[redacted]");
//! # Ok::<(), String>(())
//! ```
//!
//! **Never.** It reads no file and no environment variable, and knows no setting of any stage.
#![forbid(unsafe_code)]

mod address;
mod problem;
mod secret;
mod units;

pub use address::{completed, web_url};
pub use problem::{Problem, Problems};
pub use secret::Secret;
pub use units::{Size, Span};
