//! Bytes from a source become observations, or a closed refusal.
//!
//! **Promises.** One module per [`Source`]: [`beacon`], what the SDK sends, and [`access_log`], what servers log. What
//! reading JSON of strangers has in common is in `json`. Beside them is the [`Catalog`]: which keys, page
//! origins, endpoints and services are known. A body is accepted whole or refused with a [`Refusal`] that
//! names reason and member; the same body gets the same answer again.
//!
//! ```
//! use intake::access_log::AccessLog;
//! use intake::{Arrival, Catalog, LogKeyState, Plausibility, Slots, Source as _};
//! use observation::{Outcome, UnixMillis};
//!
//! let config = r#"apps = [{ name = "shop", page_origins = ["https://shop.example"], log_keys = [{ key = "a-key-of-the-gateway" }] }]"#;
//! let catalog = Catalog::build(&toml::from_str(config)?).expect("no problems");
//! let LogKeyState::Active { app, source, .. } = catalog.log_key(b"a-key-of-the-gateway") else { panic!() };
//! let (cardinality, plausibility) = (&Slots::new(1), &Plausibility::new(1));
//! let received_at = UnixMillis(1_795_000_000_000);
//! let arrival = Arrival { app, catalog: &catalog, received_at, network: 0, cardinality, plausibility };
//! let line = r#"{"time": 1795000000, "status": 200, "method": "GET", "scheme": "https", "host": "api.example", "path": "/cart/4711", "origin": "https://shop.example", "allow_origin": "https://shop.example"}"#;
//! let accepted = AccessLog { source }.parse(line.as_bytes(), &arrival)?;
//! let row = &accepted.envelope.observations[0];
//! assert_eq!((row.endpoint.as_ref(), row.outcome), ("/cart/:id", Outcome::Ok));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Never.** It does no I/O, is not asynchronous and reads no clock: the time of arrival is an argument.
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
