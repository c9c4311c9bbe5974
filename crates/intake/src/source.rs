//! What every source has in common: what the edge knows beside the body, and what is taken from it.

use std::borrow::Cow;

use observation::{Envelope, UnixMillis};

use crate::{App, Cardinality, Catalog, Dimension, Plausibility, Refusal};

/// A kind of body: bytes become observations, or one refusal.
pub trait Source {
    /// Reads a body, whose texts what is accepted borrows. It is complete: no later stage asks again.
    ///
    /// # Errors
    /// A [`Refusal`] with the reason, the place and a sentence; the same body is refused again.
    fn parse<'a>(
        &self,
        body: &'a [u8],
        arrival: &'a Arrival<'a>,
    ) -> Result<Accepted<Cow<'a, str>>, Refusal>;
}

/// What the edge knows beside the body.
#[derive(Clone, Copy)]
pub struct Arrival<'a> {
    /// The application that the key belongs to.
    pub app: &'a App,
    /// The services.
    pub catalog: &'a Catalog,
    /// When the request arrived.
    pub received_at: UnixMillis,
    /// Salted daily hash of the client's network; 0 where unknown.
    pub network: u32,
    /// Which texts keep their name.
    pub cardinality: &'a dyn Cardinality,
    /// What is believed.
    pub plausibility: &'a Plausibility,
}

/// What the SDK of one page counted of itself since its beacon before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SelfReport {
    /// Probes sent.
    pub probes: u32,
    /// Errors of its own that it caught.
    pub errors: u32,
    /// Beacons that it gave up.
    pub drops: u32,
}

/// A body that is taken, and what was passed over in it. `S` is how its texts are held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted<S = String> {
    /// What goes into the journal.
    pub envelope: Envelope<S>,
    /// FieldTracker that this build does not know.
    pub ignored_members: u32,
    /// Rows that are of a kind that this build does not know, or that are not about pages of the
    /// application.
    pub ignored_rows: u32,
    /// Words that were read as unknown.
    pub unknown_words: u32,
    /// What the SDK says of itself; nothing where none sent the body.
    pub sdk: SelfReport,
    /// Texts that became `__other__`, by dimension.
    pub overflowed: [u32; Dimension::ALL.len()],
}
