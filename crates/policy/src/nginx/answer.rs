//! What nginx sends: statuses and headers.

use super::Config;
use super::code::Return;
use super::conf::{Conf, Handler, More};
use super::run::{Halt, Run};
use super::server;
use super::text::Text;
use crate::ask::Ask;
use crate::doubt::Doubt;
use crate::place::SourceLocation;
use crate::prediction::{Line, PredictedResponse, Prediction, Upstream};
use crate::sheet::matters;

/// Ways that are tried where a request depends on what the file does not tell.
const WAYS: usize = 32;

/// Statuses on which `add_header` without `always` adds (`ngx_http_headers_filter`).
const GOOD: [u16; 10] = [200, 201, 204, 206, 301, 302, 303, 304, 307, 308];

/// Answers a request; where it depends on what the file does not tell, in every way, and there is an
/// answer if all ways lead to it.
pub(crate) fn answer(config: &Config, ask: &Ask<'_>, upstream: &Upstream) -> Prediction {
    let port = ask.url.port_or_known_default().unwrap_or(80);
    let server = match server::find(&config.servers, ask.host(), port) {
        Ok(Some(server)) => server,
        Ok(None) => return Prediction::Uncovered,
        Err(doubt) => return doubt.into(),
    };
    let mut ways = vec![Vec::new()];
    let mut first_doubt: Option<Doubt> = None;
    let mut answers: Vec<PredictedResponse> = Vec::new();
    let mut tried = 0;
    while let Some(way) = ways.pop() {
        tried += 1;
        match Run::new(config, ask, upstream, server, &way).go() {
            Ok(predicted) => answers.push(predicted),
            Err(Halt::Doubt(doubt)) => return doubt.into(),
            Err(Halt::Fork(doubt)) => {
                first_doubt.get_or_insert(doubt);
                if tried + ways.len() < WAYS {
                    ways.push([way.as_slice(), &[false]].concat());
                    ways.push([way.as_slice(), &[true]].concat());
                }
            }
        }
    }
    let first = answers.pop();
    match (first, first_doubt) {
        (Some(first), doubt) if answers.iter().all(|other| same(other, &first)) => {
            if tried < WAYS || doubt.is_none() {
                Prediction::Response(first)
            } else {
                doubt
                    .unwrap_or_else(|| Doubt::new("there are too many ways"))
                    .into()
            }
        }
        (_, Some(doubt)) => doubt.into(),
        (_, None) => Doubt::new("there is no answer").into(),
    }
}

fn same(one: &PredictedResponse, other: &PredictedResponse) -> bool {
    let lines = |predicted: &PredictedResponse| -> Vec<(String, String)> {
        let lines = predicted.lines.iter().filter(|line| matters(&line.name));
        lines
            .map(|line| (line.name.to_ascii_lowercase(), line.value.clone()))
            .collect()
    };
    one.status == other.status && lines(one) == lines(other)
}

/// Whether a header from behind is hidden.
fn hides(conf: &Conf, name: &str) -> bool {
    let mut hidden = conf.hidden.iter();
    hidden.any(|(other, _)| other.eq_ignore_ascii_case(name))
}

