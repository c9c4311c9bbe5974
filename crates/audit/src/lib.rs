//! Looks at a server from outside for what is wrong with its CORS policy.
//!
//! [`audit`] asks a bounded number of GET and OPTIONS requests, with origins that a careful server
//! does not trust, and turns the answers into findings; [`compare`] holds an edge against its
//! origin. [`Server`] is whom they ask: a live
//! server, or with [`OnPaper`] a policy in a file. Nothing here sends credentials or an unsafe method.
#![forbid(unsafe_code)]

mod checks;
mod drift;
mod edge;
mod look;
mod on_paper;
mod origins;
mod rules;
mod run;
mod server;
mod suppress;

pub use checks::preflight_fixes;
pub use edge::compare;
pub use look::Target;
pub use on_paper::{OnPaper, PageOrigins};
pub use rules::RULES;

/// The rule of servers that do not answer.
pub static NO_ANSWER: &findings::Rule = rules::NO_ANSWER;
pub use run::{Audited, audit};
pub use server::{NoResponse, Server};
pub use suppress::{Day, Suppressions};
