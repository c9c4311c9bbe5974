//! Which form a file looks like.

use crate::form::Form;
use crate::source::Source;

/// The form; `None` where it looks like none that is known.
pub(crate) fn form(source: &Source<'_>) -> Option<Form> {
    let text = source.text;
    let name = source.name.rsplit(['/', '\\']).next().unwrap_or_default();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let starts = |what: &str| text.lines().any(|line| line.trim_start().starts_with(what));
    if ending == "toml" || starts("[[rule]]") {
        let of_traefik = starts("[http.");
        return Some(if of_traefik {
            Form::Traefik
        } else {
            Form::Corswatch
        });
    }
    let is_tree = matches!(ending, "yaml" | "yml" | "json") || starts("apiVersion:");
    if is_tree {
        return of_tree(text);
    }
    of_directives(text)
}

/// YAML, and JSON, which is YAML.
fn of_tree(text: &str) -> Option<Form> {
    let is_kind = |kind: &str| {
        text.lines().any(|line| {
            let line = line.trim_start_matches(['-', ' ', '\t']);
            let value = line.strip_prefix("kind:").map(str::trim);
            value.is_some_and(|value| value.trim_matches(['"', '\'']) == kind)
        }) || text.contains(&format!("\"kind\": \"{kind}\""))
    };
    let has = |what: &str| text.contains(what);
    let lower = text.to_ascii_lowercase();
    if is_kind("SecurityPolicy") {
        Some(Form::EnvoyGateway)
    } else if is_kind("VirtualService") {
        Some(Form::Istio)
    } else if has("virtual_hosts") || has("virtualHosts") {
        Some(Form::Envoy)
    } else if is_kind("HTTPRoute") {
        Some(Form::GatewayApi)
    } else if is_kind("IngressRoute")
        || is_kind("Middleware")
        || has("traefik.ingress.kubernetes.io")
        || has("traefik.http.")
        || lower.contains("accesscontrolallow") && lower.contains("middlewares")
        || lower.contains("accesscontrolalloworiginlist")
    {
        Some(Form::Traefik)
    } else if is_kind("Ingress") {
        Some(Form::IngressNginx)
    } else {
        None
    }
}

/// Files of directives.
fn of_directives(text: &str) -> Option<Form> {
    let is_directive = |line: &str| {
        let line = line.split('#').next().unwrap_or_default().trim_end();
        line.ends_with(';') || line.ends_with('{')
    };
    text.lines().any(is_directive).then_some(Form::Nginx)
}
