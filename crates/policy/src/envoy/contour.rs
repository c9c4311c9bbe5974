//! HTTPProxies of Contour, as the virtual hosts of Envoy that they are translated to.
//!
//! Facts from projectcontour/contour: `toCORSPolicy` in `internal/dag/httpproxy_processor.go` (what is
//! no plain origin is a regular expression; a policy without origins or methods makes the whole proxy
//! invalid), `internal/envoy/v3/route.go` for the filter (exact origins in any case, lists with
//! commas, on the virtual host), `internal/sorter` for the order of routes.

use super::cors::{Enabled, Policy, joined};
use super::route::{Action, HeaderMatch, Match, PathMatch, Rank, Route, Target};
use super::span::max_age;
use super::text::Matcher;
use super::{Host, Hosts, Port, Rest};
use crate::nginx::Case;
use crate::place::{Problem, SourceLocation, problem};
use crate::source::Source;
use crate::yaml::{self, Node};

/// Proxies include others no deeper.
const INCLUDES: usize = 16;

pub(crate) fn read(source: &Source<'_>, problems: &mut Vec<Problem>) -> Hosts {
    let documents = yaml::documents(source, problems);
    let proxies = Node::of_kind(&documents, "HTTPProxy");
    let roots: Vec<&Node> = proxies
        .iter()
        .copied()
        .filter(|node| node.at(&["spec", "virtualhost"]).is_some())
        .collect();
    if roots.is_empty() && problems.is_empty() {
        let reason = "there is no `kind: HTTPProxy` with a `spec.virtualhost` in the file";
        problem(problems, &source.place(1), reason);
    }
    let mut hosts = Vec::new();
    for root in roots {
        hosts.extend(host(root, &proxies, problems));
    }
    Hosts(hosts)
}

/// A proxy with a name of a host. One that is invalid is left out as a whole, as Contour does.
fn host(root: &Node, proxies: &[&Node], problems: &mut Vec<Problem>) -> Option<Host> {
    let own = root.at(&["spec", "virtualhost"])?;
    let mut policies = Vec::new();
    if let Some(cors) = own.get("corsPolicy") {
        let found = problems.len();
        let read = policy(cors, problems);
        if problems.len() > found {
            return None;
        }
        policies.push(read);
    }
    let mut gathering = Gathering {
        proxies,
        policies,
        is_secure: own.get("tls").is_some(),
        routes: Vec::new(),
    };
    gathering.gather(root, &[], INCLUDES, problems);
    Some(Host {
        domains: vec![own.text_of("fqdn").to_ascii_lowercase()],
        port: Port::Ignored,
        routes: gathering.routes,
        rest: Rest::NotFound,
        without_filter: None,
    })
}

/// Routes of a proxy and of those that it includes.
struct Gathering<'a> {
    proxies: &'a [&'a Node],
    policies: Vec<Policy>,
    is_secure: bool,
    routes: Vec<Route>,
}

