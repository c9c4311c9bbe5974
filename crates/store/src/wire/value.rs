//! What a value is in a column: its type, its bytes in a Native block, and how it is read back.

use std::borrow::Cow;

use bytes::{BufMut as _, BytesMut};
use observation::{
    BeaconId, Chunk, Confidence, Context, Kind, Outcome, SessionId, Source, Stage, Standing,
    UnixMillis,
};
use serde::de::{Deserialize, Deserializer, Error as _};

use super::native::{offsets, text};
use slo::Severity;

use crate::rows::{
    AlertPhase, AuditState, DeployKind, DeploySource, DeployState, FindingLevel, FixPlace, Grant,
    IncidentState, OriginSource, ReplayOutcome, ReplayReason, RollbackRule, Stance, Vary,
};

/// A value that is a column by itself.
pub(crate) trait Value: Sized {
    /// The column's type; `LowCardinality` is left to the table, which the server converts to.
    fn kind() -> Cow<'static, str>;
    /// Writes a column.
    fn write<'a>(out: &mut BytesMut, values: impl Iterator<Item = &'a Self> + Clone)
    where
        Self: 'a;
    /// Reads one value of a row.
    fn read<'de, D: Deserializer<'de>>(value: D) -> Result<Self, D::Error>;
}

/// Numbers, and what is one: the type, the column's type, and the number of a value.
macro_rules! numbers {
    ($($name:ty as $kind:literal: $number:expr;)+) => {
        $(impl Value for $name {
            fn kind() -> Cow<'static, str> {
                $kind.into()
            }

            fn write<'a>(out: &mut BytesMut, values: impl Iterator<Item = &'a Self> + Clone) {
                let number: fn(&Self) -> _ = $number;
                for value in values {
                    out.put_slice(&number(value).to_le_bytes());
                }
            }

            fn read<'de, D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
                Self::deserialize(value)
            }
        })+
    };
}

numbers! {
    u8 as "UInt8": |number| *number;
    u16 as "UInt16": |number| *number;
    u32 as "UInt32": |number| *number;
    u64 as "UInt64": |number| *number;
    bool as "Bool": |flag| u8::from(*flag);
    Chunk as "UInt64": |chunk| chunk.0;
    SessionId as "UInt64": |session| session.0;
    UnixMillis as "DateTime64(3, 'UTC')": |at| at.0;
}

/// Numbers that may be absent.
macro_rules! nullable {
    ($($name:ty),+) => {
        $(impl Value for Option<$name> {
            fn kind() -> Cow<'static, str> {
                format!("Nullable({})", <$name>::kind()).into()
            }

            fn write<'a>(out: &mut BytesMut, values: impl Iterator<Item = &'a Self> + Clone) {
                for value in values.clone() {
                    out.put_u8(u8::from(value.is_none()));
                }
                let none = <$name>::default();
                for value in values {
                    <$name>::write(out, std::iter::once(value.as_ref().unwrap_or(&none)));
                }
            }

            fn read<'de, D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
                Self::deserialize(value)
            }
        })+
    };
}

nullable!(u32, UnixMillis);

/// Identities of 12 bytes.
macro_rules! identities {
    ($($name:ty: $bytes:expr;)+) => {
        $(impl Value for $name {
            fn kind() -> Cow<'static, str> {
                "FixedString(12)".into()
            }

            fn write<'a>(out: &mut BytesMut, values: impl Iterator<Item = &'a Self> + Clone) {
                let bytes: fn(&Self) -> &[u8; 12] = $bytes;
                for value in values {
                    out.put_slice(bytes(value));
                }
            }

            fn read<'de, D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
                Self::deserialize(value)
            }
        })+
    };
}

identities! {
    [u8; 12]: |bytes| bytes;
    BeaconId: |beacon| &beacon.0;
}

impl Value for String {
    fn kind() -> Cow<'static, str> {
        "String".into()
    }

    fn write<'a>(out: &mut BytesMut, values: impl Iterator<Item = &'a Self> + Clone) {
        for value in values {
            text(out, value);
        }
    }

    fn read<'de, D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        Self::deserialize(value)
    }
}

/// Lists.
macro_rules! lists {
    ($($name:ty),+) => {
        $(impl Value for Vec<$name> {
            fn kind() -> Cow<'static, str> {
                format!("Array({})", <$name>::kind()).into()
            }

            fn write<'a>(out: &mut BytesMut, values: impl Iterator<Item = &'a Self> + Clone) {
                offsets(out, values.clone().map(Vec::len));
                <$name>::write(out, values.flatten());
            }

            fn read<'de, D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
                Self::deserialize(value)
            }
        })+
    };
}

lists!(String, u64);

/// A value of a closed vocabulary: a text in the column, empty where it is absent.
pub(crate) trait Vocabulary:
    Copy + std::str::FromStr<Err = observation::UnknownWord>
{
    /// The text that stands for it.
    fn word(self) -> &'static str;
}

fn parse<V: Vocabulary, E: serde::de::Error>(word: &str) -> Result<V, E> {
    let newer = |error| format!("the database was written by a newer build: {error}");
    word.parse().map_err(|error| E::custom(newer(error)))
}

macro_rules! vocabularies {
    ($($name:ty),+ $(,)?) => {
        $(impl Vocabulary for $name {
            fn word(self) -> &'static str {
                self.as_str()
            }
        }

        impl Value for $name {
            fn kind() -> Cow<'static, str> {
                "String".into()
            }

            fn write<'a>(out: &mut BytesMut, values: impl Iterator<Item = &'a Self> + Clone) {
                for value in values {
                    text(out, value.word());
                }
            }

            fn read<'de, D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
                parse(&String::deserialize(value)?)
            }
        }

        impl Value for Option<$name> {
            fn kind() -> Cow<'static, str> {
                "String".into()
            }

            fn write<'a>(out: &mut BytesMut, values: impl Iterator<Item = &'a Self> + Clone) {
                for value in values {
                    text(out, value.map_or("", Vocabulary::word));
                }
            }

            fn read<'de, D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
                match String::deserialize(value)?.as_str() {
                    "" => Ok(None),
                    word => parse(word).map(Some),
                }
            }
        })+
    };
}

vocabularies!(
    Source,
    Kind,
    Outcome,
    Stage,
    Standing,
    Confidence,
    Context,
    Severity,
    AlertPhase,
    IncidentState,
    DeployKind,
    DeploySource,
    DeployState,
    RollbackRule,
    ReplayOutcome,
    ReplayReason,
    FixPlace,
    FindingLevel,
    Stance,
    AuditState,
    Vary,
    Grant,
    OriginSource,
);

/// The bytes of a `String` column, which need not be UTF-8.
pub(crate) fn read_bytes<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<u8>, D::Error> {
    struct Bytes;
    impl serde::de::Visitor<'_> for Bytes {
        type Value = Vec<u8>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("bytes")
        }

        fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
            Ok(bytes)
        }
    }
    value.deserialize_byte_buf(Bytes)
}

/// A value that is absent, for what has to be there.
pub(crate) fn missing<E: serde::de::Error>(name: &str) -> E {
    E::custom(format!("the answer of the store has no `{name}`"))
}

pub(crate) fn seconds_as_millis<'de, D: Deserializer<'de>>(
    value: D,
) -> Result<UnixMillis, D::Error> {
    u32::deserialize(value).map(super::from_seconds)
}

pub(crate) fn lines<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<String>, D::Error> {
    let text = String::deserialize(value).map_err(D::Error::custom)?;
    Ok(text.lines().map(str::to_owned).collect())
}
