//! Who asks, and whether they may.

use axum::body::Body;
use http::{HeaderMap, Method, Request, Uri, header};
use observation::UnixMillis;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config::{Access, Config, digest};
use crate::problem::{Code, Fault, Problem};
use crate::timestamp::Timestamp;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Anybody who reaches the loopback address; there are no tokens.
    Local,
    /// The holder of a token.
    Holder {
        name: String,
        access: Access,
        /// Apps in scope; all, where empty.
        apps: Vec<String>,
    },
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
                let detail = "this covers all apps; the token is limited to some";
                Err(Problem::new(Code::Forbidden, detail))
            }
            _ => Ok(()),
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
    hosts: Vec<String>,
}

impl Authenticator {
    pub(crate) fn new(config: &Config) -> Self {
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
                    access: token.access,
                    apps: token.apps.clone(),
                },
            })
        });
        let hosts = config.hosts.iter().map(|host| host.to_ascii_lowercase());
        Self {
            known: known.collect(),
            hosts: hosts.collect(),
        }
    }

    /// Whether tokens are configured, so that the UI asks for one.
    pub(crate) const fn is_open(&self) -> bool {
        self.known.is_empty()
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

    /// Who asks; a change also needs write access and, without tokens, a caller that is not a page
    /// of another origin.
    pub(crate) fn identify(
        &self,
        request: &Request<Body>,
        now: UnixMillis,
    ) -> Result<Caller, Problem> {
        let caller = if self.is_open() {
            Caller::Local
        } else {
            self.holder(request.headers(), now)?
        };
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return Ok(caller);
        }
        match &caller {
            Caller::Local => same_origin(request)?,
            Caller::Holder {
                access: Access::Write,
                ..
            } => {}
            Caller::Holder { .. } => {
                let detail = "the token may only read: give it `access = \"write\"`";
                return Err(Problem::new(Code::Forbidden, detail));
            }
        }
        Ok(caller)
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

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The rule of Go's `CrossOriginProtection`: browsers say where a request comes from
/// (`Sec-Fetch-Site`, or `Origin` in older ones); what says neither is not a page.
fn same_origin(request: &Request<Body>) -> Result<(), Problem> {
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
        (None, None) => true,
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
