//! Endpoint templates: what requests are counted by.

mod dots;
pub(crate) use dots::{decoded, is_dotted};
mod matching;

use std::fmt;

/// What stands for every text past a limit of how many are told apart. As an endpoint it is
/// [`EndpointTemplate::OTHER`].
pub const OTHER: &str = "__other__";

/// A path in which what names a person or a thing has given way to parameters: `/carts/:id`,
/// `/files/*`.
///
/// The rules are those of the SDK (`sdk-js/src/template.ts`). `:name` is a parameter, one or more
/// characters of one segment; `*` is any text, over any number of segments; all else is itself.
/// Parameters are not told apart by their names: `/carts/:id` and `/carts/:cart` are equal.
/// [`EndpointTemplate::OTHER`] stands for the endpoints past the limit: it covers every path, and no
/// path leads to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointTemplate(Kind);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    Path(Vec<Segment>),
    Other,
}

/// What stands between two slashes: usually one part; none where there is nothing.
pub type Segment = Vec<Part>;

/// A part of a segment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Just this text.
    Literal(String),
    /// A parameter at the start of a segment: any text within it.
    Parameter,
    /// `:name` behind other characters of its segment. The SDK lets it stand for any text within the
    /// segment, as in `/v:version`; but where a page called `/items:search`, that is what was called.
    Embedded(String),
    /// `*`: any text, also over segments.
    Rest,
}

/// Why a text is not an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEndpoint {
    /// It does not start with `/`.
    #[error("an endpoint starts with /")]
    Relative,
    /// A query or a fragment.
    #[error("an endpoint has no query and no fragment: they are not to leave the page")]
    Query,
    /// `/../`, `/./`, also as `%2e`, before `;`, or behind an encoded slash.
    #[error(
        "an endpoint has no dot segment, not even an encoded one: browsers resolve `.` and `..` before they send a path"
    )]
    DotSegment,
    /// A space or a control character. Parsers drop some of them, also from within `..`.
    #[error(
        "an endpoint has no space and no control character: browsers percent-encode or drop them"
    )]
    Blank,
    /// A backslash.
    #[error("an endpoint has no backslash: browsers send / in its place")]
    Backslash,
}

/// The bytes without which a text that starts with `/` is an endpoint: the edge looks at every row.
const TELLING: [bool; 256] = {
    let mut telling = [false; 256];
    let mut byte = 0;
    while byte <= b' ' as usize {
        telling[byte] = true;
        byte += 1;
    }
    telling[0x7f] = true;
    telling[b'?' as usize] = true;
    telling[b'#' as usize] = true;
    telling[b'\\' as usize] = true;
    telling[b'%' as usize] = true;
    telling[b'.' as usize] = true;
    telling
};

/// Named segments that the SDK leaves of a path; what is behind them is cut off.
const MAX_SEGMENTS: usize = 8;

/// Whether a segment names a thing rather than a kind of thing: with `@`, `%`, `;` or `=`, digits
/// without letters, three digits in a row, hexadecimal with a digit, letters between digits, or very
/// long. `VARIABLE` of `sdk-js/src/template.ts`.
fn is_variable(segment: &str) -> bool {
    let bytes = segment.as_bytes();
    let is_digit = u8::is_ascii_digit;
    let Some(first) = bytes.iter().position(is_digit) else {
        return bytes.len() > 32 || bytes.iter().any(|byte| b"@%;=".contains(byte));
    };
    let last = bytes.iter().rposition(is_digit).unwrap_or(first);
    let has_letters = |bytes: &[u8]| bytes.iter().any(u8::is_ascii_alphabetic);
    bytes.len() > 32
        || bytes.iter().any(|byte| b"@%;=".contains(byte))
        || !has_letters(bytes)
        || bytes.windows(3).any(|three| three.iter().all(is_digit))
        || (bytes.len() >= 8
            && (bytes
                .iter()
                .all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
                || has_letters(&bytes[first..last])))
}

impl EndpointTemplate {
    /// The endpoint under which everything is counted that has none of its own.
    pub const OTHER: &'static str = "/__other__";

