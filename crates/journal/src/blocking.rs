//! Work that blocks, beside the tasks.

use crate::OpenError;

/// Opens a file where waiting for it holds up no one.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OpenError> + Send + 'static,
) -> Result<T, OpenError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|panic| {
            let what = "opening the journal panicked".to_owned();
            Err(OpenError::Unavailable {
                what,
                source: panic.into(),
            })
        })
}
