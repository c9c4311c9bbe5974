//! Caddy's JSON: servers with routes, as `caddy adapt` and the admin API print them.
//!
//! Facts from caddyserver/caddy: `modules/caddyhttp/routes.go` for groups and `terminal`,
//! `modules/caddyhttp/headers`, `staticresp.go` and `matchers.go` for the members. Nothing is sorted:
//! the order of the file is the order of the handlers.

use super::matcher::{Condition, Matcher};
use super::step::{Action, Change, How, Step, When};
use super::{Address, Site, Sites};
use crate::place::{Problem, problem};
use crate::source::Source;
use crate::yaml::{self, Node, Value};

/// Routes stand in routes no deeper.
const DEPTH: usize = 32;

/// Whether a text is Caddy's JSON.
pub(crate) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{') && text.contains("\"handler\"")
}

pub(super) fn read(source: &Source<'_>, problems: &mut Vec<Problem>) -> Sites {
    let mut sites = Vec::new();
    for document in yaml::documents(source, problems) {
        let servers = document.at(&["apps", "http", "servers"]);
        // A server or a route may stand alone, as the admin API shows them.
        let servers: Vec<&Node> = match servers {
            Some(servers) => servers.members().iter().map(|(.., one)| one).collect(),
            None => vec![&document],
        };
        sites.extend(servers.into_iter().map(|server| site(server, problems)));
    }
    Sites(sites)
}

fn site(server: &Node, problems: &mut Vec<Problem>) -> Site {
    let mut reader = Reader {
        problems,
        has_errors: None,
    };
    let list = server.get("routes").map(Node::list);
    let alone = std::slice::from_ref(server);
    let listed = list.unwrap_or(if server.get("handle").is_some() {
        alone
    } else {
        &[]
    });
    let mut steps = reader.routes(listed, DEPTH);
    let handler = server
        .get("errors")
        .map(|node| node.place.clone())
        .or(reader.has_errors);
    if let Some(place) = handler {
        steps.push(Step {
            name: "handle_errors".to_owned(),
            matcher: Matcher::everything(&place),
            action: Action::Opaque,
            place,
        });
    }
    Site {
        addresses: addresses(server, listed),
        steps,
        place: server.place.clone(),
    }
}

/// The hosts that routes name, and whether some name none; ports where they are not those of the web.
fn addresses(server: &Node, routes: &[Node]) -> Vec<Address> {
    let ports = server.get("listen").map(Node::texts).unwrap_or_default();
    let ports = ports.iter().filter_map(|(listen, _)| {
        let port: u16 = listen.rsplit_once(':')?.1.parse().ok()?;
        Some((!matches!(port, 80 | 443)).then_some(port))
    });
    let mut ports: Vec<Option<u16>> = ports.collect();
    if ports.is_empty() || ports.contains(&None) {
        ports = vec![None];
    }
    let mut hosts: Vec<String> = Vec::new();
    for route in routes {
        let sets = route.get("match").map(Node::list).unwrap_or_default();
        let named: Vec<&Node> = sets.iter().filter_map(|set| set.get("host")).collect();
        if named.len() < sets.len() || sets.is_empty() {
            hosts.push(String::new());
        }
        let names = named.iter().flat_map(|list| list.texts());
        hosts.extend(names.map(|(name, _)| name.to_ascii_lowercase()));
    }
    hosts.sort();
    hosts.dedup();
    let address = |host: &String, port: &Option<u16>| Address {
        host: host.clone(),
        port: *port,
    };
    hosts
        .iter()
        .flat_map(|host| ports.iter().map(move |port| address(host, port)))
        .collect()
}

struct Reader<'a> {
    problems: &'a mut Vec<Problem>,
    /// Where routes for errors stand.
    has_errors: Option<crate::place::SourceLocation>,
}

