//! Frontends of HAProxy: ACLs by endpoint and origin, an answer to preflights, and headers.

use super::routes::{Route, routes};
use super::{Host, MAX_AGE_SECONDS, comment_line, joined};

pub(super) fn write(hosts: &[Host]) -> String {
    let routes = routes(hosts);
    let mut text = "frontend web\n    bind :80\n".to_owned();
    text.push_str(&format!(
        "    {}",
        comment_line("What is asked; the first that fits counts.")
    ));
    let mut ends: Vec<(&str, &crate::Path)> = Vec::new();
    for route in &routes {
        if !ends.contains(&(route.host, route.path)) {
            ends.push((route.host, route.path));
        }
    }
    for (number, (host, path)) in (1..).zip(&ends) {
        text.push_str(&format!(
            "    http-request set-var(txn.cors_at) str({number}) if {{ hdr(host),host_only -i {host} }} {{ path -m reg '^{}$' }} !{{ var(txn.cors_at) -m found }}\n",
            path.regex()
        ));
    }
    text.push_str(&format!("    {}", comment_line("Who asks.")));
    text.push_str("    http-request set-var(txn.cors_origin) req.hdr(origin)\n");
    for (number, route) in (1..).zip(&routes) {
        let own = (route.host, route.path);
        let at = ends
            .iter()
            .position(|end| *end == own)
            .map_or(0, |at| at + 1);
        let origins: Vec<&str> = route.origins.iter().map(|origin| origin.as_str()).collect();
        text.push_str(&route.heading("    "));
        text.push_str(&format!(
            "    http-request set-var(txn.cors) str({number}) if {{ var(txn.cors_at) -m str {at} }} {{ var(txn.cors_origin) -m str {} }}\n",
            origins.join(" ")
        ));
    }
    text.push_str(
        "    http-request return status 204 if METH_OPTIONS { req.hdr(access-control-request-method) -m found } { var(txn.cors_at) -m found }\n",
    );
    write_headers(&routes, &mut text);
    text.push_str("    http-after-response add-header Vary Origin\n    default_backend your-service\n\nbackend your-service\n    server one your-service:80\n");
    text
}

/// The headers of answers, by the route that was found.
fn write_headers(routes: &[Route<'_>], text: &mut String) {
    let mut after = |name: &str, value: &str, condition: &str| {
        text.push_str(&format!(
            "    http-after-response set-header {name} {value} if {condition}\n"
        ));
    };
    after(
        "Access-Control-Allow-Origin",
        "%[var(txn.cors_origin)]",
        "{ var(txn.cors) -m found }",
    );
    after(
        "Access-Control-Max-Age",
        &MAX_AGE_SECONDS.to_string(),
        "METH_OPTIONS { var(txn.cors) -m found }",
    );
    for (number, route) in (1..).zip(routes) {
        let is_it = format!("{{ var(txn.cors) -m str {number} }}");
        let need = route.need;
        if need.credentials {
            after("Access-Control-Allow-Credentials", "true", &is_it);
        }
        for (name, names) in [
            ("Allow-Methods", &need.methods),
            ("Allow-Headers", &need.headers),
            ("Expose-Headers", &need.expose),
        ] {
            if !names.is_empty() {
                after(
                    &format!("Access-Control-{name}"),
                    &format!("\"{}\"", joined(names)),
                    &is_it,
                );
            }
        }
    }
}
