//! Why an answer cannot be told from a file.

use crate::place::SourceLocation;

/// Why something cannot be told from the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doubt {
    pub(crate) reason: String,
    pub(crate) place: Option<SourceLocation>,
}

impl Doubt {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            place: None,
        }
    }

    pub(crate) fn at(reason: impl Into<String>, place: &SourceLocation) -> Self {
        Self {
            reason: reason.into(),
            place: Some(place.clone()),
        }
    }
}

impl From<Doubt> for crate::prediction::Prediction {
    fn from(doubt: Doubt) -> Self {
        Self::Unknown {
            reason: doubt.reason,
            place: doubt.place,
        }
    }
}