impl Reader<'_> {
    fn routes(&mut self, routes: &[Node], left: usize) -> Vec<Step> {
        let Some(left) = left.checked_sub(1) else {
            return Vec::new();
        };
        let mut steps = Vec::new();
        for route in routes {
            let matcher = match matcher(route) {
                Ok(matcher) => matcher,
                Err(reason) => {
                    problem(self.problems, &route.place, reason);
                    continue;
                }
            };
            let mut inner = Vec::new();
            for handler in route.get("handle").map(Node::list).unwrap_or_default() {
                self.handler(handler, left, &mut inner);
            }
            let step = |name: &str, action: Action| Step {
                name: name.to_owned(),
                matcher: Matcher::everything(&route.place),
                action,
                place: route.place.clone(),
            };
            if route.get("terminal").and_then(Node::flag) == Some(true) {
                // What is behind it is not asked: the answer is empty.
                inner.push(step("terminal", Action::Respond(200)));
            }
            // Of a group the first that fits is taken.
            let action = match route.get("group") {
                Some(_) => Action::Handle(inner, None),
                None => Action::Route(inner),
            };
            steps.push(Step {
                matcher,
                ..step("route", action)
            });
        }
        steps
    }

    fn handler(&mut self, node: &Node, left: usize, steps: &mut Vec<Step>) {
        let name = node.text_of("handler");
        let step = |action: Action| Step {
            name: name.to_owned(),
            matcher: Matcher::everything(&node.place),
            action,
            place: node.place.clone(),
        };
        let status = |otherwise: u16| match node.get("status_code").and_then(Node::text) {
            None => Some(otherwise),
            Some(text) => text.parse::<u16>().ok(),
        };
        let action = match name {
            "subroute" => {
                let routes = node.get("routes").map(Node::list).unwrap_or_default();
                if let Some(errors) = node.get("errors") {
                    self.has_errors = Some(errors.place.clone());
                }
                Action::Route(self.routes(routes, left))
            }
            "headers" => headers(node),
            "static_response" => {
                let flag = |name: &str| node.get(name).and_then(Node::flag) == Some(true);
                let fields = node.get("headers").map(fields).unwrap_or_default();
                if !fields.is_empty() {
                    steps.push(step(Action::Header(fields, When::Now)));
                }
                match status(200) {
                    Some(status) if !flag("abort") => Action::Respond(status),
                    _ => Action::Opaque,
                }
            }
            "error" => status(500).map_or(Action::Opaque, Action::Error),
            "reverse_proxy" if node.get("handle_response").is_some() => Action::Opaque,
            "reverse_proxy" => {
                let response = node.at(&["headers", "response"]);
                response.map_or(Action::Proxy(Vec::new()), |response| {
                    changes(response).map_or(Action::Opaque, Action::Proxy)
                })
            }
            "file_server" => Action::Files,
            "rewrite" => match (node.get("uri"), node.get("strip_path_prefix")) {
                (Some(uri), None) => Action::Rewrite(uri.text().unwrap_or_default().to_owned()),
                (None, Some(prefix)) => {
                    Action::Handle(Vec::new(), prefix.text().map(str::to_owned))
                }
                (None, None) if node.get("uri_substring").is_none() => Action::Harmless,
                _ => Action::Opaque,
            },
            "authentication" => Action::Login,
            "encode" | "vars" | "templates" | "tracing" | "log_append" | "map" | "request_body"
            | "metrics" | "push" => Action::Harmless,
            _ => Action::Opaque,
        };
        steps.push(step(action));
    }
}

/// Fields with their values, each of which takes the place of what was there.
fn fields(node: &Node) -> Vec<Change> {
    changed(node, How::Set)
}

/// The first value sets, those behind it are added.
fn changed(node: &Node, how: How) -> Vec<Change> {
    let mut changes = Vec::new();
    for (name, place, values) in node.members() {
        for (number, value) in values.list().iter().enumerate() {
            changes.push(Change {
                how: if number > 0 { How::Add } else { how },
                name: name.clone(),
                value: value.text().unwrap_or_default().to_owned(),
                place: place.clone(),
            });
        }
    }
    changes
}

/// Changes of an answer; none where something is replaced in values.
fn changes(node: &Node) -> Option<Vec<Change>> {
    if node.get("replace").is_some() {
        return None;
    }
    let mut changes = Vec::new();
    for (name, how) in [("add", How::Add), ("set", How::Set)] {
        changes.extend(
            node.get(name)
                .into_iter()
                .flat_map(|node| changed(node, how)),
        );
    }
    let deleted = node.get("delete").map(Node::texts).unwrap_or_default();
    changes.extend(deleted.into_iter().map(|(name, place)| Change {
        how: How::Delete,
        name,
        value: String::new(),
        place,
    }));
    Some(changes)
}

