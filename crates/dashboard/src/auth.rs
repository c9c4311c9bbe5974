//! Who asks, and whether they may.

use std::net::IpAddr;

use axum::body::Body;
use http::{HeaderMap, Method, Request, Uri, header};
use observation::UnixMillis;
use serde::Serialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;

use crate::config::{Config, digest};
use crate::login::{Login, Person, Role};
use crate::problem::{Code, Fault, Problem};
use crate::timestamp::Timestamp;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Anybody who reaches the loopback address; there are no tokens.
    Local,
    /// The holder of a token, or a person who signed in.
    Holder {
        name: String,
        role: Role,
        /// Apps in scope; all, where empty.
        apps: Vec<String>,
        way: Way,
    },
}

/// How someone shows who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Way {
    /// No one has to: there are no tokens, and only this machine reaches the address.
    Local,
    /// A bearer token.
    Token,
    /// The session of a sign-in.
    Session,
    /// The headers of a proxy.
    Proxy,
}

impl Caller {
    /// Whether data of `app` may be shown.
    pub(crate) fn may_see(&self, app: &str) -> bool {
        match self {
            Self::Local => true,
            Self::Holder { apps, .. } => apps.is_empty() || apps.iter().any(|known| known == app),
        }
    }

    /// Refuses what is not limited to one app, unless every app is in scope.
    pub(crate) fn needs_all_apps(&self) -> Result<(), Problem> {
        match self {
            Self::Holder { apps, .. } if !apps.is_empty() => {
                let detail = "this covers all apps, and you are limited to some";
                Err(Problem::new(Code::Forbidden, detail))
            }
            _ => Ok(()),
        }
    }

    /// Refuses whom less than `role` is granted.
    pub(crate) fn needs(&self, role: Role) -> Result<(), Problem> {
        let detail = match (self, role) {
            (Self::Local, _) => return Ok(()),
            (Self::Holder { role: has, .. }, _) if *has >= role => return Ok(()),
            (
                Self::Holder {
                    way: Way::Token, ..
                },
                Role::Admin,
            ) => "the token may not: give it `access = \"admin\"`",
            (
                Self::Holder {
                    way: Way::Token, ..
                },
                _,
            ) => "the token may only read: give it `access = \"write\"`",
            (Self::Holder { .. }, Role::Admin) => {
                "an admin may; an administrator changes the role in the grants"
            }
            (Self::Holder { .. }, _) => {
                "a viewer may only look; an administrator changes the role in the grants"
            }
        };
        Err(Problem::new(Code::Forbidden, detail))
    }

    /// How the caller shows who it is.
    pub(crate) const fn way(&self) -> Way {
        match self {
            Self::Local => Way::Local,
            Self::Holder { way, .. } => *way,
        }
    }

    /// What the caller may do.
    pub(crate) const fn role(&self) -> Role {
        match self {
            Self::Local => Role::Admin,
            Self::Holder { role, .. } => *role,
        }
    }

    /// The name under which a change is recorded, where the caller states none.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Local => "local",
            Self::Holder { name, .. } => name,
        }
    }
}

#[derive(Debug)]
struct Known {
    digest: [u8; 32],
    expires: Option<UnixMillis>,
    caller: Caller,
}

/// Decides who may ask; made once from the settings.
#[derive(Debug)]
pub(crate) struct Authenticator {
    known: Vec<Known>,
    pub(crate) login: Login,
    hosts: Vec<String>,
}

impl Authenticator {
    pub(crate) fn new(config: &Config, login: Login) -> Self {
        let known = config.tokens.iter().filter_map(|token| {
            Some(Known {
                digest: digest(&token.sha256)?,
                // A time that cannot be read (a problem of the settings) never lets anybody in.
                expires: token.expires.as_ref().map(|text| {
                    text.parse::<Timestamp>()
                        .map_or(UnixMillis(0), |stamp| stamp.0)
                }),
                caller: Caller::Holder {
                    name: token.name.clone(),
                    role: token.access.into(),
                    apps: token.apps.clone(),
                    way: Way::Token,
                },
            })
        });
        let hosts = config.hosts.iter().map(|host| host.to_ascii_lowercase());
        Self {
            known: known.collect(),
            login,
            hosts: hosts.collect(),
        }
    }

    /// Whether nothing is configured by which someone could show who they are.
    pub(crate) const fn is_open(&self) -> bool {
        self.known.is_empty() && self.login.oidc.is_none() && self.login.proxy.is_none()
    }

    /// Whether there are tokens.
    pub(crate) const fn has_tokens(&self) -> bool {
        !self.known.is_empty()
    }

