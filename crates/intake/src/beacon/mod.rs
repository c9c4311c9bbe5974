//! What the SDK sends: `schemas/beacon/v1.schema.json`.
//!
//! [`accept`] reads a body in one pass, holds it against the format's limits, and resolves whatever
//! depends on configuration or clock. What it accepts is complete: no later stage asks again.

mod limits;
mod notes;
mod read;
mod resolve;
mod row;
mod wire;

use std::borrow::Cow;

use observation::{Envelope, UnixMillis};

use crate::{App, Cardinality, Catalog, Dimension, Plausibility, Refusal};

pub use crate::json::MAX_DEPTH;
pub use limits::{MAX_ROWS, RETRY_HORIZON_MS, VERSION};

/// What the edge knows beside the body.
#[derive(Clone, Copy)]
pub struct BeaconContext<'a> {
    /// The application that the key belongs to.
    pub app: &'a App,
    /// The services.
    pub catalog: &'a Catalog,
    /// When the request arrived.
    pub received_at: UnixMillis,
    /// The `Origin` header.
    pub origin: Option<&'a str>,
    /// The `User-Agent` header; empty where there is none.
    pub user_agent: &'a str,
    /// Salted daily hash of the client's network; 0 where unknown.
    pub network: u32,
    /// Which texts keep their name.
    pub cardinality: &'a dyn Cardinality,
    /// What is believed.
    pub plausibility: &'a Plausibility,
}

/// A beacon that is taken, and what was passed over in it. `S` is how its texts are held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted<S = String> {
    /// What goes into the journal.
    pub envelope: Envelope<S>,
    /// Members that this build does not know.
    pub ignored_members: u32,
    /// Rows of a kind that this build does not know.
    pub ignored_rows: u32,
    /// Words that were read as unknown.
    pub unknown_words: u32,
    /// Texts that became `__other__`, by dimension.
    pub overflowed: [u32; Dimension::ALL.len()],
}

/// Reads a body, whose texts what is accepted borrows.
///
/// # Errors
/// A [`Refusal`] with the reason, the place and a sentence; the same body is refused again.
pub fn accept<'a>(
    body: &'a [u8],
    context: &'a BeaconContext<'a>,
) -> Result<Accepted<Cow<'a, str>>, Refusal> {
    let (beacon, ignored_members) = read::read(body)?;
    resolve::resolve(beacon, ignored_members, context)
}
