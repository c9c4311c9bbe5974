//! One request on its way through the steps of a site.

use super::matcher::Captures;
use super::step::{Action, Change, How, Step, When};
use crate::ask::Ask;
use crate::doubt::Doubt;
use crate::place::SourceLocation;
use crate::prediction::{Lost, PredictedResponse, Upstream};
use crate::sheet::{Sheet, Value, matters};

/// The state of a request.
pub(crate) struct Run<'a> {
    ask: &'a Ask<'a>,
    upstream: &'a Upstream,
    path: String,
    sheet: Sheet,
    /// Changes for when the answer is written; the last is applied first.
    deferred: Vec<(&'a [Change], &'a When)>,
    captures: Captures,
    assumed: Vec<String>,
}

/// What answered.
struct Written {
    status: u16,
    place: SourceLocation,
    is_error: bool,
}

impl<'a> Run<'a> {
    pub(crate) fn new(ask: &'a Ask<'a>, upstream: &'a Upstream) -> Self {
        Self {
            ask,
            upstream,
            path: ask.url.path().to_owned(),
            sheet: Sheet::default(),
            deferred: Vec::new(),
            captures: Vec::new(),
            assumed: Vec::new(),
        }
    }

    /// Lets the request run to its answer.
    pub(crate) fn go(
        mut self,
        steps: &'a [Step],
        site: &SourceLocation,
    ) -> Result<PredictedResponse, Doubt> {
        let written = self.steps(steps)?;
        let mut lost = Vec::new();
        let status = match &written {
            Some(written) if !written.is_error => {
                while let Some((changes, when)) = self.deferred.pop() {
                    self.write(changes, when)?;
                }
                written.status
            }
            // Errors, and the empty answer where nothing answers, are written past those that wait.
            other => {
                if let Some(handler) = steps.iter().find(|step| step.name == "handle_errors")
                    && other.is_some()
                {
                    let reason = "`handle_errors` answers, and what it does is not followed";
                    return Err(Doubt::at(reason, &handler.place));
                }
                let waiting = std::mem::take(&mut self.deferred);
                for change in waiting.iter().flat_map(|(changes, _)| changes.iter()) {
                    if change.how != How::Delete && matters(&change.name) {
                        lost.push(Lost {
                            header: change.name.clone(),
                            reason: "the header is set as an answer is written (`defer`, `?`, `-` or `>` in its directive), which Caddy's own errors pass by".to_owned(),
                            place: change.place.clone(),
                        });
                    }
                }
                other.as_ref().map_or(200, |written| written.status)
            }
        };
        Ok(PredictedResponse {
            status,
            lines: self.sheet.0,
            assumed: self.assumed,
            by: Some(written.map_or_else(|| site.clone(), |written| written.place)),
            lost,
        })
    }

    fn steps(&mut self, steps: &'a [Step]) -> Result<Option<Written>, Doubt> {
        // Of those in a row with the same matcher all are run: they are one route.
        let mut handled: Option<&Step> = None;
        let mut before: Option<&Step> = None;
        for step in steps {
            let is_handle = matches!(step.action, Action::Handle(..));
            let last = before.replace(step);
            if step.name == "handle_errors" {
                continue;
            }
            if is_handle && let Some(handled) = handled {
                let is_one = last.is_some_and(|last| std::ptr::eq(last, handled))
                    && step.matcher.is_same(&handled.matcher);
                if !is_one {
                    continue;
                }
            } else if !step
                .matcher
                .fits(self.ask, &self.path, &mut self.captures)?
            {
                continue;
            }
            if is_handle {
                handled = Some(step);
            }
            if let Some(written) = self.step(step)? {
                return Ok(Some(written));
            }
        }
        Ok(None)
    }

    fn step(&mut self, step: &'a Step) -> Result<Option<Written>, Doubt> {
        let answered = |status: u16| Written {
            status,
            place: step.place.clone(),
            is_error: false,
        };
        let failed = |status: u16| Written {
            is_error: true,
            ..answered(status)
        };
        Ok(match &step.action {
            Action::Header(changes, When::Now) => {
                self.apply(changes)?;
                None
            }
            Action::Header(changes, when) => {
                self.deferred.push((changes, when));
                None
            }
            Action::Respond(status) => Some(answered(*status)),
            Action::Redirect(status, to) => {
                let to = self.value(to, &step.place)?;
                self.sheet.set("Location", to, Some(&step.place));
                Some(answered(*status))
            }
            Action::Error(status) => Some(failed(*status)),
            Action::Proxy(changes) => Some(answered(self.proxy(changes, &step.place)?)),
            Action::Files if matches!(self.ask.method, "GET" | "HEAD") => {
                self.assumed.push("the file is there".to_owned());
                Some(answered(200))
            }
            Action::Files => Some(failed(405)),
            Action::Handle(inner, strips) => {
                if let Some(prefix) = strips {
                    let rest = self
                        .path
                        .strip_prefix(prefix.as_str())
                        .unwrap_or(&self.path);
                    self.path = if rest.starts_with('/') {
                        rest.to_owned()
                    } else {
                        format!("/{rest}")
                    };
                }
                // The path stays without the prefix, also for what comes after the block.
                self.steps(inner)?
            }
            Action::Route(inner) => self.steps(inner)?,
            Action::Rewrite(to) => {
                let to = self.value(to, &step.place)?;
                self.path = to.split('?').next().unwrap_or_default().to_owned();
                None
            }
            Action::Login if self.ask.is_preflight() => Some(failed(401)),
            Action::Login => {
                self.assumed
                    .push(format!("the login that {} wants is given", step.place));
                None
            }
            Action::Harmless => None,
            Action::Opaque => {
                let reason = format!("what `{}` does is not followed", step.name);
                return Err(Doubt::at(reason, &step.place));
            }
        })
    }

