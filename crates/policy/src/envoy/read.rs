//! Reads Envoy's configuration: a bootstrap, a listener, a route configuration or a virtual host.

use super::cors::{Enabled, Policy};
use super::route::{Action, Change, HeaderMatch, Match, PathMatch, Rank, Route, Target};
use super::text::{Format, Matcher};
use super::{Host, Hosts, Port, Rest};
use crate::nginx::Case;
use crate::place::{Problem, SourceLocation, problem};
use crate::source::Source;
use crate::yaml::{self, Node, Value};

/// The filter's names.
const NAMES: [&str; 2] = ["envoy.filters.http.cors", "envoy.cors"];

pub(crate) fn read(source: &Source<'_>, problems: &mut Vec<Problem>) -> Hosts {
    let mut hosts = Hosts::default();
    for document in yaml::documents(source, problems) {
        search(&document, None, &mut hosts, problems);
    }
    if hosts.0.is_empty() && problems.is_empty() {
        let reason = "there are no `virtual_hosts` in the file";
        problem(problems, &source.place(1), reason);
    }
    hosts
}

/// Finds route configurations wherever they stand, with the filters beside them.
fn search(
    node: &Node,
    without_filter: Option<&SourceLocation>,
    hosts: &mut Hosts,
    problems: &mut Vec<Problem>,
) {
    if let Some(found) = node.field("virtual_hosts") {
        for host in found.list() {
            hosts
                .0
                .push(virtual_host(host, Some(node), without_filter, problems));
        }
        return;
    }
    if node.get("domains").is_some() && node.get("routes").is_some() {
        hosts
            .0
            .push(virtual_host(node, None, without_filter, problems));
        return;
    }
    let filters = node.field("http_filters");
    let has_filter = filters.is_none_or(|filters| {
        let mut filters = filters.list().iter();
        filters.any(|filter| NAMES.contains(&filter.text_of("name")))
    });
    let without = filters.filter(|_| !has_filter).map(|node| &node.place);
    let without = without.or(without_filter);
    match &node.value {
        Value::List(list) => {
            for inner in list {
                search(inner, without, hosts, problems);
            }
        }
        Value::Map(members) => {
            for (.., inner) in members {
                search(inner, without, hosts, problems);
            }
        }
        Value::Text(..) | Value::Alias | Value::Unresolved(_) => {}
    }
}

fn virtual_host(
    node: &Node,
    outer: Option<&Node>,
    without_filter: Option<&SourceLocation>,
    problems: &mut Vec<Problem>,
) -> Host {
    let ignores_port = outer.is_some_and(|outer| {
        outer
            .field("ignore_port_in_host_matching")
            .and_then(Node::flag)
            == Some(true)
    });
    let domains = node.get("domains").map(Node::list).unwrap_or_default();
    let routes = node.get("routes").map(Node::list).unwrap_or_default();
    let levels: Vec<&Node> = std::iter::once(node).chain(outer).collect();
    Host {
        domains: domains
            .iter()
            .filter_map(Node::text)
            .map(str::to_ascii_lowercase)
            .collect(),
        port: if ignores_port {
            Port::Ignored
        } else {
            Port::Counts
        },
        routes: routes
            .iter()
            .filter_map(|one| route(one, &levels, problems))
            .collect(),
        rest: Rest::NotFound,
        without_filter: without_filter.cloned(),
    }
}

