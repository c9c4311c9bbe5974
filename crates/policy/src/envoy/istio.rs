//! VirtualServices of Istio, as the routes that its control plane makes of them.
//!
//! Facts from istio/istio, `pilot/pkg/networking/core/route/route.go`: `TranslateCORSPolicy` for
//! policies (lists become one text with commas), `SortVHostRoutes` and `IsCatchAllRoute` for the order
//! of routes, which puts those that match everything last.

use super::cors::{Enabled, Policy, joined};
use super::route::{Action, Change, HeaderMatch, Match, PathMatch, Rank, Route, Target};
use super::span::max_age;
use super::text::{Format, Matcher};
use super::{Host, Hosts, Port, Rest};
use crate::nginx::Case;
use crate::place::{Problem, SourceLocation, problem};
use crate::source::Source;
use crate::yaml::{self, Node};

pub(crate) fn read(source: &Source<'_>, problems: &mut Vec<Problem>) -> Hosts {
    let documents = yaml::documents(source, problems);
    let services = Node::of_kind(&documents, "VirtualService");
    if services.is_empty() && problems.is_empty() {
        let reason = "there is no `kind: VirtualService` in the file";
        problem(problems, &source.place(1), reason);
    }
    Hosts(
        services
            .into_iter()
            .map(|node| host(node, problems))
            .collect(),
    )
}

fn host(node: &Node, problems: &mut Vec<Problem>) -> Host {
    let of = |name: &str| node.at(&["spec", name]);
    let http = of("http").map(Node::list).unwrap_or_default();
    if http.is_empty() {
        problem(
            problems,
            &node.place,
            "the VirtualService has no `spec.http`",
        );
    }
    let routes: Vec<Route> = http.iter().flat_map(|one| routes(one, problems)).collect();
    let (last, mut routes): (Vec<Route>, Vec<Route>) = routes.into_iter().partition(is_for_all);
    routes.extend(last);
    Host {
        domains: of("hosts")
            .map(Node::texts)
            .unwrap_or_default()
            .into_iter()
            .map(|(name, _)| name.to_ascii_lowercase())
            .collect(),
        port: Port::Ignored,
        routes,
        rest: Rest::NotFound,
        without_filter: None,
    }
}

/// `IsCatchAllRoute`.
fn is_for_all(route: &Route) -> bool {
    route.matches.iter().all(|one| {
        let all = match &one.path {
            None => true,
            Some(PathMatch::Text(Matcher::Prefix(path, _))) => path == "/",
            Some(PathMatch::Text(Matcher::Regex(_, text))) => text == ".*",
            Some(_) => false,
        };
        all && one.headers.is_empty() && one.query.is_empty() && one.open.is_none()
    })
}

/// A route for each entry of `match`.
fn routes(node: &Node, problems: &mut Vec<Problem>) -> Vec<Route> {
    let entries = node.get("match").map(Node::list).unwrap_or_default();
    let mut matches = Vec::new();
    for entry in entries {
        match read_match(entry) {
            Ok(found) => matches.push(found),
            Err((place, reason)) => problem(problems, &place, reason),
        }
    }
    if entries.is_empty() {
        matches.push(Match::everything());
    }
    let policy = node.get("corsPolicy").map(|cors| policy(cors, problems));
    let changes = changes(node);
    let one = |found: Match| Route {
        rank: Rank::default(),
        matches: vec![found],
        action: action(node),
        policies: policy.iter().cloned().collect(),
        changes: changes.clone(),
        place: node.place.clone(),
    };
    matches.into_iter().map(one).collect()
}

fn action(node: &Node) -> Action {
    if node.get("delegate").is_some() {
        return Action::Opaque("delegate".to_owned());
    }
    if node.at(&["fault", "abort"]).is_some() {
        return Action::Opaque("fault.abort".to_owned());
    }
    if let Some(direct) = node.get("directResponse") {
        return Action::direct(direct, "status", "directResponse");
    }
    let Some(redirect) = node.get("redirect") else {
        return Action::Cluster;
    };
    let text = |name: &str| redirect.get(name).and_then(Node::text).map(str::to_owned);
    let status = redirect.text_of("redirectCode").parse().unwrap_or(301);
    let target = Target {
        scheme: text("scheme"),
        host: text("authority"),
        path: text("uri"),
    };
    Action::Redirect(status, target)
}

