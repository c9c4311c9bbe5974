//! `fetch(..)` as DevTools copy it and as people write it.

use cors::Mode;
use serde_json::Value;

use super::draft::Draft;
use super::literal::{self, Cut, NOT_SHOWN};

/// What stands behind the opening bracket, where a line starts with the call.
pub(super) fn arguments(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("await ").unwrap_or(line).trim_start();
    line.strip_prefix("fetch(")
}

/// Whether the arguments go on in the next line.
pub(super) fn goes_on(command: &str) -> bool {
    arguments(command).is_some_and(|arguments| read(arguments).is_err())
}

/// The URL and the options of a call.
fn read(arguments: &str) -> Result<(Value, Value), Cut> {
    let mut rest = arguments;
    let url = literal::value(&mut rest)?;
    literal::skip(&mut rest)?;
    let Some(behind) = rest.strip_prefix(',') else {
        return Ok((url, Value::Null));
    };
    rest = behind;
    literal::skip(&mut rest)?;
    if rest.starts_with(')') {
        return Ok((url, Value::Null));
    }
    Ok((url, literal::value(&mut rest)?))
}

/// Takes over what a call says.
pub(super) fn fetch(command: &str, draft: &mut Draft) {
    let Some(Ok((Value::String(url), options))) = arguments(command).map(read) else {
        return;
    };
    draft.url = Some(match url.strip_prefix(NOT_SHOWN) {
        // The name of a variable.
        Some(expression) => format!("${{{expression}}}"),
        None => url,
    });
    let text = |name: &str| options[name].as_str();
    draft.method = text("method").map(str::to_owned);
    draft.mode = text("mode").and_then(Mode::parse);
    draft.has_cookies = text("credentials") == Some("include");
    let by_name = options["headers"].as_object().into_iter().flatten();
    let pairs = options["headers"].as_array().into_iter().flatten();
    let pairs = pairs.filter_map(|pair| Some((pair[0].as_str()?, &pair[1])));
    for (name, value) in by_name
        .map(|(name, value)| (name.as_str(), value))
        .chain(pairs)
    {
        let value = value.as_str().unwrap_or_default();
        let is_known = !value.starts_with(NOT_SHOWN);
        draft.header(&format!(
            "{name}: {}",
            if is_known { value } else { NOT_SHOWN }
        ));
    }
    if let Some(referrer) = text("referrer") {
        draft.header(&format!("referer: {referrer}"));
    }
    if let Some(body) = text("body") {
        draft.has_body = true;
        draft.body_type = type_of(body);
    }
}

/// The type that a body brings along (<https://fetch.spec.whatwg.org/#concept-bodyinit-extract>).
fn type_of(body: &str) -> Option<&'static str> {
    match body.strip_prefix(NOT_SHOWN) {
        None => Some("text/plain;charset=UTF-8"),
        Some(made) if made.starts_with("JSON.stringify") => Some("text/plain;charset=UTF-8"),
        Some(made) if made.contains("URLSearchParams") => {
            Some("application/x-www-form-urlencoded;charset=UTF-8")
        }
        Some(made) if made.to_ascii_lowercase().contains("form") => {
            Some("multipart/form-data; boundary=x")
        }
        Some(_) => None,
    }
}