impl Run<'_> {
    /// What `return` sends.
    pub(crate) fn returned(&mut self, answer: &Return) -> Result<PredictedResponse, Halt> {
        if answer.status == 444 {
            return Err(Doubt::at("`return 444` closes the connection", &answer.place).into());
        }
        match (&answer.text, answer.status) {
            (Some(text), status @ (301 | 302 | 303 | 307 | 308)) => {
                let to = self.value(text)?;
                self.redirect(status, &to, &answer.place)
            }
            (None, 400..) => self.error(answer.status),
            _ => Ok(self.plain(answer.status)),
        }
    }

    fn plain(&self, status: u16) -> PredictedResponse {
        PredictedResponse {
            status,
            ..PredictedResponse::default()
        }
    }

    pub(crate) fn redirect(
        &mut self,
        status: u16,
        to: &str,
        place: &SourceLocation,
    ) -> Result<PredictedResponse, Halt> {
        let mut predicted = self.plain(status);
        predicted.lines.push(Line {
            name: "Location".to_owned(),
            value: to.to_owned(),
            place: Some(place.clone()),
        });
        Ok(predicted)
    }

    /// An error of nginx's own, which may have a page of its own.
    pub(crate) fn error(&self, status: u16) -> Result<PredictedResponse, Halt> {
        let mut pages = self.conf.error_pages.iter();
        match pages.find(|page| page.statuses.contains(&status)) {
            Some(page) => {
                let reason = format!("`error_page` sends the status {status} to another page");
                Err(Doubt::at(reason, &page.place).into())
            }
            None => Ok(self.plain(status)),
        }
    }

    /// The access and content phases; `None` where the path has changed once more.
    pub(crate) fn content(&mut self) -> Result<Option<PredictedResponse>, Halt> {
        let conf = std::sync::Arc::clone(&self.conf);
        if let Some(predicted) = self.refused(&conf)? {
            return Ok(Some(predicted));
        }
        if let Some((files, place)) = &conf.try_files
            && let Some(fallback) = files.last().filter(|fallback| !fallback.starts_with('='))
        {
            if self.is_for_a_program(fallback) {
                let path = &self.uri;
                self.assume(format!(
                    "there is no file `{path}`, for which {place} looks"
                ));
                return self.fall_back(fallback, place);
            }
            let doubt = Doubt::at("`try_files` depends on which files there are", place);
            if !self.decide(doubt)? {
                return self.fall_back(fallback, place);
            }
        }
        match &conf.handler {
            Some(Handler::Opaque(doubt)) => Err(doubt.clone().into()),
            Some(Handler::Upstream(target, place)) => {
                self.passed_on(&conf, target, place).map(Some)
            }
            None => self.file().map(Some),
        }
    }

    /// Whether `try_files` is there to pass all but files on to a program: the path names no file, and the
    /// fallback is a named location or a script.
    fn is_for_a_program(&self, fallback: &str) -> bool {
        let name = self.uri.rsplit('/').next().unwrap_or_default();
        let script = fallback.split('?').next().unwrap_or_default();
        let is_program = fallback.starts_with('@') || script.ends_with(".php");
        is_program && !name.is_empty() && !name.contains('.')
    }

    fn fall_back(
        &mut self,
        fallback: &str,
        place: &SourceLocation,
    ) -> Result<Option<PredictedResponse>, Halt> {
        if fallback.starts_with('@') {
            let locations = &self.server.locations;
            let is_named = |location: &&super::location::Location| matches!(&location.name, super::location::Name::Named(name) if name == fallback);
            let Some(location) = locations.iter().find(is_named) else {
                return Err(Doubt::at(format!("there is no location `{fallback}`"), place).into());
            };
            if !location.codes.is_empty() || location.conf.try_files.is_some() {
                let reason = format!("what `{fallback}` does is not followed");
                return Err(Doubt::at(reason, &location.place).into());
            }
            self.conf = std::sync::Arc::clone(&location.conf);
            return self.content();
        }
        let text = Text::read(fallback).map_err(|reason| Doubt::at(reason, place))?;
        let to = self.value(&text)?;
        let path = to.split('?').next().unwrap_or_default().to_owned();
        if path == self.uri {
            // The fallback of the fallback itself: the file is there.
            return self.file().map(Some);
        }
        self.uri = path;
        Ok(None)
    }

    /// Who is not allowed. A request that works today has what it takes, which a preflight never
    /// carries.
    fn refused(&mut self, conf: &Conf) -> Result<Option<PredictedResponse>, Halt> {
        if let Some(gate) = conf.gates.first() {
            return Err(gate.clone().into());
        }
        if conf.access.denies_all.is_some() && conf.access.depends_on_address.is_none() {
            return self.error(403).map(Some);
        }
        if let Some(place) = &conf.access.depends_on_address {
            self.assume(format!("the rules of {place} let the browser's address in"));
        }
        if let Some(place) = &conf.basic {
            if self.ask.is_preflight() {
                return self.error(401).map(Some);
            }
            self.assume(format!("the login that {place} wants is given"));
        }
        if let Some(place) = &conf.request {
            if self.ask.is_preflight() {
                let reason =
                    "`auth_request` decides about the preflight, and the file does not tell how";
                return Err(Doubt::at(reason, place).into());
            }
            self.assume(format!("`auth_request` of {place} lets the request pass"));
        }
        Ok(None)
    }

    fn assume(&mut self, what: String) {
        if !self.assumed.contains(&what) {
            self.assumed.push(what);
        }
    }

    fn passed_on(
        &mut self,
        conf: &Conf,
        target: &str,
        place: &SourceLocation,
    ) -> Result<PredictedResponse, Halt> {
        let is_preflight = self.ask.is_preflight();
        let Some(answer) = self.upstream.answer(is_preflight) else {
            let reason = format!(
                "the preflight is passed on to `{target}`, and what that answers does not stand in the file"
            );
            return Err(Doubt::at(reason, place).into());
        };
        let status = answer.status;
        self.assume(format!(
            "`{target}` answers {status} without CORS headers of its own"
        ));
        let lost = super::lost::hidden(conf, &answer);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let lines = answer
            .headers
            .iter()
            .map(|(name, value)| (text(name), text(value)));
        Ok(PredictedResponse {
            status,
            lines: lines
                .filter(|(name, _)| !hides(conf, name))
                .map(|(name, value)| Line {
                    name,
                    value,
                    place: None,
                })
                .collect(),
            lost,
            ..PredictedResponse::default()
        })
    }

    /// A file: nginx reads files to GET and HEAD, and has no other methods for them.
    fn file(&mut self) -> Result<PredictedResponse, Halt> {
        if !matches!(self.ask.method, "GET" | "HEAD") {
            return self.error(405);
        }
        self.assume("the file is there".to_owned());
        Ok(self.plain(200))
    }

    /// Adds the headers of the level that answers.
    pub(crate) fn finish(
        mut self,
        mut predicted: PredictedResponse,
        place: &SourceLocation,
    ) -> Result<PredictedResponse, Halt> {
        let conf = std::sync::Arc::clone(&self.conf);
        if let Some(filter) = conf.filters.first() {
            return Err(filter.clone().into());
        }
        for more in &conf.more {
            self.replace(&mut predicted, more)?;
        }
        for added in conf.added.iter() {
            if (added.always || GOOD.contains(&predicted.status))
                && let Some(value) = self.set_to(&added.name, &added.value)?
            {
                let place = self.line_of(&added.value);
                predicted.lines.push(Line {
                    name: added.name.clone(),
                    value,
                    place: place.or_else(|| Some(added.place.clone())),
                });
            }
        }
        predicted.by = Some(place.clone());
        predicted.lost.extend(super::lost::lost(&self, &predicted));
        predicted.assumed = self.assumed;
        Ok(predicted)
    }

    fn replace(&mut self, predicted: &mut PredictedResponse, more: &More) -> Result<(), Halt> {
        if !more.statuses.is_empty() && !more.statuses.contains(&predicted.status) {
            return Ok(());
        }
        let value = self.set_to(&more.name, &more.value)?;
        let (start, is_pattern) = match more.name.strip_suffix('*') {
            Some(start) => (start, true),
            None => (more.name.as_str(), false),
        };
        predicted.lines.retain(|line| {
            let head = line.name.get(..start.len());
            let begins = head.is_some_and(|head| head.eq_ignore_ascii_case(start));
            !(begins && (is_pattern || line.name.len() == start.len()))
        });
        if let Some(value) = value {
            predicted.lines.push(Line {
                name: more.name.clone(),
                value,
                place: Some(more.place.clone()),
            });
        }
        Ok(())
    }

    /// The value of a header; `None` where it is empty, and nginx leaves it out, and where no one
    /// knows and it says nothing about CORS.
    fn set_to(&mut self, name: &str, text: &Text) -> Result<Option<String>, Halt> {
        match self.value(text) {
            Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
            Err(_) if !matters(name) => Ok(None),
            Err(doubt) => Err(Doubt {
                reason: format!("the value of `{name}`: {}", doubt.reason),
                place: doubt.place,
            }
            .into()),
        }
    }
}
