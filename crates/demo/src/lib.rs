//! A small shop on one origin and its API on another, with CORS failures to switch on and off.
//!
//! The shop's page loads the SDK as any customer's page would; the API answers with correct CORS
//! headers until a [`Failure`] is switched on, in the page or by `POST /control`. What the browser
//! then does to the page is real: nothing here is played.
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