    /// Checks that `text` is an endpoint as the SDK sends it.
    ///
    /// # Errors
    /// What no browser sends is refused: a server might resolve it, and then an endpoint below `/cart`
    /// stands for one that is not.
    pub fn check(text: &str) -> Result<(), NotAnEndpoint> {
        if !text.starts_with('/') {
            return Err(NotAnEndpoint::Relative);
        }
        let is_telling = |byte: &u8| TELLING[usize::from(*byte)];
        if !text.as_bytes().iter().any(is_telling) {
            return Ok(());
        }
        for byte in text.bytes() {
            match byte {
                b'?' | b'#' => return Err(NotAnEndpoint::Query),
                b'\\' => return Err(NotAnEndpoint::Backslash),
                0..=b' ' | 0x7f => return Err(NotAnEndpoint::Blank),
                _ => {}
            }
        }
        match dots::has_dot_segment(text) {
            true => Err(NotAnEndpoint::DotSegment),
            false => Ok(()),
        }
    }

    /// The endpoint of a path that no template names, as the SDK makes it (`generalise` in
    /// `sdk-js/src/template.ts`): everything that could name a person or a thing is `:id`, and what is
    /// behind the first segments is cut off. What no browser sends is [`EndpointTemplate::OTHER`].
    #[must_use]
    pub fn generalise(path: &str) -> String {
        let segments = path.split('/').take(MAX_SEGMENTS + 1);
        let named: Vec<&str> = segments
            .map(|segment| if is_variable(segment) { ":id" } else { segment })
            .collect();
        let named = named.join("/");
        match Self::check(&named) {
            Ok(()) => named,
            Err(_) => Self::OTHER.to_owned(),
        }
    }

    /// Reads an endpoint.
    ///
    /// # Errors
    /// As [`EndpointTemplate::check`].
    pub fn read(text: &str) -> Result<Self, NotAnEndpoint> {
        Self::check(text)?;
        if text == Self::OTHER {
            return Ok(Self(Kind::Other));
        }
        let segments = text[1..].split('/').map(parts).collect();
        Ok(Self(Kind::Path(segments)))
    }

    /// The segments; none where it is [`EndpointTemplate::OTHER`].
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        match &self.0 {
            Kind::Path(segments) => segments,
            Kind::Other => &[],
        }
    }

    /// Whether it is [`EndpointTemplate::OTHER`].
    #[must_use]
    pub fn is_other(&self) -> bool {
        self.0 == Kind::Other
    }

    /// Whether every part is what it says: the template is a path.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        let mut parts = self.segments().iter().flatten();
        !self.is_other() && parts.all(|part| matches!(part, Part::Literal(_)))
    }

    /// Whether it covers every path.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.is_other() || self.segments() == [vec![Part::Rest]]
    }

    /// Whether segments may be missing at its end, because the SDK keeps no more of a path.
    #[must_use]
    pub fn may_be_cut(&self) -> bool {
        self.segments().len() == MAX_SEGMENTS
    }

    /// Whether a path fits. A parameter stands for one character or more, `*` also for none.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.is_other() || matching::matches(self.segments(), path)
    }

    /// A path that fits: `stand_in` takes the place of each parameter and each `*`. It is the template
    /// itself where that is a path.
    #[must_use]
    pub fn filled(&self, stand_in: &str) -> String {
        if self.is_other() {
            return format!("/{stand_in}");
        }
        self.written(|part| match part {
            Part::Literal(text) | Part::Embedded(text) => text,
            Part::Parameter | Part::Rest => stand_in,
        })
    }

    fn written<'a>(&'a self, text: impl Fn(&'a Part) -> &'a str) -> String {
        let mut path = String::new();
        for segment in self.segments() {
            path.push('/');
            path.extend(segment.iter().map(&text));
        }
        path
    }
}

impl fmt::Display for EndpointTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_other() {
            return f.write_str(Self::OTHER);
        }
        f.write_str(&self.written(|part| match part {
            Part::Literal(text) | Part::Embedded(text) => text,
            Part::Parameter => ":id",
            Part::Rest => "*",
        }))
    }
}

/// Whether a segment is a parameter and nothing else.
pub(crate) fn is_parameter(segment: &str) -> bool {
    matches!(parts(segment)[..], [Part::Parameter])
}

fn parts(segment: &str) -> Segment {
    let mut parts = Vec::new();
    let mut rest = segment;
    while !rest.is_empty() {
        let (part, length) = first_part(rest, parts.is_empty());
        rest = &rest[length..];
        match (parts.last_mut(), part) {
            (Some(Part::Literal(before)), Part::Literal(text)) => before.push_str(&text),
            (Some(Part::Rest), Part::Rest) => {}
            (_, part) => parts.push(part),
        }
    }
    parts
}

