//! What a check or an audit found, and how people and machines are told about it.
//!
//! A [`Report`] holds suites (files, hosts), these hold cases (requests, URLs), and a case holds the
//! findings that were made. [`Report::write`] says all of it in one [`Format`]; no format knows
//! anything that the others do not.
#![forbid(unsafe_code)]

mod annotations;
mod finding;
mod fingerprint;
mod format;
mod json;
mod junit;
mod report;
mod sarif;
mod text;

pub use finding::{Affected, Finding, Level, Rule, SourceLocation};
pub use format::Format;
pub use junit::escape as xml;
pub use report::{Case, Report, Suite, Tally};
