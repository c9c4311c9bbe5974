//! Objectives as OpenSLO v1 (github.com/OpenSLO/OpenSLO), in and out.
//!
//! OpenSLO has no pair of a long and a short window: each row of a rule is an alert policy of its own, whose
//! annotation holds the short one. What it has no member for stands in annotations; other tools do not read them.

mod export;
mod flows;
mod import;
mod indicator;
mod policy;
mod window;
pub(crate) mod yaml;

use serde::Serialize;

pub use export::{Exported, export};
pub use import::{Imported, import};
pub use yaml::YamlError;

/// Of annotations that only corswatch reads.
const PREFIX: &str = "corswatch.dev/";
/// The type of metric sources that corswatch measures by itself.
const SOURCE_TYPE: &str = "corswatch";
/// Where the calls of a flow stand in a metric source.
const FLOW_ENDPOINTS: &str = "flow_endpoints";
const VERSION: &str = "openslo/v1";

/// Something that one side has and the other has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The objective, or the document.
    pub of: String,
    /// What was added or lost.
    pub text: String,
}

impl Note {
    fn new(of: &str, text: impl Into<String>) -> Self {
        Self {
            of: of.to_owned(),
            text: text.into(),
        }
    }
}
