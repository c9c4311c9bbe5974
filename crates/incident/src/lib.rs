//! Incidents: what people are notified of.
//!
//! **Promises.** Alerts, one per objective, rule and group, are evidence. [`Register::observe`] groups the failures that
//! they count by root cause; [`step`] takes each incident through its life and says when there is news.
//! [`rank`] orders the changes that may have caused it. Everything here is a pure function of its arguments,
//! so that a simulation gives the same history as production.
//!
//! ```
//! use incident::{Deploy, Scope, SuspectKind, rank};
//! use observation::UnixMillis;
//!
//! let onset = UnixMillis(1_795_000_000_000);
//! let deploy = Deploy {
//!     id: "42".to_owned(), at: onset.plus(-180_000), app: "shop".to_owned(), service: "api".to_owned(),
//!     environment: "production".to_owned(), touches_cors: true, rollback: false, version: "2.4.0".to_owned(),
//!     note: String::new(), author: String::new(), before: String::new(), link: String::new(),
//! };
//! let production = ["production".to_owned()];
//! let scope = Scope { onset, service: "api", header: "access-control-allow-origin", releases: &[], environments: &production,
//!     steady: &[] };
//! let suspects = rank(scope, &[deploy], &[]);
//! assert_eq!((suspects[0].kind, suspects[0].id.as_str()), (SuspectKind::Deploy, "42"));
//! assert!(suspects[0].why.contains("3m before the first failure"));
//! ```
//!
//! **Never.** It does no I/O, reads no clock, sends nothing, and claims no cause: a suspect has a score and its
//! reasons.
#![forbid(unsafe_code)]

mod cause;
mod duration;
mod impact;
mod incident;
mod lifecycle;
mod markdown;
mod membership;
mod merging;
mod odds;
mod opening;
mod register;
mod runbook;
mod signal;
mod suspect;
pub mod text;
mod view;

pub use cause::{Cause, HeaderChange, Root};
pub use duration::{span, time};
pub use impact::{FlowImpact, Impact, Recent, Trend};
pub use incident::{
    AppPart, ClosedAs, Closing, Contrast, Entry, Evidence, Happening, Incident, Phase, Slice,
};
pub use lifecycle::{Before, News, Observed, Replay, step, waits};
pub use markdown::{markdown, unmarked};
pub use register::{Links, Register, is_of_cors};
pub use runbook::{Step, runbook};
pub use signal::{Failing, Sighting, Signal};
pub use suspect::{Deploy, LOOK_BACK, SLACK, Scope, Steady, Suspect, SuspectKind, rank, suspected};
pub use view::{Detail, Listed, Owned, detail, listed};
