//! Settings of the loader.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Size, Span};

/// How the loader batches and how far back it recognises a re-send.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// A batch is written when its oldest record has waited this long. Permitted: 10ms to 1m.
    pub max_age: Span,
    /// A batch is written when it holds this many rows. Permitted: 1 to 1000000 (past that, one
    /// insert would become several blocks).
    pub max_rows: usize,
    /// A batch is written when its records take this much. Permitted: 64KiB to 512MiB.
    pub max_bytes: Size,
    /// A beacon whose id was appended at most this long ago is a re-send; it is kept in memory. It
    /// covers the retry horizon of the SDK (five minutes) with room to spare. For a record that
    /// waited longer on its way into the journal, the store is asked.
    /// Permitted: 10m to 1day.
    pub resend_window: Span,
    /// Offsets in a chunk, the unit of rollups and of replay. It is part of the identity of
    /// rollups: once data is stored, a change needs a new `journal.epoch`. Permitted: 256 to 1048576.
    pub chunk_size: u64,
    /// How often an idle partition tells the store that it is caught up. Permitted: 100ms to 1m.
    pub heartbeat: Span,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_age: Span::millis(300),
            max_rows: 100_000,
            max_bytes: Size::mib(32),
            resend_window: Span::secs(900),
            chunk_size: 8192,
            heartbeat: Span::secs(1),
        }
    }
}

impl Config {
    /// Reports every setting outside its permitted range.
    pub fn problems(&self, mut problems: Problems<'_>) {
        problems.range("max_age", self.max_age, Span::millis(10)..=Span::secs(60));
        problems.range("max_rows", self.max_rows, 1..=1_000_000);
        problems.range("max_bytes", self.max_bytes, Size::kib(64)..=Size::mib(512));
        problems.range(
            "resend_window",
            self.resend_window,
            Span::secs(600)..=Span::secs(86_400),
        );
        problems.range("chunk_size", self.chunk_size, 256..=1_048_576);
        problems.range(
            "heartbeat",
            self.heartbeat,
            Span::millis(100)..=Span::secs(60),
        );
    }
}
