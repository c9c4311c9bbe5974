//! Contracts: named requests that browsers make, and what must come of them at a live server.
//!
//! A contract is a TOML file. [`read`] turns it into cases and problems, each with its line: a
//! request that cannot be read does not keep the others from being checked. [`judge`] compares what
//! a server answered with what the case expects. Who asks the server is none of this crate's
//! business.
#![forbid(unsafe_code)]

mod case;
mod expand;
mod expect;
mod file;
mod judge;
mod problem;
mod rules;
mod vars;

pub use case::{Case, Reach};
pub use expand::Options;
pub use expect::{Expect, Statuses, Verdict};
pub use file::{Contract, read};
pub use judge::{Seen, judge};
pub use problem::Problem;
pub use rules::{NO_ANSWER, RULES, TARGET_REFUSED};
pub use vars::Vars;
