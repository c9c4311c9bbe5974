//! `Access-Control-Max-Age`: how long a preflight's answer is kept
//! (<https://fetch.spec.whatwg.org/#http-access-control-max-age>).

use crate::exchange::Answer;

/// How long an answer without a usable `Access-Control-Max-Age` is kept.
pub const DEFAULT_SECONDS: u32 = 5;

/// Chromium keeps nothing longer, whatever the server says.
const MAX_SECONDS: u32 = 7200;

/// How long Chromium keeps a preflight's answer, in seconds.
pub(crate) fn lifetime(answer: &Answer) -> u32 {
    match stated(answer) {
        None => DEFAULT_SECONDS,
        Some(seconds) => u32::try_from(seconds).map_or(MAX_SECONDS, |s| s.min(MAX_SECONDS)),
    }
}

/// What `Access-Control-Max-Age` says, in seconds; a negative number is none. `None` where it is
/// missing or not a number.
#[must_use]
pub fn stated(answer: &Answer) -> Option<u64> {
    let value = answer.headers.joined("access-control-max-age")?;
    let seconds: i64 = std::str::from_utf8(&value).ok()?.parse().ok()?;
    Some(seconds.max(0).unsigned_abs())
}