    /// The answer of a server behind: its headers are added to those that are there.
    fn proxy(&mut self, changes: &[Change], place: &SourceLocation) -> Result<u16, Doubt> {
        let predicted =
            self.upstream
                .passed_on(self.ask.is_preflight(), "the server behind", place)?;
        self.assumed.extend(predicted.assumed);
        let own = std::mem::replace(&mut self.sheet, Sheet(predicted.lines));
        self.apply(changes)?;
        let of_upstream = std::mem::replace(&mut self.sheet, own);
        self.sheet.0.extend(of_upstream.0);
        Ok(predicted.status)
    }

    fn write(&mut self, changes: &[Change], when: &When) -> Result<(), Doubt> {
        match when {
            When::Without(names) if names.iter().any(|name| self.sheet.has(name)) => Ok(()),
            _ => self.apply(changes),
        }
    }

    /// Adds, then sets, then deletes, as `HeaderOps.ApplyTo` does.
    fn apply(&mut self, changes: &[Change]) -> Result<(), Doubt> {
        for how in [How::Add, How::Set, How::Delete] {
            for change in changes.iter().filter(|change| change.how == how) {
                if how == How::Delete {
                    self.delete(&change.name);
                    continue;
                }
                let value = match self.value(&change.value, &change.place) {
                    Ok(value) => value,
                    Err(doubt) if matters(&change.name) => return Err(doubt),
                    Err(_) => continue,
                };
                if how == How::Add {
                    self.sheet.add(&change.name, value, Some(&change.place));
                } else {
                    self.sheet.set(&change.name, value, Some(&change.place));
                }
            }
        }
        Ok(())
    }

    fn delete(&mut self, name: &str) {
        let inner = name.trim_matches('*').to_ascii_lowercase();
        let is_it = |line: &str| {
            let line = line.to_ascii_lowercase();
            match (name.starts_with('*'), name.ends_with('*')) {
                (true, true) => line.contains(&inner),
                (true, false) => line.ends_with(&inner),
                (false, true) => line.starts_with(&inner),
                (false, false) => line == inner,
            }
        };
        self.sheet.0.retain(|line| !is_it(&line.name));
    }

    /// A text with its placeholders filled.
    fn value(&self, text: &str, place: &SourceLocation) -> Value {
        let mut value = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            value.push_str(before);
            let Some((name, behind)) = after.split_once('}') else {
                value.push('{');
                rest = after;
                continue;
            };
            value.push_str(&self.placeholder(name, place)?);
            rest = behind;
        }
        value.push_str(rest);
        Ok(value)
    }

    fn placeholder(&self, name: &str, place: &SourceLocation) -> Value {
        let unknown = || {
            let reason = format!("the file does not tell what `{{{name}}}` is");
            Doubt::at(reason, place)
        };
        let name = name.strip_prefix("http.request.").unwrap_or(name);
        if let Some(header) = name.strip_prefix("header.") {
            let value = self.ask.header(&header.to_ascii_lowercase());
            return value.map(str::to_owned).ok_or_else(unknown);
        }
        let captured = name
            .strip_prefix("re.")
            .or(name.strip_prefix("http.regexp."));
        if let Some(captured) = captured {
            let (own, group) = captured.rsplit_once('.').unwrap_or(("", captured));
            let group: usize = group.parse().map_err(|_| unknown())?;
            let found = self.captures.iter().rev().find(|(name, _)| name == own);
            let found = found.and_then(|(_, groups)| groups.get(group));
            return Ok(found.cloned().unwrap_or_default());
        }
        let url = self.ask.url;
        Ok(match name {
            "host" => self.ask.host().to_owned(),
            "hostport" => match url.port() {
                Some(port) => format!("{}:{port}", self.ask.host()),
                None => self.ask.host().to_owned(),
            },
            "scheme" => url.scheme().to_owned(),
            "method" => self.ask.method.to_owned(),
            "path" | "uri.path" => self.path.clone(),
            "uri" => match url.query() {
                Some(query) => format!("{}?{query}", self.path),
                None => self.path.clone(),
            },
            "query" | "uri.query" => url.query().unwrap_or_default().to_owned(),
            _ => return Err(unknown()),
        })
    }
}
