//! Preflights, errors, redirects, and answers that contradict each other.

use cors::{Answer, Credentials, Origin};
use findings::{Finding, Level};

use super::lists::allows;
use super::repair::Page;
use super::{errors, repair, shown};
use crate::look::{Look, Pair, text, with_credentials};
use crate::rules;

pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let mut findings = unreadable(look);
    findings.extend(errors::check(look));
    let others = [
        preflight_status(look),
        redirect(look),
        local_network(look),
        disagree(look),
        timing(look),
    ];
    findings.extend(others.into_iter().flatten());
    findings
}

/// Whether anything is meant to be read across origins here.
fn is_shared(look: &Look<'_>) -> bool {
    !look.pages.is_empty()
        || look
            .readers()
            .iter()
            .any(|pair| allows(&pair.response, &pair.origin))
}

/// Pages that are meant to read and get no permission. Where their preflights get one, the two disagree.
fn unreadable(look: &Look<'_>) -> Vec<Finding> {
    look.pages
        .iter()
        .filter_map(|pair| unreadable_by(look, pair))
        .collect()
}

fn unreadable_by(look: &Look<'_>, pair: &Pair) -> Option<Finding> {
    // A redirect has to let the page go on, too; errors have a rule of their own.
    let is_answer = (200..=399).contains(&pair.response.status);
    let allowed = [&pair.response, &pair.preflight].map(|answer| allows(answer, &pair.origin));
    if !is_answer || allowed != [false, false] {
        return None;
    }
    let value = text(&pair.response, "access-control-allow-origin");
    // What no page could match has a rule of its own.
    if value
        .as_deref()
        .is_some_and(|value| web::Origin::parse(value).is_none())
    {
        return None;
    }
    let verdict = repair::of_response(look.asked_by(&pair.origin), &pair.response)?;
    let message = format!(
        "A page of `{}`, which is meant to read, cannot: {} {}",
        pair.origin,
        verdict.explanation,
        rules::UNREADABLE.description
    );
    Some(
        Finding::new(rules::UNREADABLE, message)
            .keyed(&pair.origin)
            .shown_by(shown(look, "GET", &pair.response))
            .mended_by_all(repair::lines(look, Some(&verdict), "List the origin.")),
    )
}

fn preflight_status(look: &Look<'_>) -> Option<Finding> {
    let pair = look.readers().into_iter().next()?;
    let status = pair.preflight.status;
    // An answer like that of any other OPTIONS: who reads without a preflight is let in, others are not.
    let public = look.pages.is_empty() && !with_credentials(&pair.response);
    let is_plain = (200..=299).contains(&status)
        && !public
        && allows(&pair.response, &pair.origin)
        && !is_preflighted_at_all(&pair.preflight);
    if (200..=299).contains(&status) && !is_plain || !is_shared(look) {
        return None;
    }
    let reason = match status {
        200..=299 => "it is answered like any other OPTIONS, without the headers of CORS",
        300..=399 => "it is redirected",
        401 | 407 => "it has to authenticate itself, which no preflight can",
        403 => "it is refused",
        404 | 405 | 501 => "OPTIONS is not handled",
        500..=599 => "the server fails",
        _ => "it is not taken for one",
    };
    // Plain reads of public data work all the same.
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
            .mended_by_all(preflight_repair(look, pair)),
    )
}

/// What to change so that a preflight passes, as far as it does not depend on what is asked for.
fn preflight_repair(look: &Look<'_>, pair: &Pair) -> Vec<String> {
    const BEFORE: &str = "Answer OPTIONS with Access-Control-Request-Method by 204, before authentication and routing.";
    let verdict = repair::of_preflight(look.asked_by(&pair.origin), &pair.preflight);
    repair::lines(look, verdict.as_ref(), BEFORE)
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
            .mended_by_all(redirect_repair(look, pair)),
    )
}

/// A user name in the address is the browser's objection at once; another origin may be one later.
fn redirect_repair(look: &Look<'_>, pair: &Pair) -> Vec<String> {
    const STAY: &str = "Let pages ask the final URL, or keep the redirect on one origin.";
    let verdict = repair::of_response(look.asked_by(&pair.origin), &pair.response);
    repair::lines(look, verdict.as_ref(), STAY)
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
        "{name} is `true` for an origin that no one knows. {}",
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
                .mended_by_all(disagreement_repair(look, pair)),
        )
    })
}

/// The answer that refuses is the one to change; where both allow, they differ for credentials.
fn disagreement_repair(look: &Look<'_>, pair: &Pair) -> Vec<String> {
    let page = look.asked_by(&pair.origin);
    let with_cookies = Page {
        credentials: Credentials::Include,
        ..page
    };
    let verdict = repair::of_response(page, &pair.response)
        .or_else(|| {
            repair::of_preflight(page, &pair.preflight).filter(|verdict| !verdict.fix.is_empty())
        })
        .or_else(|| repair::of_response(with_cookies, &pair.response))
        .or_else(|| repair::of_preflight(with_cookies, &pair.preflight));
    const ONE_PLACE: &str = "Let one place answer both, with the same list of origins.";
    repair::lines(look, verdict.as_ref(), ONE_PLACE)
}

/// Whether someone thought of preflights here: an `OPTIONS` that only lists `Allow` is no answer
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
