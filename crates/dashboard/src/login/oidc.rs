//! Sign-in at a provider: from the browser that begins to the session that it gets.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use observation::UnixMillis;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use runtime::{Causes as _, Clock, Metrics as Registry};
use serde_json::Value;
use url::Url;

use super::config::{self, Person, granted};
use super::cookie::{self, Purpose};
use super::pending::{Pending, SIGN_IN_TIMEOUT, SignIn};
use super::provider::{Claims, Provider, ProviderError};
use super::sessions::{Session, Sessions};
use crate::problem::{Code, Problem};

/// Longest name of a person, in bytes.
const MAX_NAME: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// Sign-in at one provider.
#[derive(Debug)]
pub(crate) struct Oidc {
    config: config::Oidc,
    origin: String,
    is_https: bool,
    provider: Provider,
    pending: Pending,
    sessions: Sessions,
    ended: Family<Outcome, Counter>,
    clock: Clock,
}

/// What a provider sends someone back with.
#[derive(Debug, Default)]
pub(crate) struct Returned {
    pub(crate) code: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) error: Option<String>,
}

impl Oidc {
    pub(crate) fn new(config: config::Oidc, clock: Clock, registry: &Registry) -> Self {
        let (origin, is_https) = config::public(&config.url);
        let ended = Family::<Outcome, Counter>::default();
        for outcome in ["signed_in", "refused", "failed"] {
            let _ = ended.get_or_create(&Outcome { outcome });
        }
        registry.register("dashboard", |registry| {
            let help = "Sign-ins at the identity provider, by outcome";
            registry.register("sign_ins", help, ended.clone());
        });
        let (lifetime, idle) = (config.session_lifetime, config.session_idle);
        Self {
            origin,
            is_https,
            provider: Provider::new(config.clone()),
            pending: Pending::default(),
            sessions: Sessions::new(lifetime.as_millis(), idle.as_millis()),
            ended,
            clock,
            config,
        }
    }

    /// Sends a browser to the provider.
    pub(crate) async fn begin(&self, back_to: Option<&str>) -> Result<Response, Problem> {
        let begun = self.provider.begin().await;
        let begun = begun.map_err(|error| self.failed(&error))?;
        let back_to = back_to.map_or_else(|| "/".to_owned(), |path| self.own_page(path));
        let seconds = i64::try_from(SIGN_IN_TIMEOUT.as_secs()).unwrap_or(i64::MAX);
        // Only the browser that began may come back: what someone else began ends in no one's session.
        let cookie = cookie::set(Purpose::SignIn, &begun.state, seconds, self.is_https);
        let sign_in = SignIn::new(begun.nonce, begun.verifier, back_to);
        self.pending.begin(begun.state, sign_in);
        redirect(begun.url.as_str(), vec![cookie])
    }

    /// Gives the browser that comes back a session.
    pub(crate) async fn finish(
        &self,
        headers: &HeaderMap,
        returned: Returned,
    ) -> Result<(Response, Person), Problem> {
        let stale = || {
            self.count("refused");
            let detail =
                "this sign-in is over, or another browser began it; sign in again: /auth/login";
            Problem::new(Code::SignInFailed, detail)
        };
        let began = cookie::get(Purpose::SignIn, headers, self.is_https);
        let state = returned.state.filter(|state| Some(state) == began.as_ref());
        let sign_in = state.and_then(|state| self.pending.take(&state));
        let sign_in = sign_in.ok_or_else(stale)?;
        let Some(code) = returned.code else {
            self.count("refused");
            let error: String = returned
                .error
                .unwrap_or_default()
                .chars()
                .take(64)
                .collect();
            let detail =
                format!("the provider signed no one in ({error}); sign in again: /auth/login");
            return Err(Problem::new(Code::SignInFailed, detail));
        };
        let confirmed = self
            .provider
            .confirm(code, sign_in.nonce, sign_in.verifier)
            .await;
        let confirmed = confirmed.map_err(|error| self.failed(&error))?;
        let person = self.person(&confirmed.claims)?;
        let secret = random_secret()?;
        let now = self.clock.now();
        if let Some(earlier) = cookie::get(Purpose::Session, headers, self.is_https) {
            self.sessions.end(&earlier);
        }
        self.sessions
            .open(&secret, person.clone(), confirmed.id_token, now);
        self.count("signed_in");
        let seconds = self.config.session_lifetime.as_millis() / 1000;
        let cookies = vec![
            cookie::set(Purpose::SignIn, "", 0, self.is_https),
            cookie::set(Purpose::Session, &secret, seconds, self.is_https),
        ];
        Ok((redirect(&sign_in.back_to, cookies)?, person))
    }

