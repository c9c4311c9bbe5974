//! Looks at a server from outside for what is wrong with its CORS policy.
//!
//! **Promises.** [`audit()`] asks a bounded number of GET and OPTIONS requests, with origins that a careful server
//! does not trust, and turns the answers into findings; [`compare`] compares an edge with its
//! origin. [`Server`] is what is asked: a live server, or with [`OnPaper`] a policy in a file.
//!
//! ```
//! use audit::{OnPaper, Target, audit};
//! use policy::{Form, Policy, Source};
//!
//! let text = r#"server { location / {
//!     add_header Access-Control-Allow-Origin $http_origin always;
//!     add_header Access-Control-Allow-Credentials true always;
//!     return 200;
//! } }"#;
//! let source = Source { name: "nginx.conf", text, load: &|_| Err("no includes".to_owned()) };
//! let (nginx, _) = Policy::read(Form::Nginx, &source);
//! let target = Target {
//!     url: "https://api.example/cart".parse()?,
//!     page_origins: web::Origin::parse("https://shop.example").into_iter().collect(),
//!     reads: vec![],
//! };
//! let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! let audited = runtime.block_on(audit(&OnPaper::new(&nginx, None), &target));
//! let found: Vec<&str> = audited.findings.iter().map(|finding| finding.rule.id).collect();
//! assert!(found.contains(&"origin-reflected"), "{found:?}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Never.** It sends no credentials, no unsafe method, and nothing that could change the server.
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
