//! How a field of a row lies in columns: one, a run of them, or lists side by side.

use std::marker::PhantomData;

use bytes::{BufMut as _, BytesMut};
use observation::UnixMillis;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};

use super::native::{Block, text, varint};
use super::value::{Value, Vocabulary, lines, read_bytes, seconds_as_millis};
use super::{Fields, seconds};

/// How a field of type `T` lies in columns.
pub(crate) trait Encoding<T> {
    /// What is selected to read the field: one value for each row.
    fn expression(column: &str) -> String {
        format!("`{column}`")
    }
    /// Writes the columns of the field.
    fn write<'a>(block: &mut Block, column: &str, values: impl Iterator<Item = &'a T> + Clone)
    where
        T: 'a;
    /// Reads the field of one row.
    fn read<'de, D: Deserializer<'de>>(value: D) -> Result<T, D::Error>;
}

/// One column, as the type says.
pub(crate) struct Plain;
/// Texts of which few are distinct: `LowCardinality(String)`, sent as a dictionary.
pub(crate) struct Word;
/// A time in whole seconds.
pub(crate) struct Seconds;
/// Bytes that need not be UTF-8.
pub(crate) struct Bytes;
/// Lines in one text.
pub(crate) struct Lines;
/// A struct whose fields are columns of the row.
pub(crate) struct Flat;
/// A list of structs: an array for each field, named after the column and the field.
pub(crate) struct List;
/// A list of pairs: two arrays, named after the column and `N`.
pub(crate) struct Pairs<N>(PhantomData<N>);

/// The names of the two parts of a pair.
pub(crate) trait PairNames {
    const NAMES: [&'static str; 2];
}

/// Counts by bucket.
pub(crate) struct Buckets;
impl PairNames for Buckets {
    const NAMES: [&'static str; 2] = ["bucket", "count"];
}

/// Counts by reason.
pub(crate) struct Reasons;
impl PairNames for Reasons {
    const NAMES: [&'static str; 2] = ["reason", "count"];
}

impl<T: Value> Encoding<T> for Plain {
    fn write<'a>(block: &mut Block, column: &str, values: impl Iterator<Item = &'a T> + Clone)
    where
        T: 'a,
    {
        block.values(column, values);
    }

    fn read<'de, D: Deserializer<'de>>(value: D) -> Result<T, D::Error> {
        T::read(value)
    }
}

impl Encoding<String> for Word {
    fn write<'a>(
        block: &mut Block,
        column: &str,
        values: impl Iterator<Item = &'a String> + Clone,
    ) {
        block.words(column, values.map(String::as_str));
    }

    fn read<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
        String::read(value)
    }
}

impl Encoding<UnixMillis> for Seconds {
    fn write<'a>(
        block: &mut Block,
        column: &str,
        values: impl Iterator<Item = &'a UnixMillis> + Clone,
    ) {
        block.fixed(
            column,
            "DateTime('UTC')",
            values.map(|at| seconds(*at).to_le_bytes()),
        );
    }

    fn read<'de, D: Deserializer<'de>>(value: D) -> Result<UnixMillis, D::Error> {
        seconds_as_millis(value)
    }
}

impl Encoding<Vec<u8>> for Bytes {
    fn write<'a>(
        block: &mut Block,
        column: &str,
        values: impl Iterator<Item = &'a Vec<u8>> + Clone,
    ) {
        let write = |out: &mut BytesMut| {
            for value in values {
                varint(out, value.len());
                out.put_slice(value);
            }
        };
        block.column(column, "String", write);
    }

    fn read<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<u8>, D::Error> {
        read_bytes(value)
    }
}

impl Encoding<Vec<String>> for Lines {
    fn write<'a>(
        block: &mut Block,
        column: &str,
        values: impl Iterator<Item = &'a Vec<String>> + Clone,
    ) {
        let write = |out: &mut BytesMut| values.for_each(|lines| text(out, &lines.join("\n")));
        block.column(column, "String", write);
    }

    fn read<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<String>, D::Error> {
        lines(value)
    }
}

/// Reads the fields of `T` from a tuple.
struct FromTuple<T>(PhantomData<T>);

impl<'de, T: Fields> Visitor<'de> for FromTuple<T> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a tuple of {} values", T::COUNT)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<T, A::Error> {
        T::read(&mut values)
    }
}

impl<'de, T: Fields> DeserializeSeed<'de> for FromTuple<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, tuple: D) -> Result<T, D::Error> {
        tuple.deserialize_tuple(T::COUNT, self)
    }
}

impl<T: Fields> Encoding<T> for Flat {
    fn expression(_: &str) -> String {
        format!("tuple({})", T::expressions("").join(", "))
    }

    fn write<'a>(block: &mut Block, _: &str, values: impl Iterator<Item = &'a T> + Clone)
    where
        T: 'a,
    {
        T::write(block, "", values);
    }

    fn read<'de, D: Deserializer<'de>>(value: D) -> Result<T, D::Error> {
        FromTuple(PhantomData).deserialize(value)
    }
}

/// Reads a list of tuples.
struct FromList<T>(PhantomData<T>);

impl<'de, T: Fields> Visitor<'de> for FromList<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of tuples")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut tuples: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = tuples.next_element_seed(FromTuple(PhantomData))? {
            list.push(item);
        }
        Ok(list)
    }
}

impl<T: Fields> Encoding<Vec<T>> for List {
    fn expression(column: &str) -> String {
        format!("arrayZip({})", T::expressions(column).join(", "))
    }

    fn write<'a>(block: &mut Block, column: &str, values: impl Iterator<Item = &'a Vec<T>> + Clone)
    where
        T: 'a,
    {
        let lengths = values.clone().map(Vec::len);
        block.lists(lengths, |block| T::write(block, column, values.flatten()));
    }

    fn read<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<T>, D::Error> {
        value.deserialize_seq(FromList(PhantomData))
    }
}

impl<N, A, B> Encoding<Vec<(A, B)>> for Pairs<N>
where
    N: PairNames,
    A: Value + serde::de::DeserializeOwned,
    B: Value + serde::de::DeserializeOwned,
{
    fn expression(column: &str) -> String {
        let [first, second] = N::NAMES;
        format!("arrayZip(`{column}.{first}`, `{column}.{second}`)")
    }

    fn write<'a>(
        block: &mut Block,
        column: &str,
        values: impl Iterator<Item = &'a Vec<(A, B)>> + Clone,
    ) where
        A: 'a,
        B: 'a,
    {
        let [first, second] = N::NAMES.map(|name| format!("{column}.{name}"));
        let pairs = values.clone().flatten();
        block.lists(values.map(Vec::len), |block| {
            block.values(&first, pairs.clone().map(|pair| &pair.0));
            block.values(&second, pairs.map(|pair| &pair.1));
        });
    }

    fn read<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<(A, B)>, D::Error> {
        serde::Deserialize::deserialize(value)
    }
}

/// Reads one field of a row as its encoding says.
pub(crate) struct Field<E, T>(PhantomData<(E, T)>);

impl<E, T> Field<E, T> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, E: Encoding<T>, T> DeserializeSeed<'de> for Field<E, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<T, D::Error> {
        E::read(value)
    }
}

/// The text that stands for a word, empty where there is none.
pub(crate) fn word_or_empty<V: Vocabulary>(word: Option<V>) -> &'static str {
    word.map_or("", Vocabulary::word)
}
