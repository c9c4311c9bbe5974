//! What people hear about: incidents.
//!
//! Alerts, one per objective, rule and group, are evidence. [`Register::observe`] groups the failures that
//! they count by root cause; [`step`] takes each incident through its life and says when there is news.
//! [`rank`] orders the changes that may have done it. Everything here is a pure function of what is handed
//! in, so that a simulation tells the same story as production.
#![forbid(unsafe_code)]

mod cause;
mod duration;
mod impact;
mod incident;
mod lifecycle;
mod markdown;
mod membership;
mod merging;
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
pub use lifecycle::{Before, News, Observed, REPLAY_WAIT, Replay, cached_until, step, waits};
pub use markdown::{markdown, unmarked};
pub use register::{DIAGNOSIS_WAIT, Links, Register, is_of_cors};
pub use runbook::{Step, runbook};
pub use signal::{Failing, Sighting, Signal};
pub use suspect::{Deploy, LOOK_BACK, SLACK, Scope, Steady, Suspect, SuspectKind, rank};
pub use view::{Detail, Listed, Owned, detail, listed};
