//! What a request that cannot be answered gets: problem details (RFC 9457).

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use runtime::Causes as _;
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;
use web::BadFraming;

/// A request that cannot be answered, as RFC 9457 problem details.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`: `code` tells problems apart.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// Stable word for programs.
    code: Code,
    /// What is wrong and what to do, for people.
    detail: String,
    /// Every part of the request that is at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    /// Whether the answer costs too much: what would be cheaper is named where the request is known.
    #[serde(skip)]
    cost: Cost,
}

/// What the answer to a question costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cost {
    /// No more than a question may.
    Bearable,
    /// The store gave it up.
    TooMuch,
}

/// One part of a request that is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Fault {
    /// Name of the parameter, field or header.
    pub field: String,
    /// What was given.
    pub value: String,
    /// What is permitted.
    pub permitted: String,
}

/// Why a request is not answered. Closed: programs may depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Code {
    /// A parameter or field is unknown, missing or out of bounds.
    InvalidRequest,
    /// Where the request ends, or for which host it is, is not certain.
    MalformedRequest,
    /// The body has a transfer coding that is not understood.
    UnsupportedCoding,
    /// No token, or one that is not known.
    Unauthenticated,
    /// The token has expired.
    TokenExpired,
    /// Too many wrong tokens came from the address.
    TooManyGuesses,
    /// The caller may not do this.
    Forbidden,
    /// A header that only a configured proxy may set came from elsewhere, or does not say who is there.
    UntrustedProxy,
    /// A link for a partner has expired.
    LinkExpired,
    /// A link for a partner was revoked.
    LinkRevoked,
    /// A sign-in is over, was begun elsewhere, or is not confirmed by the provider.
    SignInFailed,
    /// The identity provider cannot be asked.
    ProviderUnavailable,
    /// The `Host` header is not a name of this server.
    UnexpectedHost,
    /// A page of another origin asked for a change.
    CrossOrigin,
    /// Nothing is here.
    NotFound,
    /// The method is not answered here.
    MethodNotAllowed,
    /// The body is too large.
    TooLarge,
    /// The body is not JSON.
    UnsupportedMediaType,
    /// Too many requests at once.
    Overloaded,
    /// The store did not answer in time.
    Timeout,
    /// The store cannot answer now.
    StoreUnavailable,
    /// The process starts; `/readyz` says what it waits for.
    Starting,
    /// A fault of this server; the log says more.
    Internal,
}

impl Code {
    /// The reasons for which a request does not reach its route.
    pub(crate) const GATE: [Self; 13] = [
        Self::MalformedRequest,
        Self::UnsupportedCoding,
        Self::Unauthenticated,
        Self::LinkExpired,
        Self::LinkRevoked,
        Self::UntrustedProxy,
        Self::TooManyGuesses,
        Self::TokenExpired,
        Self::Forbidden,
        Self::UnexpectedHost,
        Self::CrossOrigin,
        Self::Overloaded,
        Self::Timeout,
    ];