impl Gathering<'_> {
    fn gather(&mut self, node: &Node, outer: &[&Node], left: usize, problems: &mut Vec<Problem>) {
        let list = |name: &str| node.at(&["spec", name]).map(Node::list).unwrap_or_default();
        for route in list("routes") {
            self.route(route, outer, problems);
        }
        for include in list("includes") {
            let name = include.text_of("name");
            let is_it =
                |proxy: &&&Node| proxy.at(&["metadata", "name"]).and_then(Node::text) == Some(name);
            let mut conditions = outer.to_vec();
            conditions.extend(conditions_of(include));
            match self.proxies.iter().find(is_it).copied() {
                Some(inner) if left > 0 => self.gather(inner, &conditions, left - 1, problems),
                Some(_) => problem(problems, &include.place, "`includes` leads in a circle"),
                None => {
                    // Its routes are in another file, and are not known.
                    let place = include.place.clone();
                    match read_match(&conditions) {
                        Ok(found) => self.routes.push(Route {
                            rank: rank(&found),
                            matches: vec![found],
                            action: Action::Opaque(format!("include of `{name}`")),
                            policies: self.policies.clone(),
                            changes: Vec::new(),
                            place,
                        }),
                        Err((place, reason)) => problem(problems, &place, reason),
                    }
                }
            }
        }
    }

    fn route(&mut self, node: &Node, outer: &[&Node], problems: &mut Vec<Problem>) {
        let mut conditions = outer.to_vec();
        conditions.extend(conditions_of(node));
        let found = match read_match(&conditions) {
            Ok(found) => found,
            Err((place, reason)) => return problem(problems, &place, reason),
        };
        let route = |found: Match, action: Action, ahead: bool| Route {
            rank: {
                let rank = rank(&found);
                if ahead {
                    (rank.0, rank.1, true, rank.3, rank.4)
                } else {
                    rank
                }
            },
            matches: vec![found],
            action,
            policies: self.policies.clone(),
            changes: Vec::new(),
            place: node.place.clone(),
        };
        let mut routes = Vec::new();
        // With `tls`, http is led to https (`permitInsecure`).
        let insecure = node.get("permitInsecure").and_then(Node::flag) == Some(true);
        if self.is_secure
            && !insecure
            && let Ok(mut plain) = read_match(&conditions)
        {
            plain.headers.push(HeaderMatch {
                name: ":scheme".to_owned(),
                matcher: Some(Matcher::Exact("http".to_owned(), Case::Kept)),
                inverted: false,
            });
            let target = Target {
                scheme: Some("https".to_owned()),
                ..Target::default()
            };
            routes.push(route(plain, Action::Redirect(301, target), true));
        }
        routes.push(route(found, action(node), false));
        self.routes.extend(routes);
    }
}

fn conditions_of(node: &Node) -> &[Node] {
    node.get("conditions").map(Node::list).unwrap_or_default()
}

fn action(node: &Node) -> Action {
    if let Some(direct) = node.get("directResponsePolicy") {
        return Action::direct(direct, "statusCode", "directResponsePolicy");
    }
    let Some(redirect) = node.get("requestRedirectPolicy") else {
        return Action::Cluster;
    };
    if redirect.get("prefix").is_some() || redirect.get("port").is_some() {
        return Action::Opaque("requestRedirectPolicy".to_owned());
    }
    let text = |name: &str| redirect.get(name).and_then(Node::text).map(str::to_owned);
    let target = Target {
        scheme: text("scheme"),
        host: text("hostname"),
        path: text("path"),
    };
    Action::Redirect(
        redirect.text_of("statusCode").parse().unwrap_or(302),
        target,
    )
}

/// Conditions together: prefixes one behind the other, of which a route may end in a whole path or in
/// a regular expression.
fn read_match(conditions: &[&Node]) -> Result<Match, (SourceLocation, String)> {
    let mut found = Match::everything();
    let mut prefix = String::new();
    let mut whole = None;
    for node in conditions {
        for (name, place, value) in node.members() {
            let text = value.text().unwrap_or_default();
            match name.as_str() {
                "prefix" => {
                    prefix.push_str(text);
                    prefix = prefix.replace("//", "/");
                }
                "exact" => whole = Some(Matcher::Exact(format!("{prefix}{text}"), Case::Kept)),
                "regex" => {
                    let expression = format!("{prefix}{text}");
                    let read = Matcher::whole(&expression);
                    whole = Some(read.map_err(|reason| (place.clone(), reason))?);
                }
                "header" => found.headers.push(header(value)?),
                other => found.open = Some(other.to_owned()),
            }
        }
    }
    found.path = match whole {
        Some(whole) => Some(PathMatch::Text(whole)),
        None if prefix.is_empty() || prefix == "/" => None,
        None => Some(PathMatch::Text(Matcher::Prefix(prefix, Case::Kept))),
    };
    Ok(found)
}

