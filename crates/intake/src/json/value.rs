//! Readers of single values, each with its limit.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;

use observation::Latency;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::limits::{LATENCY_ITEM, MAX_DEPTH, MAX_LATENCY_ITEMS};
use super::path::JsonPath;
use crate::Reason;

/// A seed whose visitor is itself.
macro_rules! seed {
    ($name:ident, $value:ty, $ask:ident) => {
        impl<'de> DeserializeSeed<'de> for $name<'_> {
            type Value = $value;
            fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<$value, D::Error> {
                from.$ask(self)
            }
        }
    };
}

/// The name of a member.
pub(crate) struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Cow<'de, str>, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }
    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// A text of bounded length without control characters. Borrowed unless it holds escapes.
pub(crate) struct Text<'t> {
    pub(crate) trail: &'t JsonPath,
    pub(crate) longest: usize,
}

seed!(Text, Cow<'de, str>, deserialize_str);

impl Text<'_> {
    fn check<E: de::Error>(&self, text: &str) -> Result<(), E> {
        // The schema counts characters, so bytes decide only where they suffice.
        if text.len() > self.longest && text.chars().count() > self.longest {
            let detail = format!("longer than {} characters", self.longest);
            return Err(self.trail.refuse(Reason::TooLong, detail));
        }
        let plain = text.bytes().all(|b| (0x20..0x7f).contains(&b));
        if !plain && text.chars().any(char::is_control) {
            return Err(self
                .trail
                .refuse(Reason::BadText, "holds control characters"));
        }
        Ok(())
    }
}

impl<'de> Visitor<'de> for Text<'_> {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        self.check(text).map(|()| Cow::Borrowed(text))
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Cow<'de, str>, E> {
        self.check(text).map(|()| Cow::Owned(text.to_owned()))
    }
}

/// A whole number within a range. `12.0` and `1e3` are whole numbers, as in JSON Schema.
pub(crate) struct Integer<'t> {
    pub(crate) trail: &'t JsonPath,
    pub(crate) range: RangeInclusive<i64>,
}

seed!(Integer, i64, deserialize_i64);

impl Integer<'_> {
    fn outside<E: de::Error>(&self) -> E {
        let detail = format!("permitted: {} to {}", self.range.start(), self.range.end());
        self.trail.refuse(Reason::OutOfRange, detail)
    }
}

impl Visitor<'_> for Integer<'_> {
    type Value = i64;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<i64, E> {
        if self.range.contains(&number) {
            return Ok(number);
        }
        Err(self.outside())
    }
    fn visit_u64<E: de::Error>(self, number: u64) -> Result<i64, E> {
        match i64::try_from(number) {
            Ok(number) => self.visit_i64(number),
            Err(_) => Err(self.outside()),
        }
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number below 2^53 is exact; a larger one saturates and is out of range"
    )]
    fn visit_f64<E: de::Error>(self, number: f64) -> Result<i64, E> {
        if number.fract() == 0.0 {
            return self.visit_i64(number as i64);
        }
        Err(self.trail.refuse(Reason::WrongType, "not a whole number"))
    }
}

/// `true` or `false`.
pub(crate) struct Flag;

impl<'de> DeserializeSeed<'de> for Flag {
    type Value = bool;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<bool, D::Error> {
        de::Deserialize::deserialize(from)
    }
}

/// A histogram as flat pairs of bucket and count.
pub(crate) struct Pairs<'t> {
    pub(crate) trail: &'t JsonPath,
}

seed!(Pairs, Latency, deserialize_seq);

impl<'de> Visitor<'de> for Pairs<'_> {
    type Value = Latency;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of buckets and counts in turn")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Latency, A::Error> {
        let item = || Integer {
            trail: self.trail,
            range: LATENCY_ITEM,
        };
        let mut latency = Latency::default();
        let mut pairs = 0;
        while let Some(bucket) = items.next_element_seed(item())? {
            pairs += 1;
            if pairs * 2 > MAX_LATENCY_ITEMS {
                let detail = format!("more than {MAX_LATENCY_ITEMS} items");
                return Err(self.trail.refuse(Reason::TooLong, detail));
            }
            let Some(count) = items.next_element_seed(item())? else {
                let detail = "a bucket without its count: the items are pairs";
                return Err(self.trail.refuse(Reason::BadLatency, detail));
            };
            // Buckets past the last are open-ended above, counts are in range: nothing is lost.
            let bucket = u8::try_from(bucket).unwrap_or(u8::MAX);
            latency.add(bucket, u32::try_from(count).unwrap_or(u32::MAX));
        }
        Ok(latency)
    }
}

/// Any value, read and forgotten; only its depth is bounded.
#[derive(Clone, Copy)]
pub(crate) struct Ignored<'t> {
    pub(crate) trail: &'t JsonPath,
    /// Depth of what holds the value: 1 for a member of the body.
    pub(crate) depth: u8,
}

seed!(Ignored, (), deserialize_any);

impl Ignored<'_> {
    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            let detail = format!("nested deeper than {MAX_DEPTH} levels");
            return Err(self.trail.refuse(Reason::TooDeep, detail));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }
}

impl<'de> Visitor<'de> for Ignored<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while items.next_element_seed(inner)?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while members.next_key::<IgnoredAny>()?.is_some() {
            members.next_value_seed(inner)?;
        }
        Ok(())
    }
}
