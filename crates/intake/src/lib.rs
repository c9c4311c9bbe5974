//! Bytes from a source become observations, or a closed refusal.
//!
//! One module per [`Source`]: [`beacon`], what the SDK sends, and [`access_log`], what servers log. What
//! reading JSON of strangers has in common stands in `json`. Beside them stands the
//! [`Catalog`]: which keys, page origins, endpoints and services are known. Everything here is
//! pure: no I/O, nothing asynchronous, no clock; the time of arrival is an argument.
#![forbid(unsafe_code)]

pub mod access_log;
mod arrivals;
pub mod beacon;
mod cardinality;
mod catalog;
mod json;
mod notes;
mod plausibility;
mod refusal;
mod source;
mod user_agent;

pub use arrivals::ArrivalTable;
pub use cardinality::{Cardinality, Dimension, Sighting, Slots};
pub use catalog::{
    App, AppConfig, Catalog, CatalogConfig, KeyState, LabTraffic, LogKeyConfig, LogKeyState,
    LogSource, MatchRule, Observer, OpaqueOrigin, ProbeLimit, Reserved, SdkConfig, Service,
    ServiceConfig,
};
pub use plausibility::{MIN_NETWORKS, Plausibility};
pub use refusal::{Class, Reason, Refusal};
pub use source::{Accepted, Arrival, SelfReport, Source};
pub use user_agent::{UserAgent, read_user_agent};
