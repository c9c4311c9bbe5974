//! A policy in a file as something to ask: the audit's questions without a server.

use cors::{Answer, Headers};
use findings::{Finding, SourceLocation};
use policy::{Ask, Policy, PredictedResponse, Prediction, Rest, Upstream};
use url::Url;

use crate::look::{Target, is_no_such_path, no_such_path};
use crate::rules;
use crate::server::{NoResponse, Server};

/// A policy, and what servers behind it answer.
#[derive(Debug)]
pub struct OnPaper<'a> {
    policy: &'a Policy,
    upstream: Upstream,
    /// The same, with something that knows no CORS where no one knows what is behind.
    assumed: Upstream,
    /// The same, where what is behind does not answer in time.
    failing: Upstream,
}

/// What a gateway answers itself where nothing comes from behind it.
const GATEWAY_TIMEOUT: u16 = 504;

/// The header without which no one may read.
const ALLOW_ORIGIN: &str = "Access-Control-Allow-Origin";

/// Rules about preflights, which nothing can be said about where those are passed on.
const OF_PREFLIGHTS: [&str; 2] = ["preflight-refused", "max-age"];

/// Where it is known from which pages are meant to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageOrigins {
    /// They were named.
    Given,
    /// The file names them, for one part of it or another.
    Inferred,
}

impl Server for OnPaper<'_> {
    async fn ask(&self, method: &str, url: &Url, headers: &Headers) -> Result<Answer, NoResponse> {
        let upstream = match is_no_such_path(url) {
            true => &self.failing,
            false => &self.assumed,
        };
        self.predicted(method, url, headers, upstream)
            .map(|predicted| predicted.answer())
    }
}

impl<'a> OnPaper<'a> {
    /// A policy; `preflight` is the status that servers behind it answer to preflights, where that is
    /// known.
    #[must_use]
    pub fn new(policy: &'a Policy, preflight: Option<u16>) -> Self {
        let answering = |status: Option<u16>| Upstream {
            preflight: status.map(|status| Answer {
                status,
                ..Answer::default()
            }),
            response: None,
        };
        Self {
            policy,
            upstream: answering(preflight),
            assumed: answering(preflight.or(Some(405))),
            failing: Upstream {
                response: Some(Answer {
                    status: GATEWAY_TIMEOUT,
                    ..Answer::default()
                }),
                ..answering(preflight.or(Some(405)))
            },
        }
    }

    /// Finishes the findings of an audit: says where they are, and takes back what was said about
    /// preflights that the policy passes on.
    pub fn finish(&self, target: &Target, origins: PageOrigins, findings: &mut Vec<Finding>) {
        // Which part of the file an origin is meant for is only known where it was named.
        if origins == PageOrigins::Inferred {
            findings.retain(|finding| finding.rule.id != rules::UNREADABLE.id);
        }
        let [(_, request), (method, preflight)] = questions(target);
        if let Err(silence) = self.predicted(method, &target.url, &preflight, &self.upstream) {
            findings.retain(|finding| !OF_PREFLIGHTS.contains(&finding.rule.id));
            if !findings
                .iter()
                .any(|finding| std::ptr::eq(finding.rule, rules::UNCLEAR))
            {
                findings.push(silence.finding());
            }
        }
        // A path that no one asks for belongs to another part of the policy, or to none.
        let part = |url: &Url| {
            let predicted = self.predicted("GET", url, &request, &self.assumed).ok();
            predicted.and_then(|predicted| predicted.by)
        };
        if part(&target.url) != part(&no_such_path(&target.url)) {
            findings.retain(|finding| finding.rule.id != rules::ERRORS.id);
        }
        for finding in findings {
            finding.place = self.place_of(finding, target);
            if finding.rule.id == rules::ERRORS.id {
                let errors = no_such_path(&target.url);
                finding
                    .evidence
                    .extend(self.lost(&errors, "GET", &request, &self.failing));
            }
            if finding.rule.id == rules::UNREADABLE.id {
                finding
                    .evidence
                    .extend(self.lost(&target.url, "GET", &request, &self.assumed));
            }
            if OF_PREFLIGHTS.contains(&finding.rule.id) {
                finding
                    .evidence
                    .extend(self.lost(&target.url, method, &preflight, &self.assumed));
            }
        }
    }

    /// Lines of the policy that set the header without which no one may read, and why they do nothing.
    fn lost(&self, url: &Url, method: &str, headers: &Headers, upstream: &Upstream) -> Vec<String> {
        let predicted = self.predicted(method, url, headers, upstream).ok();
        let Some(predicted) =
            predicted.filter(|predicted| predicted.place_of(ALLOW_ORIGIN).is_none())
        else {
            return Vec::new();
        };
        let lost = predicted
            .lost
            .iter()
            .filter(|lost| lost.header.eq_ignore_ascii_case(ALLOW_ORIGIN));
        let mut lines: Vec<String> = lost
            .map(|lost| {
                format!(
                    "{}: {} is set here, but {}",
                    lost.place, lost.header, lost.reason
                )
            })
            .collect();
        lines.dedup();
        lines
    }

    fn predicted(
        &self,
        method: &str,
        url: &Url,
        headers: &Headers,
        upstream: &Upstream,
    ) -> Result<PredictedResponse, NoResponse> {
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
        match self.policy.answer(&ask, upstream) {
            Prediction::Response(predicted) => Ok(predicted),
            Prediction::Unknown { reason, place } => {
                let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
                Err(NoResponse::new(rules::UNCLEAR, format!("{place}{reason}.")))
            }
            Prediction::Uncovered => {
                let host = url.host_str().unwrap_or_default();
                let reason = format!("The policy says nothing about {host}{}.", url.path());
                Err(NoResponse::new(rules::UNCLEAR, reason))
            }
        }
    }

    /// The line of the policy that a finding is about: the one that sets the header, or the part that
    /// answers.
    fn place_of(&self, finding: &Finding, target: &Target) -> Option<SourceLocation> {
        let header = header_of(finding.rule.id);
        let predicted: Vec<PredictedResponse> = questions(target)
            .iter()
            .filter_map(|(method, headers)| {
                self.predicted(method, &target.url, headers, &self.assumed)
                    .ok()
            })
            .collect();
        let line = header.and_then(|header| {
            predicted
                .iter()
                .find_map(|predicted| predicted.place_of(header))
        });
        let place =
            line.or_else(|| predicted.iter().find_map(|predicted| predicted.by.as_ref()))?;
        Some(SourceLocation {
            file: place.file.to_string(),
            line: place.line,
        })
    }
}

/// A request and a preflight of a page that is meant to read, or of a stranger.
fn questions(target: &Target) -> [(&'static str, Headers); 2] {
    let page = target.page_origins.first();
    let page = page.map_or("https://stranger.test", cors::Origin::as_str);
    let mut request = Headers::new();
    request.push("Origin", page);
    let mut preflight = request.clone();
    preflight.push("Access-Control-Request-Method", "GET");
    [("GET", request), ("OPTIONS", preflight)]
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
