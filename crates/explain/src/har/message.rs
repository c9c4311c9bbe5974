//! What a browser's message says of a request that CORS blocked: files of Safari and of test tools have it where
//! the answer is missing, and people copy it from the console.

use cors::{CorsError, Stage};

/// What a message says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BlockMessage {
    /// The rule, where the message names just one.
    pub(crate) error: Option<CorsError>,
    /// The header or the method that was not allowed.
    pub(super) parameter: Option<String>,
    /// What stood in the header that the rule is about.
    pub(super) value: Option<String>,
    /// Status of the answer.
    pub(crate) status: Option<u16>,
    /// Whose answer it was, where the message tells: WebKit's do not.
    pub(super) stage: Option<Stage>,
}

impl BlockMessage {
    pub(super) fn rule(error: CorsError) -> Self {
        Self {
            error: Some(error),
            ..Self::default()
        }
    }
}

/// Words of messages, lower case, with straight quotes, and the rule; the first that are contained decide. WebKit's
/// are those of `Source/WebCore/loader/CrossOriginAccessControl.cpp`, Chromium's of
/// `third_party/blink/renderer/platform/loader/cors/cors_error_string.cc`, Firefox' of
/// `dom/locales/en-US/chrome/security/security.properties`.
const RULES: [(&str, CorsError); 33] = {
    use CorsError as E;
    [
        (
            "cannot use wildcard in access-control-allow-origin",
            E::WildcardOriginNotAllowed,
        ),
        ("must not be the wildcard '*'", E::WildcardOriginNotAllowed),
        (
            "credential is not supported if",
            E::WildcardOriginNotAllowed,
        ),
        // What Chromium said until 2018.
        ("a wildcard '*' cannot be used", E::WildcardOriginNotAllowed),
        (
            "'access-control-allow-credentials' header is '",
            E::InvalidAllowCredentials,
        ),
        (
            "response for preflight has invalid http status",
            E::PreflightInvalidStatus,
        ),
        (
            "response for preflight is invalid (redirect)",
            E::PreflightDisallowedRedirect,
        ),
        (
            "cannot contain more than one origin",
            E::MultipleAllowOriginValues,
        ),
        ("contains multiple values", E::MultipleAllowOriginValues),
        ("multiple cors header", E::MultipleAllowOriginValues),
        ("contains the invalid value", E::InvalidAllowOriginValue),
        ("not equal to the supplied origin", E::AllowOriginMismatch),
        (
            "'access-control-allow-origin' does not match",
            E::AllowOriginMismatch,
        ),
        (
            "no 'access-control-allow-origin' header is present",
            E::MissingAllowOriginHeader,
        ),
        (
            "'access-control-allow-origin' missing",
            E::MissingAllowOriginHeader,
        ),
        (
            "access-control-allow-credentials is not",
            E::InvalidAllowCredentials,
        ),
        ("which must be 'true' when", E::InvalidAllowCredentials),
        ("expected 'true' in cors header", E::InvalidAllowCredentials),
        (
            "preflight response is not successful",
            E::PreflightInvalidStatus,
        ),
        ("does not have http ok status", E::PreflightInvalidStatus),
        (
            "cors preflight response did not succeed",
            E::PreflightInvalidStatus,
        ),
        (
            "redirect is not allowed for a preflight",
            E::PreflightDisallowedRedirect,
        ),
        (
            "external redirect not allowed",
            E::PreflightDisallowedRedirect,
        ),
        (
            "cannot parse access-control-allow-methods",
            E::InvalidAllowMethodsPreflightResponse,
        ),
        (
            "cannot parse access-control-allow-headers",
            E::InvalidAllowHeadersPreflightResponse,
        ),
        (
            "request header field",
            E::HeaderDisallowedByPreflightResponse,
        ),
        (
            "is not allowed by access-control-allow-headers",
            E::HeaderDisallowedByPreflightResponse,
        ),
        (
            "according to header 'access-control-allow-headers'",
            E::HeaderDisallowedByPreflightResponse,
        ),
        (
            "in cors header 'access-control-allow-headers'",
            E::HeaderDisallowedByPreflightResponse,
        ),
        (
            "is not allowed by access-control-allow-methods",
            E::MethodDisallowedByPreflightResponse,
        ),
        (
            "did not find method in cors header",
            E::MethodDisallowedByPreflightResponse,
        ),
        (
            "contains a username and password",
            E::RedirectContainsCredentials,
        ),
        ("only supported for protocol schemes", E::CorsDisabledScheme),
    ]
};

