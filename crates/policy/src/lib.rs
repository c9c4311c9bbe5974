//! What a CORS policy in a file answers, without a server that runs it.
//!
//! **Promises.** [`Policy::read`] takes the forms in which people write policies; [`Policy::answer`] says what a
//! platform so configured answers to a request, or that the file does not determine it, and why.
//! [`simulate`] asks that for every request shape that browsers were seen to make, and lets the
//! engine of the `cors` crate judge the answers; [`generate()`] writes the least permissive policy that
//! lets every shape pass. What cannot be read in a file is listed with its line; the rest counts.
//!
//! ```
//! use policy::{Ask, Form, Policy, Prediction, Rest, Source, Upstream};
//!
//! let text = r#"[{"AllowedOrigins": ["https://shop.example"], "AllowedMethods": ["GET"]}]"#;
//! let source = Source { name: "cors.json", text, load: &|_| Err("no includes".to_owned()) };
//! let (policy, problems) = Policy::read(Form::of(&source)?, &source);
//! assert_eq!((policy.form(), problems.len()), (Form::S3, 0));
//! let url = "https://bucket.s3.amazonaws.com/logo.svg".parse()?;
//! let headers = vec![("origin".to_owned(), Some("https://shop.example".to_owned()))];
//! let ask = Ask { method: "GET", url: &url, headers, rest: Rest::Absent };
//! let Prediction::Response(response) = policy.answer(&ask, &Upstream::default()) else { panic!() };
//! assert!(response.place_of("access-control-allow-origin").is_some_and(|place| place.line == 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Never.** It does no I/O (files that `include` names are read by the caller), and it does not guess: what
//! the file does not determine is [`Prediction::Unknown`] with the reason.
#![forbid(unsafe_code)]

mod apache;
mod ask;
mod caddy;
mod cloud;
mod doubt;
mod envoy;
mod form;
mod gateway;
pub mod generate;
mod grant;
mod haproxy;
mod ingress;
mod kong;
mod message;
mod nginx;
mod origin;
mod own;
mod place;
mod predict;
mod prediction;
mod recognise;
mod shape;
mod sheet;
mod source;
mod tables;
mod template;
mod totals;
mod traefik;
mod yaml;

pub use ask::{Ask, Rest};
pub use form::{Form, Policy};
pub use generate::{Generated, generate};
pub use grant::{Grant, Kind};
pub use place::{EntryUrl, Problem, SourceLocation};
pub use predict::{Block, Change, Options, Outcome, Predicted, Sample, simulate};
pub use prediction::{Line, Lost, PredictedResponse, Prediction, Upstream};
pub use shape::{BadShapes, Shape, Shapes};
pub use source::Source;
pub use template::Path;
pub use totals::{Sum, Totals, unused};
