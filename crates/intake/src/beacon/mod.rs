//! What the SDK sends: `schemas/beacon/v1.schema.json`.
//!
//! [`Beacon`] reads a body in one pass, holds it against the format's limits, and resolves whatever
//! depends on configuration or clock. What it accepts is complete: no later stage asks again.

mod limits;
mod read;
mod resolve;
mod row;
mod wire;

use std::borrow::Cow;

use crate::{Accepted, Arrival, Refusal, Source};

pub use crate::json::MAX_DEPTH;
pub use limits::{MAX_ROWS, RETRY_HORIZON_MS, VERSION};

/// A beacon's request beside its body: what the browser states of itself.
#[derive(Debug, Clone, Copy)]
pub struct Beacon<'h> {
    /// The `Origin` header.
    pub origin: Option<&'h str>,
    /// The `User-Agent` header; empty where there is none.
    pub user_agent: &'h str,
}

impl Source for Beacon<'_> {
    fn parse<'a>(
        &self,
        body: &'a [u8],
        arrival: &'a Arrival<'a>,
    ) -> Result<Accepted<Cow<'a, str>>, Refusal> {
        let (beacon, ignored_members) = read::read(body)?;
        resolve::resolve(beacon, ignored_members, self, arrival)
    }
}
