//! One request on its way through the rules.

use std::collections::HashMap;

use super::rule::{Action, Rule, Target};
use super::sample::{Facts, Found, Phase, filled};
use super::{Config, Proxy};
use crate::ask::Ask;
use crate::doubt::Doubt;
use crate::place::SourceLocation;
use crate::prediction::{Lost, PredictedResponse, Upstream};
use crate::sheet::{Sheet, matters};

/// The state of a request.
pub(crate) struct Run<'a> {
    config: &'a Config,
    frontend: &'a Proxy,
    ask: &'a Ask<'a>,
    upstream: &'a Upstream,
    variables: HashMap<String, Option<String>>,
    sheet: Sheet,
    status: u16,
    assumed: Vec<String>,
    lost: Vec<Lost>,
}

/// Whether rules go on.
enum Flow {
    On,
    /// HAProxy has answered itself.
    Answered(SourceLocation),
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        config: &'a Config,
        frontend: &'a Proxy,
        ask: &'a Ask<'a>,
        upstream: &'a Upstream,
    ) -> Self {
        Self {
            config,
            frontend,
            ask,
            upstream,
            variables: HashMap::new(),
            sheet: Sheet::default(),
            status: 200,
            assumed: Vec::new(),
            lost: Vec::new(),
        }
    }

    /// Lets the request run to its answer: the rules of the frontend, of the backend, of the answer
    /// (backend first), and those of every answer.
    pub(crate) fn go(mut self) -> Result<PredictedResponse, Doubt> {
        let frontend = self.frontend;
        let mut backend = frontend;
        let mut by = frontend.place.clone();
        let mut flow = self.rules(frontend, &frontend.request, Phase::Request)?;
        if matches!(flow, Flow::On) {
            match self.backend()? {
                Some(found) => {
                    backend = found;
                    by = found.place.clone();
                    if !std::ptr::eq(backend, frontend) {
                        flow = self.rules(backend, &backend.request, Phase::Request)?;
                    }
                }
                None => {
                    self.status = 503;
                    flow = Flow::Answered(frontend.place.clone());
                }
            }
        }
        let both = [backend, frontend];
        let proxies = if std::ptr::eq(backend, frontend) {
            &both[..1]
        } else {
            &both[..]
        };
        match flow {
            Flow::On if !backend.has_server => {
                self.status = 503;
                self.missed(proxies);
            }
            Flow::On => {
                let predicted =
                    self.upstream
                        .passed_on(self.ask.is_preflight(), "the server behind", &by)?;
                self.status = predicted.status;
                self.sheet = Sheet(predicted.lines);
                self.assumed.extend(predicted.assumed);
                for proxy in proxies {
                    if let Flow::Answered(place) =
                        self.rules(proxy, &proxy.response, Phase::Response)?
                    {
                        by = place;
                        break;
                    }
                }
            }
            Flow::Answered(place) => {
                by = place;
                self.missed(proxies);
            }
        }
        for proxy in proxies {
            self.rules(proxy, &proxy.after, Phase::Response)?;
        }
        Ok(PredictedResponse {
            status: self.status,
            lines: self.sheet.0,
            assumed: self.assumed,
            by: Some(by),
            lost: self.lost,
        })
    }

    /// Headers of `http-response` in an answer of HAProxy's own.
    fn missed(&mut self, proxies: &[&Proxy]) {
        for rule in proxies.iter().flat_map(|proxy| &proxy.response) {
            for (name, _) in rule.action.headers() {
                if matters(name) {
                    self.lost.push(Lost {
                        header: name.to_owned(),
                        reason: "`http-response` does nothing to an answer of HAProxy's own: that is what `http-after-response` is for".to_owned(),
                        place: rule.place.clone(),
                    });
                }
            }
        }
    }

    fn backend(&self) -> Result<Option<&'a Proxy>, Doubt> {
        for switch in &self.frontend.switches {
            let holds = switch
                .condition
                .holds(&self.frontend.acls, &self.facts(Phase::Request));
            let Some(holds) = holds else {
                return Err(Doubt::at(
                    "which backend answers is not known",
                    &switch.place,
                ));
            };
            if holds {
                return self.named(&switch.to, &switch.place).map(Some);
            }
        }
        match &self.frontend.default {
            Some((name, place)) => self.named(name, place).map(Some),
            None if self.frontend.has_server => Ok(Some(self.frontend)),
            None => Ok(None),
        }
    }

    fn named(&self, name: &str, place: &SourceLocation) -> Result<&'a Proxy, Doubt> {
        self.config.backend(name).ok_or_else(|| {
            Doubt::at(
                format!("the backend `{name}` does not stand in the file"),
                place,
            )
        })
    }

    fn facts(&self, phase: Phase) -> Facts<'_> {
        Facts {
            ask: self.ask,
            phase,
            variables: &self.variables,
            captures: &self.frontend.captures,
            status: self.status,
            answer: &self.sheet,
        }
    }

    fn rules(&mut self, proxy: &Proxy, rules: &[Rule], phase: Phase) -> Result<Flow, Doubt> {
        for rule in rules {
            match rule.condition.holds(&proxy.acls, &self.facts(phase)) {
                Some(true) => {}
                Some(false) => continue,
                None if self.is_harmless(rule) => continue,
                None => {
                    return Err(Doubt::at(
                        "whether the condition holds is not known",
                        &rule.place,
                    ));
                }
            }
            match &rule.action {
                Action::Stop => return Ok(Flow::On),
                Action::Login if self.ask.is_preflight() => {
                    self.answered(401, &[], phase)?;
                    return Ok(Flow::Answered(rule.place.clone()));
                }
                Action::Login => {
                    self.assumed
                        .push(format!("the login that {} wants is given", rule.place));
                }
                Action::Return(status, headers) => {
                    self.answered(*status, headers, phase)?;
                    return Ok(Flow::Answered(rule.place.clone()));
                }
                Action::Redirect(status, target, to) => {
                    self.redirect(*status, *target, to, rule, phase)?;
                    return Ok(Flow::Answered(rule.place.clone()));
                }
                Action::Opaque(name) => {
                    return Err(Doubt::at(
                        format!("what `{name}` does is not followed"),
                        &rule.place,
                    ));
                }
                action => self.change(action, rule, phase)?,
            }
        }
        Ok(Flow::On)
    }

    /// Whether it does not matter if a rule is run.
    fn is_harmless(&self, rule: &Rule) -> bool {
        match &rule.action {
            Action::Set(name, _)
            | Action::Add(name, _)
            | Action::Delete(name)
            | Action::Replace(name, ..) => !matters(name),
            Action::Nothing => true,
            _ => false,
        }
    }

    fn answered(
        &mut self,
        status: u16,
        headers: &[(String, String)],
        phase: Phase,
    ) -> Result<(), Doubt> {
        let mut sheet = Sheet::default();
        for (name, text) in headers {
            match filled(text, &self.facts(phase)) {
                // An empty one is left out.
                Some(value) if value.is_empty() => {}
                Some(value) => sheet.add(name, value, Some(&self.frontend.place)),
                None if matters(name) => {
                    return Err(Doubt::new(format!(
                        "the value of `{name}`: `{text}` is not known"
                    )));
                }
                None => {}
            }
        }
        self.status = status;
        self.sheet = sheet;
        Ok(())
    }

    fn redirect(
        &mut self,
        status: u16,
        target: Target,
        to: &str,
        rule: &Rule,
        phase: Phase,
    ) -> Result<(), Doubt> {
        let to = filled(to, &self.facts(phase))
            .ok_or_else(|| Doubt::at("where the redirect leads is not known", &rule.place))?;
        let url = self.ask.url;
        let query = url
            .query()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        let rest = format!("{}{query}", url.path());
        let location = match target {
            Target::Location => to,
            Target::Prefix if to == "/" => rest,
            Target::Prefix => format!("{to}{rest}"),
            Target::Scheme => {
                let port = url
                    .port()
                    .map(|port| format!(":{port}"))
                    .unwrap_or_default();
                format!("{to}://{}{port}{rest}", self.ask.host())
            }
        };
        self.status = status;
        self.sheet = Sheet::default();
        self.sheet.add("Location", location, Some(&rule.place));
        Ok(())
    }

    fn change(&mut self, action: &Action, rule: &Rule, phase: Phase) -> Result<(), Doubt> {
        let place = Some(&rule.place);
        match action {
            Action::Variable(name, sample) => {
                let value = match sample.of(&self.facts(phase)) {
                    Found::Text(text) => Some(text),
                    Found::Unknown => None,
                    Found::Missing => return Ok(()),
                };
                self.variables.insert(name.clone(), value);
            }
            Action::Unset(name) => {
                self.variables.remove(name);
            }
            Action::Status(status) => self.status = *status,
            Action::Delete(name) => self.sheet.remove(name),
            Action::Set(name, text) | Action::Add(name, text) => {
                let value = match filled(text, &self.facts(phase)) {
                    Some(value) => value,
                    None if matters(name) => {
                        let reason = format!("the value of `{name}`: `{text}` is not known");
                        return Err(Doubt::at(reason, &rule.place));
                    }
                    None => return Ok(()),
                };
                if matches!(action, Action::Set(..)) {
                    self.sheet.set(name, value, place);
                } else {
                    self.sheet.add(name, value, place);
                }
            }
            Action::Replace(name, regex, by) => {
                match filled(by, &self.facts(phase)).map(|by| referenced(&by)) {
                    Some(by) => self.sheet.change(name, |value| {
                        regex.replace_all(value, by.as_str()).into_owned()
                    }),
                    None if matters(name) => {
                        let reason = "what a replacement leads to is not known";
                        return Err(Doubt::at(reason, &rule.place));
                    }
                    None => {}
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// `\\1` as the regular expressions here write it.
fn referenced(by: &str) -> String {
    let mut text = String::new();
    let mut rest = by.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next_if(char::is_ascii_digit) {
                Some(digit) => text.push_str(&format!("${{{digit}}}")),
                None => text.push(c),
            },
            '$' => text.push_str("$$"),
            c => text.push(c),
        }
    }
    text
}
