//! Contracts: named requests that browsers make, and what must be the outcome at a live server.
//!
//! **Promises.** A contract is a TOML file. [`read`] turns it into cases and problems, each with its line: a
//! request that cannot be read does not keep the others from being checked. [`run()`] asks the server
//! through the client of `browse`, and [`judge()`] compares what was answered with what the case expects.
//!
//! ```
//! use contract::{Options, read};
//!
//! let contract = read(
//!     r#"
//!     url = "https://api.example/cart"
//!     [[request]]
//!     name = "the shop reads its cart"
//!     origin = ["https://shop.example", "https://www.example"]
//!     [[request]]
//!     name = "a typing error"
//!     orign = "https://shop.example"
//!     "#,
//!     &Options::default(),
//! );
//! assert_eq!((contract.cases.len(), contract.problems.len()), (2, 1));
//! assert_eq!(contract.problems[0].line, 8);
//! ```
//!
//! **Never.** It opens no connection by itself, and never sends what the file does not name.
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
