//! What a check or an audit found, and how people and machines read it.
//!
//! **Promises.** A [`Report`] holds suites (files, hosts), these hold cases (requests, URLs), and a case holds its
//! findings. [`Report::write`] writes all of it in one [`Format`]: text, JSON, JUnit, SARIF or GitHub's
//! annotations; no format has a fact that the others lack. Text of servers neither controls a terminal nor
//! runs a command of a build system.
//!
//! ```
//! use findings::{Case, Finding, Format, Level, Report, Rule, SourceLocation, Suite};
//!
//! static RULES: &[Rule] = &[Rule {
//!     id: "reflects-any-origin", title: "Any origin may read", level: Level::Error,
//!     description: "The answer repeats whatever Origin the request has.", security: Some("7.5"),
//! }];
//! let finding = Finding::new(&RULES[0], "https://evil.example may read").mended_by("List the origins.");
//! let place = SourceLocation { file: "audit.toml".to_owned(), line: 3 };
//! let case = Case { name: "GET /cart".to_owned(), place, took: std::time::Duration::ZERO, findings: vec![finding], suppressed: vec![] };
//! let suites = vec![Suite { name: "api.example".to_owned(), cases: vec![case] }];
//! let report = Report { tool: "audit", rules: RULES, fail_on: Level::Warning, suites };
//! assert_eq!(report.total().failed, 1);
//! let mut junit = Vec::new();
//! report.write(Format::Junit, &mut junit)?;
//! assert!(String::from_utf8(junit)?.contains("type=\"reflects-any-origin\""));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Never.** It opens no file and no connection, and decides nothing: rules and levels are the caller's.
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
