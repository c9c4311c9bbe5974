//! The preflight: when it is needed, what it asks, and whether its answer permits the request.

use std::borrow::Cow;

use crate::access::{self, Refusal};
use crate::exchange::Answer;
use crate::header::{elements, is_token};
use crate::max_age::lifetime;
use crate::safelist::unsafe_names;
use crate::word::{CorsError, Credentials, Engine};

/// What the browser sends in a preflight beyond `Origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// `Access-Control-Request-Method`.
    pub method: String,
    /// `Access-Control-Request-Headers`: lower case, sorted, comma separated; `None` without any.
    pub headers: Option<String>,
}

/// The part of a request that a preflight is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) method: &'a str,
    pub(crate) headers: &'a [(String, Vec<u8>)],
    pub(crate) credentials: Credentials,
    pub(crate) engine: Engine,
}

impl Ask<'_> {
    pub(crate) fn needs_preflight(&self) -> bool {
        !is_safelisted_method(self.method) || !unsafe_names(self.headers, self.engine).is_empty()
    }

    pub(crate) fn question(&self) -> Question {
        let mut names = unsafe_names(self.headers, self.engine);
        names.sort_unstable();
        Question {
            method: self.method.to_owned(),
            headers: (!names.is_empty()).then(|| names.join(",")),
        }
    }
}

fn is_safelisted_method(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "POST")
}

/// What a good preflight answer permits, and for how long. Both lists hold nothing but tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Permission<'a> {
    methods: Cow<'a, [u8]>,
    headers: Cow<'a, [u8]>,
    credentialed: bool,
    pub(crate) seconds: u32,
}

/// Judges a preflight's answer, in the order in which Chromium looks: redirect, access check,
/// status, `Allow-Methods` and `Allow-Headers` as lists, method, headers.
pub(crate) fn check<'a>(
    answer: &'a Answer,
    origin: Option<&str>,
    ask: Ask<'_>,
) -> Result<Permission<'a>, Refusal> {
    if answer.redirect().is_some() {
        return Err(Refusal::new(CorsError::PreflightDisallowedRedirect, ""));
    }
    if let Some(origin) = origin {
        let access = access::check(&answer.headers, origin, ask.credentials, ask.engine);
        access.map_err(|refusal| Refusal {
            error: refusal.error.on_preflight(),
            ..refusal
        })?;
    }
    if !(200..=299).contains(&answer.status) {
        return Err(Refusal::new(CorsError::PreflightInvalidStatus, ""));
    }
    let permission = Permission::read(answer, ask.credentials)?;
    permission.covers_method(ask.method)?;
    permission.covers_headers(ask, Authorization::ByWildcardToo)?;
    Ok(permission)
}

/// Whether `*` in `Access-Control-Allow-Headers` covers `Authorization`. The standard says no;
/// Chromium says yes with a deprecation warning, except when it looks into its cache
/// (`services/network/cors/preflight_cache.cc`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authorization {
    ByWildcardToo,
    ByNameOnly,
}

impl<'a> Permission<'a> {
    /// Reads both lists the way `services/network/cors/preflight_result.cc` does: one element that
    /// is not a token makes the answer void.
    fn read(answer: &'a Answer, credentials: Credentials) -> Result<Self, Refusal> {
        let list = |name: &'static str, error: CorsError| -> Result<Cow<'a, [u8]>, Refusal> {
            let value = answer.headers.joined(name).unwrap_or_default();
            if elements(&value).all(is_token) {
                Ok(value)
            } else {
                Err(Refusal::new(error, ""))
            }
        };
        Ok(Self {
            methods: list(
                "access-control-allow-methods",
                CorsError::InvalidAllowMethodsPreflightResponse,
            )?,
            headers: list(
                "access-control-allow-headers",
                CorsError::InvalidAllowHeadersPreflightResponse,
            )?,
            credentialed: credentials == Credentials::Include,
            seconds: lifetime(answer),
        })
    }

    fn has_wildcard(&self, list: &[u8]) -> bool {
        !self.credentialed && elements(list).any(|element| element == b"*")
    }

    fn names_header(&self, name: &str) -> bool {
        elements(&self.headers).any(|allowed| allowed.eq_ignore_ascii_case(name.as_bytes()))
    }

    pub(crate) fn covers_method(&self, method: &str) -> Result<(), Refusal> {
        if is_safelisted_method(method)
            || elements(&self.methods).any(|allowed| allowed == method.as_bytes())
            || self.has_wildcard(&self.methods)
        {
            return Ok(());
        }
        Err(Refusal::new(
            CorsError::MethodDisallowedByPreflightResponse,
            method,
        ))
    }

    pub(crate) fn covers_headers(
        &self,
        ask: Ask<'_>,
        authorization: Authorization,
    ) -> Result<(), Refusal> {
        let headers = ask.headers;
        let refuse = |name: &str| {
            Err(Refusal::new(
                CorsError::HeaderDisallowedByPreflightResponse,
                name,
            ))
        };
        if self.has_wildcard(&self.headers) {
            let hidden = authorization == Authorization::ByNameOnly
                && headers.iter().any(|(name, _)| name == "authorization")
                && !self.names_header("authorization");
            return if hidden {
                refuse("authorization")
            } else {
                Ok(())
            };
        }
        match unsafe_names(headers, ask.engine)
            .into_iter()
            .find(|name| !self.names_header(name))
        {
            Some(name) => refuse(name),
            None => Ok(()),
        }
    }

    /// Whether a later request may go without a preflight of its own.
    pub(crate) fn covers(&self, ask: Ask<'_>) -> bool {
        (self.credentialed || ask.credentials != Credentials::Include)
            && self.covers_method(ask.method).is_ok()
            && self.covers_headers(ask, Authorization::ByNameOnly).is_ok()
    }
}
