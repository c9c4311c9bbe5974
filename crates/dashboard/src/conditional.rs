//! Answers that are a function of the log have an entity tag; who has the current one gets 304 and costs no query
//! of sums (RFC 9110, section 13.1.2).

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State as Extract};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use store::{ProgressRow, StoreError};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::auth::Caller;
use crate::queries::Queries;
use crate::state::Shared;

/// Paths whose answers change only with what the log holds and with the minute in which they are asked.
const OF_THE_LOG: [&str; 7] = [
    "/api/v1/breakdown",
    "/api/v1/comparison",
    "/api/v1/difference",
    "/api/v1/endpoints",
    "/api/v1/preflights",
    "/api/v1/series",
    "/api/v1/sli",
];
/// The panels of a page ask at the same time how far the log is written: one question serves them all.
const PROGRESS_LIFETIME: Duration = Duration::from_millis(500);

/// Whether answers of `path` have a tag.
pub(crate) fn is_tagged(path: &str) -> bool {
    OF_THE_LOG.contains(&path)
}

/// How far the log is written, asked for not more often than it may.
pub(crate) struct Offsets {
    queries: Arc<dyn Queries>,
    latest: Mutex<Option<(Instant, u64)>>,
}

impl Offsets {
    pub(crate) fn new(queries: Arc<dyn Queries>) -> Self {
        Self {
            queries,
            latest: Mutex::new(None),
        }
    }

    /// A number that changes when something was written.
    async fn number(&self) -> Result<u64, StoreError> {
        let mut latest = self.latest.lock().await;
        if let Some((_, number)) = latest.filter(|(read, _)| read.elapsed() < PROGRESS_LIFETIME) {
            return Ok(number);
        }
        let read = Instant::now();
        let progress = self.queries.progress().await?;
        let of = |row: &ProgressRow| (row.epoch, row.partition, row.next_offset);
        let mut offsets: Vec<_> = progress.iter().map(of).collect();
        offsets.sort_unstable();
        let mut hasher = DefaultHasher::new();
        offsets.hash(&mut hasher);
        let number = hasher.finish();
        *latest = Some((read, number));
        Ok(number)
    }
}

/// Answers 304 to who has the current answer, and tags the others.
pub(crate) async fn answered(
    Extract(shared): Extract<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    if request.method() != Method::GET || !is_tagged(request.uri().path()) {
        return next.run(request).await;
    }
    // Offsets first: the answer holds at least what they say.
    let Ok(written) = shared.offsets.number().await else {
        return next.run(request).await;
    };
    let tag = tag(&request, written, shared.clock.now().minute().0);
    if is_current(request.headers(), &tag) {
        return tagged(not_modified(), &tag);
    }
    let response = next.run(request).await;
    match response.status() {
        StatusCode::OK => tagged(response, &tag),
        _ => response,
    }
}

/// A weak tag: within a minute in which nothing is written, answers differ in nothing but the time of asking.
/// Who asks is part of it, so that a tag that was overheard tells nothing to another.
fn tag(request: &Request, written: u64, minute: i64) -> String {
    let mut hasher = DefaultHasher::new();
    let caller = request.extensions().get::<Caller>();
    format!("{caller:?}").hash(&mut hasher);
    request.uri().path().hash(&mut hasher);
    request.uri().query().hash(&mut hasher);
    let accept = request.headers().get(header::ACCEPT);
    accept.map(HeaderValue::as_bytes).hash(&mut hasher);
    (written, minute).hash(&mut hasher);
    format!("W/\"{:016x}\"", hasher.finish())
}

/// Whether who asks has the answer with this tag.
pub(crate) fn is_current(headers: &HeaderMap, tag: &str) -> bool {
    let given = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut given = given.filter_map(|value| value.to_str().ok());
    given.any(|value| value.split(',').any(|one| one.trim() == tag))
}

/// 304, without a body.
pub(crate) fn not_modified() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response
}

/// The response with its tag.
pub(crate) fn tagged(mut response: Response, tag: &str) -> Response {
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}