fn route(node: &Node, outer: &[&Node], problems: &mut Vec<Problem>) -> Option<Route> {
    let found = match node.get("match").map(read_match) {
        Some(Ok(found)) => found,
        Some(Err((place, reason))) => {
            problem(problems, &place, reason);
            return None;
        }
        None => {
            problem(problems, &node.place, "the route has no `match`");
            return None;
        }
    };
    let levels: Vec<&Node> = std::iter::once(node).chain(outer.iter().copied()).collect();
    let mut policies: Vec<Policy> = Vec::new();
    for level in &levels {
        let all = level.field("typed_per_filter_config");
        let typed = NAMES.iter().find_map(|name| all?.get(name));
        policies.extend(typed.map(|typed| policy(typed, problems)));
    }
    if policies.is_empty() {
        // The fields of before: of the route's action, then of the virtual host.
        let own = node.at(&["route", "cors"]);
        let of_host = outer.first().and_then(|host| host.get("cors"));
        policies.extend(
            own.into_iter()
                .chain(of_host)
                .map(|old| policy(old, problems)),
        );
    }
    let mut changes = Vec::new();
    for level in &levels {
        read_changes(level, &mut changes);
    }
    Some(Route {
        rank: Rank::default(),
        matches: vec![found],
        action: action(node),
        policies,
        changes,
        place: node.place.clone(),
    })
}

fn action(node: &Node) -> Action {
    if node.get("route").is_some() {
        return Action::Cluster;
    }
    if let Some(direct) = node.field("direct_response") {
        return Action::direct(direct, "status", "direct_response");
    }
    let Some(redirect) = node.get("redirect") else {
        return Action::Opaque("the route".to_owned());
    };
    if redirect
        .field("prefix_rewrite")
        .or(redirect.field("regex_rewrite"))
        .is_some()
    {
        return Action::Opaque("a redirect that rewrites the path".to_owned());
    }
    let status = match redirect.field_text("response_code") {
        "FOUND" => 302,
        "SEE_OTHER" => 303,
        "TEMPORARY_REDIRECT" => 307,
        "PERMANENT_REDIRECT" => 308,
        _ => 301,
    };
    let text = |name: &str| redirect.field(name).and_then(Node::text).map(str::to_owned);
    let https = redirect.field("https_redirect").and_then(Node::flag) == Some(true);
    let target = Target {
        scheme: text("scheme_redirect").or_else(|| https.then(|| "https".to_owned())),
        host: text("host_redirect"),
        path: text("path_redirect"),
    };
    Action::Redirect(status, target)
}

type Wrong = (SourceLocation, String);

fn read_match(node: &Node) -> Result<Match, Wrong> {
    let mut found = Match::everything();
    let kept = node.field("case_sensitive").and_then(Node::flag) != Some(false);
    let case = if kept { Case::Kept } else { Case::Ignored };
    for (name, place, value) in node.members() {
        let text = value.text().unwrap_or_default().to_owned();
        match name.as_str() {
            "prefix" => found.path = Some(PathMatch::Text(Matcher::Prefix(text, case))),
            "path" => found.path = Some(PathMatch::Text(Matcher::Exact(text, case))),
            "path_separated_prefix" | "pathSeparatedPrefix" => {
                found.path = Some(PathMatch::Below(text, case));
            }
            "safe_regex" | "safeRegex" => {
                let matcher = Matcher::whole(value.field_text("regex"));
                let matcher = matcher.map_err(|reason| (place.clone(), reason))?;
                found.path = Some(PathMatch::Text(matcher));
            }
            "headers" => {
                for header in value.list() {
                    found.headers.push(header_match(header)?);
                }
            }
            "query_parameters" | "queryParameters" => {
                for one in value.list() {
                    let matcher = one.field("string_match").map(Matcher::read).transpose()?;
                    found.query.push((one.text_of("name").to_owned(), matcher));
                }
            }
            "case_sensitive" | "caseSensitive" => {}
            other => found.open = Some(other.to_owned()),
        }
    }
    Ok(found)
}

