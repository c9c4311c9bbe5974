//! A policy in a file as something to ask: the audit's questions without a server.

use cors::{Answer, Headers};
use findings::{Finding, Place};
use policy::{Ask, Policy, Reply, Rest, Told, Upstream};
use url::Url;

use crate::look::Target;
use crate::rules;
use crate::server::{Server, Silence};

/// A policy, and what servers behind it answer.
#[derive(Debug)]
pub struct OnPaper<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// What servers behind it answer.
    pub upstream: Upstream,
}

impl Server for OnPaper<'_> {
    async fn ask(&self, method: &str, url: &Url, headers: &Headers) -> Result<Answer, Silence> {
        self.told(method, url, headers).map(|told| told.answer())
    }
}

impl OnPaper<'_> {
    fn told(&self, method: &str, url: &Url, headers: &Headers) -> Result<Told, Silence> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let ask = Ask {
            method,
            url,
            headers: headers
                .iter()
                .map(|(name, value)| (text(name).to_ascii_lowercase(), Some(text(value))))
                .collect(),
            rest: Rest::Absent,
        };
        match self.policy.answer(&ask, &self.upstream) {
            Reply::Told(told) => Ok(told),
            Reply::Unknown { reason, place } => {
                let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
                Err(Silence::new(rules::UNCLEAR, format!("{place}{reason}.")))
            }
            Reply::Uncovered => {
                let host = url.host_str().unwrap_or_default();
                let reason = format!("The policy says nothing about {host}{}.", url.path());
                Err(Silence::new(rules::UNCLEAR, reason))
            }
        }
    }

    /// The line of the policy that a finding is about: the one that sets the header, or the part that
    /// answers.
    #[must_use]
    pub fn place_of(&self, finding: &Finding, target: &Target) -> Option<Place> {
        let page = target.page_origins.first();
        let page = page.map_or("https://stranger.test", cors::Origin::as_str);
        let mut response = Headers::new();
        response.push("Origin", page);
        let mut preflight = response.clone();
        preflight.push("Access-Control-Request-Method", "GET");
        let header = header_of(finding.rule.id);
        let answers = [("GET", response), ("OPTIONS", preflight)];
        let told: Vec<Told> = answers
            .iter()
            .filter_map(|(method, headers)| self.told(method, &target.url, headers).ok())
            .collect();
        let line = header.and_then(|header| told.iter().find_map(|told| told.place_of(header)));
        let place = line.or_else(|| told.iter().find_map(|told| told.by.as_ref()))?;
        Some(Place {
            file: place.file.to_string(),
            line: place.line,
        })
    }
}

/// The header that a rule is about, where it is one.
fn header_of(rule: &str) -> Option<&'static str> {
    Some(match rule {
        "max-age" => "access-control-max-age",
        "method-case" => "access-control-allow-methods",
        "pointless-list-entry" | "wildcard-without-authorization" => "access-control-allow-headers",
        "vary-origin-missing" => "access-control-allow-origin",
        "private-network-allowed" => "access-control-allow-private-network",
        "header-not-exposed" => "access-control-expose-headers",
        "wildcard-with-credentials" => "access-control-allow-credentials",
        rule if rule.contains("origin") || rule.starts_with("wildcard") => {
            "access-control-allow-origin"
        }
        _ => return None,
    })
}
