//! Errors that lose the headers of CORS.

use std::collections::BTreeSet;

use cors::Answer;
use findings::Finding;
use url::Url;

use super::lists::allows;
use super::repair::{self, Page};
use crate::look::{Look, Pair};
use crate::rules;

const EVERYWHERE: &str =
    "Set the headers on every status (nginx and Apache: `always`), outside of the error handling.";

/// An error that was met.
struct Met<'a> {
    what: &'static str,
    url: &'a Url,
    answer: &'a Answer,
}

pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let Some(pair) = look.readers().into_iter().next() else {
        return Vec::new();
    };
    let own = Met {
        what: "GET",
        url: &look.target.url,
        answer: &pair.response,
    };
    let provoked = look.provoked.iter().map(|provoked| Met {
        what: provoked.what,
        url: &provoked.url,
        answer: &provoked.answer,
    });
    // Who may not read a good answer need not read the errors. Of a URL that only fails nothing else is
    // known than that the page is meant to read it.
    let is_meant = allows(&pair.response, &pair.origin)
        || pair.response.status >= 400 && !look.pages.is_empty();
    let mut seen = BTreeSet::new();
    std::iter::once(own)
        .chain(provoked)
        .filter(|met| is_meant && met.answer.status >= 400 && !allows(met.answer, &pair.origin))
        .filter(|met| seen.insert(met.answer.status))
        .map(|met| lost(look, pair, &met))
        .collect()
}

fn lost(look: &Look<'_>, pair: &Pair, met: &Met<'_>) -> Finding {
    let status = met.answer.status;
    let who = match status {
        401 | 407 => "Someone who has not logged in",
        502..=504 => "An error of the gateway",
        500..=599 => "A failure of the application",
        404 | 410 => "A path that does not exist",
        _ => "An error",
    };
    let message = format!(
        "{who} is answered with status {status} and without a permission for `{}`. {}{}",
        pair.origin,
        rules::ERRORS.description,
        outside(status)
    );
    let page = Page {
        url: met.url,
        ..look.asked_by(&pair.origin)
    };
    let fixes = repair::of_response(page, met.answer);
    Finding::new(rules::ERRORS, message)
        .keyed(status.to_string())
        .shown_by(explain::heads(met.what, met.url.as_str(), met.answer))
        .mended_by_all(repair::lines(look, fixes.as_ref(), EVERYWHERE))
}

/// Why failures lose what other answers have.
const fn outside(status: u16) -> &'static str {
    match status {
        500 => {
            " A failure that no code handles is answered outside of the layer that adds the headers: in FastAPI and Starlette outside of `add_middleware`, in Express in an error handler without them, in nginx and Apache without `always`."
        }
        _ => "",
    }
}
