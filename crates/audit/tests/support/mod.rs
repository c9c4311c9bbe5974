//! Servers as functions, and what an audit says of them.
#![allow(dead_code, unreachable_pub)]

use std::collections::BTreeSet;

use audit::{NoResponse, RULES, Server, Target, audit};
use cors::{Answer, Headers, Origin};
use url::Url;

pub const PAGE: &str = "https://app.shop.test";

/// What was asked.
pub struct Asked<'a> {
    pub method: &'a str,
    pub url: &'a Url,
    pub origin: &'a str,
    pub headers: &'a Headers,
}

/// A server as a function.
pub struct Fake<F>(pub F);

impl<F: Fn(&Asked<'_>) -> Answer + Sync> Server for Fake<F> {
    async fn ask(&self, method: &str, url: &Url, headers: &Headers) -> Result<Answer, NoResponse> {
        let origin = headers.joined("origin").unwrap_or_default().into_owned();
        let origin = String::from_utf8(origin).expect("text");
        Ok((self.0)(&Asked {
            method,
            url,
            origin: &origin,
            headers,
        }))
    }
}

pub fn answer(status: u16, lines: &str) -> Answer {
    let lines = lines
        .lines()
        .filter_map(|line| line.trim().split_once(": "));
    Answer {
        status,
        headers: lines.collect(),
    }
}

/// A server without a fault, which trusts whom `trusts` trusts.
pub fn careful(asked: &Asked<'_>, trusts: impl Fn(&str) -> bool) -> Answer {
    let missing = asked.url.path().ends_with("no-such-path");
    let (status, mut lines) = match (asked.method, missing) {
        ("OPTIONS", _) => (204, "vary: Origin\n".to_owned()),
        (_, true) => (404, "vary: Origin\n".to_owned()),
        _ => (
            200,
            "vary: Origin\ncontent-type: application/json\n".to_owned(),
        ),
    };
    if trusts(asked.origin) {
        let origin = asked.origin;
        lines += &format!(
            "access-control-allow-origin: {origin}\naccess-control-allow-credentials: true\ntiming-allow-origin: {origin}\n"
        );
        if asked.method == "OPTIONS" {
            lines += "access-control-allow-methods: GET, PUT\naccess-control-allow-headers: authorization, x-tenant\naccess-control-max-age: 600\n";
        } else {
            lines += "access-control-expose-headers: x-total-count\nx-total-count: 3\n";
        }
    }
    answer(status, &lines)
}

pub fn target() -> Target {
    Target {
        url: "https://api.shop.test/items?page=1".parse().expect("a URL"),
        page_origins: vec![Origin::parse(PAGE).expect("an origin")],
        reads: Vec::new(),
    }
}

pub async fn broken(
    target: &Target,
    server: impl Fn(&Asked<'_>) -> Answer + Sync,
) -> BTreeSet<&'static str> {
    let audited = audit(&Fake(server), target).await;
    for finding in &audited.findings {
        assert!(
            !finding.message.is_empty() && !finding.fix.is_empty(),
            "{finding:?}"
        );
        assert!(!finding.evidence.is_empty(), "{finding:?}");
        assert!(RULES.iter().any(|rule| rule.id == finding.rule.id));
    }
    audited
        .findings
        .iter()
        .map(|finding| finding.rule.id)
        .collect()
}

/// Takes a header out of an answer, or puts one in.
pub fn with(mut answer: Answer, name: &str, value: Option<&str>) -> Answer {
    let kept: Headers = answer
        .headers
        .iter()
        .filter(|(other, _)| !other.eq_ignore_ascii_case(name.as_bytes()))
        .map(|(name, value)| (name.to_vec(), value.to_vec()))
        .collect();
    answer.headers = kept;
    if let Some(value) = value {
        answer.headers.push(name, value);
    }
    answer
}
