//! The rules a check can find broken.

use findings::{Level, Rule};

const fn rule(
    id: &'static str,
    title: &'static str,
    description: &'static str,
    security: Option<&'static str>,
) -> Rule {
    Rule {
        id,
        title,
        description,
        level: Level::Error,
        security,
    }
}

/// A request that must pass is blocked.
pub(crate) const BLOCKED: &Rule = &RULES[0];
/// A request that must be blocked passes.
pub(crate) const ALLOWED: &Rule = &RULES[1];
/// It is blocked, for another reason.
pub(crate) const OTHER_REASON: &Rule = &RULES[2];
/// The status is another one.
pub(crate) const STATUS: &Rule = &RULES[3];
/// It is preflighted and must not be, or the other way round.
pub(crate) const PREFLIGHT: &Rule = &RULES[4];
/// A header cannot be read.
pub(crate) const UNREADABLE: &Rule = &RULES[5];
/// `Vary` lacks a name.
pub(crate) const VARY: &Rule = &RULES[6];
/// The preflight's answer is kept too long or not long enough.
pub(crate) const MAX_AGE: &Rule = &RULES[7];
/// The preflight took too long.
pub(crate) const SLOW: &Rule = &RULES[8];
/// The target may not be asked.
pub(crate) const TARGET_REFUSED: &Rule = &RULES[9];
/// The server did not answer.
pub const NO_ANSWER: &Rule = &RULES[10];

/// Every rule of a check.
pub static RULES: &[Rule] = &[
    rule(
        "contract-blocked",
        "A request that must pass is blocked by browsers",
        "The page's script gets a TypeError instead of the response. The message names the rule of the Fetch standard and the header.",
        None,
    ),
    rule(
        "contract-allowed",
        "A request that must be blocked passes",
        "A page of this origin can read the response, though the contract says that it must not.",
        Some("6.5"),
    ),
    rule(
        "contract-other-reason",
        "A request is blocked, but not for the expected reason",
        "The request is blocked as it must be, but by another rule than the one the contract relies on.",
        None,
    ),
    rule(
        "contract-status",
        "The response has another status",
        "The page can read the response, and its status is not the expected one.",
        None,
    ),
    rule(
        "contract-preflight",
        "The request is preflighted and should not be, or the other way round",
        "A preflight costs a round trip; a request that lost its preflight may also have lost the header that made it necessary.",
        None,
    ),
    rule(
        "contract-unreadable-header",
        "A response header cannot be read by the page",
        "Beyond the safelisted ones a script sees only the headers named in Access-Control-Expose-Headers.",
        None,
    ),
    rule(
        "contract-vary",
        "Vary does not name what the response depends on",
        "Without it a cache serves the answer for one origin to another, which blocks it there.",
        None,
    ),
    rule(
        "contract-max-age",
        "The preflight's answer is kept for another time",
        "Too short and every request costs two round trips; too long and a change of policy does not arrive. Chromium keeps at most 2 hours, Firefox 24 hours, WebKit 10 minutes.",
        None,
    ),
    rule(
        "contract-slow-preflight",
        "The preflight takes too long",
        "The page waits for the preflight before its request is even sent.",
        None,
    ),
    rule(
        "target-refused",
        "The target may not be asked",
        "The address of the target is outside what the target policy permits; nothing was sent.",
        None,
    ),
    rule(
        "no-answer",
        "The server did not answer",
        "No connection, or no complete answer in time: not a matter of CORS, though the page cannot tell.",
        None,
    ),
];
