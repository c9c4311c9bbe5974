//! Which request headers a page may set, and which of them need no preflight.

use crate::header::is_token;
use crate::word::Engine;

/// Headers a script cannot set (<https://fetch.spec.whatwg.org/#forbidden-request-header>).
///
/// `user-agent` left the standard's list; Chromium still drops it (crbug.com/571722).
const FORBIDDEN: [&str; 22] = [
    "accept-charset",
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "connection",
    "content-length",
    "cookie",
    "cookie2",
    "date",
    "dnt",
    "expect",
    "host",
    "keep-alive",
    "origin",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
];

/// Headers whose value may not name a method that `fetch` refuses.
const METHOD_OVERRIDES: [&str; 3] = [
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
];

/// Whether the browser drops this header when a script sets it. `name` is in lower case.
#[must_use]
pub fn is_forbidden_header(name: &str, value: &[u8]) -> bool {
    if name.starts_with("proxy-") || name.starts_with("sec-") || FORBIDDEN.contains(&name) {
        return true;
    }
    METHOD_OVERRIDES.contains(&name)
        && value.split(|byte| *byte == b',').any(|method| {
            let method = crate::header::trim(method);
            [b"connect".as_slice(), b"trace", b"track"]
                .iter()
                .any(|refused| method.eq_ignore_ascii_case(refused))
        })
}

/// Whether a header a script sets stays on a `no-cors` request. `name` is in lower case.
#[must_use]
pub(crate) fn survives_no_cors(name: &str, value: &[u8]) -> bool {
    matches!(
        name,
        "accept" | "accept-language" | "content-language" | "content-type"
    ) && is_safelisted(name, value)
}

/// A value longer than this is never safelisted.
const VALUE_LIMIT: usize = 128;

/// Safelisted values longer than this in sum make each of them unsafe.
const TOTAL_LIMIT: usize = 1024;

/// Whether a header needs no preflight, as Chromium decides it: the standard's list and the client
/// hints (`services/network/public/cpp/cors/cors.cc`). `name` is in any case, `value` without blanks
/// around it.
#[must_use]
pub fn is_safelisted(name: &str, value: &[u8]) -> bool {
    is_safelisted_lower(&name.to_ascii_lowercase(), value)
}

fn is_safelisted_lower(name: &str, value: &[u8]) -> bool {
    if value.len() > VALUE_LIMIT {
        return false;
    }
    match name {
        "accept" => !value.iter().copied().any(is_unsafe_byte),
        "accept-language" | "content-language" => value.iter().copied().all(is_language_byte),
        "content-type" => is_form_type(value),
        "range" => is_simple_range(value),
        "save-data" => value.eq_ignore_ascii_case(b"on"),
        "device-memory" | "downlink" | "dpr" => is_decimal(value),
        "rtt" | "viewport-width" | "width" => is_digits(value),
        "ect" => matches!(value, b"slow-2g" | b"2g" | b"3g" | b"4g"),
        "intervention" => true,
        _ => false,
    }
}

/// <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte>
const fn is_unsafe_byte(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\t')
        || matches!(
            byte,
            b'"' | b'('
                | b')'
                | b':'
                | b'<'
                | b'>'
                | b'?'
                | b'@'
                | b'['
                | b'\\'
                | b']'
                | b'{'
                | b'}'
                | 0x7f
        )
}

const fn is_language_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'*' | b',' | b'-' | b'.' | b';' | b'=')
}

/// Whether the value's essence is one that an HTML form can send.
fn is_form_type(value: &[u8]) -> bool {
    if value.iter().copied().any(is_unsafe_byte) {
        return false;
    }
    let essence = value.split(|byte| *byte == b';').next().unwrap_or_default();
    let essence = crate::header::trim(essence);
    let Some(slash) = essence.iter().position(|byte| *byte == b'/') else {
        return false;
    };
    let (kind, subtype) = (&essence[..slash], &essence[slash + 1..]);
    if !is_token(kind) || !is_token(subtype) {
        return false;
    }
    [
        (
            b"application".as_slice(),
            b"x-www-form-urlencoded".as_slice(),
        ),
        (b"multipart", b"form-data"),
        (b"text", b"plain"),
    ]
    .iter()
    .any(|(a, b)| kind.eq_ignore_ascii_case(a) && subtype.eq_ignore_ascii_case(b))
}

/// `bytes=A-` or `bytes=A-B` with A not above B (<https://fetch.spec.whatwg.org/#simple-range-header-value>).
fn is_simple_range(value: &[u8]) -> bool {
    let Some((unit, range)) = value.split_at_checked(6) else {
        return false;
    };
    if unit != b"bytes=" {
        return false;
    }
    let Some(dash) = range.iter().position(|byte| *byte == b'-') else {
        return false;
    };
    let (start, end) = (&range[..dash], &range[dash + 1..]);
    let Some(start) = number(start) else {
        return false;
    };
    end.is_empty() || number(end).is_some_and(|end| start <= end)
}

fn number(digits: &[u8]) -> Option<i64> {
    if !is_digits(digits) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn is_digits(value: &[u8]) -> bool {
    !value.is_empty() && value.iter().all(u8::is_ascii_digit)
}

/// `1*DIGIT [ "." 1*DIGIT ]`
fn is_decimal(value: &[u8]) -> bool {
    let mut parts = value.split(|byte| *byte == b'.');
    let (Some(whole), fraction, None) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    is_digits(whole) && fraction.is_none_or(is_digits)
}

/// Headers that are on Chromium's safelist alone.
const CHROMIUM_ONLY: [&str; 9] = [
    "device-memory",
    "downlink",
    "dpr",
    "ect",
    "intervention",
    "rtt",
    "save-data",
    "viewport-width",
    "width",
];

/// Whether an engine's safelist has this header. Firefox takes only ASCII in `accept`, WebKit the unit
/// of a range in any case.
fn is_safelisted_by(name: &str, value: &[u8], engine: Engine) -> bool {
    match (engine, name) {
        (Engine::Chromium, _) => is_safelisted_lower(name, value),
        (Engine::Firefox, "accept") => value.is_ascii() && is_safelisted_lower(name, value),
        (Engine::WebKit, "range") => is_safelisted_lower(name, &value.to_ascii_lowercase()),
        _ => !CHROMIUM_ONLY.contains(&name) && is_safelisted_lower(name, value),
    }
}

/// Whether engines may differ in which of these headers are safelisted.
pub(crate) fn depends_on_engine(headers: &[(String, Vec<u8>)]) -> bool {
    headers.iter().any(|(name, value)| match name.as_str() {
        "accept" => !value.is_ascii(),
        "range" => value.iter().any(u8::is_ascii_uppercase),
        name => CHROMIUM_ONLY.contains(&name),
    })
}

/// The names that need the server's consent, lower case, in the order of the list
/// (<https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names>).
pub(crate) fn unsafe_names(headers: &[(String, Vec<u8>)], engine: Engine) -> Vec<&str> {
    let mut names = Vec::new();
    let mut safelisted = Vec::new();
    let mut total = 0;
    for (name, value) in headers {
        if is_safelisted_by(name, value, engine) {
            safelisted.push(name.as_str());
            total += value.len();
        } else {
            names.push(name.as_str());
        }
    }
    // The browser's own `Accept: */*` counts where the page set none.
    if !headers.iter().any(|(name, _)| name == "accept") {
        total += b"*/*".len();
    }
    if total > TOTAL_LIMIT {
        names.append(&mut safelisted);
    }
    names
}
