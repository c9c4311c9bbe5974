//! Bodies of requests.

use http::{HeaderMap, header};
use serde::de::DeserializeOwned;

use crate::problem::{Code, Fault, Problem};

/// Largest body that is read.
pub(crate) const LIMIT: usize = 64 * 1024;

/// The body as JSON. Only `application/json` is read: a page of another origin cannot send that
/// without a preflight, which is never answered here.
pub(crate) fn json<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Problem> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let given = given.unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let permitted = "application/json".to_owned();
        let fault = Fault {
            field: "Content-Type".into(),
            value: given.to_owned(),
            permitted,
        };
        let detail = "send the body as application/json";
        return Err(Problem::new(Code::UnsupportedMediaType, detail).with(vec![fault]));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = error.path().to_string();
        unreadable(field, &error.into_inner(), bytes)
    })?;
    reader.end().map_err(|error| {
        let reason = format!("one JSON object and nothing after it ({error})");
        Problem::faults(vec![Fault {
            field: "body".into(),
            value: String::new(),
            permitted: reason,
        }])
    })?;
    Ok(value)
}

/// What is wrong with a member, in the words of [`Problem::faults`]: what is permitted there.
fn unreadable(field: String, error: &serde_json::Error, bytes: &[u8]) -> Problem {
    const LONGEST: usize = 64;
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default();
    let missing = reason.strip_prefix("missing field `");
    let field = missing.map_or(field, |name| name.trim_end_matches('`').to_owned());
    // The path of the whole.
    let field = if field == "." {
        "body".to_owned()
    } else {
        field
    };
    let permitted = match reason.split_once(", expected ") {
        _ if missing.is_some() => "a value: this field is required".to_owned(),
        Some((found, expected)) if found.starts_with("unknown field ") => {
            format!("{} (there is no such field)", names(expected))
        }
        // What reads the whole body calls it by the name of a type.
        Some((_, expected)) if expected.starts_with("struct ") => "a JSON object".to_owned(),
        Some((_, expected)) => names(expected),
        None => reason.to_owned(),
    };
    let body: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
    let value = match &body[&field] {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.chars().take(LONGEST).collect(),
        other => other.to_string().chars().take(LONGEST).collect(),
    };
    Problem::faults(vec![Fault {
        field,
        value,
        permitted,
    }])
}

/// The words of "one of `a`, `b`" and "`a` or `b`".
fn names(expected: &str) -> String {
    let names: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    match names.as_slice() {
        [] => expected.to_owned(),
        names => format!("one of {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Report {
        id: String,
        count: u32,
    }

    #[test]
    fn a_body_that_cannot_be_read_is_described_without_names_of_types() {
        let headers = HeaderMap::from_iter([(
            header::CONTENT_TYPE,
            http::HeaderValue::from_static("application/json"),
        )]);
        for (body, detail) in [
            ("[]", "body = \"\": permitted is a JSON object"),
            ("7", "body = \"\": permitted is a JSON object"),
            (
                "{\"idd\": \"a\"}",
                "idd = \"a\": permitted is one of id, count (there is no such field)",
            ),
            (
                "{\"id\": \"a\"}",
                "count = \"\": permitted is a value: this field is required",
            ),
        ] {
            let problem = json::<Report>(&headers, body.as_bytes()).expect_err(body);
            let text = format!("{problem:?}");
            assert!(!text.contains("struct"), "{body}: {text}");
            assert!(
                text.contains(&detail.replace('"', "\\\"")),
                "{body}: {text}"
            );
        }
    }
}
