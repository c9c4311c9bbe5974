//! What an answer is about.

use observation::{Source, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use crate::selection::Selection;
use crate::timestamp::Timestamp;

/// App, window and source of the numbers beside it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Scope {
    /// The app.
    pub app: String,
    /// The window as it was asked for: `1h`; its length where `from` was given.
    pub window: String,
    /// Start, a whole minute.
    pub from: Timestamp,
    /// End, a whole minute, exclusive.
    pub to: Timestamp,
    /// Everything received before this time is counted; null while a partition of the log has no
    /// progress.
    pub watermark: Option<Timestamp>,
    /// Who saw it.
    #[schema(value_type = String)]
    pub source: Source,
}

impl Scope {
    pub(crate) fn of(selection: &Selection, watermark: Option<UnixMillis>) -> Self {
        Self {
            app: selection.filter.app.clone(),
            window: selection.window.clone(),
            from: Timestamp(selection.interval.from),
            to: Timestamp(selection.interval.to),
            watermark: watermark.map(Timestamp),
            source: selection.filter.source,
        }
    }
}
