//! What is noted while a beacon is resolved.

use std::borrow::Cow;

use observation::MILLIS_PER_HOUR;

use super::BeaconContext;
use crate::{Dimension, Sighting};

const HOURS_PER_DAY: i64 = 24;

/// What is noted on the way, and the bounds that hold for all rows.
pub(super) struct Notes<'c> {
    pub(super) context: &'c BeaconContext<'c>,
    day: i64,
    pub(super) ignored_rows: u32,
    pub(super) unknown_words: u32,
    pub(super) overflowed: [u32; Dimension::ALL.len()],
}

impl<'c> Notes<'c> {
    pub(super) fn new(context: &'c BeaconContext<'c>) -> Self {
        Self {
            context,
            day: context
                .received_at
                .0
                .div_euclid(MILLIS_PER_HOUR * HOURS_PER_DAY),
            ignored_rows: 0,
            unknown_words: 0,
            overflowed: [0; Dimension::ALL.len()],
        }
    }

    /// The text itself while the application has room for it, else what stands for all others.
    pub(super) fn bounded<'t>(&mut self, dimension: Dimension, text: Cow<'t, str>) -> Cow<'t, str> {
        let context = self.context;
        let sighting = Sighting {
            app: context.app.index(),
            dimension,
            day: self.day,
            network: context.network,
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
    pub(super) fn word<W: std::str::FromStr>(&mut self, word: &str) -> Option<W> {
        let read = word.parse().ok();
        self.unknown_words += u32::from(read.is_none());
        read
    }
}
