//! Bytes for human eyes.

use std::fmt::Write as _;

/// `bytes` between backticks, with everything that a terminal hides or merges written out.
pub(crate) fn visible(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 2);
    text.push('`');
    for byte in bytes {
        match byte {
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            0x20..=0x7e => text.push(char::from(*byte)),
            _ => {
                let _ = write!(text, "\\x{byte:02X}");
            }
        }
    }
    text.push('`');
    text
}
