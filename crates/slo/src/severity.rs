//! How an alert wants to be treated.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How an alert wants to be treated; a page is more than a ticket.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Somebody looks at it in working hours.
    Ticket,
    /// Somebody is woken.
    Page,
}

impl Severity {
    /// Every value, the mildest first.
    pub const ALL: &'static [Self] = &[Self::Ticket, Self::Page];

    /// The text that stands for this value in labels, JSON and configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Page => "page",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
