//! The preflight cache: when a second request goes without asking again
//! (<https://fetch.spec.whatwg.org/#concept-cache>, `services/network/cors/preflight_cache.cc`).

use crate::exchange::{Answer, Request};
use crate::preflight::{self, Permission};
use crate::word::Mode;

/// How long an answer without a usable `Access-Control-Max-Age` is kept.
pub const DEFAULT_SECONDS: u32 = 5;

/// Chromium keeps nothing longer, whatever the server says.
pub const MAX_SECONDS: u32 = 7200;

/// URLs from this length on are not cached at all.
const MAX_KEY_LENGTH: usize = 1024;

/// How long Chromium keeps a preflight's answer, in seconds.
#[must_use]
pub fn lifetime(answer: &Answer) -> u32 {
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

/// Whether `second`, made `elapsed_seconds` after the preflight of `first` was answered, sends a
/// preflight of its own.
#[must_use]
pub fn second_preflight(
    first: &Request,
    answer: &Answer,
    elapsed_seconds: f64,
    second: &Request,
) -> bool {
    if !asks(second) {
        return false;
    }
    let Some(permission) = stored(first, answer) else {
        return true;
    };
    let same_key = first.page_origin == second.page_origin && first.url == second.url;
    let fresh = elapsed_seconds < f64::from(permission.seconds);
    !(same_key && fresh && permission.covers(second.ask()))
}

/// Whether a request goes through the CORS protocol with a preflight at its first hop.
fn asks(request: &Request) -> bool {
    request.mode == Mode::Cors
        && !request.page_origin.is_same(&request.url)
        && request.ask().needs_preflight()
}

/// What the first request's preflight leaves in the cache.
fn stored<'a>(first: &Request, answer: &'a Answer) -> Option<Permission<'a>> {
    if !asks(first) || first.url.as_str().len() >= MAX_KEY_LENGTH {
        return None;
    }
    preflight::check(answer, first.page_origin.as_str(), first.ask()).ok()
}
