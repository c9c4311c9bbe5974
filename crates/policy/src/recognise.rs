//! Which form a file looks like.

use crate::cloud::Platform;
use crate::cloud::terraform::{self, is_terraform};
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
    if is_tree || text.trim_start().starts_with(['{', '[', '<']) && !starts("<V") {
        let found = of_tree(text).or_else(|| of_cloud(text));
        if found.is_some() || is_tree {
            return found;
        }
    }
    if is_terraform(text) {
        return terraform::platform(text).map(of_platform);
    }
    of_directives(name, text)
}

/// What a file of no known form looks like, and what to give in its place.
pub(crate) fn stranger(source: &Source<'_>) -> Option<String> {
    let text = source.text;
    let has = |what: &str| text.contains(what);
    let name = source.name.rsplit(['/', '\\']).next().unwrap_or_default();
    Some(if is_terraform(text) {
        let known = terraform::known();
        format!(
            "it looks like Terraform, without CORS settings of a resource that is read ({known}): give what the platform has, such as the JSON of `aws s3api get-bucket-cors`"
        )
    } else if name == "host.json" || has("\"extensionBundle\"") {
        "host.json of Azure Functions holds no CORS: it is set for the app, give what `az functionapp cors show` prints, or `local.settings.json` for a local host".to_owned()
    } else if has("allow_origins") || has("allowed_origins") {
        "it looks like a gateway whose configuration is not read (APISIX, KrakenD, Tyk or another): audit the running gateway instead, with `corswatch audit URL`".to_owned()
    } else if has("corsPolicy") && has("allowedOrigins") {
        "it looks like Azure Container Apps: audit the running app instead, with `corswatch audit URL`".to_owned()
    } else {
        return None;
    })
}

const fn of_platform(platform: Platform) -> Form {
    match platform {
        Platform::S3 => Form::S3,
        Platform::Google => Form::Gcs,
        Platform::AzureStorage => Form::AzureStorage,
        Platform::AzureAppService => Form::AzureAppService,
        Platform::ApiGateway => Form::ApiGateway,
        Platform::CloudFront => Form::CloudFront,
    }
}

/// YAML, and JSON, which is YAML.
fn of_tree(text: &str) -> Option<Form> {
    let is_kind = |kind: &str| {
        text.lines().any(|line| {
            let line = line.trim_start_matches(['-', ' ', '\t']);
            let value = line.strip_prefix("kind:").map(str::trim);
            value.is_some_and(|value| value.trim_matches(['"', '\'']) == kind)
        }) || text.contains(&format!("\"kind\": \"{kind}\""))
            || text.contains(&format!("\"kind\":\"{kind}\""))
    };
    let has = |what: &str| text.contains(what);
    let lower = text.to_ascii_lowercase();
    if crate::caddy::json::is_json(text) {
        Some(Form::Caddy)
    } else if is_kind("HTTPProxy") {
        Some(Form::Contour)
    } else if is_kind("KongPlugin")
        || is_kind("KongClusterPlugin")
        || has("_format_version")
        || has("preflight_continue")
    {
        Some(Form::Kong)
    } else if is_kind("SecurityPolicy") {
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
        || has("routers:") && has("rule:")
        || has("middlewares:") && has("customResponseHeaders")
    {
        Some(Form::Traefik)
    } else if is_kind("Ingress") {
        Some(Form::IngressNginx)
    } else {
        None
    }
}

/// Settings of clouds, by the members that only they have.
fn of_cloud(text: &str) -> Option<Form> {
    let mut lower = text.to_ascii_lowercase();
    if terraform::is_named(text) {
        // Its JSON has `_` between the words.
        lower = lower.replace('_', "");
    }
    let has = |what: &str| lower.contains(&what.to_ascii_lowercase());
    if has("corsPolicy") && has("AllowedOrigins") {
        // Azure Container Apps.
        return None;
    }
    Some(if has("AccessControlAllowOrigins") {
        Form::CloudFront
    } else if has("supportCredentials") || has("\"Host\"") && has("\"CORS\"") {
        Form::AzureAppService
    } else if has("httpApi:") {
        Form::ApiGateway
    } else if has("MaxAgeInSeconds") {
        Form::AzureStorage
    } else if has("AllowedOrigins") && has("AllowedMethods") || has("<AllowedOrigin>") {
        Form::S3
    } else if has("AllowedOrigins") {
        Form::AzureAppService
    } else if has("AllowOrigins") {
        Form::ApiGateway
    } else if has("\"responseHeader\"")
        || has("- responseHeader")
        || has("\n  responseHeader:")
        || has("\"origin\"") && (has("\"method\"") || has("maxAgeSeconds"))
    {
        Form::Gcs
    } else {
        return None;
    })
}

/// What lines of Apache's files begin with, and no others do.
const OF_APACHE: [&str; 8] = [
    "<VirtualHost",
    "<Location",
    "<Directory",
    "<Files",
    "<If",
    "SetEnvIf",
    "RewriteEngine",
    "RewriteRule",
];

/// The second words of Apache's `Header`.
const HEADER_ACTIONS: [&str; 10] = [
    "always",
    "onsuccess",
    "set",
    "append",
    "merge",
    "add",
    "unset",
    "echo",
    "edit",
    "setifempty",
];

fn is_apaches(line: &str) -> bool {
    let line = line.trim_start();
    let mut words = line.split_whitespace();
    let is_header = words
        .next()
        .is_some_and(|word| word.eq_ignore_ascii_case("header"))
        && words.next().is_some_and(|word| {
            let mut actions = HEADER_ACTIONS.iter();
            actions.any(|action| word.eq_ignore_ascii_case(action))
        });
    is_header && !line.ends_with(';') || OF_APACHE.iter().any(|start| line.starts_with(start))
}

/// Files of directives.
fn of_directives(name: &str, text: &str) -> Option<Form> {
    if name.eq_ignore_ascii_case("Caddyfile") || name.ends_with(".caddyfile") {
        return Some(Form::Caddy);
    }
    if name.ends_with(".htaccess") || text.lines().any(is_apaches) {
        return Some(Form::Apache);
    }
    let of_haproxy = [
        "http-request ",
        "http-response ",
        "http-after-response ",
        "frontend ",
        "default_backend ",
    ];
    let is_haproxys = |line: &str| {
        of_haproxy
            .iter()
            .any(|start| line.trim_start().starts_with(start))
    };
    if name == "haproxy.cfg" || text.lines().any(is_haproxys) {
        return Some(Form::HaProxy);
    }
    // Caddy's directives end with their line, those of nginx with `;`.
    let first = |line: &str| {
        line.trim_start()
            .split([' ', '\t'])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let ends = text.lines().any(|line| line.trim_end().ends_with(';'));
    let is_caddys = |line: &str| {
        matches!(
            first(line).as_str(),
            "header" | "respond" | "reverse_proxy" | "handle" | "file_server"
        ) || line.trim_start().starts_with('@')
    };
    if !ends && text.lines().any(is_caddys) {
        return Some(Form::Caddy);
    }
    let of_nginx = |line: &str| line.contains(';') || line.trim_end().ends_with('{');
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    lines.into_iter().any(of_nginx).then_some(Form::Nginx)
}
