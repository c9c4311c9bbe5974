//! Reads Traefik's configuration wherever it stands.

use super::headers::Headers;
use super::rule::Rule;
use super::{Dynamic, Kind, Middleware, Router, labels};
use crate::place::{Problem, SourceLocation, problem};
use crate::source::Source;
use crate::tables;
use crate::yaml::{self, Node};

/// Middlewares that leave answers to cross-origin requests as they are.
const HARMLESS: [&str; 15] = [
    "addprefix",
    "buffering",
    "circuitbreaker",
    "compress",
    "contenttype",
    "grpcweb",
    "inflightreq",
    "ipallowlist",
    "ipwhitelist",
    "passtlsclientcert",
    "ratelimit",
    "replacepath",
    "replacepathregex",
    "retry",
    "stripprefix",
];

pub(crate) fn read(source: &Source<'_>, problems: &mut Vec<Problem>) -> Dynamic {
    let mut dynamic = Dynamic::default();
    let is_toml = source.name.ends_with(".toml")
        || source
            .text
            .lines()
            .any(|line| line.trim_start().starts_with("[http"));
    let documents: Vec<Node> = if is_toml {
        tables::document(source, problems).into_iter().collect()
    } else {
        yaml::documents(source, problems)
    };
    for document in &documents {
        if document.get("services").is_some() && document.any_case("http").is_none() {
            dynamic_file(&labels::tree(document), &mut dynamic, problems);
        } else {
            dynamic_file(document, &mut dynamic, problems);
        }
    }
    for node in Node::of_kind(&documents, "Middleware") {
        let name = node
            .at(&["metadata", "name"])
            .and_then(Node::text)
            .unwrap_or_default();
        let spec = node.get("spec");
        let full = format!("{}-{name}", namespace(node));
        dynamic
            .middlewares
            .extend(spec.and_then(|spec| middleware(spec, vec![name.to_owned(), full], problems)));
    }
    for node in Node::of_kind(&documents, "IngressRoute") {
        ingress_route(node, &mut dynamic, problems);
    }
    for node in Node::of_kind(&documents, "Ingress") {
        ingress(node, &mut dynamic, problems);
    }
    if dynamic.middlewares.is_empty() && dynamic.routers.is_empty() && problems.is_empty() {
        problem(
            problems,
            &source.place(1),
            "there are no routers or middlewares of Traefik in the file: `http.middlewares`, `kind: Middleware` or labels `traefik.http.middlewares...`",
        );
    }
    dynamic
}

fn namespace(node: &Node) -> String {
    let found = node.at(&["metadata", "namespace"]).and_then(Node::text);
    found.unwrap_or("default").to_owned()
}

fn dynamic_file(root: &Node, dynamic: &mut Dynamic, problems: &mut Vec<Problem>) {
    let Some(http) = root.any_case("http") else {
        return;
    };
    let of = |name: &str| http.any_case(name).map(Node::members).unwrap_or_default();
    for (name, _, node) in of("middlewares") {
        dynamic
            .middlewares
            .extend(middleware(node, vec![name.clone()], problems));
    }
    for (_, place, node) in of("routers") {
        let rule = node
            .any_case("rule")
            .and_then(Node::text)
            .unwrap_or_default();
        let names = node
            .any_case("middlewares")
            .map(Node::texts)
            .unwrap_or_default();
        let priority = node.any_case("priority").and_then(Node::text);
        let priority = priority.and_then(|text| text.parse().ok());
        dynamic
            .routers
            .extend(router(rule, priority, names, place, problems));
    }
}

fn router(
    text: &str,
    priority: Option<i64>,
    middlewares: Vec<(String, SourceLocation)>,
    place: &SourceLocation,
    problems: &mut Vec<Problem>,
) -> Option<Router> {
    match Rule::read(text) {
        Ok(rule) => Some(Router {
            rule,
            // None, and 0, is the length of the rule.
            priority: priority
                .filter(|priority| *priority != 0)
                .unwrap_or(i64::try_from(text.len()).unwrap_or(i64::MAX)),
            middlewares,
            place: place.clone(),
        }),
        Err(reason) => {
            problem(problems, place, reason);
            None
        }
    }
}

