//! What a server did, against what a case expects.

use std::time::Duration;

use cors::{Answer, Credentials, Exchange, Ruling, Stage, cache, readable};
use explain::{Verdict as Explained, explain};
use findings::{Finding, Rule};

use crate::case::{Case, Reach, is_preflighted};
use crate::expect::Verdict;
use crate::rules;

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAnswer {
    /// What was asked and answered.
    pub exchange: Exchange,
    /// How long the first preflight took, where there was one.
    pub preflight_took: Option<Duration>,
}

/// Everything in which the server does not keep the contract.
#[must_use]
pub fn judge(case: &Case, seen: &ServerAnswer) -> Vec<Finding> {
    let judging = Judging {
        case,
        seen,
        explained: explain(&seen.exchange),
    };
    let mut findings = judging.verdict();
    findings.extend(judging.preflight());
    findings.extend(judging.latency());
    findings.extend(judging.max_age());
    // What a blocked response says besides is of no use to anybody.
    if judging.passed() {
        findings.extend(judging.status());
        findings.extend(judging.readable());
        findings.extend(judging.vary());
    }
    findings
}

struct Judging<'a> {
    case: &'a Case,
    seen: &'a ServerAnswer,
    explained: Explained,
}

impl Judging<'_> {
    /// Whether the page gets its response, as far as the request was carried.
    fn passed(&self) -> bool {
        let judgement = &self.explained.judgement;
        let withheld = self.case.reach == Reach::PreflightOnly
            && judgement.ruling == Ruling::Incomplete
            && judgement.scene.missing == Some(Stage::Response);
        judgement.ruling == Ruling::Allowed || withheld
    }

    fn finding(&self, rule: &'static Rule, message: impl Into<String>) -> Finding {
        Finding::new(rule, message).shown_by(explain::transcript(&self.seen.exchange))
    }

    fn verdict(&self) -> Vec<Finding> {
        let judgement = &self.explained.judgement;
        let why = judgement
            .error
            .map_or("another reason than CORS", |error| error.as_str());
        match (self.case.expect.verdict, self.passed()) {
            (Verdict::Allowed, true) => Vec::new(),
            (Verdict::Allowed, false) => {
                let message = format!("blocked: {why}. {}", self.explained.explanation);
                let mut finding = self.finding(rules::BLOCKED, message);
                finding.fix = self.explained.fix.iter().map(ToString::to_string).collect();
                vec![finding.keyed(why)]
            }
            (Verdict::Blocked(_), true) => {
                let origin = self.case.request.page_origin();
                let message = format!(
                    "a page of `{origin}` passes, and the contract says that it is blocked. {}",
                    self.explained.explanation
                );
                let fix = "Compare the Origin header with a list of allowed origins, whole and exactly, and answer the others without Access-Control-Allow-Origin.";
                vec![self.finding(rules::ALLOWED, message).mended_by(fix)]
            }
            (Verdict::Blocked(None), false) => Vec::new(),
            (Verdict::Blocked(Some(error)), false) if judgement.error == Some(error) => Vec::new(),
            (Verdict::Blocked(Some(error)), false) => {
                let message = format!(
                    "blocked because of {why}, not because of {error}. {}",
                    self.explained.explanation
                );
                vec![self.finding(rules::OTHER_REASON, message).keyed(why)]
            }
        }
    }

    fn preflight(&self) -> Option<Finding> {
        let expected = self.case.expect.preflight?;
        let found = is_preflighted(&self.case.request);
        if expected == found {
            return None;
        }
        let message = if found {
            "the browser sends a preflight, and the contract says that it does not: the method, or a header beyond the safelisted ones, makes it necessary."
        } else {
            "the browser sends no preflight, and the contract says that it does: neither the method nor a header makes it necessary."
        };
        Some(self.finding(rules::PREFLIGHT, message))
    }

    fn latency(&self) -> Option<Finding> {
        let (limit, took) = (
            self.case.expect.preflight_within?,
            self.seen.preflight_took?,
        );
        (took > limit).then(|| {
            let (took, limit) = (took.as_millis(), limit.as_millis());
            let message = format!("the preflight took {took} ms; the contract permits {limit} ms.");
            let fix = "Answer OPTIONS at the edge, before authentication and routing, and let browsers keep the answer with Access-Control-Max-Age.";
            self.finding(rules::SLOW, message).mended_by(fix)
        })
    }

    fn first_preflight(&self) -> Option<&Answer> {
        self.seen.exchange.hops.first()?.preflight.as_ref()
    }

    fn max_age(&self) -> Option<Finding> {
        let (min, max) = (self.case.expect.max_age_min, self.case.expect.max_age_max);
        let answer = self.first_preflight()?;
        if min.is_none() && max.is_none() {
            return None;
        }
        let kept =
            Duration::from_secs(cache::stated(answer).unwrap_or(u64::from(cache::DEFAULT_SECONDS)));
        let too_short = min.is_some_and(|min| kept < min);
        let too_long = max.is_some_and(|max| kept > max);
        if !too_short && !too_long {
            return None;
        }
        let said = match answer.headers.joined("access-control-max-age") {
            Some(value) => format!(
                "Access-Control-Max-Age is `{}`",
                String::from_utf8_lossy(&value)
            ),
            None => "Access-Control-Max-Age is missing".to_owned(),
        };
        let bounds = match (min, max) {
            (Some(min), Some(max)) => format!("{} to {} s", min.as_secs(), max.as_secs()),
            (Some(min), None) => format!("at least {} s", min.as_secs()),
            (_, max) => format!("at most {} s", max.unwrap_or_default().as_secs()),
        };
        let message = format!(
            "{said}: browsers keep the preflight's answer for {} s; the contract says {bounds}.",
            kept.as_secs()
        );
        let seconds = if too_short { min } else { max }
            .unwrap_or_default()
            .as_secs();
        let fix = format!("access-control-max-age: {seconds}");
        Some(self.finding(rules::MAX_AGE, message).mended_by(fix))
    }

    /// The response that the page gets.
    fn response(&self) -> Option<&Answer> {
        let hop = self.explained.judgement.hop;
        self.seen.exchange.hops.get(hop)?.response.as_ref()
    }

    fn status(&self) -> Option<Finding> {
        let (expected, answer) = (self.case.expect.status.as_ref()?, self.response()?);
        (!expected.has(answer.status)).then(|| {
            let message = format!(
                "the status is {}; the contract says {expected}.",
                answer.status
            );
            self.finding(rules::STATUS, message)
        })
    }

    fn readable(&self) -> Vec<Finding> {
        let Some(answer) = self.response() else {
            return Vec::new();
        };
        let credentials = self.case.request.credentials();
        let can = readable(&answer.headers, credentials);
        let missing = self
            .case
            .expect
            .readable
            .iter()
            .filter(|name| !can.contains(name));
        missing
            .map(|name| {
                let sent = answer.headers.all(name).next().is_some();
                let listed = answer.headers.joined("access-control-expose-headers");
                let exposed = listed.as_ref().map_or_else(
                    || "missing".to_owned(),
                    |value| format!("`{}`", String::from_utf8_lossy(value)),
                );
                let message = match (sent, credentials) {
                    (false, _) => format!("the response has no `{name}`, which the page reads."),
                    (true, Credentials::Include) if listed.as_deref() == Some(b"*") => format!(
                        "the page cannot read `{name}`: with credentials `*` in Access-Control-Expose-Headers is not a wildcard."
                    ),
                    (true, _) => format!(
                        "the page cannot read `{name}`: Access-Control-Expose-Headers is {exposed}."
                    ),
                };
                let finding = self.finding(rules::UNREADABLE, message).keyed(name.as_str());
                match sent {
                    true => finding.mended_by(format!("access-control-expose-headers: {name}")),
                    false => finding,
                }
            })
            .collect()
    }

    fn vary(&self) -> Vec<Finding> {
        let Some(answer) = self.response().or_else(|| self.first_preflight()) else {
            return Vec::new();
        };
        let value = answer.headers.joined("vary").unwrap_or_default();
        let value = String::from_utf8_lossy(&value);
        let names: Vec<&str> = value.split(',').map(str::trim).collect();
        let has = |name: &str| {
            names
                .iter()
                .any(|n| *n == "*" || n.eq_ignore_ascii_case(name))
        };
        let missing = self.case.expect.vary.iter().filter(|name| !has(name));
        missing
            .map(|name| {
                let message = format!("Vary does not name `{name}`; it is `{value}`.");
                let finding = self.finding(rules::VARY, message).keyed(name.as_str());
                finding.mended_by(format!("vary: {name}"))
            })
            .collect()
    }
}
