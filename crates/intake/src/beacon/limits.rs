//! The limits of the format, as `schemas/beacon/v1.schema.json` states them.

use std::ops::RangeInclusive;

use observation::MILLIS_PER_HOUR;

/// Version of the format.
pub const VERSION: i64 = 1;
/// The retry horizon: a beacon older than this is refused, so that a re-send can always be told
/// from a new beacon.
pub const RETRY_HORIZON_MS: i64 = 300_000;
/// Most rows of a beacon.
pub const MAX_ROWS: usize = 512;
/// Deepest nesting, also within members that are ignored.
pub const MAX_DEPTH: u8 = 16;

pub(super) const AT: RangeInclusive<i64> = -MILLIS_PER_HOUR..=0;
pub(super) const STATUS: RangeInclusive<i64> = 100..=599;
pub(super) const COUNT: RangeInclusive<i64> = 1..=1_000_000;
pub(super) const LATENCY_ITEM: RangeInclusive<i64> = 0..=1_000_000;
pub(super) const MAX_LATENCY_ITEMS: usize = 320;
/// Texts: origins, endpoints and lists of header names.
pub(super) const MAX_TEXT: usize = 2048;
/// Words of a vocabulary, evidence codes, environments, identities.
pub(super) const MAX_WORD: usize = 64;
pub(super) const MAX_RELEASE: usize = 128;
pub(super) const MAX_METHOD: usize = 32;
pub(super) const MAX_SDK: usize = 32;
/// Members of one object that are not known; far more than a newer SDK would add.
pub(super) const MAX_UNKNOWN_MEMBERS: usize = 64;
/// An evidence code with the unknown words appended.
pub(super) const MAX_EVIDENCE: usize = 128;
