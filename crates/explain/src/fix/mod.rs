//! What to change so that a blocked exchange passes: the least that is needed, each change as data
//! that can be applied and in words.

mod access;
mod address;
mod bench;
mod change;
mod granted;
mod names;
mod preflight;
mod repair;
mod snippet;
mod words;

pub use change::{Action, Fix, FixTarget};
pub(crate) use repair::repair;
pub use snippet::{Existing, MAX_AGE_SECONDS, Platform, Policy, snippet};
pub(crate) use words::UNKNOWN_STATUS;
