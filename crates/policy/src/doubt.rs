//! Why an answer cannot be told from a file.

use crate::place::Place;

/// Why something cannot be told from the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doubt {
    pub(crate) reason: String,
    pub(crate) place: Option<Place>,
}

impl Doubt {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            place: None,
        }
    }

    pub(crate) fn at(reason: impl Into<String>, place: &Place) -> Self {
        Self {
            reason: reason.into(),
            place: Some(place.clone()),
        }
    }
}

impl From<Doubt> for crate::reply::Reply {
    fn from(doubt: Doubt) -> Self {
        Self::Unknown {
            reason: doubt.reason,
            place: doubt.place,
        }
    }
}
