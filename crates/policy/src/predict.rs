//! What browsers would get from a policy, shape by shape.

use cors::{Credentials, Exchange, Headers, Hop, Message, Mode, Request, RequestParts, Ruling};
use explain::Verdict;

use crate::form::Policy;
use crate::message::{ask, named};
use crate::place::SourceLocation;
use crate::prediction::{Lost, PredictedResponse, Prediction, Upstream};
use crate::shape::Shape;
use crate::template::Path;

/// A path that stands for a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The template.
    pub endpoint: String,
    /// The path.
    pub path: String,
}

/// What is known beyond policy and shapes.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Paths for templates; without one, stand-ins of several kinds are tried.
    pub samples: Vec<Sample>,
    /// Hosts under which the policy knows target origins that it does not know by name.
    pub hosts: Vec<(String, String)>,
    /// What servers behind the policy answer.
    pub upstream: Upstream,
}

/// The outcome of the prediction for a shape.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The page gets its response.
    Allowed,
    /// The browser blocks it.
    Blocked(Box<Block>),
    /// The policy does not tell.
    Unknown {
        /// Why.
        reason: String,
        /// The line that makes it so.
        place: Option<SourceLocation>,
    },
    /// The policy is not about the target.
    Uncovered,
}

/// A block.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// What the engine says, with words and fixes.
    pub verdict: Verdict,
    /// The line of the policy that says the wrong thing, or the part that says too little.
    pub place: Option<SourceLocation>,
    /// Lines that set the header which is missing, and why they do nothing here.
    pub lost: Vec<Lost>,
}

/// What a policy changes for a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Requests that pass today would be blocked.
    NewlyBlocked,
    /// Requests that are blocked today would pass.
    NewlyAllowed,
    /// Nothing.
    None,
}

/// The prediction for one shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicted<'a> {
    /// The shape.
    pub shape: &'a Shape,
    /// What would become of it.
    pub outcome: Outcome,
    /// Response headers that pages read there and could not read.
    pub hidden: Vec<String>,
    /// What had to be assumed.
    pub assumed: Vec<String>,
    /// Lines of the policy that the answers came from.
    pub(crate) used: Vec<(String, SourceLocation)>,
}

impl Predicted<'_> {
    /// What the policy changes.
    #[must_use]
    pub fn change(&self) -> Change {
        match self.outcome {
            Outcome::Blocked(_) if self.shape.passing() > 0 => Change::NewlyBlocked,
            Outcome::Allowed if self.shape.blocked() > 0 => Change::NewlyAllowed,
            _ => Change::None,
        }
    }
}

/// A walk may lead over so many redirects.
const HOPS: usize = 21;

/// Predicts every shape.
#[must_use]
pub fn simulate<'a>(policy: &Policy, shapes: &'a [Shape], options: &Options) -> Vec<Predicted<'a>> {
    shapes
        .iter()
        .map(|shape| predict(policy, shape, options))
        .collect()
}

fn predict<'a>(policy: &Policy, shape: &'a Shape, options: &Options) -> Predicted<'a> {
    let path = match Path::of(&shape.endpoint, &shape.method) {
        Ok(path) => path,
        Err(problem) => return predicted(shape, unknown(problem.to_string())),
    };
    let sample = options
        .samples
        .iter()
        .find(|sample| sample.endpoint == shape.endpoint);
    let paths = match sample {
        Some(sample) => vec![sample.path.clone()],
        None => path.stand_ins(),
    };
    let mut first: Option<(Predicted<'a>, String)> = None;
    for path in paths {
        let next = one(policy, shape, &path, options);
        match &first {
            None => first = Some((next, path)),
            Some((other, at)) if !alike(&other.outcome, &next.outcome) => {
                let reason = format!(
                    "{at} {}, {path} {}: which of them `{}` stands for is not known (--sample says it)",
                    words(&other.outcome),
                    words(&next.outcome),
                    shape.endpoint
                );
                return predicted(shape, unknown(reason));
            }
            Some(_) => {}
        }
    }
    first.map_or_else(
        || predicted(shape, unknown("there is no path".to_owned())),
        |(found, _)| found,
    )
}

fn unknown(reason: String) -> Outcome {
    Outcome::Unknown {
        reason,
        place: None,
    }
}

fn predicted(shape: &Shape, outcome: Outcome) -> Predicted<'_> {
    Predicted {
        shape,
        outcome,
        hidden: Vec::new(),
        assumed: Vec::new(),
        used: Vec::new(),
    }
}

fn words(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "would pass",
        Outcome::Blocked(_) => "would be blocked",
        Outcome::Unknown { .. } => "cannot be told",
        Outcome::Uncovered => "is not covered",
    }
}

