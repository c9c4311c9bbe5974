//! What the answers say: whom the target lets read, and what is wrong where only preflights are sent.

use audit::{RULES, preflight_fixes};
use cors::Answer;
use explain::heads;
use findings::{Finding, Level, Rule};
use store::{Grant, Stance, Vary};

use crate::seen::{STRANGER, Stranger, Tried};

/// An origin is allowed that no page comes from.
pub(crate) static UNUSED: Rule = Rule {
    id: "unused-origin",
    title: "An origin is allowed that no page comes from",
    description: "Every entry of an allow-list is a site that is trusted. One that no one uses helps only whoever takes it over.",
    level: Level::Note,
    security: None,
};

/// The rules of all findings of the inventory.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().chain([&UNUSED])
}

fn rule(id: &str) -> &'static Rule {
    let found = RULES.iter().find(|rule| rule.id == id);
    found.expect("a rule of the audit: a test names them all")
}

const REFLECTED: &str = "origin-reflected";
const NULL: &str = "null-origin";
const WILDCARD_CREDENTIALS: &str = "wildcard-with-credentials";
const PREFLIGHT: &str = "preflight-refused";
const MAX_AGE: &str = "max-age";
const VARY: &str = "vary-origin-missing";

/// Firefox keeps a preflight's answer for 24 hours, the others for less.
const LONGEST_KEPT: u32 = 86_400;

fn says(answer: &Answer, name: &str, value: &str) -> bool {
    answer
        .headers
        .joined(name)
        .is_some_and(|said| *said == *value.as_bytes())
}

fn names(answer: &Answer, origin: &str) -> bool {
    says(answer, "access-control-allow-origin", origin)
}

fn with_credentials(answer: &Answer) -> bool {
    says(answer, "access-control-allow-credentials", "true")
}

/// A preflight permits something only if it succeeds.
fn counts(answer: &Answer, is_read: bool) -> bool {
    is_read || (200..300).contains(&answer.status)
}

/// What `origin` is granted by an answer; that to a preflight unless `is_read`.
pub(crate) fn grant(answer: &Answer, origin: &str, is_read: bool) -> Grant {
    if !counts(answer, is_read) {
        Grant::Denied
    } else if names(answer, origin) && with_credentials(answer) {
        Grant::Credentialed
    } else if names(answer, origin) || names(answer, "*") {
        Grant::Plain
    } else {
        Grant::Denied
    }
}

fn openness_of(answer: &Answer) -> Option<Stance> {
    match (
        names(answer, "*"),
        names(answer, STRANGER),
        with_credentials(answer),
    ) {
        (true, _, false) => Some(Stance::Wildcard),
        (true, _, true) => Some(Stance::WildcardWithCredentials),
        (_, true, false) => Some(Stance::Reflecting),
        (_, true, true) => Some(Stance::CredentialedReflecting),
        (false, false, _) => None,
    }
}

/// How the target lets everybody in, where it does. What pages read decides where they read; a
/// preflight that lets everybody in counts there too, because the request is carried out.
pub(crate) fn openness(stranger: &Stranger, is_read: bool) -> Option<Stance> {
    let preflight = counts(&stranger.preflight, false).then_some(&stranger.preflight);
    let response = stranger.response.as_ref().filter(|_| is_read);
    [preflight, response]
        .into_iter()
        .flatten()
        .filter_map(openness_of)
        .max()
}

/// The stance of a target that does not let everybody in.
pub(crate) fn closed(null: &Answer, tried: &[Tried], is_read: bool) -> Stance {
    if grant(null, "null", is_read) != Grant::Denied {
        Stance::NullTrusted
    } else if tried.iter().any(|tried| tried.grant != Grant::Denied) {
        Stance::List
    } else {
        Stance::Closed
    }
}

/// Whether `Vary` says what it has to; no cache keeps the answer to a preflight.
pub(crate) fn vary(stance: Stance, is_read: bool, findings: &[Finding]) -> Vary {
    let depends = match stance {
        Stance::Closed | Stance::Wildcard | Stance::WildcardWithCredentials => false,
        Stance::List
        | Stance::Reflecting
        | Stance::NullTrusted
        | Stance::CredentialedReflecting => true,
    };
    if findings.iter().any(|finding| finding.rule.id == VARY) {
        Vary::Missing
    } else if depends && is_read {
        Vary::Right
    } else {
        Vary::NotNeeded
    }
}

/// What is wrong as far as preflights tell: pages only write there, and nothing is written.
pub(crate) fn of_preflights(
    url: &str,
    stranger: &Stranger,
    null: &Answer,
    tried: &[Tried],
    max_age: Option<u32>,
) -> Vec<Finding> {
    let someone_is_let_in = tried.iter().any(|tried| tried.grant != Grant::Denied);
    let asked = &stranger.preflight;
    let shown = |origin: &str, answer: &Answer| {
        let mut lines = vec![format!("Origin: {origin}")];
        lines.extend(heads("OPTIONS", url, answer));
        lines
    };
    let found = |id: &str, text: String, evidence: Vec<String>, fix: &str| {
        let rule = rule(id);
        Finding::new(rule, format!("{text} {}", rule.description))
            .shown_by(evidence)
            .mended_by(fix)
    };
    const LIST: &str =
        "Keep a list of whole origins and compare the Origin header with each, exactly.";
    let mut findings = Vec::new();
    match openness(stranger, false) {
        Some(stance @ (Stance::Reflecting | Stance::CredentialedReflecting)) => {
            let (level, how) = match stance {
                Stance::CredentialedReflecting => (Level::Error, "with credentials"),
                _ => (Level::Note, "without credentials"),
            };
            let text = format!("The preflight lets `{STRANGER}` in, {how}.");
            findings.push(found(REFLECTED, text, shown(STRANGER, asked), LIST).at(level));
        }
        Some(Stance::WildcardWithCredentials) => {
            let text = "The preflight answers `*` beside Access-Control-Allow-Credentials.";
            let evidence = shown(STRANGER, asked);
            findings.push(found(WILDCARD_CREDENTIALS, text.to_owned(), evidence, LIST));
        }
        _ if grant(null, "null", false) != Grant::Denied && !names(null, "*") => {
            let text = "The preflight lets `null` in.".to_owned();
            findings.push(found(NULL, text, shown("null", null), LIST));
        }
        _ => {}
    }
    // Some servers refuse the preflights of strangers with 403, which is right.
    if !counts(asked, false) && asked.status != 403 && !someone_is_let_in {
        let text = format!("The preflight is answered with status {}.", asked.status);
        let mut finding = found(PREFLIGHT, text, shown(STRANGER, asked), "");
        finding.fix = match tried.first() {
            Some(page) => preflight_fixes(&page.origin, url, asked),
            None => Vec::new(),
        };
        if finding.fix.is_empty() {
            finding.fix.push("Answer OPTIONS with Access-Control-Request-Method by 204, before authentication and routing.".to_owned());
        }
        findings.push(finding);
    }
    if let Some(age) = max_age.filter(|age| *age > LONGEST_KEPT) {
        let text = format!("Access-Control-Max-Age is {age} s, longer than any browser keeps it.");
        findings.push(found(
            MAX_AGE,
            text,
            shown(STRANGER, asked),
            "access-control-max-age: 600",
        ));
    }
    findings
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
