//! The bytes of a HAR file to its entries. Of a damaged or truncated file the entries that are whole
//! are read all the same, and the rest is named with its line.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::entry::Entry;
use super::{BadEntry, BadHar};
use crate::decode;

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    log: Log<'a>,
}

#[derive(Deserialize)]
struct Log<'a> {
    #[serde(borrow, default)]
    pages: Option<Vec<Page<'a>>>,
    #[serde(borrow)]
    entries: Vec<&'a RawValue>,
}

/// A page that entries refer to.
#[derive(Debug, Deserialize)]
pub(super) struct Page<'a> {
    #[serde(borrow, default)]
    pub(super) id: super::lenient::Text<'a>,
    /// The page's URL in files of Chromium and Safari, its title in those of others.
    #[serde(borrow, default)]
    pub(super) title: super::lenient::Text<'a>,
}

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Contents<'a> {
    pub(super) pages: Vec<Page<'a>>,
    pub(super) entries: Vec<Entry<'a>>,
    pub(super) bad: Vec<BadEntry>,
}

/// Reads a file that is JSON as a whole. `text` is what [`decode`] made of its bytes.
pub(super) fn whole(text: &str) -> serde_json::Result<Contents<'_>> {
    let file = serde_json::from_str::<File<'_>>(text)?;
    let mut reader = Reader::new(text);
    reader.contents.pages = file.log.pages.unwrap_or_default();
    for raw in file.log.entries {
        let start = raw.get().as_ptr().addr() - text.as_ptr().addr();
        reader.entry(start, raw.get());
    }
    Ok(reader.contents)
}

/// Reads what is whole of another file; `text` is mended.
pub(super) fn damaged(text: &str) -> Result<Contents<'_>, BadHar> {
    whole(text).or_else(|error| recover(text, error))
}

/// Why bytes are no HAR file before anything of it was read.
pub(super) fn decode(file: &[u8]) -> Result<std::borrow::Cow<'_, str>, BadHar> {
    match file {
        [] => Err(BadHar::Form("it is empty")),
        [b'P', b'K', ..] => Err(BadHar::Form("it is a zip archive: unpack it first")),
        [0x1f, 0x8b, ..] => Err(BadHar::Form("it is compressed with gzip: unpack it first")),
        _ => Ok(decode::text(file)),
    }
}

struct Reader<'a> {
    text: &'a str,
    counted: usize,
    line: usize,
    count: usize,
    contents: Contents<'a>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            counted: 0,
            line: 1,
            count: 0,
            contents: Contents::default(),
        }
    }

    /// The line of a place of the file that lies behind those asked for before.
    fn line_of(&mut self, start: usize) -> usize {
        let passed = &self.text.as_bytes()[self.counted..start];
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.counted = start;
        self.line
    }

    /// Takes the text of one entry.
    fn entry(&mut self, start: usize, raw: &'a str) {
        let line = self.line_of(start);
        match entry(raw) {
            Ok(mut entry) => {
                entry.index = self.count;
                entry.line = line;
                self.contents.entries.push(entry);
                self.count += 1;
            }
            Err(error) => {
                let reason = without_place(&error);
                self.bad(line + error.line().saturating_sub(1), reason);
            }
        }
    }

    fn bad(&mut self, line: usize, reason: String) {
        self.contents.bad.push(BadEntry {
            entry: self.count,
            line,
            reason,
        });
        self.count += 1;
    }
}

/// Reads an entry. Where it is not what the format wants, the last of members that are there twice
/// counts, and half a character of UTF-16, which DevTools write of bodies that they cut, is replaced.
fn entry(raw: &str) -> serde_json::Result<Entry<'_>> {
    serde_json::from_str(raw).or_else(|error| {
        let mended = mend(raw);
        let members = serde_json::from_str::<serde_json::Value>(&mended);
        members
            .map_err(|_| ())
            .and_then(|members| Entry::deserialize(members).map_err(|_| ()))
            .map_err(|()| error)
    })
}

