//! Settings of the admin server.

use std::net::{IpAddr, SocketAddr};

use data_encoding::HEXLOWER_PERMISSIVE;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Span};

use crate::hooks::{self, DeployHook};
use crate::login::{OidcConfig, ProxySignInConfig, Role};
use crate::timestamp::Timestamp;
use crate::tls::TlsConfig;

/// How long browsers keep to HTTPS where this server itself speaks it: a year, as ASVS 5.0 asks (3.4.1).
const HSTS: Span = Span::secs(365 * 86_400);

/// Settings of the admin server: where it listens and who may ask.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address of API, web UI, metrics and health. Anything but a loopback address needs `tokens`.
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// Host names by which browsers reach the admin server, besides loopback names. Without
    /// `tokens`, a request for another host is refused: it may come from a rebound DNS name.
    pub hosts: Vec<String>,
    /// Who may ask. Without any, everybody who can reach the (loopback) address may.
    pub tokens: Vec<Token>,
    /// Sign-in of people at an OpenID Connect provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oidc: Option<OidcConfig>,
    /// Sign-in of people by a proxy that stands before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_sign_in: Option<ProxySignInConfig>,
    /// Wrong tokens of one client address (IPv6: one /64) in a minute; then it gets 429 for a while, whatever it
    /// sends. 0 sets no limit: where a proxy that is not in `trusted_proxies` stands before, all people share one address.
    pub wrong_tokens_per_minute: u32,
    /// Addresses of proxies before this side: the last entry of their `X-Forwarded-For` is the client.
    pub trusted_proxies: Vec<IpAddr>,
    /// TLS of this server itself, where no proxy before it has it.
    pub tls: TlsConfig,
    /// How long browsers shall ask this host over HTTPS only (`Strict-Transport-Security`); 0s does not say so.
    /// Where left out: a year with `dashboard.tls`, else not at all. Set it where a proxy with TLS stands before.
    /// Permitted: 0s to 730days.
    pub hsts: Option<Span>,
    /// Webhooks that report deploys.
    pub deploy_hooks: Vec<DeployHook>,
    /// How long a request may take before it is answered with 503.
    pub request_timeout: Span,
    /// How long a client may take to send the head of a request.
    pub header_timeout: Span,
    /// Requests answered at the same time; more are answered with 503 and `Retry-After`.
    pub max_requests_in_flight: usize,
    /// Connections held open at the same time; more wait to be accepted.
    pub max_connections: usize,
    /// Live streams open at the same time; more are answered with 503.
    pub max_streams: usize,
    /// Of them, those of one token.
    pub max_streams_per_token: usize,
    /// Age of the watermark from which numbers are called lagging.
    pub lagging_after: Span,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7781)),
            hosts: Vec::new(),
            tokens: Vec::new(),
            oidc: None,
            proxy_sign_in: None,
            wrong_tokens_per_minute: 60,
            trusted_proxies: Vec::new(),
            tls: TlsConfig::default(),
            hsts: None,
            deploy_hooks: Vec::new(),
            request_timeout: Span::secs(15),
            header_timeout: Span::secs(10),
            max_requests_in_flight: 64,
            max_connections: 512,
            max_streams: 400,
            max_streams_per_token: 250,
            lagging_after: Span::secs(120),
        }
    }
}

/// A bearer token, known by its hash only.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Whose it is; shown in logs and as author of deploys.
    pub name: String,
    /// SHA-256 of the token in hexadecimal: `printf %s "$TOKEN" | sha256sum`.
    pub sha256: String,
    /// When it stops working, as RFC 3339 in UTC; never, where absent.
    #[serde(default)]
    pub expires: Option<String>,
    /// Apps it may see; all, where empty.
    #[serde(default)]
    pub apps: Vec<String>,
    /// What it may do.
    #[serde(default)]
    pub access: Access,
}

