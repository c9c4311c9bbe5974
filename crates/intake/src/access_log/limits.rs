//! The limits of the format.

use observation::MILLIS_PER_HOUR;

use crate::beacon::RETRY_HORIZON_MS;

/// Most lines of a body.
pub const MAX_LINES: usize = 8_192;
/// How far the clock of the server may be ahead of the edge's.
pub const MAX_AHEAD_MS: i64 = 60_000;
/// How old the newest line may be. A body is known again for the retry horizon after its first arrival,
/// which is at most [`MAX_AHEAD_MS`] before its newest line; what comes later is refused.
pub const MAX_BEHIND_MS: i64 = RETRY_HORIZON_MS - MAX_AHEAD_MS;
/// How much older than the newest line of its body a line may be, as with rows of a beacon.
pub(super) const MAX_SPREAD_MS: i64 = MILLIS_PER_HOUR;
