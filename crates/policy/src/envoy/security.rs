//! SecurityPolicies of Envoy Gateway, for the HTTPRoutes that stand beside them.
//!
//! Facts from envoyproxy/gateway: `buildCORS` and `wildcard2regex` in
//! `internal/gatewayapi/securitypolicy.go` for origins, `internal/xds/translator/cors.go` for lists
//! and what the CORS filter is told. A policy of a route replaces that of its gateway.

use super::cors::{Enabled, Policy, joined};
use super::route::{Action, HeaderMatch, Match, PathMatch, Rank, Route};
use super::span::max_age;
use super::text::Matcher;
use super::{Host, Hosts, Port, Rest};
use crate::nginx::Case;
use crate::place::{Problem, SourceLocation, problem};
use crate::source::Source;
use crate::yaml::{self, Node};

/// A policy, and what it is for.
struct Attached {
    /// Kind, name, and the name of a rule.
    targets: Vec<(String, String, Option<String>)>,
    cors: Option<Policy>,
}

pub(crate) fn read(source: &Source<'_>, problems: &mut Vec<Problem>) -> Hosts {
    let documents = yaml::documents(source, problems);
    let found = Node::of_kind(&documents, "SecurityPolicy");
    let policies: Vec<Attached> = found.iter().map(|node| attached(node, problems)).collect();
    if policies.is_empty() && problems.is_empty() {
        let reason = "there is no `kind: SecurityPolicy` in the file";
        problem(problems, &source.place(1), reason);
    }
    let routes = Node::of_kind(&documents, "HTTPRoute");
    if routes.is_empty() {
        return alone(&found, policies);
    }
    Hosts(
        routes
            .iter()
            .map(|node| host(node, &policies, problems))
            .collect(),
    )
}

/// A policy without its routes is for every request; of several no one knows which.
fn alone(nodes: &[&Node], policies: Vec<Attached>) -> Hosts {
    let several = policies.len() > 1;
    let mut routes = Vec::new();
    for (node, policy) in nodes.iter().zip(policies) {
        let action = if several {
            Action::Opaque("one of several policies without their routes".to_owned())
        } else {
            Action::Cluster
        };
        routes.push(Route {
            rank: Rank::default(),
            matches: vec![Match::everything()],
            action,
            policies: policy.cors.into_iter().collect(),
            changes: Vec::new(),
            place: node.place.clone(),
        });
    }
    Hosts(vec![Host {
        domains: vec!["*".to_owned()],
        port: Port::Ignored,
        routes,
        rest: Rest::Uncovered,
        without_filter: None,
    }])
}

fn attached(node: &Node, problems: &mut Vec<Problem>) -> Attached {
    let spec = node.get("spec");
    let of = |name: &str| spec.and_then(|spec| spec.get(name));
    let targets = of("targetRefs").map(Node::list).unwrap_or_default();
    let targets = targets.iter().chain(of("targetRef"));
    let target = |target: &Node| {
        let section = target.get("sectionName").and_then(Node::text);
        let (kind, name) = (target.text_of("kind"), target.text_of("name"));
        (kind.to_owned(), name.to_owned(), section.map(str::to_owned))
    };
    Attached {
        targets: targets.map(target).collect(),
        cors: of("cors").map(|cors| policy(cors, problems)),
    }
}

fn policy(node: &Node, problems: &mut Vec<Problem>) -> Policy {
    let mut origins = Vec::new();
    for (text, place) in node
        .get("allowOrigins")
        .map(Node::texts)
        .unwrap_or_default()
    {
        let matcher = if text.contains('*') {
            Matcher::whole(&text.replace('.', "\\.").replace('*', ".*"))
        } else {
            Ok(Matcher::Exact(text, Case::Kept))
        };
        match matcher {
            Ok(matcher) => origins.push((matcher, place)),
            Err(reason) => problem(problems, &place, reason),
        }
    }
    let credentials = node.get("allowCredentials");
    Policy {
        origins,
        methods: joined(node.get("allowMethods"), ", "),
        headers: joined(node.get("allowHeaders"), ", "),
        expose: joined(node.get("exposeHeaders"), ", "),
        max_age: max_age(node, problems),
        credentials: credentials.map(|found| (found.flag() == Some(true), found.place.clone())),
        private_network: None,
        forwards: None,
        enabled: Enabled::Always,
        place: node.place.clone(),
    }
}

/// The first policy that is attached to an object, or to one of its sections.
fn policy_of<'a>(
    policies: &'a [Attached],
    kind: &str,
    name: &str,
    section: Option<&str>,
) -> Option<&'a Attached> {
    policies.iter().find(|policy| {
        let mut targets = policy.targets.iter();
        targets.any(|(own, to, of)| own == kind && to == name && of.as_deref() == section)
    })
}

