//! Reads HAProxy's configuration.

use super::condition::{Acl, Condition};
use super::rule::{Action, Rule, Switch, redirect};
use super::{Config, Proxy, Role};
use crate::place::{Problem, SourceLocation, problem};
use crate::source::Source;

pub(crate) fn read(source: &Source<'_>, problems: &mut Vec<Problem>) -> Config {
    let mut config = Config::default();
    let mut is_open = true;
    for (number, line) in source.text.lines().enumerate() {
        let place = source.place(number + 1);
        let words = words(line);
        let Some(first) = words.first() else {
            continue;
        };
        let name = words.get(1).cloned().unwrap_or_default();
        let role = match first.as_str() {
            "frontend" => Some(Role::Frontend),
            "backend" => Some(Role::Backend),
            "listen" => Some(Role::Listen),
            "global" | "defaults" | "userlist" | "peers" | "resolvers" | "cache" | "program"
            | "http-errors" | "ring" | "mailers" | "fcgi-app" => {
                is_open = false;
                continue;
            }
            _ => None,
        };
        if let Some(role) = role {
            is_open = true;
            config.proxies.push(Proxy::new(role, name, place));
            continue;
        }
        if !is_open {
            continue;
        }
        if config.proxies.is_empty() {
            // A piece of a frontend.
            config
                .proxies
                .push(Proxy::new(Role::Listen, String::new(), place.clone()));
        }
        if let Some(proxy) = config.proxies.last_mut()
            && let Err(reason) = proxy.take(&words, &place)
        {
            problem(problems, &place, reason);
        }
    }
    if config.proxies.is_empty() && problems.is_empty() {
        problem(
            problems,
            &source.place(1),
            "there is no `frontend` or `listen` in the file",
        );
    }
    config
}

impl Proxy {
    fn new(role: Role, name: String, place: SourceLocation) -> Self {
        Self {
            role,
            // A piece without a name stands before something.
            has_server: name.is_empty(),
            name,
            ports: Vec::new(),
            acls: Vec::new(),
            request: Vec::new(),
            response: Vec::new(),
            after: Vec::new(),
            captures: Vec::new(),
            switches: Vec::new(),
            default: None,
            place,
        }
    }

    fn take(&mut self, words: &[String], place: &SourceLocation) -> Result<(), String> {
        let word = |n: usize| words.get(n).map_or("", String::as_str);
        match word(0) {
            "bind" => {
                let ports = word(1).split(',').filter_map(|one| one.rsplit_once(':'));
                self.ports
                    .extend(ports.filter_map(|(_, port)| port.parse::<u16>().ok()));
            }
            "acl" => {
                let rest = words.get(2..).unwrap_or_default();
                self.acls.push(Acl::read(word(1), rest, place)?);
            }
            kind @ ("http-request" | "http-response" | "http-after-response") => {
                let (rest, condition) = Condition::split(&words[1..], place)?;
                let rule = Rule {
                    action: Action::read(rest, kind == "http-request")?,
                    condition,
                    place: place.clone(),
                };
                match kind {
                    "http-request" => self.request.push(rule),
                    "http-response" => self.response.push(rule),
                    _ => self.after.push(rule),
                }
            }
            "redirect" => {
                let (rest, condition) = Condition::split(words, place)?;
                self.request.push(Rule {
                    action: redirect(rest),
                    condition,
                    place: place.clone(),
                });
            }
            "capture" | "declare" if words.iter().any(|word| word == "request") => {
                let at = words.iter().position(|word| word == "header");
                self.captures
                    .push(at.map_or("", |at| word(at + 1)).to_owned());
            }
            "use_backend" => {
                let (rest, condition) = Condition::split(words, place)?;
                self.switches.push(Switch {
                    to: rest.get(1).cloned().unwrap_or_default(),
                    condition,
                    place: place.clone(),
                });
            }
            "default_backend" => self.default = Some((word(1).to_owned(), place.clone())),
            "server" | "server-template" => self.has_server = true,
            "rspadd" | "reqadd" | "rspirep" | "rspidel" => {
                let reason = format!(
                    "`{}` is gone since HAProxy 2.1: it is `http-response set-header` today",
                    word(0)
                );
                return Err(reason);
            }
            _ => {}
        }
        Ok(())
    }
}

/// Words of a line (section 2.2 of the manual): quotes of both kinds, backslashes, comments.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (Some(own), c) if c == own => quote = None,
            (Some('\''), c) => word.get_or_insert_default().push(c),
            (_, '\\') => word.get_or_insert_default().extend(rest.next()),
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') => break,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
