//! What is noted while a body is resolved.

use std::borrow::Cow;

use observation::{Envelope, MILLIS_PER_HOUR};

use crate::{Accepted, Arrival, Dimension, SelfReport, Sighting};

const HOURS_PER_DAY: i64 = 24;

/// What is noted on the way, and the bounds that hold for all rows.
pub(crate) struct ResolveContext<'c> {
    pub(crate) context: &'c Arrival<'c>,
    day: i64,
    /// The network that vouches for texts; 0 for none.
    witness: u32,
    pub(crate) ignored_rows: u32,
    pub(crate) unknown_words: u32,
    pub(crate) overflowed: [u32; Dimension::ALL.len()],
}

impl<'c> ResolveContext<'c> {
    /// `witness` is the network that vouches for texts, 0 for none.
    pub(crate) fn new(context: &'c Arrival<'c>, witness: u32) -> Self {
        Self {
            context,
            day: context
                .received_at
                .0
                .div_euclid(MILLIS_PER_HOUR * HOURS_PER_DAY),
            witness,
            ignored_rows: 0,
            unknown_words: 0,
            overflowed: [0; Dimension::ALL.len()],
        }
    }

    /// The text itself while the application has room for it, else what stands for all others.
    pub(crate) fn bounded<'t>(&mut self, dimension: Dimension, text: Cow<'t, str>) -> Cow<'t, str> {
        let context = self.context;
        let sighting = Sighting {
            app: context.app.index(),
            dimension,
            day: self.day,
            network: self.witness,
        };
        let keeps_its_name = text.is_empty()
            || context.cardinality.admits(sighting, &text)
            || context.app.reserves(dimension, &text);
        if keeps_its_name {
            return text;
        }
        self.overflowed[dimension as usize] += 1;
        Cow::Borrowed(dimension.other())
    }

    /// A word of a vocabulary; one that is not known is counted.
    pub(crate) fn word<W: std::str::FromStr>(&mut self, word: &str) -> Option<W> {
        let read = word.parse().ok();
        self.unknown_words += u32::from(read.is_none());
        read
    }

    /// What is accepted, with everything that was noted.
    pub(crate) const fn accepted<S>(
        &self,
        envelope: Envelope<S>,
        ignored_members: u32,
    ) -> Accepted<S> {
        Accepted {
            envelope,
            ignored_members,
            ignored_rows: self.ignored_rows,
            unknown_words: self.unknown_words,
            sdk: SelfReport {
                probes: 0,
                errors: 0,
                drops: 0,
            },
            overflowed: self.overflowed,
        }
    }
}
