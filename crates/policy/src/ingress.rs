//! Kubernetes Ingresses with the annotations of ingress-nginx, as nginx's configuration: what the
//! controller's template makes of them is read as any other.
//!
//! Facts from kubernetes/ingress-nginx (v1.12, schemes of origins v1.13): defaults and how values are checked from
//! `internal/ingress/annotations/cors/main.go`; the regular expression of the origins from
//! `buildCorsOriginRegex` in `internal/ingress/controller/template/template.go`; the headers and
//! their conditions from the block `CORS` of `rootfs/etc/nginx/template/nginx.tmpl`; locations from
//! `buildLocation` and `updateServerLocations` beside it.

mod annotation;
mod render;

use std::collections::BTreeMap;

use self::annotation::Cors;
use crate::grant::{Grant, Kind};
use crate::nginx::{self, Config, Directive};
use crate::place::{Problem, SourceLocation, problem};
use crate::source::Source;
use crate::yaml::{self, Node};

/// A path of a host.
struct Route {
    path: String,
    is_exact: bool,
    is_regex: bool,
    cors: Option<Cors>,
    /// `configuration-snippet`: stands behind the headers of CORS in each location.
    snippet: Vec<Directive>,
    /// `server-snippet`: stands in the server.
    server_snippet: Vec<Directive>,
    /// What is not followed.
    unknown: Vec<(String, SourceLocation)>,
    place: SourceLocation,
}

/// Reads every Ingress of a file.
pub(crate) fn read(source: &Source<'_>, problems: &mut Vec<Problem>) -> Config {
    let mut hosts: BTreeMap<String, Vec<Route>> = BTreeMap::new();
    let mut found = false;
    for document in yaml::documents(source, problems) {
        let items = document.get("items").map(Node::list).unwrap_or_default();
        for ingress in std::iter::once(&document).chain(items) {
            if ingress.text_of("kind") == "Ingress" {
                found = true;
                routes(ingress, &mut hosts, problems);
            }
        }
    }
    if !found && problems.is_empty() {
        problem(
            problems,
            &source.place(1),
            "there is no `kind: Ingress` in the file",
        );
    }
    let mut origins = Vec::new();
    for cors in hosts
        .values()
        .flatten()
        .filter_map(|route| route.cors.as_ref())
    {
        origins.extend(cors.origins.iter().map(|origin| Grant {
            kind: Kind::Origin,
            value: origin.clone(),
            place: cors.origins_place.clone(),
        }));
    }
    let directives: Vec<_> = hosts
        .into_iter()
        .map(|(host, routes)| render::server(&host, routes))
        .collect();
    let mut config = nginx::of(&directives, problems);
    config.let_in(origins);
    config
}

/// The directives of a snippet. Whether the controller takes snippets (`allow-snippet-annotations`) does not stand in
/// the file; one that does not refuses the whole Ingress.
fn snippet(node: Option<&Node>, problems: &mut Vec<Problem>) -> Vec<Directive> {
    let Some((node, text)) = node.and_then(|node| Some((node, node.text()?))) else {
        return Vec::new();
    };
    let source = Source {
        name: &node.place.file,
        text,
        load: &|name| Err(format!("{name} is a file of the controller")),
    };
    // A block scalar stands where its first line does.
    let above = node.place.line.saturating_sub(1);
    let mut found = Vec::new();
    let mut directives = nginx::directives(&source, &mut found);
    for directive in &mut directives {
        stands_below(directive, above);
    }
    for mut problem in found {
        problem.place.line += above;
        problems.push(problem);
    }
    directives
}

/// Counts the lines of a snippet from the top of its file.
fn stands_below(directive: &mut Directive, line: usize) {
    directive.place.line += line;
    for inside in directive.block.iter_mut().flatten() {
        stands_below(inside, line);
    }
}

fn routes(ingress: &Node, hosts: &mut BTreeMap<String, Vec<Route>>, problems: &mut Vec<Problem>) {
    let annotations = ingress.at(&["metadata", "annotations"]);
    let annotation = |name: &str| {
        annotations.and_then(|all| all.get(&format!("nginx.ingress.kubernetes.io/{name}")))
    };
    let cors = Cors::read(annotations, problems);
    let use_regex = annotation("use-regex").and_then(Node::text) == Some("true")
        || annotation("rewrite-target").is_some();
    // What an outer login does to preflights is not followed.
    let unknown: Vec<(String, SourceLocation)> = ["auth-url"]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), annotation(name)?.place.clone())))
        .collect();
    let snippet = snippet(annotation("configuration-snippet"), problems);
    let server_snippet = self::snippet(annotation("server-snippet"), problems);
    let rules = ingress
        .at(&["spec", "rules"])
        .map(Node::list)
        .unwrap_or_default();
    if rules.is_empty() && ingress.at(&["spec", "defaultBackend"]).is_none() {
        problem(problems, &ingress.place, "the Ingress has no `spec.rules`");
    }
    for rule in rules {
        let host = rule.text_of("host").to_ascii_lowercase();
        let paths = rule
            .at(&["http", "paths"])
            .map(Node::list)
            .unwrap_or_default();
        if paths.is_empty() {
            problem(problems, &rule.place, "the rule has no `http.paths`");
        }
        for path in paths {
            let kind = path.text_of("pathType");
            if !matches!(kind, "Exact" | "Prefix" | "ImplementationSpecific") {
                problem(
                    problems,
                    &path.place,
                    "`pathType` is one of Exact, Prefix, ImplementationSpecific",
                );
                continue;
            }
            let text = path.get("path").and_then(Node::text).unwrap_or("/");
            if !text.starts_with('/') {
                problem(
                    problems,
                    &path.place,
                    format!("`{text}` is not a path: it starts with `/`"),
                );
                continue;
            }
            hosts.entry(host.clone()).or_default().push(Route {
                path: text.to_owned(),
                is_exact: kind == "Exact",
                is_regex: use_regex,
                cors: cors.clone(),
                snippet: snippet.clone(),
                server_snippet: server_snippet.clone(),
                unknown: unknown.clone(),
                place: path.place.clone(),
            });
        }
    }
}
