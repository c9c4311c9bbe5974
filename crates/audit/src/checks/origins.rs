//! Whom the server trusts.

use cors::Answer;
use findings::{Affected, Finding, Level};

use super::shown;
use crate::look::{Look, looks_private, reflects, with_credentials};
use crate::rules;

const FIX: &str = "Keep a list of whole origins (scheme, host and port) and compare the Origin header with each, exactly; answer the others without Access-Control-Allow-Origin.";

pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let stranger = &look.stranger;
    if reflects(&stranger.response, &stranger.origin) {
        findings.push(reflected(look));
    }
    for trusted in &look.trusted {
        let rule = trusted.trial.rule;
        // A dot that matches anything lets look-alikes of the other kinds through only by chance;
        // a text looked for in another lets both ends through.
        let origin = &trusted.trial.origin;
        let (level, means) = exploit(&trusted.answer, rule.level);
        let message = format!("`{origin}` is trusted: {means}. {}", rule.description);
        findings.push(
            Finding::new(rule, message)
                .at(level)
                .affecting(affected(&trusted.answer, origin))
                .shown_by([format!("Origin: {origin}")])
                .shown_by(shown(look, "GET", &trusted.answer))
                .mended_by(FIX),
        );
    }
    findings.extend(wildcard(look));
    findings
}

fn reflected(look: &Look<'_>) -> Finding {
    let answer = &look.stranger.response;
    let origin = &look.stranger.origin;
    let (level, means) = exploit(answer, Level::Error);
    let level = match (with_credentials(answer), looks_private(answer)) {
        // As good as `*`, and nothing says that the response is private.
        (false, None) => Level::Note,
        _ => level,
    };
    let fix = if with_credentials(answer) {
        FIX
    } else {
        "Answer with `*`, which is what this amounts to and which caches understand, or keep a list of origins."
    };
    let description = rules::ARBITRARY.description;
    Finding::new(
        rules::ARBITRARY,
        format!("`{origin}` is trusted: {means}. {description}"),
    )
    .at(level)
    .affecting(affected(answer, origin))
    .shown_by([format!("Origin: {origin}")])
    .shown_by(shown(look, "GET", answer))
    .mended_by(fix)
}

/// Without cookies a page gets what anybody gets who asks the server; and an origin that no browser can
/// send, since it goes to no such host, is only one that scanners make up.
fn affected(answer: &Answer, origin: &str) -> Affected {
    let is_sent =
        origin == "null" || cors::Origin::parse(origin).is_some_and(|it| it.as_str() == origin);
    match is_sent && with_credentials(answer) {
        true => Affected::BrowserUsers,
        false => Affected::ScannersOnly,
    }
}

/// How bad trust is, and what it means: with credentials it gives away what the visitor may see.
fn exploit(answer: &Answer, usual: Level) -> (Level, String) {
    match (with_credentials(answer), looks_private(answer)) {
        (true, Some(sign)) => (
            Level::Error,
            format!("with credentials, and the response looks private ({sign})"),
        ),
        (true, None) => (usual, "with credentials".to_owned()),
        (false, Some(sign)) => (
            usual.min(Level::Warning),
            format!("without credentials, though the response looks private ({sign})"),
        ),
        (false, None) => (usual.min(Level::Warning), "without credentials".to_owned()),
    }
}

fn wildcard(look: &Look<'_>) -> Option<Finding> {
    let answer = &look.stranger.response;
    let sign = looks_private(answer).filter(|_| reflects(answer, "*"))?;
    let message = format!(
        "Access-Control-Allow-Origin is `*`, and the response looks private: {sign}. {}",
        rules::WILDCARD.description
    );
    Some(
        Finding::new(rules::WILDCARD, message)
            .shown_by(shown(look, "GET", answer))
            .mended_by(FIX),
    )
}
