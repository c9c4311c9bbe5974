//! Endpoint templates: as paths that stand in for them, and as patterns of paths.

/// Stand-ins for a segment such as `:id`. Three kinds: where a policy tells numbers from names, no
/// single one stands for all.
const STAND_INS: [&str; 3] = ["1", "abc", "0b8e5f6c-2f3b-4c1d-9a57-3f1f6f0c9a11"];

/// The endpoint under which everything is counted that has no template of its own.
const OTHER: &str = "__other__";

/// An endpoint as a pattern of paths.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Segment {
    /// Just this.
    Literal(String),
    /// One segment, whatever it is.
    One,
    /// Any number of segments.
    All,
}

impl Path {
    /// Reads a template such as `/cart/:id` or `/files/*`; the name of an operation behind the path
    /// is no part of it.
    #[must_use]
    pub fn of(endpoint: &str) -> Self {
        let path = endpoint.split(['?', '#', ' ']).next().unwrap_or_default();
        let path = path.strip_prefix('/').unwrap_or(path);
        let count = path.split('/').count();
        let segments = path
            .split('/')
            .enumerate()
            .map(|(n, segment)| match segment {
                OTHER => Segment::All,
                "*" | "**" if n + 1 == count => Segment::All,
                segment if segment.starts_with(':') || segment.contains('*') => Segment::One,
                segment => Segment::Literal(segment.to_owned()),
            })
            .collect();
        Self { segments }
    }

    /// The pattern that every path fits.
    pub(crate) fn everything() -> Self {
        Self {
            segments: vec![Segment::All],
        }
    }

    /// Whether every segment is what it says.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        let mut segments = self.segments.iter();
        segments.all(|segment| matches!(segment, Segment::Literal(_)))
    }

    /// Whether it stands for everything on its host.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.segments == [Segment::All]
    }

    /// The more is fixed, the smaller: patterns are tried in this order.
    pub(crate) fn vagueness(&self) -> (usize, Vec<u8>) {
        let ranks: Vec<u8> = self
            .segments
            .iter()
            .map(|segment| match segment {
                Segment::Literal(_) => 0,
                Segment::One => 1,
                Segment::All => 2,
            })
            .collect();
        let open = usize::from(ranks.contains(&2));
        (open, ranks)
    }

    /// Whether a path fits.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let path = path.strip_prefix('/').unwrap_or(path);
        let mut found = path.split('/');
        for segment in &self.segments {
            match segment {
                Segment::All => return true,
                Segment::One if found.next().is_some_and(|part| !part.is_empty()) => {}
                Segment::Literal(text) if found.next() == Some(text) => {}
                _ => return false,
            }
        }
        found.next().is_none()
    }

    /// Paths that stand in for the template; one where all is literal.
    #[must_use]
    pub fn stand_ins(&self) -> Vec<String> {
        if self.is_literal() {
            return vec![self.filled(STAND_INS[0])];
        }
        STAND_INS
            .iter()
            .map(|stand_in| self.filled(stand_in))
            .collect()
    }

    fn filled(&self, stand_in: &str) -> String {
        let parts: Vec<&str> = self
            .segments
            .iter()
            .map(|segment| match segment {
                Segment::Literal(text) => text.as_str(),
                Segment::One | Segment::All => stand_in,
            })
            .collect();
        format!("/{}", parts.join("/"))
    }

    /// As a regular expression for the whole path, without anchors.
    pub(crate) fn regex(&self) -> String {
        let mut text = String::new();
        for segment in &self.segments {
            text.push('/');
            match segment {
                Segment::Literal(literal) => text.push_str(&escape(literal)),
                Segment::One => text.push_str("[^/]+"),
                Segment::All => text.push_str(".*"),
            }
        }
        text
    }

    /// As the own form writes it.
    pub(crate) fn template(&self) -> String {
        let parts: Vec<&str> = self
            .segments
            .iter()
            .map(|segment| match segment {
                Segment::Literal(text) => text.as_str(),
                Segment::One => ":id",
                Segment::All => "*",
            })
            .collect();
        format!("/{}", parts.join("/"))
    }
}

/// A path that fits a regular expression, where a simple one does.
pub(crate) fn example(regex: &fancy_regex::Regex) -> Option<String> {
    let text = regex.as_str();
    let text = text
        .strip_prefix("^(?:")
        .and_then(|text| text.strip_suffix(")$"))
        .unwrap_or(text);
    let text = text.trim_start_matches('^').trim_end_matches('$');
    let filled = ["[^/]+", "[^/]*", "\\w+", "\\d+", ".*", ".+"]
        .iter()
        .fold(text.to_owned(), |text, wild| {
            text.replace(wild, STAND_INS[0])
        })
        .replace('\\', "");
    let path = if filled.starts_with('/') {
        filled
    } else {
        format!("/{filled}")
    };
    regex.is_match(&path).unwrap_or(false).then_some(path)
}

/// `text` as a regular expression that matches just it.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\.+*?()|[]{}^$".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_stands_for_paths() {
        let cases = [
            ("/", "/", true),
            ("/cart/:id", "/cart/7", true),
            ("/cart/:id", "/cart/", false),
            ("/cart/:id", "/cart/7/items", false),
            ("/files/*", "/files/a/b", true),
            ("/v*/x", "/v2/x", true),
            ("__other__", "/what/ever", true),
            ("/__other__", "/what/ever", true),
            ("/graphql Cart", "/graphql", true),
            ("/a.b", "/axb", false),
        ];
        for (template, path, expected) in cases {
            assert_eq!(
                Path::of(template).matches(path),
                expected,
                "{template} {path}"
            );
            let regex = fancy_regex::Regex::new(&format!("^{}$", Path::of(template).regex()));
            let regex = regex.expect("a regular expression");
            assert_eq!(
                regex.is_match(path).expect("it ends"),
                expected,
                "{template} {path}"
            );
        }
        for template in ["/cart/:id", "/files/*", "/", "/a/:b/c/:d", "__other__"] {
            let path = Path::of(template);
            for stand_in in path.stand_ins() {
                assert!(path.matches(&stand_in), "{template} {stand_in}");
            }
            assert_eq!(Path::of(&path.template()), path, "{template}");
        }
    }
}
