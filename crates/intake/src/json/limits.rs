//! Limits that hold for every source; what a format limits beyond them stands beside its reader.

use std::ops::RangeInclusive;

/// Deepest nesting, also within members that are ignored.
pub const MAX_DEPTH: u8 = 16;

pub(crate) const STATUS: RangeInclusive<i64> = 100..=599;
pub(crate) const COUNT: RangeInclusive<i64> = 1..=1_000_000;
pub(super) const LATENCY_ITEM: RangeInclusive<i64> = 0..=1_000_000;
pub(super) const MAX_LATENCY_ITEMS: usize = 320;
/// Texts: origins, endpoints and lists of header names.
pub(crate) const MAX_TEXT: usize = 2048;
/// Words of a vocabulary, evidence codes, environments, identities.
pub(crate) const MAX_WORD: usize = 64;
pub(crate) const MAX_METHOD: usize = 32;
/// FieldTracker of one object that are not known; far more than a newer sender would add.
pub(super) const MAX_UNKNOWN_MEMBERS: usize = 64;
