//! One request on its way: variables, rewriting, who gets in, what answers, headers.

use super::condition::{Env, Facts};
use super::header::{Header, Setting, Table, Test};
use super::rewrite::{self, Leads};
use super::section::{Access, Handler, Kind, Level, Section};
use crate::ask::Ask;
use crate::doubt::Doubt;
use crate::place::SourceLocation;
use crate::prediction::{Lost, PredictedResponse, Upstream};
use crate::sheet::{Sheet, matters};

/// A request, and the sections of the server that gets it.
pub(crate) struct Run<'a> {
    pub(super) ask: &'a Ask<'a>,
    upstream: &'a Upstream,
    pub(super) servers: Vec<&'a Section>,
    pub(super) path: String,
    pub(super) env: Env,
}

/// What answered.
struct Answered {
    predicted: PredictedResponse,
    /// Which tables are sent: errors and redirects of the server's own have one only.
    only_always: bool,
    /// The sections whose headers count.
    sections: Vec<usize>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(ask: &'a Ask<'a>, upstream: &'a Upstream, servers: &[&'a Section]) -> Self {
        Self {
            ask,
            upstream,
            servers: servers.to_vec(),
            path: ask.url.path().to_owned(),
            env: Env::new(),
        }
    }

    pub(super) fn facts(&self, status: Option<u16>) -> Facts<'_> {
        Facts {
            ask: self.ask,
            path: &self.path,
            env: &self.env,
            status,
        }
    }

    /// Runs `SetEnvIf` and its kin; `SetEnv` comes late.
    fn set(&mut self, settings: &[Setting], late: bool) {
        for setting in settings {
            let holds = match &setting.test {
                Test::Ever if late => Some(Some(Vec::new())),
                Test::Ever => continue,
                _ if late => continue,
                Test::Expr(expression) => expression
                    .holds(&self.facts(None))
                    .map(|holds| holds.then(Vec::new)),
                Test::Attribute(name, regex) => self.attribute(name).map(|value| {
                    let found = regex.captures(&value).ok().flatten()?;
                    let groups = found.iter().map(|group| {
                        group.map_or_else(String::new, |group| group.as_str().to_owned())
                    });
                    Some(groups.collect())
                }),
            };
            let groups: Option<Vec<String>> = match holds {
                None => None,
                Some(None) => continue,
                Some(groups) => groups,
            };
            for (name, value) in &setting.sets {
                match (&groups, value) {
                    // Nobody knows whether it is set.
                    (None, _) => {
                        self.env.insert(name.clone(), None);
                    }
                    (Some(_), None) => {
                        self.env.remove(name);
                    }
                    (Some(groups), Some(value)) => {
                        self.env
                            .insert(name.clone(), Some(referenced(value, groups)));
                    }
                }
            }
        }
    }

    fn attribute(&self, name: &str) -> Option<String> {
        match name {
            "request_uri" => Some(self.path.clone()),
            "request_method" => Some(self.ask.method.to_owned()),
            "remote_addr" | "remote_host" | "server_addr" | "request_protocol" => None,
            name if name.starts_with('^') => None,
            name => match self.ask.header(name) {
                // A variable that was set before may be looked at like a header.
                Some("") => self.facts(None).env(name),
                value => value.map(str::to_owned),
            },
        }
    }

    /// Lets the request run to its answer.
    pub(crate) fn go(mut self, place: &SourceLocation) -> Result<PredictedResponse, Doubt> {
        for server in self.servers.clone() {
            self.set(&server.settings, false);
        }
        let answered = self.answered(place)?;
        let sections = self.sections()?;
        let mut predicted = answered.predicted;
        let headers: Vec<&Header> = sections
            .iter()
            .enumerate()
            .filter(|(number, _)| answered.sections.contains(number))
            .flat_map(|(_, section)| &section.headers)
            .collect();
        let mut success = Sheet(std::mem::take(&mut predicted.lines));
        let mut always = Sheet::default();
        for table in [Table::Always, Table::OnSuccess] {
            for header in headers.iter().filter(|header| header.table == table) {
                if table == Table::OnSuccess && answered.only_always {
                    if matters(&header.name) && header.action.gives() {
                        predicted.lost.push(Lost {
                            header: header.name.clone(),
                            reason: format!(
                                "`Header` without `always` sets nothing in an answer {} of the server's own",
                                predicted.status
                            ),
                            place: header.place.clone(),
                        });
                    }
                    continue;
                }
                let sheet = if table == Table::Always {
                    &mut always
                } else {
                    &mut success
                };
                self.apply(header, sheet, predicted.status)?;
            }
        }
        predicted.lines = always.0;
        predicted.lines.extend(success.0);
        Ok(predicted)
    }

    /// Who answers.
    fn answered(&mut self, place: &SourceLocation) -> Result<Answered, Doubt> {
        // Before it is known which file answers only servers and locations count.
        let mut passed = None;
        match self.server_rules()? {
            Leads::On => {}
            Leads::Proxy(place) => passed = Some(place),
            Leads::Elsewhere(path, _) if path.starts_with('/') => {
                self.path = path.split('?').next().unwrap_or_default().to_owned();
            }
            Leads::Elsewhere(_, place) => {
                return Err(Doubt::at("where the rule leads is not followed", &place));
            }
            Leads::Status(status, to, place) => {
                let of = self.sections_without_file()?;
                return self.failed(status, to, &place, of);
            }
        }
        let sections = self.sections()?;
        let every: Vec<usize> = (0..sections.len()).collect();
        for section in &sections[self.servers.len()..] {
            self.set(&section.settings, false);
        }
        if let Some(status) = self.denied(&sections, place)? {
            return self.failed(status, None, place, every);
        }
        match self.folder_rules(&sections)? {
            Leads::On => {}
            // A front controller.
            Leads::Proxy(place) | Leads::Elsewhere(_, place) => passed = Some(place),
            Leads::Status(status, to, place) => return self.failed(status, to, &place, every),
        }
        for section in &sections {
            self.set(&section.settings, true);
        }
        if passed.is_none()
            && let Leads::Status(status, to, place) = self.redirects(&sections)?
        {
            return self.failed(status, to, &place, every);
        }
        let predicted = self.content(&sections, passed, place)?;
        if predicted.status == 405 && predicted.assumed.is_empty() {
            return self.failed(405, None, place, every);
        }
        Ok(Answered {
            predicted,
            only_always: false,
            sections: every,
        })
    }

    /// What the rewrite rules of the server say.
    fn server_rules(&mut self) -> Result<Leads, Doubt> {
        let of_servers = self.servers.iter().rev();
        let rules = of_servers
            .filter(|server| server.level == Level::Server)
            .map(|server| server.rules.clone())
            .find(|rules| !rules.is_empty())
            .unwrap_or_default();
        let mut env = std::mem::take(&mut self.env);
        let leads = rewrite::run(&rules, self.ask, &self.path, &self.path, &mut env);
        self.env = env;
        leads
    }

    /// What the innermost rewrite rules of a folder or section say.
    fn folder_rules(&mut self, sections: &[&Section]) -> Result<Leads, Doubt> {
        let rules = sections.iter().rev().find(|section| {
            !section.rules.is_empty()
                && (section.level == Level::Folder || !matches!(section.kind, Kind::Outside))
        });
        let Some(section) = rules else {
            return Ok(Leads::On);
        };
        let mut env = std::mem::take(&mut self.env);
        let subject = self.path.trim_start_matches('/').to_owned();
        let leads = rewrite::run(&section.rules, self.ask, &self.path, &subject, &mut env);
        self.env = env;
        leads
    }

    /// What `Redirect` and its kin say; a path that is proxied is not redirected.
    fn redirects(&self, sections: &[&Section]) -> Result<Leads, Doubt> {
        let mut handlers = sections
            .iter()
            .filter_map(|section| section.handler.as_ref());
        if handlers.any(|one| matches!(one, Handler::Proxy(path, _) if is_below(path, &self.path)))
        {
            return Ok(Leads::On);
        }
        let redirects: Vec<_> = sections
            .iter()
            .flat_map(|section| section.redirects.clone())
            .collect();
        let (path, mut env) = (&self.path, Env::new());
        rewrite::run(&redirects, self.ask, path, path, &mut env)
    }

    /// The status with which access is denied; none where it is not.
    fn denied(&self, sections: &[&Section], place: &SourceLocation) -> Result<Option<u16>, Doubt> {
        let is_preflight = self.ask.is_preflight();
        match sections.iter().rev().find_map(|section| section.access) {
            Some(Access::Nobody) => Ok(Some(403)),
            Some(Access::Login) if is_preflight => Ok(Some(401)),
            Some(Access::Some) if is_preflight => Err(Doubt::at(
                "`Require` decides, and the file does not tell how",
                place,
            )),
            _ => Ok(None),
        }
    }

    /// The sections that count before it is known which file answers.
    fn sections_without_file(&self) -> Result<Vec<usize>, Doubt> {
        let sections = self.sections()?;
        let counts = |section: &Section| {
            matches!(
                section.kind,
                Kind::Outside
                    | Kind::Location(_)
                    | Kind::LocationMatch(_)
                    | Kind::If(_)
                    | Kind::Else
            )
        };
        let numbers = 0..sections.len();
        Ok(numbers.filter(|number| counts(sections[*number])).collect())
    }

    fn failed(
        &self,
        status: u16,
        to: Option<String>,
        place: &SourceLocation,
        sections: Vec<usize>,
    ) -> Result<Answered, Doubt> {
        for section in self.sections()? {
            if let Some((_, place)) = section.errors.iter().find(|(other, _)| *other == status) {
                let reason =
                    format!("`ErrorDocument` answers the status {status} with another page");
                return Err(Doubt::at(reason, place));
            }
        }
        let mut sheet = Sheet::default();
        if let Some(to) = to {
            let to = match to.strip_prefix('/') {
                Some(_) => format!("{}{to}", self.ask.url.origin().ascii_serialization()),
                None => to,
            };
            sheet.add("Location", to, Some(place));
        }
        Ok(Answered {
            predicted: PredictedResponse {
                status,
                lines: sheet.0,
                by: Some(place.clone()),
                ..PredictedResponse::default()
            },
            only_always: true,
            sections,
        })
    }

    fn content(
        &self,
        sections: &[&Section],
        passed: Option<SourceLocation>,
        place: &SourceLocation,
    ) -> Result<PredictedResponse, Doubt> {
        let is_preflight = self.ask.is_preflight();
        if let Some(place) = passed {
            return self
                .upstream
                .passed_on(is_preflight, "what is behind", &place);
        }
        for handler in sections
            .iter()
            .filter_map(|section| section.handler.as_ref())
        {
            match handler {
                Handler::Proxy(path, place) if is_below(path, &self.path) => {
                    return self
                        .upstream
                        .passed_on(is_preflight, "the server behind", place);
                }
                Handler::Local(path) if is_below(path, &self.path) => break,
                Handler::Proxy(..) | Handler::Local(_) => {}
                Handler::Opaque(name, place) => {
                    return Err(Doubt::at(
                        format!("what `{name}` does is not followed"),
                        place,
                    ));
                }
            }
        }
        let mut predicted = PredictedResponse {
            status: 200,
            by: Some(place.clone()),
            ..PredictedResponse::default()
        };
        match self.ask.method {
            "GET" | "HEAD" | "POST" => predicted.assumed.push("the file is there".to_owned()),
            "OPTIONS" => {}
            _ => predicted.status = 405,
        }
        Ok(predicted)
    }
}

/// Whole segments.
pub(super) fn is_below(prefix: &str, path: &str) -> bool {
    let bare = prefix.trim_end_matches('/');
    path.strip_prefix(bare)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || bare.is_empty())
}

/// Fills `$0` to `$9`.
fn referenced(text: &str, groups: &[String]) -> String {
    let mut value = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let digit = (c == '$')
            .then(|| rest.next_if(char::is_ascii_digit))
            .flatten();
        match digit.and_then(|digit| digit.to_digit(10)) {
            Some(number) => value.push_str(groups.get(number as usize).map_or("", String::as_str)),
            None => value.push(c),
        }
    }
    value
}