/// The part at the start of `text`, and its length.
fn first_part(text: &str, is_first: bool) -> (Part, usize) {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    if text.starts_with('*') {
        return (Part::Rest, 1);
    }
    if let Some(name) = text.strip_prefix(':') {
        let length = name.bytes().take_while(is_word).count();
        if length > 0 {
            let part = match is_first {
                true => Part::Parameter,
                false => Part::Embedded(text[..=length].to_owned()),
            };
            return (part, length + 1);
        }
    }
    let first = text.chars().next().map_or(0, char::len_utf8);
    let length = match text[first..].find([':', '*']) {
        Some(at) => first + at,
        None => text.len(),
    };
    (Part::Literal(text[..length].to_owned()), length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str) -> Part {
        Part::Literal(text.to_owned())
    }

    #[test]
    fn a_template_is_read_into_parts() {
        let embedded = |text: &str| Part::Embedded(text.to_owned());
        for (text, expected) in [
            ("/", vec![vec![]]),
            ("/a/", vec![vec![literal("a")], vec![]]),
            ("/a/:id", vec![vec![literal("a")], vec![Part::Parameter]]),
            ("/:id.json", vec![vec![Part::Parameter, literal(".json")]]),
            ("/v:v", vec![vec![literal("v"), embedded(":v")]]),
            ("/:a:b", vec![vec![Part::Parameter, embedded(":b")]]),
            ("/a:/::", vec![vec![literal("a:")], vec![literal("::")]]),
            ("/**", vec![vec![Part::Rest]]),
            ("/a*b", vec![vec![literal("a"), Part::Rest, literal("b")]]),
            ("/\u{e9}:x", vec![vec![literal("\u{e9}"), embedded(":x")]]),
            (
                "/__other__/x",
                vec![vec![literal("__other__")], vec![literal("x")]],
            ),
        ] {
            let read = EndpointTemplate::read(text).expect(text);
            assert_eq!(read.segments(), expected, "{text}");
        }
    }

    #[test]
    fn parameters_are_not_told_apart_by_their_names() {
        let read = |text| EndpointTemplate::read(text).expect(text);
        assert_eq!(read("/carts/:id"), read("/carts/:cart"));
        assert_eq!(read("/files/*"), read("/files/**"));
        assert_ne!(read("/*"), read(EndpointTemplate::OTHER));
        for text in ["/", "/a/:id/b", "/files/*", "/v:x", EndpointTemplate::OTHER] {
            assert_eq!(read(text).to_string(), text);
        }
    }

    #[test]
    fn what_no_browser_sends_is_no_endpoint() {
        use NotAnEndpoint::*;
        for (text, expected) in [
            ("", Relative),
            ("cart", Relative),
            ("__other__", Relative),
            ("/cart?id=1", Query),
            ("/cart#top", Query),
            ("/cart\\..\\admin", Backslash),
            ("/cart/.\t./admin", Blank),
            ("/cart/\r\nx", Blank),
            ("/graphql Cart", Blank),
            ("/cart\u{7f}", Blank),
            ("/..", DotSegment),
            ("/.", DotSegment),
            ("/cart/../admin", DotSegment),
            ("/cart/./admin", DotSegment),
            ("/cart/..", DotSegment),
            ("/cart/%2e%2e/admin", DotSegment),
            ("/cart/.%2E/admin", DotSegment),
            ("/cart/%2e", DotSegment),
            ("/cart/..%2fadmin", DotSegment),
            ("/cart/..%5cadmin", DotSegment),
            ("/cart/%2e%2e%2Fadmin", DotSegment),
            ("/cart/x%2f..%2f..%2fadmin", DotSegment),
            ("/cart/%252e%252e/admin", DotSegment),
            ("/cart/..;/admin", DotSegment),
            ("/cart/..;v=1/admin", DotSegment),
            ("/cart/..%3b/admin", DotSegment),
        ] {
            assert_eq!(EndpointTemplate::check(text), Err(expected), "{text}");
            assert_eq!(EndpointTemplate::read(text), Err(expected), "{text}");
        }
        for text in [
            "/",
            "/.well-known/security.txt",
            "/...",
            "/a..b/.c",
            "/caf%C3%A9",
            "/100%",
            "/%zz",
            "/a;v=1",
            "//double",
            "/a%2fb",
        ] {
            assert_eq!(EndpointTemplate::check(text), Ok(()), "{text}");
        }
    }
}