fn alike(one: &Outcome, other: &Outcome) -> bool {
    match (one, other) {
        (Outcome::Blocked(one), Outcome::Blocked(other)) => {
            one.verdict.judgement.error == other.verdict.judgement.error
        }
        (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

/// The request of a shape, as its page makes it. Values of headers are not known: those here need a
/// preflight, as those of the page did.
pub(crate) fn request(shape: &Shape, path: &str) -> Result<Request, String> {
    let origin = shape.target_origin.trim_end_matches('/');
    let names = shape.headers.as_deref().unwrap_or_default();
    let headers: Headers = names
        .iter()
        .map(|name| {
            (
                name,
                if name == "content-type" {
                    "application/json"
                } else {
                    "\""
                },
            )
        })
        .collect();
    Request::new(RequestParts {
        page_origin: &shape.page_origin,
        url: &format!("{origin}{path}"),
        method: &shape.method,
        mode: Mode::Cors,
        credentials: if shape.credentialed {
            Credentials::Include
        } else {
            Credentials::SameOrigin
        },
        headers,
    })
    .map_err(|error| error.to_string())
}

fn one<'a>(policy: &Policy, shape: &'a Shape, path: &str, options: &Options) -> Predicted<'a> {
    let request = match request(shape, path) {
        Ok(request) => request,
        Err(reason) => return predicted(shape, unknown(reason)),
    };
    let mut exchange = Exchange {
        request,
        hops: Vec::new(),
    };
    let mut walk = Walk {
        last: None,
        assumed: Vec::new(),
        used: Vec::new(),
    };
    if shape.headers.is_none() {
        walk.assumed
            .push("no request header needs permission: names were not recorded".to_owned());
    }
    while let Some(message) = cors::next(&exchange).filter(|_| exchange.hops.len() <= HOPS) {
        let is_preflight = message.question.is_some();
        let answer = match walk.ask(policy, shape, &message, options) {
            Ok(predicted) => predicted.answer(),
            Err(outcome) => return predicted(shape, outcome),
        };
        if exchange.hops.len() == message.hop {
            exchange.hops.push(Hop {
                url: message.url.to_string(),
                ..Hop::default()
            });
        }
        if let Some(hop) = exchange.hops.get_mut(message.hop) {
            let slot = if is_preflight {
                &mut hop.preflight
            } else {
                &mut hop.response
            };
            *slot = Some(answer);
        }
    }
    walk.end(shape, &exchange)
}

struct Walk {
    /// The answer that came last.
    last: Option<PredictedResponse>,
    assumed: Vec<String>,
    used: Vec<(String, SourceLocation)>,
}

impl Walk {
    fn ask(
        &mut self,
        policy: &Policy,
        shape: &Shape,
        message: &Message,
        options: &Options,
    ) -> Result<&PredictedResponse, Outcome> {
        let url = named(&message.url, options);
        let ask = ask(shape, message, &url);
        match policy.answer(&ask, &options.upstream) {
            Prediction::Response(predicted) => {
                for assumed in &predicted.assumed {
                    if !self.assumed.contains(assumed) {
                        self.assumed.push(assumed.clone());
                    }
                }
                let used = predicted
                    .lines
                    .iter()
                    .filter_map(|line| Some((line.name.to_ascii_lowercase(), line.place.clone()?)));
                self.used.extend(used);
                Ok(self.last.insert(predicted))
            }
            Prediction::Unknown { reason, place } => Err(Outcome::Unknown { reason, place }),
            Prediction::Uncovered if message.hop == 0 => Err(Outcome::Uncovered),
            Prediction::Uncovered => Err(unknown(format!(
                "a redirect leads to {}, which the policy does not cover",
                message.url
            ))),
        }
    }

    fn end<'a>(self, shape: &'a Shape, exchange: &Exchange) -> Predicted<'a> {
        let verdict = explain::explain(exchange);
        let place = self.place(&verdict);
        let (outcome, hidden) = match verdict.judgement.ruling {
            Ruling::Allowed => (Outcome::Allowed, hidden(shape, exchange)),
            Ruling::Blocked => (
                Outcome::Blocked(Box::new(Block {
                    lost: self.lost(&verdict),
                    verdict,
                    place,
                })),
                Vec::new(),
            ),
            Ruling::Incomplete => (
                unknown("the redirects lead in a circle".to_owned()),
                Vec::new(),
            ),
        };
        Predicted {
            shape,
            outcome,
            hidden,
            assumed: self.assumed,
            used: self.used,
        }
    }

    /// Why the header that the verdict is about is not there.
    fn lost(&self, verdict: &Verdict) -> Vec<Lost> {
        let (Some(predicted), Some(header)) = (&self.last, verdict.header()) else {
            return Vec::new();
        };
        if predicted.place_of(header).is_some() {
            return Vec::new();
        }
        let mut lost = predicted
            .lost
            .iter()
            .filter(|lost| lost.header.eq_ignore_ascii_case(header))
            .cloned()
            .collect::<Vec<_>>();
        lost.dedup();
        lost
    }

    /// The line that the verdict is about.
    fn place(&self, verdict: &Verdict) -> Option<SourceLocation> {
        let predicted = self.last.as_ref()?;
        let line = verdict
            .header()
            .and_then(|header| predicted.place_of(header));
        line.or(predicted.by.as_ref()).cloned()
    }
}

/// Response headers that pages read and cannot read. The upstream is taken to send them.
fn hidden(shape: &Shape, exchange: &Exchange) -> Vec<String> {
    let response = exchange.hops.last().and_then(|hop| hop.response.as_ref());
    let Some(response) = response.filter(|_| !shape.reads.is_empty()) else {
        return Vec::new();
    };
    let mut headers = response.headers.clone();
    for name in &shape.reads {
        headers.push(name, "");
    }
    let readable = cors::readable(&headers, exchange.request.credentials());
    shape
        .reads
        .iter()
        .filter(|name| !readable.contains(&name.to_ascii_lowercase()))
        .cloned()
        .collect()
}
