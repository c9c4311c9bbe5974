//! Header lists as they go over the wire: names and values are bytes.

use std::borrow::Cow;

pub use web::is_token;
pub(crate) use web::is_token_byte;

/// `bytes` without the spaces and tabs around it.
#[must_use]
pub fn trim(bytes: &[u8]) -> &[u8] {
    trim_of(bytes, |byte| matches!(byte, b' ' | b'\t'))
}

fn trim_of(mut bytes: &[u8], is_blank: impl Fn(u8) -> bool) -> &[u8] {
    while let [first, rest @ ..] = bytes
        && is_blank(*first)
    {
        bytes = rest;
    }
    while let [rest @ .., last] = bytes
        && is_blank(*last)
    {
        bytes = rest;
    }
    bytes
}

/// A list of headers in wire order; names may repeat, in any case.
///
/// All names and values lie in one buffer: a file of exchanges holds millions of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    bytes: Vec<u8>,
    /// Ends of the name and of the value of each line.
    ends: Vec<(usize, usize)>,
}

impl Headers {
    /// A list without headers.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// A list without headers that has room for some: that many lines, of so many bytes in all.
    #[must_use]
    pub fn with_capacity(lines: usize, bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            ends: Vec::with_capacity(lines),
        }
    }

    /// Adds a line at the end.
    pub fn push(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.bytes.extend_from_slice(name.as_ref());
        let name_end = self.bytes.len();
        self.bytes.extend_from_slice(value.as_ref());
        self.ends.push((name_end, self.bytes.len()));
    }

    /// Adds to the value of the last line, behind a blank: a value may go on in the next line
    /// (RFC 9112, section 5.2). Says whether there is a line.
    pub fn extend_last(&mut self, more: impl AsRef<[u8]>) -> bool {
        let Some((_, end)) = self.ends.last_mut() else {
            return false;
        };
        self.bytes.push(b' ');
        self.bytes.extend_from_slice(more.as_ref());
        *end = self.bytes.len();
        true
    }

    /// Takes every line of one name out.
    pub fn remove(&mut self, name: &str) {
        if self.all(name).next().is_none() {
            return;
        }
        let mut rest = Self::with_capacity(self.ends.len(), self.bytes.len());
        self.iter()
            .filter(|(other, _)| !other.eq_ignore_ascii_case(name.as_bytes()))
            .for_each(|(name, value)| rest.push(name, value));
        *self = rest;
    }

    /// Puts one line in place of every line of that name.
    pub fn set(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.remove(name);
        self.push(name, value);
    }

    /// Every line, in wire order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut start = 0;
        self.ends.iter().map(move |(name_end, end)| {
            let line = (&self.bytes[start..*name_end], &self.bytes[*name_end..*end]);
            start = *end;
            line
        })
    }

    /// The values of one name, each without the blanks around it.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.iter()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| trim(value))
    }

    /// What the protocol reads of one name: its lines joined with `, `. `None` is a missing header,
    /// an empty value is an empty header.
    #[must_use]
    pub fn joined<'a>(&'a self, name: &'a str) -> Option<Cow<'a, [u8]>> {
        let mut lines = self.all(name);
        let mut value = Cow::Borrowed(lines.next()?);
        for line in lines {
            let value = value.to_mut();
            value.extend_from_slice(b", ");
            value.extend_from_slice(line);
        }
        Some(value)
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(lines: I) -> Self {
        let mut headers = Self::new();
        lines
            .into_iter()
            .for_each(|(name, value)| headers.push(name, value));
        headers
    }
}

/// The elements of a comma list without the blanks around them, empty ones left out.
pub(crate) fn elements(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|byte| *byte == b',')
        .map(trim)
        .filter(|element| !element.is_empty())
}
