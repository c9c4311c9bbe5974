//! The admin server: JSON API, metrics, health and the web UI.
//!
//! The binary gives a [`State`] and a listener to [`serve`]. The folders below `routes` are the
//! paths; `view` makes the answers' shapes from what the store knows; what a browser reported is
//! hostile text and leaves here only as JSON.
#![forbid(unsafe_code)]

mod assets;
mod audit;
mod auth;
mod backtests;
mod body;
mod conditional;
mod config;
mod corrections;
mod guesses;
mod headers;
mod health;
mod hooks;
mod interval;
mod live;
mod login;
mod metrics;
mod middleware;
mod openapi;
mod paging;
mod params;
mod partner;
mod problem;
mod queries;
mod report;
mod rollback;
mod router;
mod routes;
mod seats;
mod selection;
mod serve;
mod silencing;
mod state;
mod tabular;
mod timestamp;
mod tls;
mod view;
mod watermark;

pub use backtests::{BacktestFault, BacktestQuestion, Backtests};
pub use config::{Access, Config, Exposed, Token};
pub use health::{Condition, Health, Part, PartReport, StorePart, WatermarkPart};
pub use hooks::{DeployHook, HookKind};
pub use interval::Interval;
pub use login::{Grant, OidcConfig, ProxySignInConfig, Role};
pub use openapi::openapi;
pub use queries::{Queries, Stored};
pub use router::router;
pub use serve::{ServeError, serve, serve_during, serve_health};
pub use state::{App, Book, Edge, LogEnd, LogEnds, SloSpec, State};
pub use tls::{Pair, TlsConfig, TlsError};
pub use watermark::Watermark;
