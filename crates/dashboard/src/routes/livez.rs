//! `GET /livez`.

/// Whether the process answers at all; says nothing of its parts.
#[utoipa::path(get, path = "/livez", tag = "health", responses(
    (status = 200, description = "the process answers", body = String, content_type = "text/plain"),
))]
pub(crate) async fn get() -> &'static str {
    "alive\n"
}
