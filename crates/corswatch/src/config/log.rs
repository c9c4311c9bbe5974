//! Settings of logging.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::Problems;

/// What is logged, and how. Logs go to standard error.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogConfig {
    /// Level, or levels by part: `info`, `warn,loader=debug`.
    pub(crate) level: String,
    /// `text` for people, `json` for machines.
    pub(crate) format: Format,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            format: Format::default(),
        }
    }
}

impl LogConfig {
    /// Reports a level that says nothing.
    pub(crate) fn problems(&self, mut problems: Problems<'_>) {
        if self.level.trim().is_empty() {
            problems.report("level", "\"\"", "write a level, such as info");
        }
    }

    /// Starts logging.
    pub(crate) fn start(&self) {
        let format = match self.format {
            Format::Text => runtime::logging::Format::Text,
            Format::Json => runtime::logging::Format::Json,
        };
        runtime::logging::init(&self.level, format);
    }
}
