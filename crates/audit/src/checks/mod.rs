//! The checks, by what they look at.

mod caching;
mod lists;
mod origins;
mod protocol;
mod values;

use cors::Answer;
use explain::heads;
use findings::Finding;

use crate::look::Look;

/// Everything that is wrong at one URL.
pub(crate) fn all(look: &Look<'_>) -> Vec<Finding> {
    let mut findings = origins::check(look);
    findings.extend(values::check(look));
    findings.extend(lists::check(look));
    findings.extend(caching::check(look));
    findings.extend(protocol::check(look));
    findings
}

/// An answer as evidence.
fn shown(look: &Look<'_>, what: &str, answer: &Answer) -> Vec<String> {
    heads(what, look.target.url.as_str(), answer)
}
