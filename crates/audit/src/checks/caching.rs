//! What caches make of answers that depend on Origin.

use cors::Answer;
use findings::{Finding, Level};

use super::shown;
use crate::look::{Look, list, text};
use crate::rules;

const ALLOW_ORIGIN: &str = "access-control-allow-origin";

pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    vary(look).into_iter().chain(pinned(look)).collect()
}

/// Whether a shared cache may keep an answer.
enum Cached {
    /// It says so.
    Yes,
    /// It says nothing, and caches guess (RFC 9111, section 4.2.2).
    Perhaps,
    No,
}

fn cached(answer: &Answer) -> Cached {
    let control = text(answer, "cache-control")
        .unwrap_or_default()
        .to_ascii_lowercase();
    if control.contains("no-store") || control.contains("private") || control.contains("no-cache") {
        Cached::No
    } else if control.contains("public")
        || control.contains("max-age")
        || control.contains("s-maxage")
        || answer.headers.all("expires").next().is_some()
    {
        Cached::Yes
    } else {
        Cached::Perhaps
    }
}

fn vary(look: &Look<'_>) -> Option<Finding> {
    let allowed = |answer: &Answer| text(answer, ALLOW_ORIGIN);
    let mut answers = vec![("GET without Origin", &look.plain)];
    answers.extend(look.pages.iter().map(|pair| ("GET", &pair.response)));
    answers.push(("GET of a stranger", &look.stranger.response));
    answers.extend(
        look.trusted
            .iter()
            .map(|t| ("GET of an odd origin", &t.answer)),
    );
    let depends = answers
        .iter()
        .any(|(_, answer)| allowed(answer) != allowed(&look.plain));
    if !depends {
        return None;
    }
    let names_origin = |answer: &Answer| {
        list(answer, "vary")
            .iter()
            .any(|name| name == "*" || name.eq_ignore_ascii_case("origin"))
    };
    let lacking = answers.into_iter().filter_map(|(what, answer)| {
        if names_origin(answer) {
            return None;
        }
        let level = match (allowed(answer).is_some(), cached(answer)) {
            (_, Cached::Yes) => Level::Warning,
            (true, Cached::Perhaps) => Level::Warning,
            // Nothing says that a cache keeps it, and by itself it is right.
            (false, Cached::Perhaps) | (_, Cached::No) if !has_any(look) => Level::Note,
            (true, Cached::No) => Level::Note,
            _ => return None,
        };
        Some((what, answer, level))
    });
    // The first of the worst.
    let (what, answer, level) = lacking.rev().max_by_key(|(_, _, level)| *level)?;
    let message = format!(
        "Access-Control-Allow-Origin depends on who asks, and Vary does not name Origin ({what}). {}",
        rules::VARY.description
    );
    Some(
        Finding::new(rules::VARY, message)
            .at(level)
            .shown_by(shown(look, what, answer))
            .mended_by("vary: Origin, on every answer of this URL, also where the origin is refused or missing"),
    )
}

/// Whether any answer names Origin in Vary.
fn has_any(look: &Look<'_>) -> bool {
    look.pages
        .iter()
        .map(|pair| &pair.response)
        .chain(look.trusted.iter().map(|t| &t.answer))
        .any(|answer| {
            list(answer, "vary")
                .iter()
                .any(|name| name.eq_ignore_ascii_case("origin"))
        })
}

/// Past the cache another answer: the cache does not look at Origin.
fn pinned(look: &Look<'_>) -> Option<Finding> {
    let (pair, fresh) = look
        .pages
        .iter()
        .zip(&look.uncached)
        .filter_map(|(pair, fresh)| Some((pair, fresh.as_ref()?)))
        .find(|(pair, fresh)| {
            let (through, past) = (
                text(&pair.response, ALLOW_ORIGIN),
                text(fresh, ALLOW_ORIGIN),
            );
            through != past && past.is_some_and(|past| past == pair.origin || past == "*")
        })?;
    let through = text(&pair.response, ALLOW_ORIGIN).unwrap_or_else(|| "missing".to_owned());
    let message = format!(
        "For `{}` Access-Control-Allow-Origin is `{through}`; with a query that no cache has seen it is right. {}",
        pair.origin,
        rules::PINNED.description
    );
    Some(
        Finding::new(rules::PINNED, message)
            .shown_by(shown(look, "GET through the cache", &pair.response))
            .shown_by(shown(look, "GET past the cache", fresh))
            .mended_by("Let the cache key hold the Origin header (or honour Vary), or set the CORS headers at the edge, behind the cache."),
    )
}
