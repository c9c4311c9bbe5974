//! What a delivery of a webhook says, whoever sent it.

use observation::UnixMillis;
use serde_json::Value;
use store::DeployState;

/// The longest text that is kept of a member, in characters.
const MAX_TEXT: usize = 200;
const MAX_TITLE: usize = 1_000;
const MAX_LINK: usize = 2_000;

/// What a delivery says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Something is deployed.
    Deploy(Reported),
    /// Nothing that concerns deploys, in words.
    Ignored(String),
}

/// A deploy as a delivery has it. Texts are empty where nothing is stated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reported {
    /// Identity at the caller.
    pub id: String,
    /// Repository, project, application or source: what is deployed.
    pub subject: String,
    /// The service, where the delivery itself names one.
    pub service: String,
    /// Where to.
    pub environment: String,
    /// Which version it brings.
    pub version: String,
    /// How far it got.
    pub state: DeployState,
    /// Since when it is in that state.
    pub at: Option<UnixMillis>,
    /// Who made it.
    pub author: String,
    /// Title of the change.
    pub title: String,
    /// Address of a page about it.
    pub link: String,
    /// Whether the delivery says that it is a rollback.
    pub rollback: bool,
}

/// A delivery that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: {reason}")]
pub(crate) struct Unreadable {
    /// The member at fault; `body` for the whole.
    pub field: String,
    /// What is wrong with it, or what is permitted.
    pub reason: String,
}

impl Unreadable {
    pub(crate) fn new(field: &str, reason: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            reason: reason.into(),
        }
    }
}

/// The JSON object of a body.
pub(crate) fn object(bytes: &[u8]) -> Result<Value, Unreadable> {
    match serde_json::from_slice(bytes) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(Unreadable::new("body", "is no JSON object")),
        Err(error) => Err(Unreadable::new("body", format!("is not JSON: {error}"))),
    }
}

/// The first member of `paths` (JSON pointers) that is a text or a number and is not empty.
pub(crate) fn text(body: &Value, paths: &[&str]) -> String {
    first(body, paths, MAX_TEXT)
}

/// The same for what people wrote: its first line.
pub(crate) fn title(body: &Value, paths: &[&str]) -> String {
    let text = first(body, paths, MAX_TITLE);
    text.lines().next().unwrap_or_default().trim().to_owned()
}

/// The same for addresses that people may follow.
pub(crate) fn link(body: &Value, paths: &[&str]) -> String {
    let found = paths.iter().map(|path| first(body, &[path], MAX_LINK));
    let mut links = found.filter(|link| settings::web_url(link).is_ok());
    links.next().unwrap_or_default()
}

fn first(body: &Value, paths: &[&str], most: usize) -> String {
    let found = paths.iter().filter_map(|path| match body.pointer(path)? {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    let text = found.into_iter().find(|text| !text.is_empty());
    let kept = text.unwrap_or_default();
    let plain = kept.chars().filter(|c| !c.is_control() || *c == '\n');
    plain.take(most).collect()
}

/// A text that has to be there.
pub(crate) fn required(body: &Value, paths: &[&str]) -> Result<String, Unreadable> {
    let found = text(body, paths);
    if found.is_empty() {
        let field = paths[0].trim_start_matches('/').replace('/', ".");
        return Err(Unreadable::new(&field, "is missing"));
    }
    Ok(found)
}

/// A time, where one is stated. Callers write RFC 3339, also with a space or an offset without colon.
pub(crate) fn time(body: &Value, paths: &[&str]) -> Result<Option<UnixMillis>, Unreadable> {
    let written = text(body, paths);
    if written.is_empty() {
        return Ok(None);
    }
    let compact = written.replace(" +", "+").replace(" -", "-");
    let compact = compact.trim_end_matches("UTC").trim();
    let zoned = if compact.len() < written.len() && written.ends_with("UTC") {
        format!("{compact}Z")
    } else {
        compact.to_owned()
    };
    match zoned.parse::<jiff::Timestamp>() {
        Ok(time) => Ok(Some(UnixMillis(time.as_millisecond()))),
        Err(_) => {
            let field = paths[0].trim_start_matches('/').replace('/', ".");
            let reason = format!("{written:?} is not time such as 2026-01-31T12:00:00Z");
            Err(Unreadable::new(&field, reason))
        }
    }
}

/// `reference` where it is a tag with a version, such as `v2.4.0`, else `commit`.
pub(crate) fn version(reference: &str, commit: String) -> String {
    let tag = reference.rsplit('/').next().unwrap_or_default();
    let digits = tag.trim_start_matches(['v', 'V']);
    let is_version = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.contains('.')
        && digits.split('.').all(|part| !part.is_empty());
    if is_version || commit.is_empty() {
        tag.to_owned()
    } else {
        commit
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_read_as_callers_write_them() {
        for written in [
            "2021-04-28T19:50:00Z",
            "2021-04-28T21:50:00+02:00",
            "2021-04-28T21:50:00.000+0200",
            "2021-04-28 21:50:00 +0200",
            "2021-04-28 19:50:00 UTC",
        ] {
            let read = time(&json!({"at": written}), &["/at"]);
            assert_eq!(read, Ok(Some(UnixMillis(1_619_639_400_000))), "{written}");
        }
        assert_eq!(time(&json!({"at": null}), &["/at"]), Ok(None));
        let error = time(&json!({"a": {"at": "noon"}}), &["/a/at"]).unwrap_err();
        assert!(error.to_string().starts_with("`a.at`: \"noon\""), "{error}");
    }

    #[test]
    fn a_tag_that_is_a_version_is_the_version_and_a_branch_is_not() {
        for (reference, expect) in [
            ("v2.4.0", "v2.4.0"),
            ("refs/tags/2.4.0", "2.4.0"),
            ("main", "5a3f"),
            ("release/2026", "5a3f"),
            ("v2.", "5a3f"),
            ("", "5a3f"),
        ] {
            assert_eq!(version(reference, "5a3f".to_owned()), expect, "{reference}");
        }
        assert_eq!(version("main", String::new()), "main");
    }

    #[test]
    fn only_addresses_that_can_be_followed_are_links() {
        let body = json!({"a": "javascript:alert(1)", "b": "https://ci.test/1\u{7}"});
        assert_eq!(link(&body, &["/a", "/b"]), "https://ci.test/1");
        assert_eq!(link(&body, &["/a"]), "");
    }
}
