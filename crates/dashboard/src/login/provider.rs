//! The identity provider: what it says of itself, and whom it names for a code (OpenID Connect Core 1.0, section 3.1).

use std::time::Duration;

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreGenderClaim, CoreIdToken, CoreTokenResponse,
};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl,
    LogoutRequest, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier,
    PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, Scope, TokenResponse as _,
    UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::config::{Oidc, public};

/// How long the provider may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(4);
/// The longest answer of it, in bytes.
const MAX_ANSWER: usize = 1 << 20;
/// How long its description and keys are used. Providers rotate keys by days.
const METADATA_LIFETIME: Duration = Duration::from_secs(600);

/// Where people come back to.
pub(super) const CALLBACK: &str = "/auth/callback";

/// A client whose endpoints are those that the provider describes.
type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Everything that a provider says of someone.
pub(super) type Claims = Map<String, Value>;

/// Why a sign-in does not succeed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProviderError {
    /// It does not answer, or not as a provider.
    #[error("the provider cannot be asked")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It does not take the code, or what it names is not what was asked for.
    #[error("the provider does not confirm the sign-in")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Where someone is sent to sign in, and what has to come back.
pub(super) struct Begun {
    pub(super) url: Url,
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
}

/// Who signed in.
pub(super) struct Confirmed {
    pub(super) claims: Claims,
    pub(super) id_token: String,
}

/// A provider, as it is configured.
#[derive(Debug)]
pub(super) struct Provider {
    config: Oidc,
    client: reqwest::Client,
    metadata: Mutex<Option<(Instant, ProviderMetadataWithLogout)>>,
}

impl Provider {
    pub(super) fn new(config: Oidc) -> Self {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(runtime::client_tls(runtime::authorities()))
            .timeout(TIMEOUT)
            // What a provider says is asked of the provider alone.
            .redirect(reqwest::redirect::Policy::none())
            .build();
        Self {
            config,
            client: client.expect("a client without files and proxies of its own"),
            metadata: Mutex::new(None),
        }
    }

