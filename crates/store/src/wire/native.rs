//! Blocks in ClickHouse's Native format, column by column.
//!
//! All rows are written this way: for the two large tables the server takes a third of the processor
//! time that it takes for the same rows in `RowBinary`, because words arrive as dictionaries.
//! The format: <https://clickhouse.com/docs/interfaces/specs/NativeFormat>.

use std::collections::HashMap;

use bytes::{BufMut as _, Bytes, BytesMut};

use super::value::Value;

/// `SharedDictionariesWithAdditionalKeys`, the only version of the dictionary's layout.
const DICTIONARY_VERSION: u64 = 1;
/// The dictionary stands in this block: `HasAdditionalKeys | NeedUpdateDictionary`.
const OWN_DICTIONARY: u64 = (1 << 9) | (1 << 10);
/// Indices of four bytes; ClickHouse compresses what is superfluous.
const INDEX_UINT32: u64 = 2;

/// A column of a block: its name and its type.
pub(crate) type Column = (String, String);

/// One block: every column has `rows` values.
#[derive(Debug)]
pub(crate) struct Block {
    rows: usize,
    columns: Vec<Column>,
    values: BytesMut,
    /// While columns of lists are written: where each row's list ends.
    ends: Option<Vec<u8>>,
}

impl Block {
    pub(crate) fn of(rows: usize) -> Self {
        Self {
            rows,
            columns: Vec::new(),
            values: BytesMut::new(),
            ends: None,
        }
    }

    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    /// The names of the columns, for the statement.
    pub(crate) fn names(&self) -> String {
        let names = self.columns.iter().map(|(name, _)| format!("`{name}`"));
        names.collect::<Vec<_>>().join(", ")
    }

    /// The columns.
    #[cfg(test)]
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    pub(crate) fn encode(self) -> Bytes {
        let mut block = BytesMut::with_capacity(self.values.len() + 16);
        varint(&mut block, self.columns.len());
        varint(&mut block, self.rows);
        block.unsplit(self.values);
        block.freeze()
    }

    /// A column of type `kind` whose values `write` writes; of lists of it within [`Block::lists`].
    pub(crate) fn column(&mut self, name: &str, kind: &str, write: impl FnOnce(&mut BytesMut)) {
        let kind = match self.ends {
            Some(_) => format!("Array({kind})"),
            None => kind.to_owned(),
        };
        text(&mut self.values, name);
        text(&mut self.values, &kind);
        self.columns.push((name.to_owned(), kind));
        if let Some(ends) = &self.ends {
            self.values.put_slice(ends);
        }
        write(&mut self.values);
    }

    /// Columns of lists, which `write` writes: every row has a list of so many values.
    pub(crate) fn lists(
        &mut self,
        lengths: impl Iterator<Item = usize>,
        write: impl FnOnce(&mut Self),
    ) {
        let mut ends = BytesMut::with_capacity(self.rows * 8);
        offsets(&mut ends, lengths);
        self.ends = Some(ends.to_vec());
        write(self);
        self.ends = None;
    }

    /// Values that are a column by themselves.
    pub(crate) fn values<'a, V: Value + 'a>(
        &mut self,
        name: &str,
        values: impl Iterator<Item = &'a V> + Clone,
    ) {
        self.column(name, &V::kind(), |out| V::write(out, values));
    }

    /// Values of a fixed width, little-endian.
    pub(crate) fn fixed<const N: usize>(
        &mut self,
        name: &str,
        kind: &str,
        values: impl Iterator<Item = [u8; N]>,
    ) {
        let write = |out: &mut BytesMut| values.for_each(|value| out.put_slice(&value));
        self.column(name, kind, write);
    }

    /// Texts of which few are distinct: `LowCardinality(String)`.
    pub(crate) fn words<'a>(&mut self, name: &str, values: impl Iterator<Item = &'a str>) {
        let rows = self.rows;
        let write = |out: &mut BytesMut| dictionary(out, rows, values);
        self.column(name, "LowCardinality(String)", write);
    }
}

/// Texts as a dictionary and the place of each in it.
fn dictionary<'a>(out: &mut BytesMut, rows: usize, values: impl Iterator<Item = &'a str>) {
    let mut known: HashMap<&str, u32> = HashMap::new();
    let mut words = BytesMut::new();
    let mut indices = BytesMut::with_capacity(rows * 4);
    // Rows of a beacon lie together and share most words.
    let mut last: Option<(&str, u32)> = None;
    for value in values {
        let index = match last {
            Some((word, index)) if std::ptr::eq(word, value) || word == value => index,
            _ => {
                let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
                *known.entry(value).or_insert_with(|| {
                    text(&mut words, value);
                    next
                })
            }
        };
        last = Some((value, index));
        indices.put_u32_le(index);
    }
    out.put_u64_le(DICTIONARY_VERSION);
    out.put_u64_le(OWN_DICTIONARY | INDEX_UINT32);
    out.put_u64_le(known.len() as u64);
    out.unsplit(words);
    out.put_u64_le(rows as u64);
    out.unsplit(indices);
}

/// Where each list ends, when so many values lie in them.
pub(crate) fn offsets(out: &mut BytesMut, lengths: impl Iterator<Item = usize>) {
    let mut end = 0_u64;
    for length in lengths {
        end += length as u64;
        out.put_u64_le(end);
    }
}

pub(crate) fn varint(buffer: &mut BytesMut, mut value: usize) {
    while value >= 0x80 {
        buffer.put_u8((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    // Below 0x80 after the loop.
    buffer.put_u8(value as u8);
}

pub(crate) fn text(buffer: &mut BytesMut, value: &str) {
    varint(buffer, value.len());
    buffer.put_slice(value.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sent_once_each() {
        let mut block = Block::of(4);
        block.words("w", ["a", "a", "b", "a"].into_iter());
        assert_eq!(block.names(), "`w`");
        let mut expect = BytesMut::new();
        expect.put_slice(b"\x01\x04\x01w\x16LowCardinality(String)");
        for number in [1, 0x602, 2] {
            expect.put_u64_le(number);
        }
        expect.put_slice(b"\x01a\x01b");
        expect.put_u64_le(4);
        for index in [0, 0, 1, 0] {
            expect.put_u32_le(index);
        }
        assert_eq!(block.encode(), expect.freeze());
    }

    #[test]
    fn lists_lie_as_offsets_and_values() {
        let mut block = Block::of(2);
        let rows: [&[(u8, u32)]; 2] = [&[(3, 1), (4, 2)], &[]];
        block.lists(rows.iter().map(|row| row.len()), |block| {
            let pairs = rows.iter().copied().flatten();
            block.values("l.b", pairs.clone().map(|pair| &pair.0));
            block.values("l.c", pairs.map(|pair| &pair.1));
        });
        let mut expect = BytesMut::new();
        expect.put_slice(b"\x02\x02\x03l.b\x0cArray(UInt8)");
        expect.put_u64_le(2);
        expect.put_u64_le(2);
        expect.put_slice(&[3, 4]);
        expect.put_slice(b"\x03l.c\x0dArray(UInt32)");
        expect.put_u64_le(2);
        expect.put_u64_le(2);
        expect.put_u32_le(1);
        expect.put_u32_le(2);
        assert_eq!(block.encode(), expect.freeze());
    }

    #[test]
    fn numbers_above_127_take_more_bytes() {
        for (number, bytes) in [
            (127, vec![0x7f]),
            (128, vec![0x80, 1]),
            (300, vec![0xac, 2]),
        ] {
            let mut buffer = BytesMut::new();
            varint(&mut buffer, number);
            assert_eq!(buffer, bytes);
        }
    }
}