/// What a token may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Read only.
    #[default]
    Read,
    /// Read, and record deploys, silences and maintenance, close incidents, run backtests.
    Write,
    /// Write, and make partner links.
    Admin,
}

impl From<Access> for Role {
    fn from(access: Access) -> Self {
        match access {
            Access::Read => Self::Viewer,
            Access::Write => Self::Operator,
            Access::Admin => Self::Admin,
        }
    }
}

/// The admin server would be open to the network without any authentication.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error(
    "{addr} is reachable from other machines and no one has to show who they are: add a `[[dashboard.tokens]]` entry with `name` and `sha256`, or sign-in (`dashboard.oidc`, `dashboard.proxy_sign_in`), or set `dashboard.listen` to a loopback address such as 127.0.0.1:7781"
)]
pub struct Exposed {
    /// The address.
    pub addr: SocketAddr,
}

impl Config {
    /// Refuses to be reachable from other machines without authentication.
    ///
    /// # Errors
    /// [`Exposed`] for an address that is not loopback while neither tokens nor sign-in are configured.
    pub const fn guard(&self, addr: SocketAddr) -> Result<(), Exposed> {
        if addr.ip().is_loopback() || self.asks_who() {
            return Ok(());
        }
        Err(Exposed { addr })
    }

    /// How long browsers shall ask this host over HTTPS only.
    pub(crate) fn hsts(&self) -> Span {
        let own = match self.tls.is_on() {
            true => HSTS,
            false => Span::secs(0),
        };
        self.hsts.unwrap_or(own)
    }

    /// Whether whoever asks has to show who they are.
    #[must_use]
    pub const fn asks_who(&self) -> bool {
        !self.tokens.is_empty() || self.oidc.is_some() || self.proxy_sign_in.is_some()
    }

    /// Reports everything that is wrong with these settings.
    pub fn problems(&self, mut problems: Problems<'_>) {
        if let Err(exposed) = self.guard(self.listen) {
            problems.report("listen", self.listen, exposed.to_string());
        }
        for span in [
            ("request_timeout", self.request_timeout, 1, 120),
            ("header_timeout", self.header_timeout, 1, 60),
            ("lagging_after", self.lagging_after, 5, 86_400),
            ("hsts", self.hsts(), 0, 730 * 86_400),
        ] {
            let (field, value, least, most) = span;
            problems.range(field, value, Span::secs(least)..=Span::secs(most));
        }
        problems.range(
            "max_requests_in_flight",
            self.max_requests_in_flight,
            1..=4096,
        );
        problems.range("max_connections", self.max_connections, 1..=65_536);
        problems.range("max_streams", self.max_streams, 1..=65_536);
        problems.range(
            "max_streams_per_token",
            self.max_streams_per_token,
            1..=65_536,
        );
        for (at, host) in self.hosts.iter().enumerate() {
            if host.is_empty() || host.contains(['/', ':', ' ']) {
                let reason = "write a host name alone, without scheme or port";
                let reason = host_alone(host)
                    .map_or_else(|| reason.to_owned(), |alone| format!("{reason}: `{alone}`"));
                problems.report(&format!("hosts[{at}]"), format!("{host:?}"), reason);
            }
        }
        self.tls.problems(problems.section("tls"));
        self.token_problems(&mut problems);
        if let Some(oidc) = &self.oidc {
            oidc.problems(problems.section("oidc"));
        }
        if let Some(proxy) = &self.proxy_sign_in {
            proxy.problems(problems.section("proxy_sign_in"));
        }
        hooks::problems(&self.deploy_hooks, &mut problems);
    }

