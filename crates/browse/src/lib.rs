//! A client that asks servers what a browser asks them, and connects only where it may.
//!
//! A [`TargetPolicy`] says which URLs and addresses may be asked; [`Client`] sends one message and
//! keeps the head of its answer byte for byte; [`browse`] takes a request along its preflight and its
//! redirects the way a browser does, while the engine in `cors` decides every step. [`ProbeTarget`] says
//! which URL stands for an endpoint template.
//!
//! It never connects to what the policy does not name, never sends cookies, and keeps no body.
//!
//! ```
//! use browse::{Addresses, Client, Limits, Names, TargetPolicy};
//! use web::{OriginPattern, Schemes};
//!
//! let api = OriginPattern::read("https://api.example.com", Schemes::Web)?;
//! let policy = TargetPolicy::default().allow(api, Addresses::Public);
//! assert!(policy.target(&"https://api.example.com/cart".parse()?).is_ok());
//! assert!(policy.target(&"https://other.example.com/".parse()?).is_err());
//! let client = Client::new(policy, Names::default(), Limits::default());
//! # let _ = client;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod addresses;
mod client;
mod error;
mod pace;
mod policy;
mod target;
mod walk;

pub use addresses::Addresses;
pub use client::{Call, CallResponse, Client, Limits, Names, Timing};
pub use error::{CallError, Fault, Phase, Refusal, Rule};
pub use pace::Pace;
pub use policy::{Target, TargetPolicy};
pub use target::{KnownPaths, NoPath, ProbeTarget, Sample};
pub use walk::{BrowsePolicy, Ending, Methods, Step, USER_AGENT, Values, Walk, browse};
