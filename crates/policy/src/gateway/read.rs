//! Reads HTTPRoutes.

use super::filter::{Cors, List};
use super::matching::{Expected, Match, Path};
use super::{Route, Rule};
use crate::nginx::{Case, regex};
use crate::place::{Problem, SourceLocation, problem};
use crate::source::Source;
use crate::yaml::{self, Node};

/// Filters that leave answers to cross-origin requests as they are.
const HARMLESS: [&str; 4] = [
    "RequestHeaderModifier",
    "RequestMirror",
    "URLRewrite",
    "CORS",
];

pub(crate) fn routes(source: &Source<'_>, problems: &mut Vec<Problem>) -> Vec<Route> {
    let mut routes = Vec::new();
    for document in yaml::documents(source, problems) {
        let items = document.get("items").map(Node::list).unwrap_or_default();
        for route in std::iter::once(&document).chain(items) {
            if route.text_of("kind") == "HTTPRoute" {
                routes.push(read(route, problems));
            }
        }
    }
    if routes.is_empty() && problems.is_empty() {
        problem(
            problems,
            &source.place(1),
            "there is no `kind: HTTPRoute` in the file",
        );
    }
    routes
}

fn read(route: &Node, problems: &mut Vec<Problem>) -> Route {
    let hostnames = route
        .at(&["spec", "hostnames"])
        .map(Node::list)
        .unwrap_or_default();
    let rules = route
        .at(&["spec", "rules"])
        .map(Node::list)
        .unwrap_or_default();
    if rules.is_empty() {
        problem(problems, &route.place, "the HTTPRoute has no `spec.rules`");
    }
    Route {
        hostnames: hostnames
            .iter()
            .filter_map(Node::text)
            .map(str::to_ascii_lowercase)
            .collect(),
        rules: rules.iter().map(|node| rule(node, problems)).collect(),
    }
}

fn rule(node: &Node, problems: &mut Vec<Problem>) -> Rule {
    let entries = node.get("matches").map(Node::list).unwrap_or_default();
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
    let mut rule = Rule {
        matches,
        cors: None,
        other: None,
        place: node.place.clone(),
    };
    let backends = node.get("backendRefs").map(Node::list).unwrap_or_default();
    let of_backends = backends
        .iter()
        .filter_map(|backend| backend.get("filters"))
        .flat_map(Node::list);
    for filter in of_backends {
        rule.other = Some((filter.text_of("type").to_owned(), filter.place.clone()));
    }
    for filter in node.get("filters").map(Node::list).unwrap_or_default() {
        let kind = filter.text_of("type");
        if kind == "CORS" {
            match filter.get("cors") {
                Some(cors) => rule.cors = Some(read_cors(cors, problems)),
                None => problem(problems, &filter.place, "the filter has no `cors`"),
            }
        } else if !HARMLESS.contains(&kind) {
            rule.other = Some((kind.to_owned(), filter.place.clone()));
        }
    }
    rule
}

type Wrong = (SourceLocation, String);

fn read_match(node: &Node) -> Result<Match, Wrong> {
    let mut found = Match::everything();
    if let Some(path) = node.get("path") {
        let value = path.get("value").and_then(Node::text).unwrap_or("/");
        found.path = match path
            .get("type")
            .and_then(Node::text)
            .unwrap_or("PathPrefix")
        {
            "Exact" => Path::Exact(value.to_owned()),
            "PathPrefix" => Path::Prefix(value.to_owned()),
            "RegularExpression" => Path::Regex(Box::new(whole(value, path)?), value.len()),
            other => {
                return Err((
                    path.place.clone(),
                    format!(
                        "`{other}` is not a type of a path: Exact, PathPrefix, RegularExpression"
                    ),
                ));
            }
        };
    }
    found.method = node.get("method").and_then(Node::text).map(str::to_owned);
    for (name, list) in [
        ("headers", &mut found.headers),
        ("queryParams", &mut found.query),
    ] {
        for entry in node.get(name).map(Node::list).unwrap_or_default() {
            let value = entry.text_of("value");
            let expected = match entry.text_of("type") {
                "RegularExpression" => Expected::Regex(Box::new(whole(value, entry)?)),
                _ => Expected::Exact(value.to_owned()),
            };
            let key = entry.text_of("name");
            let key = if name == "headers" {
                key.to_ascii_lowercase()
            } else {
                key.to_owned()
            };
            list.push((key, expected));
        }
    }
    Ok(found)
}

/// Implementations compare the whole value (RE2 and others, anchored).
fn whole(text: &str, node: &Node) -> Result<fancy_regex::Regex, Wrong> {
    regex(&format!("^(?:{text})$"), Case::Kept).map_err(|reason| (node.place.clone(), reason))
}

/// The members of a filter.
const KNOWN: [&str; 6] = [
    "allowOrigins",
    "allowCredentials",
    "allowMethods",
    "allowHeaders",
    "exposeHeaders",
    "maxAge",
];

fn read_cors(node: &Node, problems: &mut Vec<Problem>) -> Cors {
    report(node, problems);
    let list = |name: &str| -> List {
        let list = node.get(name).map(Node::list).unwrap_or_default();
        let texts = list.iter();
        texts
            .filter_map(|entry| Some((entry.text()?.to_owned(), entry.place.clone())))
            .collect()
    };
    let credentials = node.get("allowCredentials");
    let max_age = node.get("maxAge");
    Cors {
        origins: list("allowOrigins"),
        methods: list("allowMethods"),
        headers: list("allowHeaders"),
        expose: list("exposeHeaders"),
        credentials: credentials
            .filter(|node| node.flag() == Some(true))
            .map(|node| node.place.clone()),
        max_age: max_age.map_or_else(
            || ("5".to_owned(), node.place.clone()),
            |node| {
                (
                    node.text().unwrap_or_default().to_owned(),
                    node.place.clone(),
                )
            },
        ),
    }
}

/// What Kubernetes would refuse.
fn report(node: &Node, problems: &mut Vec<Problem>) {
    for (name, place, value) in node.members() {
        let wrong = match name.as_str() {
            name if !KNOWN.contains(&name) => Some(format!(
                "unknown field `{name}`: a CORS filter has {}",
                KNOWN.join(", ")
            )),
            "allowCredentials" if value.flag().is_none() => {
                Some("`allowCredentials` is true or false, without quotes".to_owned())
            }
            "maxAge" => {
                let seconds = value.text().and_then(|text| text.parse::<i32>().ok());
                (!matches!(seconds, Some(1..)))
                    .then(|| "`maxAge` is a number of seconds from 1".to_owned())
            }
            name if name.starts_with("allow")
                && name != "allowCredentials"
                && value.list().is_empty() =>
            {
                Some(format!("`{name}` is a list"))
            }
            _ => None,
        };
        if let Some(reason) = wrong {
            problem(problems, place, reason);
        }
    }
    for origin in node.get("allowOrigins").map(Node::list).unwrap_or_default() {
        let text = origin.text().unwrap_or_default();
        if text != "*" && !text.contains("://") {
            let reason = format!("`{text}` is not an origin such as `https://app.example`");
            problem(problems, &origin.place, reason);
        }
    }
}
