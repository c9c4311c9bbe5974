//! Traefik's dynamic configuration: a middleware for each need, and routers by endpoint, and by
//! `Origin` where origins need different things.

use std::collections::BTreeSet;

use super::routes::routes;
use super::{Host, MAX_AGE_SECONDS, Need, all_quoted, comment_line, quoted};

/// The least priority; the rest of a host.
const REST: usize = 1;

pub(super) fn write(hosts: &[Host]) -> String {
    let routes = routes(hosts);
    let mut middlewares: Vec<(&Need, &[&String])> = Vec::new();
    let mut routers = String::new();
    for (number, route) in (1..).zip(&routes) {
        let own = (route.need, route.origins.as_slice());
        let middleware = middlewares.iter().position(|other| *other == own);
        let middleware = middleware.unwrap_or_else(|| {
            middlewares.push(own);
            middlewares.len() - 1
        }) + 1;
        let path = if route.path.is_literal() {
            format!("Path(`{}`)", route.path.template())
        } else {
            format!("PathRegexp(`^{}$`)", route.path.regex())
        };
        let mut rule = format!("Host(`{}`) && {path}", route.host);
        if route.is_shared {
            let by_origin: Vec<String> = route
                .origins
                .iter()
                .map(|origin| format!("Header(`Origin`, `{origin}`)"))
                .collect();
            rule.push_str(&format!(" && ({})", by_origin.join(" || ")));
        }
        routers.push_str(&route.heading("    "));
        routers.push_str(&format!(
            "    cors-{number}:\n      rule: {}\n      priority: {}\n      middlewares: [{}]\n      service: {}\n",
            quoted(&rule),
            REST + 1 + routes.len() - number,
            quoted(&format!("cors-{middleware}")),
            quoted(route.service()),
        ));
    }
    let names: BTreeSet<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
    for (number, name) in (1..).zip(names) {
        routers.push_str(&format!(
            "    rest-{number}:\n      rule: {}\n      priority: {REST}\n      service: your-service\n",
            quoted(&format!("Host(`{name}`)")),
        ));
    }
    let mut text = "http:\n  middlewares:\n".to_owned();
    for (number, (need, origins)) in (1..).zip(&middlewares) {
        text.push_str(&middleware(number, need, origins));
    }
    text.push_str("  routers:\n");
    text.push_str(&format!(
        "    {}",
        comment_line("Of the routers that fit, the one of the highest priority is taken.")
    ));
    text.push_str(&routers);
    text
}

fn middleware(number: usize, need: &Need, origins: &[&String]) -> String {
    let mut text = format!("    cors-{number}:\n      headers:\n");
    let mut line = |name: &str, value: &str| text.push_str(&format!("        {name}: {value}\n"));
    let list = |names: &BTreeSet<String>| format!("[{}]", all_quoted(names));
    line(
        "accessControlAllowOriginList",
        &format!("[{}]", all_quoted(origins.iter().copied())),
    );
    for (name, names) in [
        ("accessControlAllowMethods", &need.methods),
        ("accessControlAllowHeaders", &need.headers),
        ("accessControlExposeHeaders", &need.expose),
    ] {
        if !names.is_empty() {
            line(name, &list(names));
        }
    }
    if need.credentials {
        line("accessControlAllowCredentials", "true");
    }
    line("accessControlMaxAge", &MAX_AGE_SECONDS.to_string());
    line("addVaryHeader", "true");
    text
}
