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
use crate::nginx::{self, Config};
use crate::place::{Problem, SourceLocation, problem};
use crate::source::Source;
use crate::yaml::{self, Node};

/// A path of a host.
struct Route {
    path: String,
    is_exact: bool,
    is_regex: bool,
    cors: Option<Cors>,
    snippets: Vec<(String, SourceLocation)>,
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

fn routes(ingress: &Node, hosts: &mut BTreeMap<String, Vec<Route>>, problems: &mut Vec<Problem>) {
    let annotations = ingress.at(&["metadata", "annotations"]);
    let annotation = |name: &str| {
        annotations.and_then(|all| all.get(&format!("nginx.ingress.kubernetes.io/{name}")))
    };
    let cors = Cors::read(annotations, problems);
    let use_regex = annotation("use-regex").and_then(Node::text) == Some("true")
        || annotation("rewrite-target").is_some();
    let snippets: Vec<(String, SourceLocation)> =
        ["configuration-snippet", "server-snippet", "auth-url"]
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), annotation(name)?.place.clone())))
            .collect();
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
                snippets: snippets.clone(),
                place: path.place.clone(),
            });
        }
    }
}
