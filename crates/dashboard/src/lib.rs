//! The admin server: JSON API, metrics, health and the web UI.
//!
//! **Promises.** The binary gives a [`State`] and a listener to [`serve()`]. The folders below `routes` are the
//! paths; `view` makes the answers' shapes from what the store knows; [`openapi()`] describes them. What a
//! browser reported is hostile text and leaves here only as JSON. Errors are problem details (RFC 9457).
//!
//! ```
//! // The API describes itself, without a store behind it.
//! let description: serde_json::Value = serde_json::from_str(&dashboard::openapi())?;
//! let sli = &description["paths"]["/api/v1/sli"]["get"];
//! assert!(sli["responses"]["200"]["content"]["application/json"]["schema"].is_object());
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! With a store behind it:
//!
//! ```no_run
//! # async fn example(state: dashboard::State, stop: runtime::Stop) -> Result<(), Box<dyn std::error::Error>> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:7781").await?;
//! dashboard::serve(dashboard::Config::default(), state, listener, stop).await?;
//! # Ok(())
//! # }
//! ```
//!
//! **Never.** It writes no observation, and holds no fact that a restart would lose.
#![forbid(unsafe_code)]

mod assets;
mod audit;
mod auth;
mod backtests;
mod body;
mod cheaper;
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
mod readable;
mod report;
mod reporter;
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
pub use reporter::{ReportError, Reporter};
pub use router::router;
pub use serve::{ServeError, serve, serve_during, serve_health};
pub use state::{App, Book, Edge, LogEnd, LogEnds, SloSpec, State};
pub use tls::{Pair, TlsConfig, TlsError};
pub use watermark::Watermark;
