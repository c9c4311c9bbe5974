//! Settings of the ways in for people.

use std::net::IpAddr;

use http::HeaderName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Secret, Span};
use url::{Host, Url};
use utoipa::ToSchema;

/// What someone may do.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Look.
    #[default]
    Viewer,
    /// And record deploys, silences and maintenance, close incidents, run backtests.
    Operator,
    /// And make partner links.
    Admin,
}

/// Sign-in at an OpenID Connect provider: authorization code flow with PKCE.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// The provider: below it is `/.well-known/openid-configuration`. https, or http on this machine.
    pub issuer: String,
    /// Under which the provider knows corswatch.
    pub client_id: String,
    /// The secret of that client; none for a public client.
    #[serde(default)]
    pub client_secret: Secret,
    /// The address at which browsers reach the web UI, without a path. The provider sends people back to
    /// `/auth/callback` there: register that.
    pub url: String,
    /// Scopes that are asked for beside `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// The claim that names a person in the audit log and as author.
    #[serde(default = "name_claim")]
    pub name_claim: String,
    /// How long a session lasts: 5m to 30days.
    #[serde(default = "session_lifetime")]
    pub session_lifetime: Span,
    /// How long a session that is not used lasts: 1m to 30days.
    #[serde(default = "session_idle")]
    pub session_idle: Span,
    /// Who may do what; the first grant that fits holds. Who fits none is not admitted.
    pub grants: Vec<Grant>,
}

/// Sign-in by a proxy that stands before and tells by headers who is there.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProxySignIn {
    /// Addresses of the proxies. The headers from any other address are refused and counted.
    pub peers: Vec<IpAddr>,
    /// The header with the name of the person.
    #[serde(default = "user_header")]
    pub user_header: String,
    /// The header with the groups of the person, separated by commas.
    #[serde(default = "groups_header")]
    pub groups_header: String,
    /// Who may do what; the first grant that fits holds: `claim` is `user` or `groups`.
    pub grants: Vec<Grant>,
}

/// What holders of a claim may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Name of the claim: `groups`, `email`.
    pub claim: String,
    /// What it is, or one of what it lists; `*` for whatever it is.
    pub value: String,
    /// What they may do.
    #[serde(default)]
    pub role: Role,
    /// The apps that they see; all, where empty.
    #[serde(default)]
    pub apps: Vec<String>,
}

fn scopes() -> Vec<String> {
    vec!["profile".into(), "email".into()]
}

fn name_claim() -> String {
    "email".into()
}

const fn session_lifetime() -> Span {
    Span::secs(12 * 3600)
}

const fn session_idle() -> Span {
    Span::secs(2 * 3600)
}

fn user_header() -> String {
    "x-forwarded-user".into()
}

fn groups_header() -> String {
    "x-forwarded-groups".into()
}

/// A person who is admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// Apps in scope; all, where empty.
    pub(crate) apps: Vec<String>,
}

/// What the first fitting grant gives to someone for whom `claim` answers with all values of a claim.
pub(crate) fn granted(grants: &[Grant], claim: impl Fn(&str) -> Vec<String>) -> Option<&Grant> {
    grants.iter().find(|grant| {
        let values = claim(&grant.claim);
        values
            .iter()
            .any(|value| grant.value == "*" || *value == grant.value)
    })
}

impl Oidc {
    /// Reports everything that is wrong with these settings.
    pub(crate) fn problems(&self, mut problems: Problems<'_>) {
        if let Err(reason) = secure(&self.issuer, "https://login.example/realms/ops") {
            problems.report("issuer", quoted(&self.issuer), reason);
        }
        match secure(&self.url, "https://cors.example") {
            Err(reason) => problems.report("url", quoted(&self.url), reason),
            Ok(url) if url.path() != "/" || url.query().is_some() => {
                let reason = "write the address without a path: https://cors.example";
                problems.report("url", quoted(&self.url), reason);
            }
            Ok(_) => {}
        }
        if self.client_id.is_empty() {
            let reason = "write the client id that the provider gave to corswatch";
            problems.report("client_id", "\"\"", reason);
        }
        if self.name_claim.is_empty() {
            let reason = "write the name of a claim, such as email or sub";
            problems.report("name_claim", "\"\"", reason);
        }
        for (field, value, least) in [
            ("session_lifetime", self.session_lifetime, 300),
            ("session_idle", self.session_idle, 60),
        ] {
            problems.range(field, value, Span::secs(least)..=Span::secs(30 * 86_400));
        }
        grant_problems(&self.grants, None, &mut problems);
    }
}

impl ProxySignIn {
    /// The claims that a proxy tells.
    pub(crate) const CLAIMS: [&'static str; 2] = ["user", "groups"];

    /// Reports everything that is wrong with these settings.
    pub(crate) fn problems(&self, mut problems: Problems<'_>) {
        if self.peers.is_empty() {
            let reason =
                "write the addresses of the proxies: from all others the headers are refused";
            problems.report("peers", "[]", reason);
        }
        for (field, value) in [
            ("user_header", &self.user_header),
            ("groups_header", &self.groups_header),
        ] {
            let parsed = value.parse::<HeaderName>();
            let taken = ["authorization", "cookie", "host"];
            if parsed.is_err() || taken.contains(&value.to_ascii_lowercase().as_str()) {
                let reason = "write the name of a header that the proxy sets itself, such as x-forwarded-user";
                problems.report(field, quoted(value), reason);
            }
        }
        grant_problems(&self.grants, Some(&Self::CLAIMS), &mut problems);
    }
}

fn grant_problems(grants: &[Grant], claims: Option<&[&str]>, problems: &mut Problems<'_>) {
    if grants.is_empty() {
        let reason = "no one is admitted: add a grant such as \
                      { claim = \"groups\", value = \"sre\", role = \"operator\" }";
        problems.report("grants", "[]", reason);
    }
    for (at, grant) in grants.iter().enumerate() {
        let mut problems = problems.section(format!("grants[{at}]"));
        if grant.claim.is_empty() {
            problems.report("claim", "\"\"", "write the name of a claim, such as groups");
        }
        if grant.value.is_empty() {
            let reason = "write the value of the claim, or \"*\" for whatever it is";
            problems.report("value", "\"\"", reason);
        }
        if let Some(claims) = claims
            && !claims.contains(&grant.claim.as_str())
        {
            let reason = format!("a proxy tells: {}", claims.join(", "));
            problems.report("claim", quoted(&grant.claim), reason);
        }
    }
}

/// The URL that `text` is, if nothing secret travels to it in clear text.
pub(crate) fn secure(text: &str, example: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{error}; write {example}"))?;
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_here => Ok(url),
        _ => Err(format!(
            "write an https address such as {example}: codes and cookies do not travel in clear text beyond this machine"
        )),
    }
}

/// The origin of [`Oidc::url`], and whether it is https.
pub(crate) fn public(url: &str) -> (String, bool) {
    let url = url.trim_end_matches('/');
    (url.to_owned(), url.starts_with("https://"))
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}