    /// The word in JSON and labels.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::MalformedRequest => "malformed_request",
            Self::UnsupportedCoding => "unsupported_coding",
            Self::Unauthenticated => "unauthenticated",
            Self::TokenExpired => "token_expired",
            Self::TooManyGuesses => "too_many_guesses",
            Self::Forbidden => "forbidden",
            Self::UntrustedProxy => "untrusted_proxy",
            Self::LinkExpired => "link_expired",
            Self::LinkRevoked => "link_revoked",
            Self::SignInFailed => "sign_in_failed",
            Self::ProviderUnavailable => "provider_unavailable",
            Self::UnexpectedHost => "unexpected_host",
            Self::CrossOrigin => "cross_origin",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::TooLarge => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::Overloaded => "overloaded",
            Self::Timeout => "timeout",
            Self::StoreUnavailable => "store_unavailable",
            Self::Starting => "starting",
            Self::Internal => "internal",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::InvalidRequest | Self::MalformedRequest | Self::SignInFailed => {
                StatusCode::BAD_REQUEST
            }
            Self::UnsupportedCoding => StatusCode::NOT_IMPLEMENTED,
            Self::LinkExpired | Self::LinkRevoked => StatusCode::GONE,
            Self::ProviderUnavailable => StatusCode::BAD_GATEWAY,
            Self::Unauthenticated | Self::TokenExpired => StatusCode::UNAUTHORIZED,
            Self::TooManyGuesses => StatusCode::TOO_MANY_REQUESTS,
            Self::Forbidden | Self::CrossOrigin | Self::UntrustedProxy => StatusCode::FORBIDDEN,
            Self::UnexpectedHost => StatusCode::MISDIRECTED_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Overloaded | Self::Timeout | Self::StoreUnavailable | Self::Starting => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl Problem {
    /// A problem with `code`, explained by `detail`.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        let status = code.status();
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            errors: Vec::new(),
            cost: Cost::Bearable,
        }
    }

    /// What is wrong, for people.
    pub(crate) fn into_detail(self) -> String {
        self.detail
    }

    /// The same, naming the parts at fault.
    #[must_use]
    pub(crate) fn with(mut self, errors: Vec<Fault>) -> Self {
        self.errors = errors;
        self
    }

    /// The word that tells it apart.
    pub(crate) const fn code(&self) -> Code {
        self.code
    }

    /// Whether the answer costs too much.
    pub(crate) const fn cost(&self) -> Cost {
        self.cost
    }

    /// What is wrong, for people.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The parts at fault.
    pub(crate) fn errors(&self) -> &[Fault] {
        &self.errors
    }

    /// A refusal that names every fault.
    pub(crate) fn faults(errors: Vec<Fault>) -> Self {
        let each = errors.iter().map(|fault| {
            format!(
                "{} = {:?}: permitted is {}",
                fault.field, fault.value, fault.permitted
            )
        });
        let detail = each.collect::<Vec<_>>().join("; ");
        Self::new(Code::InvalidRequest, detail).with(errors)
    }
}

impl From<BadFraming> for Problem {
    fn from(fault: BadFraming) -> Self {
        let code = match fault {
            BadFraming::Coding => Code::UnsupportedCoding,
            BadFraming::Host | BadFraming::HostValue | BadFraming::TransferEncoding => {
                Code::MalformedRequest
            }
        };
        Self::new(code, fault.to_string())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Limits { .. } => {
                let problem = Self::new(Code::InvalidRequest, error.to_string());
                Self {
                    cost: Cost::TooMuch,
                    ..problem
                }
            }
            StoreError::Unavailable { .. } | StoreError::Schema(_) => {
                tracing::error!(
                    error = %error.with_causes(),
                    "store unavailable"
                );
                Self::new(
                    Code::StoreUnavailable,
                    "the store cannot answer now; the log says why",
                )
            }
            StoreError::Rejected { .. } | StoreError::Config(_) => {
                tracing::error!(
                    error = %error.with_causes(),
                    "store refuses a query"
                );
                Self::new(
                    Code::Internal,
                    "the store refuses this query; the log says why",
                )
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).expect("a problem is plain data");
        let mut response = (
            StatusCode::from_u16(self.status).expect("was a status"),
            body,
        )
            .into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        match self.code {
            Code::Unauthenticated | Code::TokenExpired => {
                let challenge = HeaderValue::from_static("Bearer realm=\"corswatch\"");
                headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
            Code::Overloaded | Code::Timeout | Code::StoreUnavailable => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            Code::Starting => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
                // Browsers, which do not read the other.
                headers.insert(header::REFRESH, HeaderValue::from_static("2"));
            }
            Code::MalformedRequest | Code::UnsupportedCoding => {
                // What follows on the connection may be a part of it, or not.
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        // For the layers that say more, or say it to people.
        response.extensions_mut().insert(self);
        response
    }
}
