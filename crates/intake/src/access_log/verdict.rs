//! How a logged request ended for the page that made it.

use std::borrow::Cow;

use cors::{
    Answer, Credentials, Exchange, Headers, Hop, Judgement, Mode, Request, RequestParts, Ruling,
};
use observation::{Confidence, Failure, Kind, Outcome, Stage};

use super::line::Line;
use super::value::Logged;

/// First status that is an error.
const FIRST_ERROR: u16 = 400;
/// Status of nginx for a client that went away before the answer.
const CLIENT_CLOSED: u16 = 499;
/// A value that no list of safelisted headers lets pass
/// (<https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte>): what a preflight asks about needs
/// one, and its value is not in the preflight.
const UNSAFE_VALUE: &str = "\"";
/// Evidence: the engine judged the headers of the answer, or there was but the status.
const BY_HEADERS: &str = "log";
const BY_STATUS: &str = "log status";

/// How it ended.
pub(super) type Ending<'a> = (Outcome, Option<Failure<Cow<'a, str>>>);

/// A line about which it is known that a page of another origin asked.
pub(super) struct Asked<'l> {
    pub(super) line: &'l Line<'l>,
    pub(super) kind: Kind,
    /// Empty where the log does not have it.
    pub(super) page_origin: &'l str,
    /// Origin of the server.
    pub(super) target: &'l str,
}

impl Asked<'_> {
    pub(super) fn ending<'a>(&self) -> Ending<'a> {
        let status = self.line.status;
        if status == 0 || status == CLIENT_CLOSED {
            return (Outcome::Aborted, None);
        }
        match self.judge() {
            Some((judgement, confidence)) if judgement.ruling == Ruling::Blocked => {
                let cause = judgement.error.map_or("", cors::CorsError::as_str);
                self.blocked(cause, confidence, BY_HEADERS)
            }
            Some(_) if self.kind == Kind::Preflight => (Outcome::Ok, None),
            None if self.kind == Kind::Preflight && !(200..300).contains(&status) => {
                // No browser takes another status, whatever the headers say
                // (<https://fetch.spec.whatwg.org/#cors-preflight-fetch-0>, step 7).
                self.blocked("", Confidence::Proven, BY_STATUS)
            }
            _ if status >= FIRST_ERROR => (Outcome::HttpError, None),
            _ => (Outcome::Ok, None),
        }
    }

    fn blocked<'a>(
        &self,
        cause: &'static str,
        confidence: Confidence,
        evidence: &'static str,
    ) -> Ending<'a> {
        let failure = Failure {
            stage: match self.kind {
                Kind::Preflight => Stage::Preflight,
                Kind::Request | Kind::HeaderRead => Stage::Response,
            },
            cause: Cow::Borrowed(cause),
            confidence,
            evidence: Cow::Borrowed(evidence),
        };
        (Outcome::Blocked, Some(failure))
    }

    /// What a browser does with the answer, where the log has the headers that decide. Whether a page
    /// asked with credentials is known of requests whose log says so, and never of a preflight: both are
    /// judged then, and what only one of them blocks is not called a block.
    fn judge(&self) -> Option<(Judgement, Confidence)> {
        let line = self.line;
        let known = line.credentialed.filter(|_| self.kind != Kind::Preflight);
        let has_credentials_header = line.allow_credentials.is_logged();
        match known {
            Some(true) if has_credentials_header => {
                Some((self.judge_as(Credentials::Include)?, Confidence::Proven))
            }
            Some(false) => Some((self.judge_as(Credentials::Omit)?, Confidence::Proven)),
            _ => {
                let without = self.judge_as(Credentials::Omit)?;
                // Credentials only ask for more: what is blocked without them is blocked with them.
                let is_certain = without.ruling == Ruling::Blocked;
                let confidence = match is_certain {
                    true => Confidence::Proven,
                    false => Confidence::Likely,
                };
                Some((without, confidence))
            }
        }
    }

    fn judge_as(&self, credentials: Credentials) -> Option<Judgement> {
        let line = self.line;
        if self.page_origin.is_empty() || !line.allow_origin.is_logged() {
            return None;
        }
        let is_preflight = self.kind == Kind::Preflight;
        let (method, headers) = if is_preflight {
            let decides = [
                &line.request_headers,
                &line.allow_methods,
                &line.allow_headers,
            ];
            if !decides.iter().all(|member| member.is_logged()) {
                return None;
            }
            (
                line.request_method.text()?,
                asked_headers(&line.request_headers),
            )
        } else {
            // The answer to the request itself is judged alike for every method; GET needs no preflight.
            ("GET", Headers::new())
        };
        let request = Request::new(RequestParts {
            page_origin: self.page_origin,
            url: self.target,
            method,
            mode: Mode::Cors,
            credentials,
            headers,
        });
        let answer = Some(self.answer());
        let mut hop = Hop {
            url: self.target.to_owned(),
            ..Hop::default()
        };
        if is_preflight {
            hop.preflight = answer;
        } else {
            hop.response = answer;
        }
        let exchange = Exchange {
            request: request.ok()?,
            hops: vec![hop],
        };
        let judgement = cors::judge(&exchange);
        // A preflight without need, as for a page that watches an upload, is left to its status.
        let is_judged = !is_preflight || judgement.preflight_sent;
        is_judged.then_some(judgement)
    }

    fn answer(&self) -> Answer {
        let line = self.line;
        let mut headers = Headers::new();
        for (name, value) in [
            ("access-control-allow-origin", &line.allow_origin),
            ("access-control-allow-credentials", &line.allow_credentials),
            ("access-control-allow-methods", &line.allow_methods),
            ("access-control-allow-headers", &line.allow_headers),
            ("location", &line.location),
        ] {
            if let Some(value) = value.text() {
                headers.push(name, value);
            }
        }
        Answer {
            status: line.status,
            headers,
        }
    }
}

fn asked_headers(names: &Logged<'_>) -> Headers {
    let names = names.text().unwrap_or_default().split(',').map(str::trim);
    names
        .filter(|name| !name.is_empty())
        .map(|name| (name, UNSAFE_VALUE))
        .collect()
}
