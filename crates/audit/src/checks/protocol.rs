//! Preflights, errors, redirects, and answers that contradict each other.

use cors::{Answer, Origin};
use findings::{Finding, Level};

use super::lists::allows;
use super::shown;
use crate::look::{Look, text, with_credentials};
use crate::rules;

pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    [
        unreadable(look),
        preflight_status(look),
        errors(look),
        redirect(look),
        local_network(look),
        disagree(look),
        timing(look),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether anything is meant to be read across origins here.
fn is_shared(look: &Look<'_>) -> bool {
    !look.pages.is_empty()
        || look
            .readers()
            .iter()
            .any(|pair| allows(&pair.response, &pair.origin))
}

/// A page that is meant to read and gets no permission. Where its preflights get one, the two disagree.
fn unreadable(look: &Look<'_>) -> Option<Finding> {
    let pair = look.pages.iter().find(|pair| {
        let is_answer = (200..=299).contains(&pair.response.status);
        let allowed = [&pair.response, &pair.preflight].map(|answer| allows(answer, &pair.origin));
        is_answer && allowed == [false, false]
    })?;
    let value = text(&pair.response, "access-control-allow-origin");
    // What no page could match has a rule of its own.
    if value
        .as_deref()
        .is_some_and(|value| web::Origin::parse(value).is_none())
    {
        return None;
    }
    let got = match value {
        Some(value) => format!("Access-Control-Allow-Origin is `{value}`"),
        None => "there is no Access-Control-Allow-Origin".to_owned(),
    };
    let message = format!(
        "A page of `{}`, which is meant to read, cannot: {got}. {}",
        pair.origin,
        rules::UNREADABLE.description
    );
    Some(
        Finding::new(rules::UNREADABLE, message)
            .keyed(&pair.origin)
            .shown_by(shown(look, "GET", &pair.response))
            .mended_by(format!(
                "List `{}` among the allowed origins, as browsers write it: no slash at the end, no default port.",
                pair.origin
            )),
    )
}

fn preflight_status(look: &Look<'_>) -> Option<Finding> {
    let pair = look.readers().into_iter().next()?;
    let status = pair.preflight.status;
    if (200..=299).contains(&status) || !is_shared(look) {
        return None;
    }
    let reason = match status {
        300..=399 => "it is redirected",
        401 | 407 => "it has to authenticate itself, which no preflight can",
        403 => "it is refused",
        404 | 405 | 501 => "OPTIONS is not handled",
        500..=599 => "the server fails",
        _ => "it is not taken for one",
    };
    // Plain reads of public data work all the same.
    let public = look.pages.is_empty() && !with_credentials(&pair.response);
    let level = match status {
        404 | 405 | 501 if public => Level::Note,
        _ => Level::Warning,
    };
    let message = format!(
        "The preflight is answered with status {status}: {reason}. {}",
        rules::PREFLIGHT_STATUS.description
    );
    Some(
        Finding::new(rules::PREFLIGHT_STATUS, message)
            .at(level)
            .shown_by(shown(look, "OPTIONS", &pair.preflight))
            .mended_by("Answer OPTIONS with Access-Control-Request-Method by 204, before authentication and routing."),
    )
}

fn errors(look: &Look<'_>) -> Option<Finding> {
    let pair = look.readers().into_iter().next()?;
    let missing = &look.missing;
    let kept = allows(missing, &pair.origin);
    if missing.status < 400 || kept || !allows(&pair.response, &pair.origin) {
        return None;
    }
    // What a gateway answers itself comes of what is behind it, whatever the path.
    let (what, asked) = match missing.status {
        502..=504 => (
            "An error of the gateway",
            "GET without an answer from behind:",
        ),
        _ => (
            "A path that does not exist",
            "GET of a path below that does not exist:",
        ),
    };
    let message = format!(
        "{what} is answered with status {} and without Access-Control-Allow-Origin. {}",
        missing.status,
        rules::ERRORS.description
    );
    Some(
        Finding::new(rules::ERRORS, message)
            .shown_by(shown(look, asked, missing))
            .mended_by("Set the headers on every status (nginx and Apache: `always`), outside of the error handling."),
    )
}

fn redirect(look: &Look<'_>) -> Option<Finding> {
    let pair = look.readers().into_iter().next()?;
    let answer = &pair.response;
    let location = String::from_utf8_lossy(answer.redirect()?).into_owned();
    let target = look.target.url.join(&location).ok()?;
    let userinfo = !target.username().is_empty() || target.password().is_some();
    if !userinfo && Origin::of(&target) == Origin::of(&look.target.url) {
        return None;
    }
    let what = if userinfo {
        "the address in Location holds a user name or password"
    } else {
        "Location leads to another origin"
    };
    let message = format!("{what}. {}", rules::REDIRECT.description);
    Some(
        Finding::new(rules::REDIRECT, message)
            .at(if userinfo {
                Level::Error
            } else {
                Level::Warning
            })
            .shown_by(shown(look, "GET", answer))
            .mended_by("Let pages ask the final URL, or keep the redirect on one origin."),
    )
}

fn local_network(look: &Look<'_>) -> Option<Finding> {
    let answer = look.local_network.as_ref()?;
    let name = [
        "access-control-allow-private-network",
        "access-control-allow-local-network",
    ]
    .into_iter()
    .find(|name| text(answer, name).as_deref() == Some("true"))?;
    let message = format!(
        "{name} is `true` for an origin that nobody knows. {}",
        rules::LOCAL_NETWORK.description
    );
    Some(
        Finding::new(rules::LOCAL_NETWORK, message)
            .shown_by(shown(look, "OPTIONS", answer))
            .mended_by(
                "Answer it for known origins only, or leave it out: browsers ask the user now.",
            ),
    )
}

fn disagree(look: &Look<'_>) -> Option<Finding> {
    look.readers().into_iter().find_map(|pair| {
        let (preflight, response) = (&pair.preflight, &pair.response);
        // A preflight that is not answered at all is another rule's business.
        if !(200..=299).contains(&preflight.status) {
            return None;
        }
        let what = match (
            allows(preflight, &pair.origin),
            allows(response, &pair.origin),
        ) {
            (true, false) if response.status < 500 => {
                "the preflight allows what the response refuses"
            }
            (false, true) if is_preflighted_at_all(preflight) => {
                "the preflight refuses what the response allows"
            }
            (true, true) if with_credentials(preflight) != with_credentials(response) => {
                "preflight and response differ in Access-Control-Allow-Credentials"
            }
            _ => return None,
        };
        let message = format!(
            "For `{}` {what}. {}",
            pair.origin,
            rules::DISAGREE.description
        );
        Some(
            Finding::new(rules::DISAGREE, message)
                .shown_by(shown(look, "OPTIONS", preflight))
                .shown_by(shown(look, "GET", response))
                .mended_by("Let one place answer both, with the same list of origins."),
        )
    })
}

/// Whether somebody thought of preflights here: an `OPTIONS` that only lists `Allow` is no answer
/// to one.
fn is_preflighted_at_all(answer: &Answer) -> bool {
    answer
        .headers
        .iter()
        .any(|(name, _)| name.to_ascii_lowercase().starts_with(b"access-control-"))
}

fn timing(look: &Look<'_>) -> Option<Finding> {
    let pair = look.readers().into_iter().next()?;
    let allowed = allows(&pair.response, &pair.origin);
    if !allowed || text(&pair.response, "timing-allow-origin").is_some() {
        return None;
    }
    Some(
        Finding::new(
            rules::TIMING,
            format!(
                "Timing-Allow-Origin is missing. {}",
                rules::TIMING.description
            ),
        )
        .shown_by(shown(look, "GET", &pair.response))
        .mended_by(format!("timing-allow-origin: {}", pair.origin)),
    )
}
