//! Lists of methods and headers, and how long they count.

use cors::{Answer, cache, is_forbidden_header};
use findings::{Affected, Finding, Level};
use web::{Method, is_token};

use super::shown;
use crate::look::{Look, list, reflects, text, with_credentials};
use crate::rules;

/// Browsers keep no preflight longer: Firefox 24 hours, the others less.
const LONGEST: u64 = 86_400;

/// Headers that pages usually read where they are sent.
const USUALLY_READ: [&str; 9] = [
    "content-disposition",
    "link",
    "ratelimit-remaining",
    "retry-after",
    "x-next-page",
    "x-page",
    "x-ratelimit-remaining",
    "x-total",
    "x-total-count",
];

pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pair in look.readers().into_iter().take(1) {
        let preflight = &pair.preflight;
        // A list speaks for those who are allowed; for the others it is no one's, and no one reads that
        // of a preflight that fails.
        let succeeds = (200..300).contains(&preflight.status);
        if succeeds && allows(preflight, &pair.origin) {
            findings.extend(max_age(look, preflight));
            findings.extend(methods(look, preflight));
            findings.extend(pointless(look, preflight, &pair.response));
        }
        if allows(preflight, &pair.origin) || allows(&pair.response, &pair.origin) {
            findings.extend(wildcards(look, preflight, &pair.response));
            findings.extend(exposed(look, &pair.response));
        }
    }
    findings.extend(authorization(look));
    findings
}

pub(super) fn allows(answer: &Answer, origin: &str) -> bool {
    reflects(answer, origin) || reflects(answer, "*")
}

fn max_age(look: &Look<'_>, answer: &Answer) -> Option<Finding> {
    let written = text(answer, "access-control-max-age");
    let mut affected = Affected::BrowserUsers;
    let (level, message) = match (&written, cache::stated(answer)) {
        (None, _) => (
            Level::Note,
            "Access-Control-Max-Age is missing: the preflight is repeated after five seconds."
                .to_owned(),
        ),
        (Some(written), None) => (
            Level::Warning,
            format!(
                "Access-Control-Max-Age is `{written}`, which is not a number of seconds: the preflight is repeated after five."
            ),
        ),
        (Some(written), Some(_)) if written.trim().starts_with('-') => (
            Level::Warning,
            format!("Access-Control-Max-Age is `{written}`: no preflight is ever kept."),
        ),
        (_, Some(seconds)) if seconds > LONGEST => {
            affected = Affected::ScannersOnly;
            let message = format!(
                "Access-Control-Max-Age is {seconds} s, longer than any browser keeps a preflight."
            );
            (Level::Note, message)
        }
        _ => return None,
    };
    let message = format!("{message} {}", rules::MAX_AGE.description);
    Some(
        Finding::new(rules::MAX_AGE, message)
            .at(level)
            .affecting(affected)
            .shown_by(shown(look, "OPTIONS", answer))
            .mended_by("access-control-max-age: 600"),
    )
}

fn methods(look: &Look<'_>, answer: &Answer) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in [
        "access-control-allow-methods",
        "access-control-allow-headers",
    ] {
        if let Some(bad) = list(answer, name)
            .into_iter()
            .find(|element| !is_token(element.as_bytes()))
        {
            let message = format!(
                "{name} holds `{bad}`, which is not a token: browsers refuse the whole list."
            );
            findings.push(
                Finding::new(rules::METHOD_CASE, message)
                    .at(Level::Error)
                    .keyed(name)
                    .shown_by(shown(look, "OPTIONS", answer))
                    .mended_by(format!("{name}: names separated by commas, without quotes")),
            );
        }
    }
    let lower = list(answer, "access-control-allow-methods")
        .into_iter()
        .find(|method| Method::is_common_in_wrong_case(method));
    if let Some(method) = lower {
        let message = format!(
            "Access-Control-Allow-Methods holds `{method}`. {}",
            rules::METHOD_CASE.description
        );
        findings.push(
            Finding::new(rules::METHOD_CASE, message)
                .shown_by(shown(look, "OPTIONS", answer))
                .mended_by(format!(
                    "access-control-allow-methods: {}",
                    method.to_ascii_uppercase()
                )),
        );
    }
    findings
}

