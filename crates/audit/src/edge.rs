//! An edge (CDN, gateway) against the origin behind it, header by header.

use std::collections::BTreeSet;

use cors::{Answer, Headers};
use findings::{Finding, Level};
use url::Url;

use crate::look::text;
use crate::rules;
use crate::server::{NoResponse, Server};

/// What stands before what: where the edge lacks a header, something on the way strips it.
fn is_compared(name: &str) -> bool {
    name.starts_with("access-control-") || matches!(name, "vary" | "timing-allow-origin")
}

/// Asks both the same, as pages of `page_origins`, and reports each header of CORS in which they
/// differ.
pub async fn compare(
    server: &impl Server,
    edge: &Url,
    origin: &Url,
    page_origins: &[cors::Origin],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for page in page_origins {
        for method in ["GET", "OPTIONS"] {
            let mut headers = Headers::new();
            headers.push("Origin", page.as_str());
            if method == "OPTIONS" {
                headers.push("Access-Control-Request-Method", "GET");
            }
            let asked = Asked {
                method,
                page: page.as_str(),
                edge: server.ask(method, edge, &headers).await,
                origin: server.ask(method, origin, &headers).await,
            };
            findings.extend(asked.differences());
        }
    }
    findings
}

struct Asked<'a> {
    method: &'a str,
    page: &'a str,
    edge: Result<Answer, NoResponse>,
    origin: Result<Answer, NoResponse>,
}

impl Asked<'_> {
    fn differences(self) -> Vec<Finding> {
        let what = format!("{} from {}", self.method, self.page);
        let (edge, origin) = match (self.edge, self.origin) {
            (Ok(edge), Ok(origin)) => (edge, origin),
            (edge, origin) => {
                let silent = [("edge", edge.err()), ("origin", origin.err())];
                return silent
                    .into_iter()
                    .filter_map(|(who, silence)| {
                        let mut finding = silence?.finding().keyed(format!("{who} {what}"));
                        finding.message = format!("{who}: {}", finding.message);
                        Some(finding)
                    })
                    .collect();
            }
        };
        let mut findings = Vec::new();
        if edge.status != origin.status {
            let message = format!(
                "{what}: the edge answers {}, the origin {}.",
                edge.status, origin.status
            );
            findings.push(finding(Level::Warning, message, format!("status {what}")));
        }
        for name in names(&edge, &origin) {
            findings.extend(header(&what, &name, &edge, &origin));
        }
        findings
    }
}

fn names(edge: &Answer, origin: &Answer) -> BTreeSet<String> {
    edge.headers
        .iter()
        .chain(origin.headers.iter())
        .map(|(name, _)| String::from_utf8_lossy(name).to_ascii_lowercase())
        .filter(|name| is_compared(name))
        .collect()
}

fn header(what: &str, name: &str, edge: &Answer, origin: &Answer) -> Option<Finding> {
    let (at_edge, at_origin) = (text(edge, name), text(origin, name));
    let same = match (&at_edge, &at_origin) {
        // A cache in between may add names of its own to Vary; it must not take any away.
        (Some(edge), Some(origin)) if name == "vary" => {
            elements(origin).is_subset(&elements(edge)) || edge.trim() == "*"
        }
        (Some(_), None) if name == "vary" => true,
        (edge, origin) => edge == origin,
    };
    if same {
        return None;
    }
    let decides =
        name == "access-control-allow-origin" || name == "access-control-allow-credentials";
    let (level, message, fix) = match (at_edge, at_origin) {
        (None, Some(value)) => (
            if decides {
                Level::Error
            } else {
                Level::Warning
            },
            format!("{what}: the edge strips `{name}`, which the origin sends as `{value}`."),
            format!("Let the edge pass `{name}` on, or set it there."),
        ),
        (Some(value), None) => (
            Level::Note,
            format!("{what}: the edge adds `{name}: {value}`, which the origin does not send."),
            "Set the header in one place; with both, two values block every page.".to_owned(),
        ),
        (edge, origin) => (
            if decides {
                Level::Error
            } else {
                Level::Warning
            },
            format!(
                "{what}: `{name}` is `{}` at the edge and `{}` at the origin.",
                edge.unwrap_or_default(),
                origin.unwrap_or_default()
            ),
            "Let the cache key hold Origin (or honour Vary), and set the header in one place."
                .to_owned(),
        ),
    };
    Some(finding(level, message, format!("{name} {what}")).mended_by(fix))
}

fn elements(list: &str) -> BTreeSet<String> {
    list.split(',')
        .map(|name| name.trim().to_ascii_lowercase())
        .collect()
}

fn finding(level: Level, message: String, key: String) -> Finding {
    Finding::new(rules::DISAGREE, message).at(level).keyed(key)
}