    /// Reports webhooks and grants that name no configured app.
    pub fn app_problems(&self, apps: &[String], mut problems: Problems<'_>) {
        for (at, hook) in self.deploy_hooks.iter().enumerate() {
            for app in hook.apps.iter().filter(|app| !apps.contains(app)) {
                let reason = format!("is not a configured app; there are {}", apps.join(", "));
                problems.report(&format!("deploy_hooks[{at}].apps"), app, reason);
            }
        }
        let oidc = self.oidc.iter().map(|oidc| ("oidc", &oidc.grants));
        let proxy = self.proxy_sign_in.iter();
        let proxy = proxy.map(|proxy| ("proxy_sign_in", &proxy.grants));
        for (section, grants) in oidc.chain(proxy) {
            for (at, grant) in grants.iter().enumerate() {
                for app in grant.apps.iter().filter(|app| !apps.contains(app)) {
                    let reason = format!("is not a configured app; there are {}", apps.join(", "));
                    problems.report(&format!("{section}.grants[{at}].apps"), app, reason);
                }
            }
        }
    }

    fn token_problems(&self, problems: &mut Problems<'_>) {
        for (at, token) in self.tokens.iter().enumerate() {
            let earlier = &self.tokens[..at];
            let mut problems = problems.section(format!("tokens[{at}]"));
            if token.name.is_empty() || token.name.len() > 64 {
                problems.report(
                    "name",
                    &token.name,
                    "write 1 to 64 characters that say whose it is",
                );
            }
            if earlier.iter().any(|other| other.name == token.name) {
                problems.report("name", &token.name, "another token has this name");
            }
            // The value is not shown: someone may have written the token itself here.
            if digest(&token.sha256).is_none() {
                let reason = "write the SHA-256 of the token as 64 hexadecimal digits: printf %s \"$TOKEN\" | sha256sum";
                problems.report("sha256", "[redacted]", reason);
            }
            if let Some(expires) = &token.expires
                && expires.parse::<Timestamp>().is_err()
            {
                let reason = "write a time such as 2027-01-31T00:00:00Z";
                problems.report("expires", expires, reason);
            }
        }
    }
}

/// The 32 bytes that 64 hexadecimal digits stand for.
pub(crate) fn digest(hex: &str) -> Option<[u8; 32]> {
    let bytes = HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?;
    bytes.try_into().ok()
}

/// The host of an address that stands where a host belongs.
fn host_alone(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://").unwrap_or(("", text));
    let host = rest.split(['/', ':']).next()?.trim();
    (!host.is_empty() && !host.contains(' ')).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(config: &Config) -> Vec<String> {
        let mut found = Vec::new();
        config.problems(Problems::at("dashboard", &mut found));
        found.iter().map(ToString::to_string).collect()
    }

    fn token(sha256: &str) -> Token {
        Token {
            name: "grafana".into(),
            sha256: sha256.into(),
            expires: None,
            apps: Vec::new(),
            access: Access::Read,
        }
    }

    #[test]
    fn the_defaults_have_no_problems() {
        assert_eq!(problems(&Config::default()), Vec::<String>::new());
    }

    #[test]
    fn a_public_address_without_tokens_is_refused_and_the_error_says_what_to_set() {
        let mut config = Config {
            listen: "0.0.0.0:7781".parse().unwrap(),
            ..Config::default()
        };
        let found = problems(&config);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("[[dashboard.tokens]]"), "{found:?}");
        assert!(config.guard("[::]:1".parse().unwrap()).is_err());
        assert!(config.guard("[::1]:1".parse().unwrap()).is_ok());
        config.tokens.push(token(&"ab".repeat(32)));
        assert_eq!(problems(&config), Vec::<String>::new());
    }

    #[test]
    fn every_mistake_in_tokens_is_reported_and_none_shows_the_secret() {
        let config = Config {
            tokens: vec![
                token("my-plain-token"),
                Token {
                    expires: Some("tomorrow".into()),
                    ..token(&"0g".repeat(32))
                },
            ],
            hosts: vec!["https://cors.example".into()],
            request_timeout: Span::secs(0),
            ..Config::default()
        };
        insta::assert_snapshot!(problems(&config).join("\n"));
    }
}
