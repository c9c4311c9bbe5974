//! What a CORS policy that stands in a file answers, without a server that runs it.
//!
//! [`Policy::read`] takes the forms in which people write policies; [`Policy::answer`] says what a
//! platform so configured answers to a request, or that it cannot be told from the file, and why.
//! [`simulate`] asks that for every request shape that browsers were seen to make, and lets the
//! engine of the `cors` crate judge the answers; [`generate`] writes the least permissive policy that
//! lets every shape pass.
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
