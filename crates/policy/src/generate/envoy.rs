//! Route configurations of Envoy, VirtualServices of Istio, and HTTPRoutes with SecurityPolicies of
//! Envoy Gateway: routes by endpoint, and by `Origin` where origins need different things.

use super::routes::{Route, routes};
use super::{Host, MAX_AGE_SECONDS, all_quoted, comment_line, joined, quoted};

const TYPE: &str = "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy";

/// Envoy's route configuration.
pub(super) fn write(hosts: &[Host]) -> String {
    let mut text =
        comment_line("The HTTP connection manager needs the filter `envoy.filters.http.cors`.");
    text.push_str("virtual_hosts:\n");
    for host in hosts {
        let name = quoted(&host.name);
        let with_port = quoted(&format!("{}:*", host.name));
        text.push_str(&format!(
            "  - name: {name}\n    domains: [{name}, {with_port}]\n    routes:\n"
        ));
        for route in routes(std::slice::from_ref(host)) {
            text.push_str(&route.heading("      "));
            let path = if route.path.is_literal() {
                format!("path: {}", quoted(&route.path.template()))
            } else {
                format!("safe_regex: {{regex: {}}}", quoted(&route.path.regex()))
            };
            text.push_str(&format!("      - match:\n          {path}\n"));
            if let Some(expression) = by_origin(&route) {
                text.push_str(&format!(
                    "          headers: [{{name: origin, string_match: {{safe_regex: {{regex: {expression}}}}}}}]\n"
                ));
            }
            text.push_str(&format!(
                "        route: {{cluster: {}}}\n        typed_per_filter_config:\n          envoy.filters.http.cors:\n            \"@type\": {TYPE}\n",
                quoted(route.service())
            ));
            text.push_str(&policy(&route, Words::Envoy, "            "));
        }
        text.push_str("      - match: {prefix: \"/\"}\n        route: {cluster: your-service}\n");
    }
    text
}

/// Istio's VirtualServices.
pub(super) fn istio(hosts: &[Host]) -> String {
    let mut text = String::new();
    for host in hosts {
        text.push_str(&format!(
            "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: {}\nspec:\n  hosts: [{}]\n  gateways: [your-gateway]\n  http:\n",
            quoted(&resource(&host.name, 0)),
            quoted(&host.name)
        ));
        for route in routes(std::slice::from_ref(host)) {
            text.push_str(&route.heading("    "));
            let path = if route.path.is_literal() {
                format!("exact: {}", quoted(&route.path.template()))
            } else {
                format!("regex: {}", quoted(&route.path.regex()))
            };
            text.push_str(&format!("    - match:\n        - uri: {{{path}}}\n"));
            if let Some(expression) = by_origin(&route) {
                text.push_str(&format!(
                    "          headers: {{origin: {{regex: {expression}}}}}\n"
                ));
            }
            text.push_str("      corsPolicy:\n");
            text.push_str(&policy(&route, Words::Istio, "        "));
            text.push_str(&format!(
                "      route: [{{destination: {{host: {}}}}}]\n",
                quoted(route.service())
            ));
        }
        text.push_str("    - route: [{destination: {host: your-service}}]\n");
    }
    text
}

/// HTTPRoutes and SecurityPolicies of Envoy Gateway: a pair for each route.
pub(super) fn gateway(hosts: &[Host]) -> String {
    let mut text = String::new();
    for (number, route) in (1..).zip(routes(hosts)) {
        let name = quoted(&resource(route.host, number));
        text.push_str("---\n");
        text.push_str(&route.heading(""));
        let (kind, path) = if route.path.is_literal() {
            ("Exact", route.path.template())
        } else {
            ("RegularExpression", route.path.regex())
        };
        text.push_str(&format!(
            "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: {name}\nspec:\n  parentRefs:\n    - name: your-gateway\n  hostnames: [{}]\n  rules:\n    - matches:\n        - path: {{type: {kind}, value: {}}}\n",
            quoted(route.host),
            quoted(&path)
        ));
        if let Some(expression) = by_origin(&route) {
            text.push_str(&format!(
                "          headers: [{{type: RegularExpression, name: Origin, value: {expression}}}]\n"
            ));
        }
        text.push_str(&format!(
            "      backendRefs: [{{name: {}, port: 80}}]\n---\napiVersion: gateway.envoyproxy.io/v1alpha1\nkind: SecurityPolicy\nmetadata:\n  name: {name}\nspec:\n  targetRefs:\n    - {{group: gateway.networking.k8s.io, kind: HTTPRoute, name: {name}}}\n  cors:\n",
            quoted(route.service())
        ));
        text.push_str(&policy(&route, Words::Gateway, "    "));
    }
    text
}

fn resource(host: &str, number: usize) -> String {
    let host = host.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    match number {
        0 => format!("cors-{host}"),
        number => format!("cors-{host}-{number}"),
    }
}

/// The expression for the origins of a route, where there are others beside them.
fn by_origin(route: &Route<'_>) -> Option<String> {
    let escaped: Vec<String> = route
        .origins
        .iter()
        .map(|origin| crate::template::escape(origin))
        .collect();
    route.is_shared.then(|| quoted(&escaped.join("|")))
}

/// How a policy is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    Envoy,
    Istio,
    Gateway,
}

fn policy(route: &Route<'_>, words: Words, indent: &str) -> String {
    let exact: Vec<String> = route
        .origins
        .iter()
        .map(|origin| format!("{{exact: {}}}", quoted(origin)))
        .collect();
    let origins = match words {
        Words::Envoy => format!("allow_origin_string_match: [{}]", exact.join(", ")),
        Words::Istio => format!("allowOrigins: [{}]", exact.join(", ")),
        Words::Gateway => format!(
            "allowOrigins: [{}]",
            all_quoted(route.origins.iter().copied())
        ),
    };
    let mut text = format!("{indent}{origins}\n");
    let need = route.need;
    for (of_envoy, name, names) in [
        ("allow_methods", "allowMethods", &need.methods),
        ("allow_headers", "allowHeaders", &need.headers),
        ("expose_headers", "exposeHeaders", &need.expose),
    ] {
        if names.is_empty() {
            continue;
        }
        let line = match words {
            Words::Envoy => format!("{of_envoy}: {}", quoted(&joined(names))),
            _ => format!("{name}: [{}]", all_quoted(names)),
        };
        text.push_str(&format!("{indent}{line}\n"));
    }
    if need.credentials {
        let name = if words == Words::Envoy {
            "allow_credentials"
        } else {
            "allowCredentials"
        };
        text.push_str(&format!("{indent}{name}: true\n"));
    }
    let age = match words {
        Words::Envoy => format!("max_age: \"{MAX_AGE_SECONDS}\""),
        _ => format!("maxAge: \"{MAX_AGE_SECONDS}s\""),
    };
    text.push_str(&format!("{indent}{age}\n"));
    text
}
