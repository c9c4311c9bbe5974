//! One request on its way through the phases of nginx: rewrite of the server, location, rewrite of
//! the location, access, content.

use std::collections::HashMap;
use std::sync::Arc;

use super::Config;
use super::code::{Code, Condition, Rewrite, Then, Wanted};
use super::conf::Conf;
use super::location::{Leads, Name, find};
use super::server::Server;
use crate::ask::Ask;
use crate::doubt::Doubt;
use crate::place::SourceLocation;
use crate::prediction::{PredictedResponse, Upstream};

/// nginx gives up after so many changes of the path.
const CHANGES: usize = 10;

/// Why a run ended without an answer.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The file does not tell.
    Doubt(Doubt),
    /// It depends on something that the file does not tell: both ways are tried.
    Fork(Doubt),
}

impl From<Doubt> for Halt {
    fn from(doubt: Doubt) -> Self {
        Self::Doubt(doubt)
    }
}

/// Whether the next step is carried out.
#[derive(PartialEq, Eq)]
pub(crate) enum Flow {
    GoOn,
    Exit,
    Answered(Box<PredictedResponse>),
}

/// The state of a request.
pub(crate) struct Run<'a> {
    pub(crate) config: &'a Config,
    pub(crate) ask: &'a Ask<'a>,
    pub(crate) upstream: &'a Upstream,
    pub(crate) server: &'a Server,
    pub(crate) uri: String,
    pub(crate) args: String,
    pub(crate) set: HashMap<String, Result<String, Doubt>>,
    pub(crate) mapped: HashMap<String, Result<String, Doubt>>,
    pub(crate) captures: Vec<String>,
    pub(crate) conf: Arc<Conf>,
    pub(crate) assumed: Vec<String>,
    /// The settings of an `if` that held, and the later one that took their place.
    pub(crate) replaced: Vec<(Arc<Conf>, SourceLocation)>,
    of_if: Option<Arc<Conf>>,
    changed: bool,
    decisions: &'a [bool],
    decided: usize,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        config: &'a Config,
        ask: &'a Ask<'a>,
        upstream: &'a Upstream,
        server: &'a Server,
        decisions: &'a [bool],
    ) -> Self {
        Self {
            config,
            ask,
            upstream,
            server,
            uri: normalise(ask.url.path()),
            args: ask.url.query().unwrap_or_default().to_owned(),
            set: HashMap::new(),
            mapped: HashMap::new(),
            captures: Vec::new(),
            conf: Arc::clone(&server.conf),
            assumed: Vec::new(),
            replaced: Vec::new(),
            of_if: None,
            changed: false,
            decisions,
            decided: 0,
        }
    }

    /// Lets the request run to its answer.
    pub(crate) fn go(mut self) -> Result<PredictedResponse, Halt> {
        let server = self.server;
        let host = self.ask.host();
        if let Some(expression) = server.expression(host) {
            self.capture(expression, host);
        }
        if let Flow::Answered(predicted) = self.steps(&server.codes)? {
            return self.finish(*predicted, &server.place);
        }
        for _ in 0..=CHANGES {
            let location = match find(&server.locations, &self.uri) {
                Leads::Nowhere => None,
                Leads::To(location) => Some(location),
                Leads::Slash(location) => {
                    self.conf = Arc::clone(&location.conf);
                    let to = format!("{}/", self.uri);
                    let predicted = self.redirect(301, &to, &location.place)?;
                    return self.finish(predicted, &location.place);
                }
            };
            let place = location.map_or(&server.place, |location| &location.place);
            if let Some(location) = location {
                self.conf = Arc::clone(&location.conf);
                if location.conf.internal.is_some() {
                    let predicted = self.error(404)?;
                    return self.finish(predicted, place);
                }
                if let Name::Regex(regex) = &location.name {
                    let uri = self.uri.clone();
                    self.capture(regex, &uri);
                }
                let limit = location.limit.as_ref();
                self.changed = false;
                // What is limited has settings of its own, and no steps.
                if let Some(limit) = limit.filter(|limit| limit.applies_to(self.ask.method)) {
                    self.conf = Arc::clone(&limit.conf);
                } else if let Flow::Answered(predicted) = self.steps(&location.codes)? {
                    return self.finish(*predicted, place);
                }
                if self.changed {
                    continue;
                }
            } else {
                self.conf = Arc::clone(&server.conf);
            }
            match self.content()? {
                Some(predicted) => return self.finish(predicted, place),
                None => continue,
            }
        }
        Err(Doubt::at("the path is changed in a circle", &server.place).into())
    }

    /// Carries out steps.
    fn steps(&mut self, codes: &[Code]) -> Result<Flow, Halt> {
        for code in codes {
            let flow = match code {
                Code::Set(name, text) => {
                    let value = self.value(text);
                    self.set.insert(name.clone(), value);
                    Flow::GoOn
                }
                Code::Forget(name, doubt) => {
                    self.set.insert(name.clone(), Err(doubt.clone()));
                    Flow::GoOn
                }
                Code::If(condition, conf, inner, place) => {
                    let holds = match self.holds(condition) {
                        Ok(holds) => holds,
                        Err(doubt) => self.decide(Doubt {
                            place: doubt.place.or_else(|| Some(place.clone())),
                            ..doubt
                        })?,
                    };
                    if holds {
                        if let Some(conf) = conf {
                            if let Some(before) = self.of_if.replace(Arc::clone(conf)) {
                                self.replaced.push((before, place.clone()));
                            }
                            self.conf = Arc::clone(conf);
                        }
                        self.steps(inner)?
                    } else {
                        Flow::GoOn
                    }
                }
                Code::Return(answer) => Flow::Answered(Box::new(self.returned(answer)?)),
                Code::Rewrite(rewrite) => self.rewrite(rewrite)?,
                Code::Break => Flow::Exit,
            };
            if flow != Flow::GoOn {
                return Ok(flow);
            }
        }
        Ok(Flow::GoOn)
    }

    /// Goes one way where the file does not tell which.
    pub(crate) fn decide(&mut self, doubt: Doubt) -> Result<bool, Halt> {
        let decision = self.decisions.get(self.decided).copied();
        self.decided += 1;
        decision.ok_or(Halt::Fork(doubt))
    }

    fn holds(&mut self, condition: &Condition) -> Result<bool, Doubt> {
        match condition {
            Condition::True(subject) => {
                let value = self.value(subject)?;
                Ok(!value.is_empty() && value != "0")
            }
            Condition::Equal(subject, other, wanted) => {
                let equal = self.value(subject)? == self.value(other)?;
                Ok(equal == (*wanted == Wanted::Yes))
            }
            Condition::Fits(subject, regex, wanted) => {
                let value = self.value(subject)?;
                let fits = self.capture(regex, &value);
                Ok(fits == (*wanted == Wanted::Yes))
            }
            Condition::Open(doubt) => Err(doubt.clone()),
        }
    }

    /// Searches, and keeps what was captured where something is found.
    pub(crate) fn capture(&mut self, regex: &fancy_regex::Regex, text: &str) -> bool {
        let Ok(Some(found)) = regex.captures(text) else {
            return false;
        };
        let text_of = |group: Option<fancy_regex::Match<'_>>| {
            group
                .map(|group| group.as_str().to_owned())
                .unwrap_or_default()
        };
        self.captures = (0..found.len()).map(|n| text_of(found.get(n))).collect();
        for name in regex.capture_names().flatten() {
            let value = text_of(found.name(name));
            self.set.insert(name.to_ascii_lowercase(), Ok(value));
        }
        true
    }

    fn rewrite(&mut self, rewrite: &Rewrite) -> Result<Flow, Halt> {
        let uri = self.uri.clone();
        if !self.capture(&rewrite.regex, &uri) {
            return Ok(Flow::GoOn);
        }
        let to = self.value(&rewrite.to)?;
        if let Then::Redirect(status) = rewrite.then {
            let place = self.server.place.clone();
            let predicted = self.redirect(status, to.trim_end_matches('?'), &place)?;
            return Ok(Flow::Answered(Box::new(predicted)));
        }
        let (path, args) = to.split_once('?').unwrap_or((&to, ""));
        self.uri = path.to_owned();
        if !args.is_empty() {
            self.args = args.to_owned();
        }
        self.changed = rewrite.then != Then::Break;
        Ok(match rewrite.then {
            Then::GoOn => Flow::GoOn,
            _ => Flow::Exit,
        })
    }
}

/// A path as nginx compares it: decoded, with single slashes.
fn normalise(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = |n: usize| {
            bytes
                .get(at + n)
                .and_then(|byte| char::from(*byte).to_digit(16))
        };
        let byte = match (byte, hex(1), hex(2)) {
            (b'%', Some(high), Some(low)) => {
                at += 2;
                u8::try_from(high * 16 + low).unwrap_or_default()
            }
            _ => *byte,
        };
        if byte != b'/' || decoded.last() != Some(&b'/') {
            decoded.push(byte);
        }
        at += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn a_path_is_compared_decoded_and_with_single_slashes() {
        for (path, expected) in [
            ("/a//b", "/a/b"),
            ("/a%20b", "/a b"),
            ("/%41", "/A"),
            ("/a%2", "/a%2"),
            ("/", "/"),
        ] {
            assert_eq!(normalise(path), expected, "{path}");
        }
    }
}
