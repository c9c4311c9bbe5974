//! Variables that a dump gives values to before its commands use them.

use std::collections::HashMap;

/// Names and values.
#[derive(Debug, Default)]
pub(super) struct Variables(HashMap<String, String>);

impl Variables {
    /// Takes a line such as `API=https://api.test`, `export API="..."`, `set API=..` or `$api = '..'`.
    pub(super) fn learn(&mut self, line: &str) {
        let Some((name, value)) = line.split_once('=') else {
            return;
        };
        // A prompt may stand before it.
        let Some(name) = name.split_whitespace().next_back() else {
            return;
        };
        let name = name.trim_start_matches('$');
        let value = value.trim().trim_end_matches(';');
        let bare = ['"', '\'']
            .iter()
            .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
        let value = bare.unwrap_or(value);
        let is_name = !name.is_empty() && name.chars().all(is_of_name);
        if is_name && !value.contains([' ', '"', '{', '(', '@']) {
            self.0.insert(name.to_owned(), value.to_owned());
        }
    }

    /// The command with the values of variables in their places; what single quotes enclose stays.
    pub(super) fn put_in(&self, command: &str) -> String {
        if self.0.is_empty() {
            return command.to_owned();
        }
        let mut text = String::with_capacity(command.len());
        let (mut single, mut double) = (false, false);
        let mut rest = command;
        while let Some(c) = rest.chars().next() {
            single ^= c == '\'' && !double;
            double ^= c == '"' && !single;
            let found = match single {
                true => None,
                false => named(rest).and_then(|(name, len)| Some((self.0.get(name)?, len))),
            };
            match found {
                Some((value, len)) => {
                    text.push_str(value);
                    rest = &rest[len..];
                }
                None => {
                    text.push(c);
                    rest = &rest[c.len_utf8()..];
                }
            }
        }
        text
    }
}

/// The name of the variable that a text begins with, and how long that is: `$name`, `${name}`, `%name%`.
pub(super) fn named(text: &str) -> Option<(&str, usize)> {
    let (start, end) = if text.starts_with("${") {
        ("${", "}")
    } else if text.starts_with('$') {
        ("$", "")
    } else {
        ("%", "%")
    };
    let rest = text.strip_prefix(start)?;
    let length = rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len());
    let name = &rest[..length];
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (starts_well && rest[length..].starts_with(end))
        .then_some((name, start.len() + length + end.len()))
}

const fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