/// What Chromium begins a message about a preflight with.
const OF_PREFLIGHT: &str = "response to preflight request";

/// Reads a message about CORS.
pub(crate) fn read(text: &str) -> BlockMessage {
    let text = text.replace(['\u{2018}', '\u{2019}'], "'");
    let lower = text.to_ascii_lowercase();
    let found = RULES.iter().find(|(words, _)| lower.contains(words));
    let error = found.map(|(_, error)| match lower.contains(OF_PREFLIGHT) {
        true => of_preflight(*error),
        false => *error,
    });
    BlockMessage {
        error,
        parameter: parameter(&text, error),
        value: value(&text, error),
        status: status(&lower),
        stage: stage(&lower, error),
    }
}

/// The status of the answer.
fn status(lower: &str) -> Option<u16> {
    let (_, rest) = ["status code: ", "http status code "]
        .iter()
        .find_map(|words| lower.split_once(words))?;
    rest.get(..3)?.parse().ok()
}

/// Whose answer it was. Firefox says the same of both where it misses a permission.
fn stage(lower: &str, error: Option<CorsError>) -> Option<Stage> {
    const TELLING: [&str; 4] = [
        "by cors policy",
        "preflight response did not",
        "is therefore not allowed access",
        "response for preflight",
    ];
    if lower.contains(OF_PREFLIGHT) {
        return Some(Stage::Preflight);
    }
    let tells = TELLING.iter().any(|words| lower.contains(words));
    error
        .filter(|_| tells)
        .map(|error| match is_of_preflight(error) {
            true => Stage::Preflight,
            false => Stage::Response,
        })
}

/// The header or the method that a message names.
fn parameter(text: &str, error: Option<CorsError>) -> Option<String> {
    let before = [" is not allowed", " in CORS header"]
        .iter()
        .find_map(|end| text.split_once(end))?
        .0;
    let is_list = matches!(
        error,
        Some(
            CorsError::HeaderDisallowedByPreflightResponse
                | CorsError::MethodDisallowedByPreflightResponse
        )
    );
    let word = before.split_whitespace().last().filter(|_| is_list)?;
    Some(word.trim_matches('\'').to_owned())
}

/// What stood in the header: the quoted text behind the words that announce it.
fn value(text: &str, error: Option<CorsError>) -> Option<String> {
    let announced = match error? {
        CorsError::AllowOriginMismatch | CorsError::PreflightAllowOriginMismatch => {
            ["has a value '", "does not match '"].as_slice()
        }
        CorsError::MultipleAllowOriginValues | CorsError::PreflightMultipleAllowOriginValues => {
            &["contains multiple values '"]
        }
        CorsError::InvalidAllowOriginValue | CorsError::PreflightInvalidAllowOriginValue => {
            &["contains the invalid value '"]
        }
        CorsError::InvalidAllowCredentials | CorsError::PreflightInvalidAllowCredentials => {
            &["header in the response is '", "header is '"]
        }
        _ => return None,
    };
    let (_, rest) = announced.iter().find_map(|words| text.split_once(words))?;
    let (value, _) = rest.split_once('\'')?;
    (!value.is_empty()).then(|| value.to_owned())
}

/// The same rule at the answer to a preflight.
const fn of_preflight(error: CorsError) -> CorsError {
    use CorsError as E;
    match error {
        E::WildcardOriginNotAllowed => E::PreflightWildcardOriginNotAllowed,
        E::MissingAllowOriginHeader => E::PreflightMissingAllowOriginHeader,
        E::MultipleAllowOriginValues => E::PreflightMultipleAllowOriginValues,
        E::InvalidAllowOriginValue => E::PreflightInvalidAllowOriginValue,
        E::AllowOriginMismatch => E::PreflightAllowOriginMismatch,
        E::InvalidAllowCredentials => E::PreflightInvalidAllowCredentials,
        other => other,
    }
}

/// Whether only an answer to a preflight breaks the rule.
fn is_of_preflight(error: CorsError) -> bool {
    use CorsError as E;
    let of_lists = matches!(
        error,
        E::InvalidAllowMethodsPreflightResponse
            | E::InvalidAllowHeadersPreflightResponse
            | E::MethodDisallowedByPreflightResponse
            | E::HeaderDisallowedByPreflightResponse
    );
    of_lists || error.as_str().starts_with("Preflight")
}
