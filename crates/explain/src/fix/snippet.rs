//! The least permissive configuration that lets an exchange pass, for the places where CORS is
//! configured.

use cors::{Answer, Credentials, Exchange, Judgement};

use super::repair::repair;
use crate::reason::{self, Source};

/// Declares the platforms with their names and templates.
macro_rules! platforms {
    ($($(#[$meta:meta])* $variant:ident => $name:literal, $file:literal;)+) => {
        /// A place where CORS is configured.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Platform { $($(#[$meta])* $variant,)+ }

        impl Platform {
            /// Every platform.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name on the command line and in the user interface.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            const fn template(self) -> &'static str {
                match self { $(Self::$variant => include_str!(concat!("snippets/", $file)),)+ }
            }
        }
    };
}

platforms! {
    /// nginx.
    Nginx => "nginx", "nginx.conf";
    /// Envoy.
    Envoy => "envoy", "envoy.yaml";
    /// Apache httpd.
    Apache => "apache", "apache.conf";
    /// Caddy.
    Caddy => "caddy", "caddy.caddyfile";
    /// HAProxy.
    HaProxy => "haproxy", "haproxy.cfg";
    /// Traefik.
    Traefik => "traefik", "traefik.yaml";
    /// Express with the `cors` middleware.
    Express => "express", "express.js";
    /// Spring Security.
    Spring => "spring", "spring.java";
    /// FastAPI and Starlette.
    FastApi => "fastapi", "fastapi.py";
    /// tower-http: axum and others.
    TowerHttp => "tower-http", "tower_http.rs.txt";
    /// AWS API Gateway, HTTP APIs.
    ApiGateway => "aws-api-gateway", "api_gateway.sh";
    /// AWS CloudFront.
    CloudFront => "cloudfront", "cloudfront.yaml";
    /// Cloudflare Workers.
    CloudflareWorkers => "cloudflare-workers", "cloudflare_workers.js";
    /// ingress-nginx for Kubernetes.
    IngressNginx => "ingress-nginx", "ingress_nginx.yaml";
    /// Kubernetes Gateway API.
    GatewayApi => "gateway-api", "gateway_api.yaml";
}

/// What a server has to permit, and nothing beyond it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The one origin that may read.
    pub origin: String,
    /// Methods, in the case in which they are sent.
    pub methods: Vec<String>,
    /// Request headers beyond the safelisted ones, lower case.
    pub headers: Vec<String>,
    /// Response headers a script may read beyond the safelisted ones, lower case.
    pub expose: Vec<String>,
    /// `Include` where cookies are sent.
    pub credentials: Credentials,
    /// How long a preflight's answer is kept; short, so that a change is seen soon.
    pub max_age_seconds: u32,
    /// What answers say already, and the configuration has to replace.
    pub existing: Existing,
}

/// Whether answers carry `Access-Control-Allow-Origin` today. Two layers that set it block every page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// No answer does.
    Nothing,
    /// One does, which is not right.
    AllowOrigin,
}

impl Existing {
    fn of(exchange: &Exchange) -> Self {
        let mut answers = exchange
            .hops
            .iter()
            .flat_map(|hop| hop.preflight.iter().chain(&hop.response));
        let carries = |answer: &Answer| {
            let mut lines = answer.headers.all("access-control-allow-origin");
            lines.next().is_some()
        };
        match answers.any(carries) {
            true => Self::AllowOrigin,
            false => Self::Nothing,
        }
    }
}

/// Long enough to spare preflights, short enough for a change of policy to arrive (WebKit keeps no
/// answer longer).
pub const MAX_AGE_SECONDS: u32 = 600;

impl Policy {
    /// What the request of an exchange needs; `None` where no server should permit it, because its
    /// origin is `null`.
    #[must_use]
    pub fn of(exchange: &Exchange, judgement: &Judgement) -> Option<Self> {
        if judgement.scene.origin == "null" {
            return None;
        }
        // What the page has to change is changed: a server should not permit `patch`.
        let (decided, reason) = reason::decide(exchange, Source::Recorded);
        let repaired = repair(exchange, Source::Recorded, (&decided, reason));
        let request = repaired
            .as_ref()
            .map_or(&exchange.request, |repair| &repair.exchange.request);
        let question = request.question();
        Some(Self {
            origin: judgement.scene.origin.clone(),
            methods: vec![question.method],
            headers: question.headers.map(split).unwrap_or_default(),
            expose: Vec::new(),
            credentials: request.credentials(),
            max_age_seconds: MAX_AGE_SECONDS,
            existing: Existing::of(exchange),
        })
    }

    fn has(&self, condition: &str) -> bool {
        match condition {
            "credentials" => self.credentials == Credentials::Include,
            "headers" => !self.headers.is_empty(),
            "no_headers" => self.headers.is_empty(),
            "expose" => !self.expose.is_empty(),
            "replaces" => self.existing == Existing::AllowOrigin,
            _ => true,
        }
    }

    fn value(&self, name: &str) -> String {
        match name {
            "origin" => self.origin.clone(),
            "origin_regex" => self.origin.replace('.', "\\."),
            "methods" => self.methods.join(", "),
            "methods_quoted" | "methods_json" => quoted(&self.methods),
            "headers" => self.headers.join(", "),
            "headers_quoted" | "headers_json" => quoted(&self.headers),
            "expose" => self.expose.join(", "),
            "expose_quoted" | "expose_json" => quoted(&self.expose),
            "credentials" => self.has("credentials").to_string(),
            "max_age" => self.max_age_seconds.to_string(),
            _ => String::new(),
        }
    }
}

fn split(list: String) -> Vec<String> {
    list.split(',').map(str::to_owned).collect()
}

fn quoted(list: &[String]) -> String {
    list.iter()
        .map(|element| format!("\"{element}\""))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The configuration of `platform` that permits `policy`.
///
/// In the templates `?condition` in front of a line keeps the line only where the policy needs it,
/// and `<<name>>` stands for a value.
#[must_use]
pub fn snippet(platform: Platform, policy: &Policy) -> String {
    let mut text = String::new();
    for line in platform.template().lines() {
        let indent = &line[..line.len() - line.trim_start().len()];
        let line = match line.trim_start().strip_prefix('?') {
            None => line.to_owned(),
            Some(rest) => match rest.split_once(' ') {
                Some((condition, rest)) if policy.has(condition) => format!("{indent}{rest}"),
                _ => continue,
            },
        };
        text.push_str(&fill(&line, policy));
        text.push('\n');
    }
    text
}

fn fill(line: &str, policy: &Policy) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("<<") {
        let Some((name, after)) = after.split_once(">>") else {
            break;
        };
        text.push_str(before);
        text.push_str(&policy.value(name));
        rest = after;
    }
    text.push_str(rest);
    text
}
