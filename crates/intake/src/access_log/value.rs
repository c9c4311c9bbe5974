//! Values as loggers write them: a number may be a text, and what is not there is null, empty or `-`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, Visitor};

use crate::Reason;
use crate::json::JsonPath;

/// A text that a stranger may have chosen: nothing about it refuses the line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Logged<'a> {
    /// The log does not have the member.
    #[default]
    Unlogged,
    /// The log has it, and the request or the answer did not.
    Absent,
    /// The text.
    Text(Cow<'a, str>),
}

impl<'a> Logged<'a> {
    fn of(text: Cow<'a, str>) -> Self {
        // nginx writes an empty text for what is not there, Envoy null or `-`.
        match &*text {
            "" | "-" => Self::Absent,
            _ => Self::Text(text),
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Unlogged | Self::Absent => None,
        }
    }

    pub(super) const fn is_logged(&self) -> bool {
        !matches!(self, Self::Unlogged)
    }
}

/// Reads a [`Logged`].
pub(super) struct LoggedText;

impl<'de> DeserializeSeed<'de> for LoggedText {
    type Value = Logged<'de>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Logged<'de>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for LoggedText {
    type Value = Logged<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or null")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Logged<'de>, E> {
        Ok(Logged::of(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Logged<'de>, E> {
        Ok(Logged::of(Cow::Owned(text.to_owned())))
    }
    fn visit_unit<E>(self) -> Result<Logged<'de>, E> {
        Ok(Logged::Absent)
    }
}

/// A number that is not negative, also as a text; none where it is absent.
pub(super) struct Number<'t>(pub(super) &'t JsonPath);

/// Larger numbers are no time and no duration.
const MAX_NUMBER: f64 = 1e12;

impl Number<'_> {
    fn within<E: de::Error>(&self, number: f64) -> Result<Option<f64>, E> {
        if (0.0..=MAX_NUMBER).contains(&number) {
            return Ok(Some(number));
        }
        let detail = "not a number from 0 to 1e12";
        Err(self.0.refuse(Reason::OutOfRange, detail))
    }
}

impl<'de> DeserializeSeed<'de> for Number<'_> {
    type Value = Option<f64>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<f64>, D::Error> {
        from.deserialize_any(self)
    }
}

impl Visitor<'_> for Number<'_> {
    type Value = Option<f64>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a string that holds one")
    }
    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Option<f64>, E> {
        self.within(number)
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "what is not exact is out of range"
    )]
    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Option<f64>, E> {
        self.within(number as f64)
    }
    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Option<f64>, E> {
        // Only negative numbers are read as signed ones.
        self.within(-1.0)
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<f64>, E> {
        match (text, text.parse()) {
            ("" | "-", _) => Ok(None),
            (_, Ok(number)) => self.within(number),
            (_, Err(_)) => Err(self.0.refuse(Reason::WrongType, "not a number")),
        }
    }
    fn visit_unit<E>(self) -> Result<Option<f64>, E> {
        Ok(None)
    }
}

/// `true` or `false`, also as 1 and 0 and as texts; none where it is absent.
pub(super) struct Switch<'t>(pub(super) &'t JsonPath);

impl Switch<'_> {
    fn wrong<E: de::Error>(&self) -> E {
        let detail = "permitted: true, false, 1, 0";
        self.0.refuse(Reason::WrongType, detail)
    }
}

impl<'de> DeserializeSeed<'de> for Switch<'_> {
    type Value = Option<bool>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<bool>, D::Error> {
        from.deserialize_any(self)
    }
}

impl Visitor<'_> for Switch<'_> {
    type Value = Option<bool>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, 1 or 0")
    }
    fn visit_bool<E>(self, on: bool) -> Result<Option<bool>, E> {
        Ok(Some(on))
    }
    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Option<bool>, E> {
        match number {
            0 => Ok(Some(false)),
            1 => Ok(Some(true)),
            _ => Err(self.wrong()),
        }
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<bool>, E> {
        match text {
            "" | "-" => Ok(None),
            "0" | "false" => Ok(Some(false)),
            "1" | "true" => Ok(Some(true)),
            _ => Err(self.wrong()),
        }
    }
    fn visit_unit<E>(self) -> Result<Option<bool>, E> {
        Ok(None)
    }
}
