//! What a policy gives away, piece by piece, as far as it is written out.

use crate::place::SourceLocation;

/// What kind of thing is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An origin, or a pattern of origins.
    Origin,
    /// A method in `Access-Control-Allow-Methods`.
    Method,
    /// A name in `Access-Control-Allow-Headers`.
    Header,
    /// A name in `Access-Control-Expose-Headers`.
    Exposed,
}

impl Kind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Origin, Self::Method, Self::Header, Self::Exposed];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::Method => "method",
            Self::Header => "header",
            Self::Exposed => "exposed header",
        }
    }

    /// The kind of the elements of a response header; `None` for those that hold no list.
    pub(crate) fn of_header(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "access-control-allow-methods" => Some(Self::Method),
            "access-control-allow-headers" => Some(Self::Header),
            "access-control-expose-headers" => Some(Self::Exposed),
            _ => None,
        }
    }
}

/// One thing that a policy gives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// What kind of thing.
    pub kind: Kind,
    /// The thing, as it is written.
    pub value: String,
    /// Where.
    pub place: SourceLocation,
}

impl Grant {
    /// What is written one by one, each with its place.
    pub(crate) fn all(
        kind: Kind,
        list: &[(String, SourceLocation)],
    ) -> impl Iterator<Item = Self> + '_ {
        list.iter().map(move |(value, place)| Self {
            kind,
            value: value.clone(),
            place: place.clone(),
        })
    }

    /// Origins and patterns of them, each with its place and as `written` says it.
    pub(crate) fn origins<'a, T>(
        list: &'a [(T, SourceLocation)],
        written: impl Fn(&T) -> String + 'a,
    ) -> impl Iterator<Item = Self> + 'a {
        list.iter().map(move |(origin, place)| Self {
            kind: Kind::Origin,
            value: written(origin),
            place: place.clone(),
        })
    }

    /// The elements of a list of methods or names.
    pub(crate) fn list(kind: Kind, list: &str, place: &SourceLocation) -> Vec<Self> {
        list.split(',')
            .map(str::trim)
            .filter(|element| !element.is_empty() && !element.contains('$'))
            .map(|element| Self {
                kind,
                value: element.to_owned(),
                place: place.clone(),
            })
            .collect()
    }
}