    /// Begins a sign-in.
    pub(super) async fn begin(&self) -> Result<Begun, ProviderError> {
        let client = self.at(self.metadata().await?)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let scopes = self.config.scopes.iter().cloned().map(Scope::new);
        let (url, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(scopes)
            .set_pkce_challenge(challenge)
            .url();
        Ok(Begun {
            url,
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        })
    }

    /// Whom the provider names for `code`.
    pub(super) async fn confirm(
        &self,
        code: String,
        nonce: String,
        verifier: String,
    ) -> Result<Confirmed, ProviderError> {
        let client = self.at(self.metadata().await?)?;
        let send = |request| send(self.client.clone(), request);
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(unavailable)?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request_async(&send)
            .await
            .map_err(|error| ProviderError::Refused(text(&error)))?;
        let id_token = verified(&client, &answer, &Nonce::new(nonce))?;
        let mut claims = payload(id_token)?;
        if client.user_info_url().is_some() {
            let subject = claims.get("sub").and_then(Value::as_str);
            let subject =
                subject.map(|subject| openidconnect::SubjectIdentifier::new(subject.into()));
            let info: UserInfoClaims<AllClaims, CoreGenderClaim> = client
                .user_info(answer.access_token().clone(), subject)
                .map_err(unavailable)?
                .request_async(&send)
                .await
                .map_err(|error| ProviderError::Refused(text(&error)))?;
            if let Ok(Value::Object(info)) = serde_json::to_value(&info) {
                // What is signed stands before what is only sent.
                for (name, value) in info {
                    claims.entry(name).or_insert(value);
                }
            }
        }
        Ok(Confirmed {
            claims,
            id_token: id_token.to_string(),
        })
    }

    /// Where someone is sent to sign out of the provider, if it has such a place.
    pub(super) async fn end(&self, id_token: &str) -> Option<Url> {
        let metadata = self.metadata().await.ok()?;
        let endpoint = metadata
            .additional_metadata()
            .end_session_endpoint
            .clone()?;
        let mut request = LogoutRequest::from(endpoint)
            .set_client_id(ClientId::new(self.config.client_id.clone()));
        if let Ok(id_token) = id_token.parse::<CoreIdToken>() {
            request = request.set_id_token_hint(&id_token);
        }
        let (url, _) = public(&self.config.url);
        if let Ok(back) = PostLogoutRedirectUrl::new(format!("{url}/")) {
            request = request.set_post_logout_redirect_uri(back);
        }
        Some(request.http_get_url())
    }

    async fn metadata(&self) -> Result<ProviderMetadataWithLogout, ProviderError> {
        // Whoever comes meanwhile waits for the same answer.
        let mut known = self.metadata.lock().await;
        if let Some((_, metadata)) = known
            .as_ref()
            .filter(|(read, _)| read.elapsed() < METADATA_LIFETIME)
        {
            return Ok(metadata.clone());
        }
        let issuer = IssuerUrl::new(self.config.issuer.clone()).map_err(unavailable)?;
        let send = |request| send(self.client.clone(), request);
        let metadata = ProviderMetadataWithLogout::discover_async(issuer, &send).await;
        let metadata = metadata.map_err(|error| ProviderError::Unavailable(text(&error)))?;
        *known = Some((Instant::now(), metadata.clone()));
        Ok(metadata)
    }

    fn at(&self, metadata: ProviderMetadataWithLogout) -> Result<Client, ProviderError> {
        let config = &self.config;
        let secret = Some(config.client_secret.reveal()).filter(|secret| !secret.is_empty());
        let secret = secret.map(|secret| ClientSecret::new(secret.to_owned()));
        let (url, _) = public(&config.url);
        let back = RedirectUrl::new(format!("{url}{CALLBACK}")).map_err(unavailable)?;
        let id = ClientId::new(config.client_id.clone());
        Ok(CoreClient::from_provider_metadata(metadata, id, secret).set_redirect_uri(back))
    }
}

/// The token of an answer, once signature, issuer, audience, time, nonce and the access token's hash are right.
fn verified<'a>(
    client: &Client,
    answer: &'a CoreTokenResponse,
    nonce: &Nonce,
) -> Result<&'a CoreIdToken, ProviderError> {
    let refused = |what: &str| ProviderError::Refused(what.into());
    let missing = || refused("it sends no ID token: the scope `openid` has to be permitted");
    let id_token = answer.id_token().ok_or_else(missing)?;
    let verifier = client.id_token_verifier();
    let claims = id_token.claims(&verifier, nonce);
    let claims = claims.map_err(|error| ProviderError::Refused(text(&error)))?;
    if let Some(expected) = claims.access_token_hash() {
        let algorithm = id_token
            .signing_alg()
            .map_err(|_| refused("no algorithm"))?;
        let key = id_token
            .signing_key(&verifier)
            .map_err(|_| refused("no key"))?;
        let hash = AccessTokenHash::from_token(answer.access_token(), algorithm, key);
        if hash.ok().as_ref() != Some(expected) {
            return Err(refused("the access token belongs to another ID token"));
        }
    }
    Ok(id_token)
}

/// All claims of a token that was verified; the types of the library know the standard ones alone.
fn payload(id_token: &CoreIdToken) -> Result<Claims, ProviderError> {
    let text = id_token.to_string();
    let payload = text.split('.').nth(1).unwrap_or_default();
    let bytes = data_encoding::BASE64URL_NOPAD.decode(payload.as_bytes());
    let bytes = bytes.map_err(|error| ProviderError::Refused(error.into()))?;
    serde_json::from_slice(&bytes).map_err(|error| ProviderError::Refused(error.into()))
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct AllClaims(Map<String, Value>);

impl AdditionalClaims for AllClaims {}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> ProviderError {
    ProviderError::Unavailable(Box::new(error))
}

/// What an error and its causes say; the types of the library are neither `Send` nor short.
fn text(error: &(dyn std::error::Error + 'static)) -> Box<dyn std::error::Error + Send + Sync> {
    use runtime::Causes as _;
    error.with_causes().to_string().into()
}

/// An exchange with the provider, bounded in time and size.
async fn send(
    client: reqwest::Client,
    request: HttpRequest,
) -> Result<HttpResponse, openidconnect::HttpClientError<reqwest::Error>> {
    use openidconnect::HttpClientError;
    let request = request
        .try_into()
        .map_err(|error| HttpClientError::Reqwest(Box::new(error)))?;
    let mut response = client
        .execute(request)
        .await
        .map_err(|error| HttpClientError::Reqwest(Box::new(error)))?;
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| HttpClientError::Reqwest(Box::new(error)))?
    {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(HttpClientError::Other("the answer is too long".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    let mut answer = http::Response::builder().status(response.status());
    if let Some(headers) = answer.headers_mut() {
        *headers = response.headers().clone();
    }
    Ok(answer.body(body)?)
}