fn header_match(node: &Node) -> Result<HeaderMatch, Wrong> {
    let case = Case::Kept;
    let text = |name: &str| node.field(name).and_then(Node::text).map(str::to_owned);
    let is = |name: &str| node.field(name).and_then(Node::flag);
    let matcher = if let Some(matcher) = node.field("string_match") {
        Some(Matcher::read(matcher)?)
    } else if let Some(text) = text("exact_match") {
        Some(Matcher::Exact(text, case))
    } else if let Some(text) = text("prefix_match") {
        Some(Matcher::Prefix(text, case))
    } else if let Some(text) = text("suffix_match") {
        Some(Matcher::Suffix(text, case))
    } else if let Some(text) = text("contains_match") {
        Some(Matcher::Contains(text, case))
    } else if let Some(regex) = node.field("safe_regex_match") {
        let read = Matcher::whole(regex.field_text("regex"));
        Some(read.map_err(|reason| (regex.place.clone(), reason))?)
    } else {
        None
    };
    let absent = is("present_match") == Some(false);
    Ok(HeaderMatch {
        name: node.text_of("name").to_ascii_lowercase(),
        matcher,
        inverted: absent != (is("invert_match") == Some(true)),
    })
}

/// A `CorsPolicy`.
fn policy(node: &Node, problems: &mut Vec<Problem>) -> Policy {
    let disabled = node.get("disabled").and_then(Node::flag) == Some(true);
    let node = node.get("config").unwrap_or(node);
    let placed = |name: &str| {
        let found = node.field(name)?;
        Some((found.text()?.to_owned(), found.place.clone()))
    };
    let flag = |name: &str| {
        let found = node.field(name)?;
        Some((found.flag()?, found.place.clone()))
    };
    let mut origins = Vec::new();
    let matchers = node.field("allow_origin_string_match");
    for matcher in matchers.map(Node::list).unwrap_or_default() {
        match Matcher::read(matcher) {
            Ok(read) => origins.push((read, matcher.place.clone())),
            Err((place, reason)) => problem(problems, &place, reason),
        }
    }
    for name in ["allow_methods", "allow_headers", "expose_headers"] {
        if let Some(found) = node.field(name).filter(|found| !found.list().is_empty()) {
            let reason = format!("`{name}` is one text with commas, no list");
            problem(problems, &found.place, reason);
        }
    }
    Policy {
        origins,
        methods: placed("allow_methods"),
        headers: placed("allow_headers"),
        expose: placed("expose_headers"),
        max_age: placed("max_age"),
        credentials: flag("allow_credentials"),
        private_network: flag("allow_private_network_access"),
        forwards: flag("forward_not_matching_preflights").map(|(flag, _)| flag),
        enabled: if disabled {
            Enabled::Never
        } else {
            enabled(node)
        },
        place: node.place.clone(),
    }
}

/// `filter_enabled`: a share of requests.
fn enabled(node: &Node) -> Enabled {
    let Some(share) = node
        .field("filter_enabled")
        .and_then(|one| one.field("default_value"))
    else {
        return Enabled::Always;
    };
    let numerator: u64 = share.text_of("numerator").parse().unwrap_or(0);
    let whole = match share.text_of("denominator") {
        "TEN_THOUSAND" => 10_000,
        "MILLION" => 1_000_000,
        _ => 100,
    };
    match numerator {
        0 => Enabled::Never,
        some if some >= whole => Enabled::Always,
        _ => Enabled::Sometimes,
    }
}

fn read_changes(level: &Node, changes: &mut Vec<Change>) {
    let removed = level.field("response_headers_to_remove");
    for name in removed.map(Node::texts).unwrap_or_default() {
        changes.push(Change::Remove(name.0));
    }
    let added = level.field("response_headers_to_add");
    for entry in added.map(Node::list).unwrap_or_default() {
        let Some(header) = entry.get("header") else {
            continue;
        };
        let name = header.text_of("key").to_owned();
        let value = Format(header.text_of("value").to_owned());
        let place = header.place.clone();
        let sets = entry.get("append").and_then(Node::flag) == Some(false);
        changes.push(match entry.field_text("append_action") {
            "OVERWRITE_IF_EXISTS_OR_ADD" => Change::Set(name, value, place),
            "ADD_IF_ABSENT" => Change::Default(name, value, place),
            _ if sets => Change::Set(name, value, place),
            _ => Change::Add(name, value, place),
        });
    }
}
