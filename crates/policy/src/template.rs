//! Endpoint templates: as paths that stand in for them, and as patterns of paths.

use web::{EndpointTemplate, GraphqlPaths, NotAnEndpoint, Part, Segment};

/// Stand-ins for a segment such as `:id`. Three kinds: where a policy tells numbers from names, no
/// single one stands for all.
const STAND_INS: [&str; 3] = ["1", "abc", "0b8e5f6c-2f3b-4c1d-9a57-3f1f6f0c9a11"];

/// The template that every path fits.
const EVERYTHING: &str = "/*";

/// An endpoint as a pattern of paths.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(EndpointTemplate);

impl Path {
    /// Reads a template such as `/cart/:id` or `/files/*`. The endpoint that stands for all others is
    /// every path.
    ///
    /// # Errors
    /// It is not a path as browsers send it.
    pub fn read(template: &str) -> Result<Self, NotAnEndpoint> {
        let template = EndpointTemplate::read(template)?;
        if template.is_other() {
            return Ok(Self::everything());
        }
        Ok(Self(template))
    }

    /// The paths of an endpoint that was called with `method`: those of the GraphQL server where the
    /// endpoint is an operation.
    ///
    /// # Errors
    /// It is not an endpoint.
    pub fn of(endpoint: &str, method: &str) -> Result<Self, NotAnEndpoint> {
        let operation = GraphqlPaths::default().operation(endpoint, method);
        Self::read(operation.map_or(endpoint, |operation| operation.path))
    }

    /// The pattern that every path fits.
    pub(crate) fn everything() -> Self {
        Self(EndpointTemplate::read(EVERYTHING).expect("it is a template"))
    }

    /// Whether every segment is what it says.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.0.is_literal()
    }

    /// Whether it stands for everything on its host.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.0.is_everything()
    }

    /// The more is fixed, the smaller: patterns are tried in this order.
    pub(crate) fn vagueness(&self) -> (usize, Vec<u8>) {
        let ranks: Vec<u8> = self.0.segments().iter().map(rank).collect();
        let open = usize::from(ranks.contains(&2));
        (open, ranks)
    }

    /// Whether a path fits.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.0.matches(path)
    }

    /// Paths that stand in for the template; one where all is literal.
    #[must_use]
    pub fn stand_ins(&self) -> Vec<String> {
        let mut paths: Vec<String> = STAND_INS
            .iter()
            .map(|stand_in| self.0.filled(stand_in))
            .collect();
        paths.dedup();
        paths
    }

    /// As a regular expression for the whole path, without anchors.
    pub(crate) fn regex(&self) -> String {
        let mut text = String::new();
        for segment in self.0.segments() {
            text.push('/');
            for part in segment {
                match part {
                    Part::Literal(literal) => text.push_str(&escape(literal)),
                    Part::Parameter | Part::Embedded(_) => text.push_str("[^/]+"),
                    Part::Rest => text.push_str(".*"),
                }
            }
        }
        text
    }

    /// As the own form writes it.
    pub(crate) fn template(&self) -> String {
        self.0.to_string()
    }
}

fn rank(segment: &Segment) -> u8 {
    let ranks = segment.iter().map(|part| match part {
        Part::Literal(_) => 0,
        Part::Parameter | Part::Embedded(_) => 1,
        Part::Rest => 2,
    });
    ranks.max().unwrap_or(0)
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
            ("/files/*", "/files", false),
            ("/v*/x", "/v2/x", true),
            ("/:id.json", "/7.json", true),
            ("/:id.json", "/7.xml", false),
            ("/__other__", "/what/ever", true),
            ("/graphql/Cart", "/graphql", true),
            ("/graphql/Cart", "/graphql/Cart", false),
            ("/a.b", "/axb", false),
        ];
        for (template, path, expected) in cases {
            let read = Path::of(template, "POST").expect(template);
            assert_eq!(read.matches(path), expected, "{template} {path}");
            let regex = fancy_regex::Regex::new(&format!("^{}$", read.regex()));
            let regex = regex.expect("a regular expression");
            assert_eq!(
                regex.is_match(path).expect("it ends"),
                expected,
                "{template} {path}"
            );
        }
        for template in ["/cart/:id", "/files/*", "/", "/a/:b/c/:d", "/__other__"] {
            let path = Path::read(template).expect(template);
            for stand_in in path.stand_ins() {
                assert!(path.matches(&stand_in), "{template} {stand_in}");
            }
            assert_eq!(Path::read(&path.template()), Ok(path), "{template}");
        }
    }
}
