//! What stands in `Access-Control-Allow-Origin`, and how its name is written.

use std::collections::BTreeSet;

use cors::{Answer, Credentials, Headers};
use findings::Finding;

use super::repair::Page;
use super::{repair, shown};
use crate::look::{Look, reflects, text, with_credentials};
use crate::origins::is_written_well;
use crate::rules;

pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for (what, answer) in look.answers() {
        let found = [value(answer), wildcard(answer), credentials(answer)];
        for (rule, message, fix) in found.into_iter().flatten() {
            if seen.insert(rule.id) {
                let finding = Finding::new(rule, message).shown_by(shown(look, what, answer));
                findings.push(finding.mended_by_all(mended(look, answer, fix)));
            }
        }
        for (name, meant) in misspelt(&answer.headers) {
            if seen.insert("misspelt") {
                let message = format!(
                    "`{name}` is not a header of CORS; `{meant}` was probably meant. {}",
                    rules::MISSPELT.description
                );
                findings.push(
                    Finding::new(rules::MISSPELT, message)
                        .keyed(name)
                        .shown_by(shown(look, what, answer))
                        .mended_by(meant),
                );
            }
        }
    }
    findings
}

/// What the first page that is meant to read needs of an answer to it, with cookies where those are allowed.
fn mended(look: &Look<'_>, answer: &Answer, otherwise: &str) -> Vec<String> {
    let of_page = look
        .pages
        .iter()
        .find(|pair| std::ptr::eq(answer, &pair.response) || std::ptr::eq(answer, &pair.preflight));
    let verdict = of_page.and_then(|pair| {
        let page = Page {
            credentials: match with_credentials(answer) {
                true => Credentials::Include,
                false => Credentials::SameOrigin,
            },
            ..look.asked_by(&pair.origin)
        };
        match std::ptr::eq(answer, &pair.response) {
            true => repair::of_response(page, answer),
            false => repair::of_preflight(page, answer),
        }
    });
    repair::lines(look, verdict.as_ref(), otherwise)
}

type Found = (&'static findings::Rule, String, &'static str);

/// A value that equals no `Origin` header.
fn value(answer: &Answer) -> Option<Found> {
    let lines = answer.headers.all("access-control-allow-origin").count();
    let value = text(answer, "access-control-allow-origin")?;
    if lines > 1 || value.contains(',') || value.trim().contains(' ') {
        // Two layers send two lines, which some proxies join.
        let (how, why, fix) = match lines {
            1 => (
                "in one line",
                "The header knows no lists: browsers compare the whole value with the page's origin. Or the proxy and the application both set it, and something on the way joined the lines.",
                "Keep the list in the server's configuration and answer with the one origin of it that asked; set the header in one place only.",
            ),
            _ => (
                "in several lines",
                rules::DUPLICATE.description,
                "Set the header in one place only: take it out of the proxy or out of the application.",
            ),
        };
        let message = format!(
            "Access-Control-Allow-Origin holds more than one value {how} (`{value}`). {why}"
        );
        return Some((rules::DUPLICATE, message, fix));
    }
    if value == "*" || is_written_well(&value) {
        return None;
    }
    // A pattern (`https://*.example.com`) and `file://` were meant as origins too.
    let is_origin_otherwise =
        cors::Origin::parse(&value).is_some() || value.contains("://") || !value.is_ascii();
    let (rule, fix) = if is_origin_otherwise {
        (
            rules::UNUSUAL_ORIGIN,
            "Write origins as browsers do: lower case, no path, no slash at the end, no default port, the host in its ASCII form.",
        )
    } else {
        (
            rules::INVALID_ORIGIN,
            "Answer with the one origin that asked, or with `*`.",
        )
    };
    let message = format!(
        "Access-Control-Allow-Origin is `{value}`. {}",
        rule.description
    );
    Some((rule, message, fix))
}

fn wildcard(answer: &Answer) -> Option<Found> {
    if !reflects(answer, "*") || !with_credentials(answer) {
        return None;
    }
    Some((
        rules::WILDCARD_CREDENTIALS,
        format!(
            "Access-Control-Allow-Origin is `*` beside Access-Control-Allow-Credentials: true. {}",
            rules::WILDCARD_CREDENTIALS.description
        ),
        "Where credentials are needed answer with the origin that asked, out of a list; otherwise leave Access-Control-Allow-Credentials out.",
    ))
}

/// A value that permits nothing, though it was meant to: `True`, `1`, or `true` of two layers.
fn credentials(answer: &Answer) -> Option<Found> {
    let value = text(answer, "access-control-allow-credentials")?;
    // `false` says what leaving the header out says.
    let is_plain = ["true", "false"].contains(&value.as_str()) || value.is_empty();
    (!is_plain).then(|| {
        (
            rules::INVALID_CREDENTIALS,
            format!(
                "Access-Control-Allow-Credentials is `{value}`. {}",
                rules::INVALID_CREDENTIALS.description
            ),
            "access-control-allow-credentials: true",
        )
    })
}

/// Headers of CORS, as servers send them.
const KNOWN: [&str; 9] = [
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-allow-private-network",
    "access-control-allow-local-network",
    "access-control-expose-headers",
    "access-control-max-age",
    "timing-allow-origin",
];

/// Names that are none, each with what was probably meant.
fn misspelt(headers: &Headers) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    for (name, _) in headers.iter() {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        if KNOWN.contains(&name.as_str()) {
            continue;
        }
        // What a name ends with says more than how long it is.
        let tail = |known: &str| {
            let end = known
                .trim_start_matches("access-control-")
                .trim_start_matches("allow-");
            !name.ends_with(end)
        };
        let nearest = KNOWN
            .into_iter()
            .map(|known| (tail(known), distance(&name, known), known))
            .min();
        let Some((_, steps, meant)) = nearest else {
            continue;
        };
        // Requests have headers of this kind too; a server that sends one has copied it.
        let near = steps <= 3 || name.starts_with("access-control-");
        if near {
            found.push((name, meant));
        }
    }
    found
}

/// Edits from one text to another (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (corner + usize::from(x != *y))
                .min(row[j] + 1)
                .min(row[j + 1] + 1);
            corner = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_nearly_right_are_found() {
        let cases = [
            (
                "Access-Control-Allow-Max-Age",
                Some("access-control-max-age"),
            ),
            (
                "Acces-Control-Allow-Orgin",
                Some("access-control-allow-origin"),
            ),
            (
                "Access-Control-Request-Headers",
                Some("access-control-allow-headers"),
            ),
            ("Access-Control-Expose-Headers", None),
            ("Content-Type", None),
            ("X-Request-Id", None),
        ];
        for (name, meant) in cases {
            let headers: Headers = [(name, "x")].into_iter().collect();
            let found = misspelt(&headers).first().map(|(_, meant)| *meant);
            assert_eq!(found.is_some(), meant.is_some(), "{name}: {found:?}");
            if name.starts_with("Acces") {
                assert_eq!(found, meant, "{name}");
            }
        }
    }
}
