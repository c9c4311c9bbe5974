//! Settings of logging.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::Problems;

const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

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
    /// Reports what is no level: a word alone would be taken for a part that is to say everything.
    pub(crate) fn problems(&self, mut problems: Problems<'_>) {
        let is_level = |word: &str| {
            let word = word.trim();
            LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level))
        };
        let is_understood = |directive: &str| match directive.rsplit_once('=') {
            Some((part, level)) => !part.trim().is_empty() && is_level(level),
            None => is_level(directive),
        };
        if !self.level.split(',').all(is_understood) {
            let reason = format!(
                "permitted are {}, for all or by part: write `level = \"info\"` or `level = \"warn,loader=debug\"`",
                LEVELS.join(", ")
            );
            problems.report("level", format!("{:?}", self.level), reason);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_no_level_is_refused_with_those_that_are() {
        for (level, is_understood) in [
            ("info", true),
            ("WARN", true),
            ("warn,loader=debug", true),
            ("warn, corswatch::up=trace", true),
            ("off", true),
            ("", false),
            ("verbose", false),
            ("loader", false),
            ("info,loader=loud", false),
            ("info,", false),
        ] {
            let mut found = Vec::new();
            let config = LogConfig {
                level: level.to_owned(),
                ..LogConfig::default()
            };
            config.problems(Problems::at("log", &mut found));
            assert_eq!(found.is_empty(), is_understood, "{level}");
        }
    }
}