/// The text with what JSON does not know in words that it does, each of the same length: `NaN` and
/// `Infinity`, which Python writes, and halves of characters.
pub(super) fn mend(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut quoted = false;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let step = match byte {
            b'"' => {
                quoted = !quoted;
                1
            }
            b'\\' if quoted && is_half(rest, b"89abAB") && is_half(&rest[6..], b"cdefCDEF") => 12,
            b'\\' if quoted && is_half(rest, b"89abcdefABCDEF") => {
                bytes[at..at + 6].copy_from_slice(b"\\ufffd");
                6
            }
            b'\\' if quoted => 2,
            b'N' if !quoted && rest.starts_with(b"NaN") => number(&mut bytes[at..at + 3]),
            b'I' if !quoted && rest.starts_with(b"Infinity") => number(&mut bytes[at..at + 8]),
            _ => 1,
        };
        at += step;
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// Whether an escape of half a character stands here whose third digit is one of these.
fn is_half(text: &[u8], third: &[u8]) -> bool {
    matches!(text, [b'\\', b'u', b'd' | b'D', digit, one, other, ..]
        if third.contains(digit) && one.is_ascii_hexdigit() && other.is_ascii_hexdigit())
}

/// Writes zero over a word; the value is its length.
fn number(word: &mut [u8]) -> usize {
    word.fill(b'0');
    word[1] = b'e';
    word.len()
}

fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

/// Reads what is whole of a file that is not JSON as a whole.
fn recover(text: &str, error: serde_json::Error) -> Result<Contents<'_>, BadHar> {
    let Some(start) = start_of_entries(text) else {
        return Err(BadHar::Json(error));
    };
    let mut reader = Reader::new(text);
    let mut at = start;
    loop {
        let rest = &text[at..];
        let skipped = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n', ',']).len();
        at += skipped;
        if !text[at..].starts_with('{') {
            break;
        }
        match whole_value(&text[at..]) {
            Some(length) => {
                reader.entry(at, &text[at..at + length]);
                at += length;
            }
            None => match damaged_entry(&mut reader, at) {
                Some(next) => at = next,
                None => return Ok(reader.contents),
            },
        }
    }
    if !text[at..].starts_with(']') {
        let line = reader.line_of(at);
        let what = if text[at..].is_empty() {
            "the file ends here, before its end".to_owned()
        } else {
            format!("the list of entries is damaged: {}", without_place(&error))
        };
        reader.bad(line, what);
    } else if reader.contents.bad.is_empty() {
        let reason = format!(
            "the file is damaged behind its entries: {}",
            without_place(&error)
        );
        let line = reader.line_of(at);
        reader.bad(line, reason);
    }
    Ok(reader.contents)
}

/// Names an entry that is not whole, and finds the next one that is.
fn damaged_entry(reader: &mut Reader<'_>, at: usize) -> Option<usize> {
    let line = reader.line_of(at);
    let next = next_entry(&reader.text[at + 1..]).map(|offset| at + 1 + offset);
    let reason = match next {
        Some(_) => "the entry is damaged",
        None => "the file ends within this entry",
    };
    reader.bad(line, reason.to_owned());
    next
}

/// Where the list of entries begins, behind its bracket.
fn start_of_entries(text: &str) -> Option<usize> {
    let name = "\"entries\"";
    let mut from = 0;
    while let Some(found) = text[from..].find(name) {
        let behind = from + found + name.len();
        let rest = text[behind..].trim_start();
        if let Some(rest) = rest.strip_prefix(':')
            && let Some(list) = rest.trim_start().strip_prefix('[')
        {
            return Some(text.len() - list.len());
        }
        from = behind;
    }
    None
}

/// The length of the JSON value that a text begins with, where it is whole.
fn whole_value(text: &str) -> Option<usize> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    values.next()?.ok()?;
    Some(values.byte_offset())
}

/// Members that an entry can begin with; those of the objects inside it are others.
const FIRST_MEMBERS: [&str; 9] = [
    "startedDateTime",
    "pageref",
    "request",
    "response",
    "time",
    "timings",
    "cache",
    "connection",
    "serverIPAddress",
];

/// Where the next entry that can be read begins.
fn next_entry(text: &str) -> Option<usize> {
    text.match_indices('{')
        .map(|(at, _)| at)
        .find(|at| begins_like_an_entry(&text[*at..]) && is_entry(&text[*at..]))
}

fn begins_like_an_entry(text: &str) -> bool {
    let Some(name) = text[1..].trim_start().strip_prefix('"') else {
        return false;
    };
    name.starts_with('_') || FIRST_MEMBERS.iter().any(|member| name.starts_with(member))
}

fn is_entry(text: &str) -> bool {
    whole_value(text).is_some_and(|length| entry(&text[..length]).is_ok())
}
