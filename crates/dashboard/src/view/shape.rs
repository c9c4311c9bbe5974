//! Shapes of requests.

use std::collections::BTreeMap;

use serde::Serialize;
use store::RequestShape;
use utoipa::ToSchema;

/// Requests of one shape: what a policy must let through for them to pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Shape {
    /// Origin of the page.
    pub page_origin: String,
    /// Origin of the server.
    pub target_origin: String,
    /// Path template.
    pub endpoint: String,
    /// Configured service; empty where none matches.
    pub service: String,
    /// Request method.
    pub method: String,
    /// Names of the request headers that are not safelisted, in lower case, sorted; null where they
    /// are not known, because the app brought too many.
    pub headers: Option<Vec<String>>,
    /// Whether credentials could be sent.
    pub credentialed: bool,
    /// Whether a preflight was needed.
    pub preflighted: bool,
    /// Response headers that pages of that origin read there, in lower case, sorted.
    pub reads: Vec<String>,
    /// How the requests ended.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// How many requests.
    pub count: u64,
}

impl From<RequestShape> for Shape {
    fn from(row: RequestShape) -> Self {
        let names = |list: &str| -> Vec<String> {
            let names = list.split(',').filter(|name| !name.is_empty());
            names.map(str::to_owned).collect()
        };
        let outcomes = row.outcomes.iter();
        Self {
            headers: (row.headers != web::OTHER).then(|| names(&row.headers)),
            page_origin: row.page_origin,
            target_origin: row.target_origin,
            endpoint: row.endpoint,
            service: row.service,
            method: row.method,
            credentialed: row.credentialed,
            preflighted: row.preflighted,
            reads: row.reads,
            outcomes: outcomes.map(|(word, n)| (word.as_str(), *n)).collect(),
            count: row.count,
        }
    }
}
