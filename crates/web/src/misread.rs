//! Paths that a server may read as another one than was written.
//!
//! Browsers send percent-encoded bytes as they stand, and what a page reports may hold any of them. Servers and what
//! stands before them do not agree on what these bytes mean: NUL ends a path in C, a line break splits a request that
//! is written again, overlong forms of `.` and `/` pass for them (RFC 3629, section 10), `%u002e` is a dot to IIS,
//! and a fullwidth dot is one after compatibility normalization (Unicode Standard Annex 15). Who is asked for such a
//! path may answer for one that no rule names.

use crate::endpoint::{decoded, is_dotted};

/// Why a path is not to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misread {
    /// A control character, percent-encoded.
    #[error("it holds an encoded control character")]
    Control,
    /// Bytes that are a longer form of a character.
    #[error("it holds a character in an overlong form of UTF-8")]
    Overlong,
    /// `%u002e`.
    #[error("it holds `%u`, which some servers decode")]
    Escape,
    /// Characters that become dot segments.
    #[error("some servers read characters of it as `.`, `/` or `\\`")]
    Lookalike,
}

impl Misread {
    /// What is wrong with a path, however often it is decoded.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        let mut bytes = path.as_bytes().to_vec();
        loop {
            if let Some(found) = of_bytes(&bytes) {
                return Some(found);
            }
            bytes = decoded(&bytes)?;
        }
    }
}

fn of_bytes(bytes: &[u8]) -> Option<Misread> {
    if bytes.iter().any(u8::is_ascii_control) {
        return Some(Misread::Control);
    }
    let pairs = || bytes.windows(2).map(|pair| (pair[0], pair[1]));
    if bytes.iter().any(|byte| matches!(byte, 0xc0 | 0xc1))
        || pairs().any(|pair| matches!(pair, (0xe0, 0x80..=0x9f) | (0xf0, 0x80..=0x8f)))
    {
        return Some(Misread::Overlong);
    }
    if pairs().any(|pair| matches!(pair, (b'%', b'u' | b'U'))) {
        return Some(Misread::Escape);
    }
    let text = String::from_utf8_lossy(bytes);
    if text.chars().any(char::is_control) {
        return Some(Misread::Control);
    }
    let plain: String = text.chars().flat_map(normalized).collect();
    (plain != text && is_dotted(plain.as_bytes())).then_some(Misread::Lookalike)
}

/// The compatibility forms of `.`, `/` and `\` (`NormalizationTest.txt`); any other character is itself.
fn normalized(character: char) -> impl Iterator<Item = char> {
    let (plain, times) = match character {
        '\u{2024}' | '\u{fe52}' | '\u{ff0e}' => ('.', 1),
        '\u{2025}' => ('.', 2),
        '\u{ff0f}' => ('/', 1),
        '\u{fe68}' | '\u{ff3c}' => ('\\', 1),
        other => (other, 1),
    };
    std::iter::repeat_n(plain, times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_may_read_as_another_path_is_found_and_what_pages_ask_for_is_not() {
        for (path, found) in [
            ("/cart/:id", None),
            ("/caf%C3%A9/100%25", None),
            ("/caf\u{e9}/%e9", None),
            ("/a%20b/%2F/100%", None),
            ("/wiki/Wait\u{2026}/x", None),
            ("/a\u{ff0f}b", None),
            ("/%F0%9F%98%80/%E2%80%AE", None),
            ("/cart/%00", Some(Misread::Control)),
            ("/cart/%0d%0aX:1", Some(Misread::Control)),
            ("/cart/%250a", Some(Misread::Control)),
            ("/cart/%7f", Some(Misread::Control)),
            ("/cart/%C2%85", Some(Misread::Control)),
            ("/cart/%c0%ae%c0%ae/admin", Some(Misread::Overlong)),
            ("/cart/%c0%af", Some(Misread::Overlong)),
            ("/cart/%e0%80%ae", Some(Misread::Overlong)),
            ("/cart/%f0%80%80%ae", Some(Misread::Overlong)),
            ("/cart/%u002e%u002e/admin", Some(Misread::Escape)),
            ("/cart/%25u002e", Some(Misread::Escape)),
            ("/cart/\u{ff0e}\u{ff0e}/admin", Some(Misread::Lookalike)),
            ("/cart/%EF%BC%8E%EF%BC%8E/admin", Some(Misread::Lookalike)),
            ("/cart/\u{2025}/admin", Some(Misread::Lookalike)),
            ("/cart/x\u{ff0f}..\u{ff3c}admin", Some(Misread::Lookalike)),
        ] {
            assert_eq!(Misread::of(path), found, "{path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_path_has_an_answer(path in "/[%0-9a-fuU./\\\\\\PC]{0,60}") {
            // It decodes a bounded number of times: each makes the path shorter.
            let _ = Misread::of(&path);
        }
    }
}
