//! The limits of the format, as `schemas/beacon/v1.schema.json` states them, beyond those that hold
//! for every source.

use std::ops::RangeInclusive;

use observation::MILLIS_PER_HOUR;

/// Version of the format.
pub const VERSION: i64 = 1;
/// The retry horizon: a beacon older than this is refused, so that a re-send can always be told
/// from a new beacon.
pub const RETRY_HORIZON_MS: i64 = 300_000;
/// Most rows of a beacon.
pub const MAX_ROWS: usize = 512;

pub(super) const AT: RangeInclusive<i64> = -MILLIS_PER_HOUR..=0;
pub(super) const MAX_RELEASE: usize = 128;
pub(super) const MAX_SDK: usize = 32;
/// An evidence code with the unknown words appended.
pub(super) const MAX_EVIDENCE: usize = 128;
