//! The preflight cache: when a second request goes without asking again
//! (<https://fetch.spec.whatwg.org/#concept-cache>, `services/network/cors/preflight_cache.cc`).

use crate::exchange::{Answer, Request};
pub use crate::max_age::{DEFAULT_SECONDS, stated};
use crate::preflight::{self, Permission};
use crate::word::Mode;

/// URLs from this length on are not cached at all.
const MAX_KEY_LENGTH: usize = 1024;

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
    preflight::check(answer, Some(first.page_origin.as_str()), first.ask()).ok()
}