/// Names that no script can send, or that stand in the wrong list.
fn pointless(look: &Look<'_>, preflight: &Answer, response: &Answer) -> Option<Finding> {
    let mut names = Vec::new();
    for method in list(preflight, "access-control-allow-methods") {
        if Method::read(method.as_str()).is_ok_and(|method| method.is_forbidden()) {
            names.push(format!("the method {method}, which fetch refuses"));
        }
    }
    for header in list(preflight, "access-control-allow-headers") {
        let lower = header.to_ascii_lowercase();
        if lower.starts_with("access-control-allow-") || lower == "access-control-expose-headers" {
            names.push(format!(
                "the request header {header}, which is a response header"
            ));
        } else if lower != "*" && is_forbidden_header(&lower, b"") && lower != "user-agent" {
            names.push(format!(
                "the request header {header}, which no script can set"
            ));
        }
    }
    for header in list(response, "access-control-expose-headers") {
        if matches!(
            header.to_ascii_lowercase().as_str(),
            "set-cookie" | "set-cookie2"
        ) {
            names.push(format!(
                "the response header {header}, which no script can read"
            ));
        }
    }
    if names.is_empty() {
        return None;
    }
    let message = format!(
        "The lists hold {}. {}",
        names.join("; "),
        rules::FORBIDDEN_NAMES.description
    );
    Some(
        Finding::new(rules::FORBIDDEN_NAMES, message)
            .shown_by(shown(look, "OPTIONS", preflight))
            .mended_by("Take them out of the lists."),
    )
}

fn wildcards(look: &Look<'_>, preflight: &Answer, response: &Answer) -> Option<Finding> {
    let lists = [
        (preflight, "access-control-allow-methods"),
        (preflight, "access-control-allow-headers"),
        (response, "access-control-expose-headers"),
    ];
    let bad: Vec<&str> = lists
        .into_iter()
        .filter(|(answer, name)| {
            with_credentials(answer) && list(answer, name).iter().any(|e| e == "*")
        })
        .map(|(_, name)| name)
        .collect();
    if bad.is_empty() {
        return None;
    }
    let message = format!(
        "{} is `*`. {}",
        bad.join(" and "),
        rules::WILDCARD_LISTS.description
    );
    let answer = if bad[0].ends_with("expose-headers") {
        response
    } else {
        preflight
    };
    Some(
        Finding::new(rules::WILDCARD_LISTS, message)
            .shown_by(shown(look, "the answer", answer))
            .mended_by("Name the methods and headers."),
    )
}

fn authorization(look: &Look<'_>) -> Option<Finding> {
    let answer = look.authorization.as_ref()?;
    let headers = list(answer, "access-control-allow-headers");
    let hidden = headers.iter().any(|name| name == "*")
        && !headers
            .iter()
            .any(|name| name.eq_ignore_ascii_case("authorization"));
    // With credentials `*` covers nothing at all, which is another rule's business.
    if !hidden || with_credentials(answer) {
        return None;
    }
    let message = format!(
        "Access-Control-Allow-Headers is `*`, and a preflight for Authorization got no more. {}",
        rules::AUTHORIZATION.description
    );
    Some(
        Finding::new(rules::AUTHORIZATION, message)
            .shown_by(["Access-Control-Request-Headers: authorization"])
            .shown_by(shown(look, "OPTIONS", answer))
            .mended_by("access-control-allow-headers: *, Authorization"),
    )
}

fn exposed(look: &Look<'_>, answer: &Answer) -> Vec<Finding> {
    use cors::Credentials::{Include, Omit};
    let credentials = if with_credentials(answer) {
        Include
    } else {
        Omit
    };
    let can = cors::readable(&answer.headers, credentials);
    let hidden =
        |name: &str| answer.headers.all(name).next().is_some() && !can.iter().any(|c| c == name);
    let mut findings = Vec::new();
    for name in &look.target.reads {
        let name = name.to_ascii_lowercase();
        if answer.headers.all(&name).next().is_none() {
            let message = format!("Pages read `{name}`, and the response does not have it.");
            findings.push(expose(look, answer, message, &name).at(Level::Warning));
        } else if hidden(&name) {
            let message = format!(
                "Pages read `{name}`, and it is not exposed. {}",
                rules::EXPOSE.description
            );
            findings.push(expose(look, answer, message, &name).at(Level::Warning));
        }
    }
    for name in USUALLY_READ {
        let said = look
            .target
            .reads
            .iter()
            .any(|read| read.eq_ignore_ascii_case(name));
        if hidden(name) && !said {
            let message = format!(
                "The response has `{name}`, and no page can read it. {}",
                rules::EXPOSE.description
            );
            findings.push(expose(look, answer, message, name));
        }
    }
    findings
}

fn expose(look: &Look<'_>, answer: &Answer, message: String, name: &str) -> Finding {
    Finding::new(rules::EXPOSE, message)
        .keyed(name)
        .shown_by(shown(look, "GET", answer))
        .mended_by(format!("access-control-expose-headers: {name}"))
}
