//! A small shop on one origin and its API on another, with CORS failures to switch on and off.
//!
//! **Promises.** The shop's page loads the SDK as any customer's page would; the API answers with correct CORS
//! headers until a [`Failure`] is switched on, in the page or by `POST /control`. What the browser
//! then does to the page is real: nothing is simulated. [`history`] generates traffic of many days, the same for
//! the same seed.
//!
//! ```
//! use std::collections::BTreeSet;
//! use demo::{Failure, Switches};
//!
//! let switches = Switches::default();
//! assert!(switches.on().is_empty());
//! switches.set(BTreeSet::from([Failure::ALL[0]]));
//! assert_eq!(switches.on().len(), 1);
//! ```
//!
//! **Never.** It is not needed in production, and its API trusts no origin but its own shop's unless a failure says
//! otherwise.
#![forbid(unsafe_code)]

mod api;
mod config;
mod connection;
mod control;
mod failure;
pub mod history;
mod policy;
mod serve;
mod shop;

pub use config::{DemoConfig, Listeners};
pub use failure::{Failure, Switches};
pub use serve::{DemoError, serve};
