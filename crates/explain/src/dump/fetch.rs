//! `fetch(..)` as DevTools copy it, which is JSON but for the call around it.

use cors::Mode;
use serde_json::{Deserializer, Value};

use super::draft::Draft;

/// What stands behind the opening bracket, where a line starts with the call.
pub(super) fn arguments(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("await ").unwrap_or(line).trim_start();
    line.strip_prefix("fetch(")
}

/// Whether the arguments go on in the next line.
pub(super) fn goes_on(command: &str) -> bool {
    arguments(command).is_some_and(|arguments| matches!(read(arguments), Err(Unread::Cut)))
}

/// Why arguments cannot be read.
enum Unread {
    /// They end too early.
    Cut,
    /// They are not what DevTools write.
    Other,
}

fn read(arguments: &str) -> Result<(String, Value), Unread> {
    let unread = |error: serde_json::Error| match error.is_eof() {
        true => Unread::Cut,
        false => Unread::Other,
    };
    let mut texts = Deserializer::from_str(arguments).into_iter::<String>();
    let url = texts.next().ok_or(Unread::Cut)?.map_err(unread)?;
    let rest = arguments[texts.byte_offset()..].trim_start();
    if rest.is_empty() {
        return Err(Unread::Cut);
    }
    let Some(rest) = rest.strip_prefix(',') else {
        return Ok((url, Value::Null));
    };
    let mut values = Deserializer::from_str(rest).into_iter::<Value>();
    let options = values.next().ok_or(Unread::Cut)?.map_err(unread)?;
    Ok((url, options))
}

/// Takes over what a call says.
pub(super) fn fetch(command: &str, draft: &mut Draft) {
    let Some(Ok((url, options))) = arguments(command).map(read) else {
        return;
    };
    draft.url = Some(url);
    let text = |name: &str| options[name].as_str();
    draft.method = text("method").map(str::to_owned);
    draft.mode = text("mode").and_then(Mode::parse);
    draft.has_cookies = text("credentials") == Some("include");
    for (name, value) in options["headers"].as_object().into_iter().flatten() {
        draft.header(&format!("{name}: {}", value.as_str().unwrap_or_default()));
    }
    if let Some(referrer) = text("referrer") {
        draft.header(&format!("referer: {referrer}"));
    }
    if options["body"].is_string() {
        draft.body("text/plain;charset=UTF-8");
    }
}