fn header(node: &Node) -> Result<HeaderMatch, (SourceLocation, String)> {
    let case = if node.get("ignoreCase").and_then(Node::flag) == Some(true) {
        Case::Ignored
    } else {
        Case::Kept
    };
    let one = |matcher: Option<Matcher>, inverted: bool| HeaderMatch {
        name: node.text_of("name").to_ascii_lowercase(),
        matcher,
        inverted,
    };
    for (name, place, value) in node.members() {
        let text = value.text().unwrap_or_default().to_owned();
        return Ok(match name.as_str() {
            "present" => one(None, false),
            "notpresent" => one(None, true),
            "exact" => one(Some(Matcher::Exact(text, case)), false),
            "notexact" => one(Some(Matcher::Exact(text, case)), true),
            "contains" => one(Some(Matcher::Contains(text, case)), false),
            "notcontains" => one(Some(Matcher::Contains(text, case)), true),
            "regex" => {
                let matcher = Matcher::whole(&text).map_err(|reason| (place.clone(), reason))?;
                one(Some(matcher), false)
            }
            _ => continue,
        });
    }
    let reason = "a header condition has present, notpresent, exact, notexact, contains, notcontains or regex";
    Err((node.place.clone(), reason.to_owned()))
}

/// `internal/sorter`: whole paths first, then regular expressions, then the longest prefix.
fn rank(found: &Match) -> Rank {
    let (kind, length) = match &found.path {
        Some(PathMatch::Text(Matcher::Exact(text, _))) => (3, text.len()),
        Some(PathMatch::Text(Matcher::Regex(_, text))) => (2, text.len()),
        Some(PathMatch::Text(Matcher::Prefix(text, _))) => (1, text.len()),
        _ => (0, 0),
    };
    (kind, length, false, found.headers.len(), found.query.len())
}

fn policy(node: &Node, problems: &mut Vec<Problem>) -> Policy {
    let before = problems.len();
    let mut origins = Vec::new();
    for (text, place) in node.get("allowOrigin").map(Node::texts).unwrap_or_default() {
        match origin(&text) {
            Ok(matcher) => origins.push((matcher, place)),
            Err(reason) => {
                let reason = format!(
                    "`{text}` is no origin, and no regular expression either ({reason}), so that Contour takes nothing of this HTTPProxy: write `https://[^.]+\\.example\\.com` for all names below one"
                );
                problem(problems, &place, reason);
            }
        }
    }
    for (name, list) in [
        ("allowOrigin", origins.len()),
        (
            "allowMethods",
            node.get("allowMethods")
                .map_or(0, |list| list.texts().len()),
        ),
    ] {
        if list == 0 && problems.len() == before {
            let reason = format!(
                "a corsPolicy needs `{name}`: without it Contour takes nothing of this HTTPProxy"
            );
            problem(problems, &node.place, reason);
        }
    }
    let flag = |name: &str| {
        let found = node.get(name)?;
        Some((found.flag()?, found.place.clone()))
    };
    Policy {
        origins,
        methods: joined(node.get("allowMethods"), ","),
        headers: joined(node.get("allowHeaders"), ","),
        expose: joined(node.get("exposeHeaders"), ","),
        max_age: max_age(node, problems),
        credentials: flag("allowCredentials"),
        private_network: flag("allowPrivateNetwork"),
        forwards: None,
        enabled: Enabled::Always,
        place: node.place.clone(),
    }
}

/// A plain origin, which is compared in any case; anything else is a regular expression.
fn origin(text: &str) -> Result<Matcher, String> {
    let is_plain = text == "*"
        || text.split_once("://").is_some_and(|(scheme, host)| {
            let of_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
            let of_host = |c: char| !"/?#@\\^$*+()[]|{} ".contains(c);
            let of_address = host.starts_with('[') && !host.contains(['^', '*', '+', '(']);
            !scheme.is_empty()
                && scheme.chars().all(of_scheme)
                && !host.is_empty()
                && (of_address || host.chars().all(of_host))
        });
    if is_plain {
        Ok(Matcher::Exact(text.to_owned(), Case::Ignored))
    } else {
        Matcher::whole(text)
    }
}
