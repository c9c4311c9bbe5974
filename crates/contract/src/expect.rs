//! What must come of a request.

use std::time::Duration;

use cors::CorsError;
use serde::Deserialize;
use serde::de::{Error, SeqAccess, Visitor};
use settings::Span;
use web::HeaderName;

/// Whether the page gets its response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Allowed,
    /// It does not; for this reason, where one is given.
    Blocked(Option<CorsError>),
}

/// What must come of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// Whether the page gets its response.
    pub verdict: Verdict,
    /// Status of the final response.
    pub status: Option<Statuses>,
    /// Whether the browser has to ask first.
    pub preflight: Option<bool>,
    /// Response headers that the page must be able to read.
    pub readable: Vec<String>,
    /// Names that `Vary` must list.
    pub vary: Vec<String>,
    /// The least time for which the preflight's answer is kept.
    pub max_age_min: Option<Duration>,
    /// The longest.
    pub max_age_max: Option<Duration>,
    /// The longest time the preflight may take.
    pub preflight_within: Option<Duration>,
}

impl Default for Expect {
    /// The page gets its response, whatever it is.
    fn default() -> Self {
        Self {
            verdict: Verdict::Allowed,
            status: None,
            preflight: None,
            readable: Vec::new(),
            vary: Vec::new(),
            max_age_min: None,
            max_age_max: None,
            preflight_within: None,
        }
    }
}

/// As it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenExpect {
    pub(crate) verdict: Option<WrittenVerdict>,
    pub(crate) error: Option<CorsError>,
    pub(crate) status: Option<Statuses>,
    pub(crate) preflight: Option<bool>,
    #[serde(default)]
    pub(crate) readable: WrittenNames,
    #[serde(default)]
    pub(crate) vary: WrittenNames,
    #[serde(default)]
    pub(crate) max_age: WrittenBounds,
    pub(crate) preflight_within: Option<Span>,
}

/// A name or a list of names, which may be empty.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected a text or a list of texts")]
pub(crate) enum WrittenNames {
    One(String),
    All(Vec<String>),
}

impl Default for WrittenNames {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WrittenVerdict {
    Allowed,
    Blocked,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenBounds {
    pub(crate) min: Option<Span>,
    pub(crate) max: Option<Span>,
}

impl WrittenExpect {
    pub(crate) fn read(self) -> Result<Expect, String> {
        let verdict = match (self.verdict, self.error) {
            (Some(WrittenVerdict::Allowed), Some(_)) => {
                return Err(
                    "`error` says why a request is blocked: `verdict` must be \"blocked\"".into(),
                );
            }
            (None | Some(WrittenVerdict::Allowed), None) => Verdict::Allowed,
            (_, error) => Verdict::Blocked(error),
        };
        if let (Some(min), Some(max)) = (self.max_age.min, self.max_age.max)
            && min > max
        {
            return Err(format!(
                "`max_age.min` ({min}) is above `max_age.max` ({max})"
            ));
        }
        let blocked = verdict != Verdict::Allowed;
        let readable = header_names(self.readable)?;
        if blocked && (self.status.is_some() || !readable.is_empty()) {
            return Err("a blocked request shows the page neither `status` nor headers".into());
        }
        Ok(Expect {
            verdict,
            status: self.status,
            preflight: self.preflight,
            readable,
            vary: header_names(self.vary)?,
            max_age_min: self.max_age.min.map(Span::duration),
            max_age_max: self.max_age.max.map(Span::duration),
            preflight_within: self.preflight_within.map(Span::duration),
        })
    }
}

/// The names in lower case; `Vary` may list `*`, which is a token like any name.
fn header_names(written: WrittenNames) -> Result<Vec<String>, String> {
    let read = |name: String| {
        let name = HeaderName::read(&name).map_err(|error| error.to_string())?;
        Ok(name.into_text().into_owned())
    };
    match written {
        WrittenNames::One(name) => Ok(vec![read(name)?]),
        WrittenNames::All(names) => names.into_iter().map(read).collect(),
    }
}

/// Statuses that are fine: `200`, `[200, 404]`, `"2xx"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statuses(Vec<std::ops::RangeInclusive<u16>>);

impl Statuses {
    /// Whether `status` is one of them.
    #[must_use]
    pub fn has(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }
}

impl std::fmt::Display for Statuses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<String> = self
            .0
            .iter()
            .map(|range| match (range.start(), range.end()) {
                (one, other) if one == other => one.to_string(),
                (first, _) => format!("{}xx", first / 100),
            })
            .collect();
        f.write_str(&words.join(" or "))
    }
}

impl<'de> Deserialize<'de> for Statuses {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AsStatuses)
    }
}

struct AsStatuses;

impl<'de> Visitor<'de> for AsStatuses {
    type Value = Statuses;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a status such as 200 or \"2xx\", or a list of them")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Statuses, E> {
        match u16::try_from(number) {
            Ok(status @ 200..=599) => Ok(Statuses(vec![status..=status])),
            _ => Err(E::custom(format!(
                "{number} is not a status from 200 to 599"
            ))),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Statuses, E> {
        let class = text
            .strip_suffix("xx")
            .and_then(|digit| digit.parse::<u16>().ok())
            .filter(|digit| (2..=5).contains(digit));
        match (class, text.parse()) {
            (Some(class), _) => Ok(Statuses(vec![class * 100..=class * 100 + 99])),
            (None, Ok(number)) => self.visit_i64(number),
            (None, Err(_)) => Err(E::custom(format!(
                "`{text}` is not a status such as 200, nor one of 2xx, 3xx, 4xx, 5xx"
            ))),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Statuses, A::Error> {
        let mut all = Statuses(Vec::new());
        while let Some(mut one) = list.next_element::<Statuses>()? {
            all.0.append(&mut one.0);
        }
        Ok(all)
    }
}