fn middleware(node: &Node, names: Vec<String>, problems: &mut Vec<Problem>) -> Option<Middleware> {
    let (kind, _, settings) = node.members().first()?;
    let text = |name: &str| settings.any_case(name).and_then(Node::text);
    let kind = match kind.to_ascii_lowercase().as_str() {
        "headers" => Kind::Headers(Box::new(Headers::read(settings, problems))),
        "chain" => {
            let list = settings.any_case("middlewares");
            let of_resources = list.map(Node::list).unwrap_or_default().iter();
            let mut names: Vec<_> = of_resources
                .filter_map(|one| Some((one.get("name")?.text()?.to_owned(), one.place.clone())))
                .collect();
            names.extend(list.map(Node::texts).unwrap_or_default());
            Kind::Chain(names)
        }
        "basicauth" | "digestauth" => Kind::Login,
        "redirectscheme" => {
            let for_good = text("permanent").is_some_and(|text| text.eq_ignore_ascii_case("true"));
            if text("port").is_some() {
                Kind::Other("redirectScheme with a port".to_owned())
            } else {
                Kind::Scheme(text("scheme").unwrap_or("https").to_owned(), for_good)
            }
        }
        other if HARMLESS.contains(&other) || other == "stripprefixregex" => Kind::Harmless,
        other => Kind::Other(other.to_owned()),
    };
    Some(Middleware {
        names,
        kind,
        place: node.place.clone(),
    })
}

fn ingress_route(node: &Node, dynamic: &mut Dynamic, problems: &mut Vec<Problem>) {
    let routes = node
        .at(&["spec", "routes"])
        .map(Node::list)
        .unwrap_or_default();
    for route in routes {
        let middlewares = route.get("middlewares").map(Node::list).unwrap_or_default();
        let names = middlewares.iter().filter_map(|one| {
            let name = one.get("name")?.text()?;
            let full = one.get("namespace").and_then(Node::text);
            let full = full.map_or_else(|| name.to_owned(), |space| format!("{space}-{name}"));
            Some((full, one.place.clone()))
        });
        let priority = route.get("priority").and_then(Node::text);
        let priority = priority.and_then(|text| text.parse().ok());
        let found = router(
            route.text_of("match"),
            priority,
            names.collect(),
            &route.place,
            problems,
        );
        dynamic.routers.extend(found);
    }
}

/// A plain Ingress whose annotation names middlewares (`pkg/provider/kubernetes/ingress`).
fn ingress(node: &Node, dynamic: &mut Dynamic, problems: &mut Vec<Problem>) {
    let annotation = node
        .at(&["metadata", "annotations"])
        .and_then(|all| all.get("traefik.ingress.kubernetes.io/router.middlewares"));
    let names = annotation.map(Node::texts).unwrap_or_default();
    let rules = node
        .at(&["spec", "rules"])
        .map(Node::list)
        .unwrap_or_default();
    for rule in rules {
        let host = rule.text_of("host");
        for path in rule
            .at(&["http", "paths"])
            .map(Node::list)
            .unwrap_or_default()
        {
            let mut parts = Vec::new();
            if let Some(rest) = host.strip_prefix("*.") {
                let rest = rest.replace('.', "\\.");
                parts.push(format!("HostRegexp(`^[a-zA-Z0-9-]+\\.{rest}$`)"));
            } else if !host.is_empty() {
                parts.push(format!("Host(`{host}`)"));
            }
            let matcher = if path.text_of("pathType") == "Exact" {
                "Path"
            } else {
                "PathPrefix"
            };
            let text = path.get("path").and_then(Node::text).unwrap_or("/");
            parts.push(format!("{matcher}(`{text}`)"));
            let found = router(
                &parts.join(" && "),
                None,
                names.clone(),
                &path.place,
                problems,
            );
            dynamic.routers.extend(found);
        }
    }
}
