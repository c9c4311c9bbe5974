//! Values with variables in them, and regular expressions.

use fancy_regex::{Regex, RegexBuilder};

/// A value that may hold variables.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Text(pub(crate) Vec<Part>);

/// A piece of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(String),
    /// `$name` and `${name}`, the name in lower case.
    Variable(String),
    /// `$1` to `$9`.
    Capture(usize),
}

impl Text {
    /// Reads a value as nginx does.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            push(&mut parts, before);
            let (name, behind) = variable(after)
                .ok_or_else(|| format!("`{text}`: `$` is followed by no name of a variable"))?;
            parts.push(match name.parse() {
                Ok(number) if name.len() == 1 => Part::Capture(number),
                _ => Part::Variable(name.to_ascii_lowercase()),
            });
            rest = behind;
        }
        push(&mut parts, rest);
        Ok(Self(parts))
    }

    /// The text itself, where it holds no variables.
    pub(crate) fn literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }
}

fn push(parts: &mut Vec<Part>, text: &str) {
    if !text.is_empty() {
        parts.push(Part::Literal(text.to_owned()));
    }
}

/// The name behind a `$`, and what follows it.
fn variable(text: &str) -> Option<(&str, &str)> {
    if let Some(braced) = text.strip_prefix('{') {
        let (name, rest) = braced.split_once('}')?;
        return (!name.is_empty() && name.chars().all(is_name)).then_some((name, rest));
    }
    if text.starts_with(|c: char| ('1'..='9').contains(&c)) {
        return Some(text.split_at(1));
    }
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// Whether letters of either case are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Kept,
    Ignored,
}

/// Longest regular expression; longer ones are no policy that a person wrote.
const LONGEST: usize = 20_000;

/// Steps of one match that looks around or back. How many such expressions there are is bounded by
/// whoever reads the files.
const MOST_STEPS: usize = 20_000;

/// Compiles a regular expression of PCRE, searched for anywhere in the text.
pub(crate) fn regex(text: &str, case: Case) -> Result<Regex, String> {
    if text.len() > LONGEST {
        return Err("the regular expression is too long".to_owned());
    }
    RegexBuilder::new(text)
        .case_insensitive(case == Case::Ignored)
        .backtrack_limit(MOST_STEPS)
        .build()
        .map_err(|error| {
            let error = error.to_string().replace('\n', " ");
            format!("the regular expression `{text}` cannot be read: {error}")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_in_values() {
        let literal = |text: &str| Part::Literal(text.to_owned());
        let variable = |name: &str| Part::Variable(name.to_owned());
        let cases = [
            ("", vec![]),
            ("a b", vec![literal("a b")]),
            ("$http_Origin", vec![variable("http_origin")]),
            ("${cors}options", vec![variable("cors"), literal("options")]),
            (
                "https://$1.x",
                vec![literal("https://"), Part::Capture(1), literal(".x")],
            ),
            ("$12", vec![Part::Capture(1), literal("2")]),
        ];
        for (text, expected) in cases {
            assert_eq!(Text::read(text), Ok(Text(expected)), "{text}");
        }
        for wrong in ["$", "a$-b", "${a", "${}"] {
            assert!(Text::read(wrong).is_err(), "{wrong}");
        }
    }
}