fn headers(node: &Node) -> Action {
    let Some(response) = node.get("response") else {
        // Of the request.
        return Action::Harmless;
    };
    let Some(changes) = changes(response) else {
        return Action::Opaque;
    };
    let deferred = response.get("deferred").and_then(Node::flag) == Some(true);
    let when = match response.get("require") {
        None if deferred => When::Written,
        None => When::Now,
        Some(require) => {
            // `?` of a Caddyfile: only where the answer has none of these.
            let fields = require
                .get("headers")
                .map(Node::members)
                .unwrap_or_default();
            let is_absent = |value: &Node| value.text() == Some("null");
            let all = require.get("status_code").is_none()
                && !fields.is_empty()
                && fields.iter().all(|(.., value)| is_absent(value));
            if !all {
                return Action::Opaque;
            }
            When::Without(fields.iter().map(|(name, ..)| name.clone()).collect())
        }
    };
    Action::Header(changes, when)
}

/// The matcher of a route: one of its sets fits.
fn matcher(route: &Node) -> Result<Matcher, String> {
    let sets = route.get("match").map(Node::list).unwrap_or_default();
    let mut read = Vec::new();
    for set in sets {
        read.push(set_of(set)?);
    }
    let all = match read.len() {
        0 => Vec::new(),
        1 => read.remove(0),
        _ => vec![Condition::any(read)],
    };
    Ok(Matcher {
        all,
        place: route.place.clone(),
    })
}

/// The conditions of a set, all of which hold.
fn set_of(node: &Node) -> Result<Vec<Condition>, String> {
    let mut matcher = Matcher::everything(&node.place);
    for (kind, _, value) in node.members() {
        if kind == "not" {
            for set in value.list() {
                matcher.all.push(Condition::Not(set_of(set)?));
            }
            continue;
        }
        for words in words_of(kind, value) {
            matcher.add(&words, &[])?;
        }
    }
    Ok(matcher.all)
}

/// A matcher as the words that a Caddyfile has for it.
fn words_of(kind: &str, value: &Node) -> Vec<Vec<String>> {
    let line = |rest: Vec<String>| {
        let mut words = vec![kind.to_owned()];
        words.extend(rest);
        words
    };
    let texts = |node: &Node| -> Vec<String> {
        node.list()
            .iter()
            .filter_map(|one| one.text().map(str::to_owned))
            .collect()
    };
    let regexp = |node: &Node| {
        vec![
            node.text_of("name").to_owned(),
            node.text_of("pattern").to_owned(),
        ]
    };
    match kind {
        "host" | "path" | "method" => vec![line(texts(value))],
        "protocol" => vec![line(vec![value.text().unwrap_or_default().to_owned()])],
        "path_regexp" => vec![line(regexp(value))],
        "header" => {
            let fields = value.members().iter();
            let field = |(name, _, values): &(String, _, Node)| match &values.value {
                Value::List(list) if list.is_empty() => line(vec![name.clone()]),
                Value::List(_) => {
                    let mut rest = vec![name.clone()];
                    rest.extend(texts(values));
                    line(rest)
                }
                // `null`: that it is not there.
                _ => line(vec![format!("!{name}")]),
            };
            fields.map(field).collect()
        }
        "header_regexp" => {
            let field = |(name, _, value): &(String, _, Node)| {
                let [own, pattern] = [value.text_of("name"), value.text_of("pattern")];
                line(vec![own.to_owned(), name.clone(), pattern.to_owned()])
            };
            value.members().iter().map(field).collect()
        }
        "query" => {
            let pairs = value.members().iter().flat_map(|(name, _, values)| {
                texts(values)
                    .into_iter()
                    .map(move |value| format!("{name}={value}"))
            });
            vec![line(pairs.collect())]
        }
        _ => vec![line(Vec::new())],
    }
}
