//! Reads Kong's files: entities in entities, or lists of them that name each other.

use super::Gateway;
use super::plugin::Plugin;
use super::route::{Path, Route};
use crate::nginx::{Case, regex};
use crate::place::{Problem, problem};
use crate::source::Source;
use crate::yaml::{self, Node};

pub(crate) fn read(source: &Source<'_>, problems: &mut Vec<Problem>) -> Gateway {
    let documents = yaml::documents(source, problems);
    let mut gateway = Gateway::default();
    for document in &documents {
        declared(document, &mut gateway, problems);
    }
    for kind in ["KongPlugin", "KongClusterPlugin"] {
        for node in Node::of_kind(&documents, kind) {
            if node.text_of("plugin") == "cors" {
                gateway.global.push(Plugin::read(node, problems));
            }
        }
    }
    attached(&documents, &mut gateway, problems);
    let has_plugin = gateway.routes.iter().any(|route| route.plugin.is_some());
    if gateway.global.is_empty() && !has_plugin && problems.is_empty() {
        let reason = "there is no `cors` plugin in the file";
        problem(problems, &source.place(1), reason);
    }
    gateway
}

/// The `cors` plugin among those of an entity, where it is not switched off.
fn plugin_of(node: &Node, problems: &mut Vec<Problem>) -> Option<Plugin> {
    let plugins = node.get("plugins").map(Node::list).unwrap_or_default();
    let found = plugins.iter().find(|one| is_cors(one))?;
    Some(Plugin::read(found, problems))
}

fn is_cors(node: &Node) -> bool {
    node.text_of("name") == "cors" && node.get("enabled").and_then(Node::flag) != Some(false)
}

/// The name or id that a member refers to.
fn reference<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    let found = node.given(name)?;
    let of = |member: &str| found.get(member).and_then(Node::text);
    found.text().or_else(|| of("name")).or_else(|| of("id"))
}

fn is_named(node: &Node, name: &str) -> bool {
    ["name", "id"]
        .iter()
        .any(|member| node.get(member).and_then(Node::text) == Some(name))
}

/// A document of decK or of DB-less mode, or a plugin of the Admin API.
fn declared(document: &Node, gateway: &mut Gateway, problems: &mut Vec<Problem>) {
    let list = |name: &str| document.get(name).map(Node::list).unwrap_or_default();
    let mut plugins: Vec<&Node> = list("plugins").iter().collect();
    // The Admin API lists entities in `data`, and shows one by itself.
    plugins.extend(list("data"));
    if document.get("config").is_some() {
        plugins.push(document);
    }
    plugins.retain(|one| is_cors(one));
    let own = |kind: &str, node: &Node, problems: &mut Vec<Problem>| {
        let inner = plugin_of(node, problems);
        let is_for = |one: &&&Node| reference(one, kind).is_some_and(|name| is_named(node, name));
        let found = plugins.iter().find(is_for).copied();
        inner.or_else(|| found.map(|found| Plugin::read(found, problems)))
    };
    for service in list("services") {
        let of_service = own("service", service, problems);
        let inner = service.get("routes").map(Node::list).unwrap_or_default();
        let beside = list("routes").iter().filter(|route| {
            reference(route, "service").is_some_and(|name| is_named(service, name))
        });
        for node in inner.iter().chain(beside) {
            let plugin = own("route", node, problems).or_else(|| of_service.clone());
            gateway.routes.push(route(node, plugin, problems));
        }
    }
    for node in list("routes") {
        if reference(node, "service").is_none() {
            let plugin = own("route", node, problems);
            gateway.routes.push(route(node, plugin, problems));
        }
    }
    // Of those for one consumer nothing is known in a preflight.
    let is_alone = |one: &&&Node| {
        let empty = |name: &str| reference(one, name).is_none();
        let has_routes = !list("services").is_empty() || !list("routes").is_empty();
        !has_routes || empty("service") && empty("route") && empty("consumer")
    };
    for one in plugins.iter().filter(is_alone) {
        gateway.global.push(Plugin::read(one, problems));
    }
}

fn texts(node: &Node, name: &str) -> Vec<String> {
    let found = node.given(name).map(Node::texts).unwrap_or_default();
    found.into_iter().map(|(text, _)| text).collect()
}

fn route(node: &Node, plugin: Option<Plugin>, problems: &mut Vec<Problem>) -> Route {
    let mut paths = Vec::new();
    for (text, place) in node.given("paths").map(Node::texts).unwrap_or_default() {
        match text.strip_prefix('~') {
            Some(expression) => match regex(&format!("^(?:{expression})"), Case::Kept) {
                Ok(regex) => paths.push(Path::Expression(Box::new(regex))),
                Err(reason) => problem(problems, &place, reason),
            },
            None => paths.push(Path::Prefix(text)),
        }
    }
    let open = ["headers", "snis", "sources", "destinations", "expression"]
        .iter()
        .find(|name| node.given(name).is_some());
    Route {
        hosts: texts(node, "hosts"),
        paths,
        methods: texts(node, "methods"),
        regex_priority: node.text_of("regex_priority").parse().unwrap_or(0),
        open: open.map(|name| (*name).to_owned()),
        plugin,
        place: node.place.clone(),
    }
}

/// Ingresses and HTTPRoutes that name plugins of the file in `konghq.com/plugins`.
fn attached(documents: &[Node], gateway: &mut Gateway, problems: &mut Vec<Problem>) {
    let plugins: Vec<&Node> = ["KongPlugin", "KongClusterPlugin"]
        .iter()
        .flat_map(|kind| Node::of_kind(documents, kind))
        .filter(|node| node.text_of("plugin") == "cors")
        .collect();
    let mut named = false;
    for ingress in Node::of_kind(documents, "Ingress") {
        let names = ingress
            .at(&["metadata", "annotations", "konghq.com/plugins"])
            .map(Node::texts)
            .unwrap_or_default();
        let is_named = |node: &&&Node| {
            let own = node.at(&["metadata", "name"]).and_then(Node::text);
            names.iter().any(|(name, _)| Some(name.as_str()) == own)
        };
        let found = plugins.iter().find(is_named);
        named |= found.is_some();
        let plugin = found.map(|node| Plugin::read(node, problems));
        gateway.routes.extend(rules(ingress, plugin.as_ref()));
    }
    if named {
        // The others are global only where they say so.
        gateway.global.clear();
    }
}

/// A route for each path of an Ingress: the controller makes expressions of exact paths.
fn rules(ingress: &Node, plugin: Option<&Plugin>) -> Vec<Route> {
    let mut routes = Vec::new();
    let rules = ingress.at(&["spec", "rules"]).map(Node::list);
    for rule in rules.unwrap_or_default() {
        let host = rule.get("host").and_then(Node::text);
        let paths = rule.at(&["http", "paths"]).map(Node::list);
        for path in paths.unwrap_or_default() {
            routes.push(Route {
                hosts: host.map(str::to_owned).into_iter().collect(),
                paths: vec![Path::Prefix(
                    path.get("path")
                        .and_then(Node::text)
                        .unwrap_or("/")
                        .to_owned(),
                )],
                methods: Vec::new(),
                regex_priority: 0,
                open: None,
                plugin: plugin.cloned(),
                place: path.place.clone(),
            });
        }
    }
    routes
}