fn host(node: &Node, policies: &[Attached], problems: &mut Vec<Problem>) -> Host {
    let name = node
        .at(&["metadata", "name"])
        .and_then(Node::text)
        .unwrap_or_default();
    let parents = node
        .at(&["spec", "parentRefs"])
        .map(Node::list)
        .unwrap_or_default();
    let mut routes = Vec::new();
    for rule in node
        .at(&["spec", "rules"])
        .map(Node::list)
        .unwrap_or_default()
    {
        let section = rule.get("name").and_then(Node::text);
        let own = section.and_then(|section| policy_of(policies, "HTTPRoute", name, Some(section)));
        let of_gateway = || {
            (parents.iter())
                .find_map(|one| policy_of(policies, "Gateway", one.text_of("name"), None))
        };
        let policy = own
            .or_else(|| policy_of(policies, "HTTPRoute", name, None))
            .or_else(of_gateway)
            .and_then(|one| one.cors.clone());
        let entries = rule.get("matches").map(Node::list).unwrap_or_default();
        let mut matches: Vec<Result<Match, (SourceLocation, String)>> =
            entries.iter().map(read_match).collect();
        if entries.is_empty() {
            matches.push(Ok(Match::everything()));
        }
        for found in matches {
            match found {
                Ok(found) => routes.push(Route {
                    rank: rank(&found),
                    matches: vec![found],
                    action: Action::Cluster,
                    policies: policy.iter().cloned().collect(),
                    changes: Vec::new(),
                    place: rule.place.clone(),
                }),
                Err((place, reason)) => problem(problems, &place, reason),
            }
        }
    }
    let names = node
        .at(&["spec", "hostnames"])
        .map(Node::texts)
        .unwrap_or_default();
    let mut domains: Vec<String> = names
        .into_iter()
        .map(|(name, _)| name.to_ascii_lowercase())
        .collect();
    if domains.is_empty() {
        domains.push("*".to_owned());
    }
    Host {
        domains,
        port: Port::Ignored,
        routes,
        rest: Rest::NotFound,
        without_filter: None,
    }
}

/// How particular a match is, as `internal/gatewayapi/sort.go` has it.
fn rank(found: &Match) -> Rank {
    let (kind, length) = match &found.path {
        Some(PathMatch::Text(Matcher::Exact(text, _))) => (3, text.len()),
        Some(PathMatch::Text(Matcher::Regex(_, text))) => (2, text.len()),
        Some(PathMatch::Below(text, _)) => (1, text.len()),
        _ => (0, 0),
    };
    let is_method = |header: &&HeaderMatch| header.name == ":method";
    let method = found.headers.iter().any(|header| is_method(&header));
    let headers = found
        .headers
        .iter()
        .filter(|header| !is_method(header))
        .count();
    (kind, length, method, headers, found.query.len())
}

fn read_match(node: &Node) -> Result<Match, (SourceLocation, String)> {
    let mut found = Match::everything();
    let matcher = |node: &Node| {
        let value = node.text_of("value");
        match node.text_of("type") {
            "RegularExpression" => {
                Matcher::whole(value).map_err(|reason| (node.place.clone(), reason))
            }
            _ => Ok(Matcher::Exact(value.to_owned(), Case::Kept)),
        }
    };
    if let Some(path) = node.get("path") {
        found.path = match path.get("type").and_then(Node::text) {
            Some("Exact" | "RegularExpression") => Some(PathMatch::Text(matcher(path)?)),
            _ => {
                let value = path.get("value").and_then(Node::text).unwrap_or("/");
                let value = value.trim_end_matches('/');
                Some(PathMatch::Below(value.to_owned(), Case::Kept))
            }
        };
    }
    if let Some(method) = node.get("method").and_then(Node::text) {
        found.headers.push(HeaderMatch {
            name: ":method".to_owned(),
            matcher: Some(Matcher::Exact(method.to_owned(), Case::Kept)),
            inverted: false,
        });
    }
    for header in node.get("headers").map(Node::list).unwrap_or_default() {
        found.headers.push(HeaderMatch {
            name: header.text_of("name").to_ascii_lowercase(),
            matcher: Some(matcher(header)?),
            inverted: false,
        });
    }
    for one in node.get("queryParams").map(Node::list).unwrap_or_default() {
        found
            .query
            .push((one.text_of("name").to_owned(), Some(matcher(one)?)));
    }
    Ok(found)
}
