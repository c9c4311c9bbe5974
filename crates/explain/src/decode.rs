//! Bytes that a tool wrote to the text that it meant.

use std::borrow::Cow;

/// The text of a file: without a byte order mark, and from UTF-16 where the mark says so (Windows
/// PowerShell writes that when output is redirected). Bytes that are not UTF-8 are replaced.
pub(crate) fn text(file: &[u8]) -> Cow<'_, str> {
    match file {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => String::from_utf8_lossy(file),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Cow<'_, str> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text: String = char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    Cow::Owned(text)
}