    /// What holds for every request, also those that need no token: the `Host` is one of ours. A
    /// page of a hostile name that resolves to this machine (DNS rebinding) is refused here. With
    /// tokens it has nothing to send, and names of probes and proxies vary.
    pub(crate) fn admit(&self, request: &Request<Body>) -> Result<(), Problem> {
        if !self.is_open() || self.expects(host(request.headers(), request.uri()).as_deref()) {
            return Ok(());
        }
        let given = host(request.headers(), request.uri()).unwrap_or_default();
        let detail = "this host is not a name of this server; add it to `dashboard.hosts`";
        let permitted = "localhost, a loopback address or a name in `dashboard.hosts`".into();
        let fault = Fault {
            field: "Host".into(),
            value: given,
            permitted,
        };
        Err(Problem::new(Code::UnexpectedHost, detail).with(vec![fault]))
    }

    fn expects(&self, host: Option<&str>) -> bool {
        let Some(host) = host.map(without_port) else {
            return false;
        };
        let host = host.to_ascii_lowercase();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || address
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
            || self.hosts.contains(&host)
    }

    /// Who asks; a change also needs the role for it and, from a browser that shows by itself who it is, that no page
    /// of another origin asks. `peer` is the other end of the connection.
    pub(crate) fn identify(
        &self,
        request: &Request<Body>,
        peer: IpAddr,
        now: UnixMillis,
    ) -> Result<Caller, Problem> {
        let caller = self.caller(request.headers(), peer, now)?;
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return Ok(caller);
        }
        match caller.way() {
            Way::Local => same_origin(request, Unsigned::Tolerated)?,
            Way::Session | Way::Proxy => same_origin(request, Unsigned::Refused)?,
            Way::Token => {}
        }
        caller.needs(Role::Operator)?;
        Ok(caller)
    }

    fn caller(
        &self,
        headers: &HeaderMap,
        peer: IpAddr,
        now: UnixMillis,
    ) -> Result<Caller, Problem> {
        if self.is_open() {
            return Ok(Caller::Local);
        }
        // First: what pretends to be the proxy is refused, whatever else it shows.
        let mut proxy = self.login.proxy.as_ref();
        if let Some(known) = proxy
            && !known.speaks(headers, peer)?
        {
            proxy = None;
        }
        let oidc = self.login.oidc.as_ref();
        if headers.contains_key(header::AUTHORIZATION) {
            return self.holder(headers, now);
        }
        if let Some(session) = oidc.and_then(|oidc| oidc.session(headers, now)) {
            return Ok(person(session.person, Way::Session));
        }
        if let Some(proxy) = proxy {
            return Ok(person(proxy.person(headers)?, Way::Proxy));
        }
        let detail = match oidc {
            Some(oidc) if oidc.claims_session(headers) => {
                "the session is over; sign in again: /auth/login"
            }
            Some(_) => "sign in at /auth/login, or send a token: `Authorization: Bearer TOKEN`",
            None => "send a token: `Authorization: Bearer TOKEN`",
        };
        Err(Problem::new(Code::Unauthenticated, detail))
    }

    fn holder(&self, headers: &HeaderMap, now: UnixMillis) -> Result<Caller, Problem> {
        let token = bearer(headers).ok_or_else(|| {
            let detail = "send a token: `Authorization: Bearer TOKEN`";
            Problem::new(Code::Unauthenticated, detail)
        })?;
        let given: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        // Every known token is compared in full, so that time tells nothing about any of them.
        let mut found = None;
        for known in &self.known {
            if bool::from(known.digest.ct_eq(&given)) {
                found = Some(known);
            }
        }
        match found {
            None => Err(Problem::new(
                Code::Unauthenticated,
                "this token is not known",
            )),
            Some(known) if known.expires.is_some_and(|expires| expires <= now) => {
                Err(Problem::new(Code::TokenExpired, "this token has expired"))
            }
            Some(known) => Ok(known.caller.clone()),
        }
    }
}

fn person(person: Person, way: Way) -> Caller {
    let Person { name, role, apps } = person;
    Caller::Holder {
        name,
        role,
        apps,
        way,
    }
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// What a change is that says nothing of where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsigned {
    /// A program's.
    Tolerated,
    /// Not one of ours: every browser that has a session says it.
    Refused,
}

/// The rule of Go's `CrossOriginProtection`: browsers say where a request comes from
/// (`Sec-Fetch-Site`, or `Origin` in older ones); what says neither is not a page.
pub(crate) fn same_origin(request: &Request<Body>, unsigned: Unsigned) -> Result<(), Problem> {
    let headers = request.headers();
    let text =
        |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let own = host(headers, request.uri());
    let allowed = match (
        text(header::HeaderName::from_static("sec-fetch-site")),
        text(header::ORIGIN),
    ) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let origin = origin
                .parse::<Uri>()
                .ok()
                .and_then(|uri| uri.authority().map(ToString::to_string));
            origin.is_some() && origin == own
        }
        (None, None) => unsigned == Unsigned::Tolerated,
    };
    if allowed {
        return Ok(());
    }
    let detail = "a page of another origin may not change anything here";
    Err(Problem::new(Code::CrossOrigin, detail))
}

fn host(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    match uri.authority() {
        Some(authority) => Some(authority.to_string()),
        None => headers.get(header::HOST)?.to_str().ok().map(str::to_owned),
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') =>
        {
            name
        }
        _ => host,
    }
}
