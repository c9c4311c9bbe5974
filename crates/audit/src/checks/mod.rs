//! The checks, by what they look at.

mod affected;
mod caching;
mod errors;
mod lists;
mod origins;
mod protocol;
mod repair;
mod values;

use cors::Answer;
use explain::heads;
use findings::Finding;

pub(crate) use repair::Page;
pub use repair::preflight_fixes;

use crate::look::Look;

/// Everything that is wrong at one URL.
pub(crate) fn all(look: &Look<'_>) -> Vec<Finding> {
    let mut findings = origins::check(look);
    findings.extend(values::check(look));
    findings.extend(lists::check(look));
    findings.extend(caching::check(look));
    findings.extend(protocol::check(look));
    affected::tell(&mut findings);
    findings
}

/// An answer as evidence.
fn shown(look: &Look<'_>, what: &str, answer: &Answer) -> Vec<String> {
    heads(what, look.target.url.as_str(), answer)
}
