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
        let (field, reason) = (error.path().to_string(), error.into_inner().to_string());
        Problem::faults(vec![Fault {
            field,
            value: String::new(),
            permitted: reason,
        }])
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
