//! Contracts: named requests that browsers make, and what must come of them at a live server.
//!
//! A contract is a TOML file. [`read`] turns it into cases and problems, each with its line: a
//! request that cannot be read does not keep the others from being checked. [`run`] asks the server
//! through a prober's client, and [`judge`] compares what was answered with what the case expects.
#![forbid(unsafe_code)]

mod case;
mod expand;
mod expect;
mod file;
mod judge;
mod problem;
mod rules;
mod run;
mod vars;
mod written;

pub use case::{Case, Reach};
pub use expand::Options;
pub use expect::{Expect, Statuses, Verdict};
pub use file::{Contract, read};
pub use judge::{ServerAnswer, judge};
pub use problem::Problem;
pub use rules::{NO_ANSWER, RULES};
pub use run::run;
pub use vars::Vars;