    /// The session of a browser.
    pub(crate) fn session(&self, headers: &HeaderMap, now: UnixMillis) -> Option<Session> {
        let secret = cookie::get(Purpose::Session, headers, self.is_https)?;
        self.sessions.of(&secret, now)
    }

    /// Whether a browser says that it has one.
    pub(crate) fn claims_session(&self, headers: &HeaderMap) -> bool {
        cookie::get(Purpose::Session, headers, self.is_https).is_some()
    }

    /// Ends the session of a browser: who it was, where to sign out of the provider, and the cookie that is taken away.
    pub(crate) async fn end(
        &self,
        headers: &HeaderMap,
    ) -> (Option<Person>, Option<Url>, HeaderValue) {
        let secret = cookie::get(Purpose::Session, headers, self.is_https);
        let session = secret.and_then(|secret| self.sessions.end(&secret));
        let cookie = cookie::set(Purpose::Session, "", 0, self.is_https);
        match session {
            Some(session) => {
                let url = self.provider.end(&session.id_token).await;
                (Some(session.person), url, cookie)
            }
            None => (None, None, cookie),
        }
    }

    /// The person of these claims, if anything is granted to them.
    fn person(&self, claims: &Claims) -> Result<Person, Problem> {
        let name_claim = &self.config.name_claim;
        let name = texts(claims.get(name_claim)).into_iter().next();
        let Some(name) = name.filter(|name| !name.is_empty() && name.len() <= MAX_NAME) else {
            self.count("refused");
            let known = claims
                .keys()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ");
            tracing::warn!(
                name_claim,
                known,
                "the provider sends no name for `dashboard.oidc.name_claim`"
            );
            let detail = format!(
                "the provider sends no claim `{name_claim}`: ask for its scope in `dashboard.oidc.scopes`, or name another in \
                 `dashboard.oidc.name_claim`"
            );
            return Err(Problem::new(Code::SignInFailed, detail));
        };
        // What someone only says of themselves grants nothing.
        let is_unverified = claims.get("email_verified") == Some(&Value::Bool(false));
        let stated = |claim: &str| match claim {
            "email" if is_unverified => Vec::new(),
            claim => texts(claims.get(claim)),
        };
        let Some(grant) = granted(&self.config.grants, stated) else {
            self.count("refused");
            tracing::info!(target: "audit", person = name, "nothing granted");
            let detail = "nothing is granted to you: an administrator adds a grant to `dashboard.oidc.grants`";
            return Err(Problem::new(Code::Forbidden, detail));
        };
        Ok(Person {
            name,
            role: grant.role,
            apps: grant.apps.clone(),
        })
    }

    fn failed(&self, error: &ProviderError) -> Problem {
        self.count("failed");
        let issuer = &self.config.issuer;
        tracing::error!(issuer, error = %error.with_causes(), "sign-in fails; `dashboard.oidc` has its settings");
        match error {
            ProviderError::Unavailable(_) => Problem::new(
                Code::ProviderUnavailable,
                "the identity provider cannot be asked; the log says why",
            ),
            ProviderError::Refused(_) => Problem::new(
                Code::SignInFailed,
                "the identity provider does not confirm the sign-in; the log says why. Sign in again: /auth/login",
            ),
        }
    }

    fn count(&self, outcome: &'static str) {
        self.ended.get_or_create(&Outcome { outcome }).inc();
    }

    /// Where `path` leads on this server, else the start. Whole: a path alone may begin with two slashes, and name
    /// another server then.
    fn own_page(&self, path: &str) -> String {
        let own = Url::parse(&self.origin).ok();
        let there = own.as_ref().and_then(|own| own.join(path).ok());
        match (own, there) {
            (Some(own), Some(there)) if own.origin() == there.origin() => there.into(),
            _ => "/".to_owned(),
        }
    }
}

/// A claim as texts: itself, or each of a list.
fn texts(claim: Option<&Value>) -> Vec<String> {
    match claim {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(|one| one.as_str().map(str::to_owned))
            .collect(),
        Some(Value::Bool(truth)) => vec![truth.to_string()],
        Some(Value::Number(number)) => vec![number.to_string()],
        _ => Vec::new(),
    }
}

fn redirect(to: &str, cookies: Vec<HeaderValue>) -> Result<Response, Problem> {
    let to = HeaderValue::try_from(to)
        .map_err(|_| Problem::new(Code::Internal, "an address cannot be sent"))?;
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, to);
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// 256 bits that no one guesses.
pub(crate) fn random_secret() -> Result<String, Problem> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|_| Problem::new(Code::Internal, "this machine has no randomness now"))?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}