fn read_match(node: &Node) -> Result<Match, (SourceLocation, String)> {
    let mut found = Match::everything();
    let ignored = node.get("ignoreUriCase").and_then(Node::flag) == Some(true);
    for (name, _, value) in node.members() {
        let header = |name: &str, matcher: Option<Matcher>, inverted: bool| HeaderMatch {
            name: name.to_ascii_lowercase(),
            matcher,
            inverted,
        };
        match name.as_str() {
            "uri" => {
                let matcher = match Matcher::read(value)? {
                    Matcher::Exact(text, _) if ignored => Matcher::Exact(text, Case::Ignored),
                    Matcher::Prefix(text, _) if ignored => Matcher::Prefix(text, Case::Ignored),
                    matcher => matcher,
                };
                found.path = Some(PathMatch::Text(matcher));
            }
            "method" | "scheme" | "authority" => {
                let matcher = Matcher::read(value)?;
                found
                    .headers
                    .push(header(&format!(":{name}"), Some(matcher), false));
            }
            "headers" | "withoutHeaders" => {
                for (own, _, value) in value.members() {
                    let matcher = (!value.members().is_empty()).then(|| Matcher::read(value));
                    let matcher = matcher.transpose()?;
                    found
                        .headers
                        .push(header(own, matcher, name == "withoutHeaders"));
                }
            }
            "queryParams" => {
                for (name, _, value) in value.members() {
                    found
                        .query
                        .push((name.clone(), Some(Matcher::read(value)?)));
                }
            }
            "name" | "ignoreUriCase" | "statPrefix" | "gateways" => {}
            other => found.open = Some(other.to_owned()),
        }
    }
    Ok(found)
}

const KNOWN: [&str; 8] = [
    "allowOrigins",
    "allowOrigin",
    "allowMethods",
    "allowHeaders",
    "exposeHeaders",
    "maxAge",
    "allowCredentials",
    "unmatchedPreflights",
];

fn policy(node: &Node, problems: &mut Vec<Problem>) -> Policy {
    for (name, place, _) in node.members() {
        if !KNOWN.contains(&name.as_str()) {
            let reason = format!(
                "unknown field `{name}`: a corsPolicy has {}",
                KNOWN.join(", ")
            );
            problem(problems, place, reason);
        }
    }
    let mut origins = Vec::new();
    for matcher in node.get("allowOrigins").map(Node::list).unwrap_or_default() {
        match Matcher::read(matcher) {
            Ok(read) => origins.push((read, matcher.place.clone())),
            Err((place, reason)) => problem(problems, &place, reason),
        }
    }
    if node.get("allowOrigins").is_none() {
        let old = node.get("allowOrigin").map(Node::texts).unwrap_or_default();
        let exact = |(text, place)| (Matcher::Exact(text, Case::Kept), place);
        origins.extend(old.into_iter().map(exact));
    }
    let credentials = node.get("allowCredentials");
    Policy {
        origins,
        methods: joined(node.get("allowMethods"), ","),
        headers: joined(node.get("allowHeaders"), ","),
        expose: joined(node.get("exposeHeaders"), ","),
        max_age: max_age(node, problems),
        credentials: credentials.and_then(|found| Some((found.flag()?, found.place.clone()))),
        private_network: None,
        forwards: Some(node.text_of("unmatchedPreflights") != "IGNORE"),
        enabled: Enabled::Always,
        place: node.place.clone(),
    }
}

fn changes(node: &Node) -> Vec<Change> {
    let mut changes = Vec::new();
    let of = |name: &str| node.at(&["headers", "response", name]);
    for (name, _) in of("remove").map(Node::texts).unwrap_or_default() {
        changes.push(Change::Remove(name));
    }
    for (kind, change) in [
        (
            "set",
            Change::Set as fn(String, Format, SourceLocation) -> Change,
        ),
        ("add", Change::Add),
    ] {
        for (name, place, value) in of(kind).map(Node::members).unwrap_or_default() {
            let value = Format(value.text().unwrap_or_default().to_owned());
            changes.push(change(name.clone(), value, place.clone()));
        }
    }
    changes
}
