//! The requests and answers that a tool printed, in order.

use cors::{Answer, Headers, is_token, trim};

use super::error::BadDump;
use super::request::is_method;

/// One message of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// Line at which it starts, from 1.
    pub(super) line: usize,
    pub(super) stream: Stream,
    pub(super) body: Body,
}

/// How the lines of a message are marked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Stream {
    /// With `>` or `<`, as `curl -v` does.
    Verbose,
    /// Not at all.
    #[default]
    Plain,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    Request(Sent),
    Answer {
        answer: Answer,
        /// The words behind the status.
        phrase: String,
    },
}

/// A request as it was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) method: String,
    /// What stands behind the method: a path, or a whole URL.
    pub(super) target: String,
    /// HTTP version as it is written.
    pub(super) version: String,
    pub(super) headers: Headers,
}

impl Sent {
    /// The first value of a header, as text.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let value = self.headers.all(name).next()?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    pub(super) fn is_preflight(&self) -> bool {
        self.method == "OPTIONS" && self.header("access-control-request-method").is_some()
    }
}

/// Reads the lines of a dump. `curl -iv` prints answers twice, on two streams that may mix line by
/// line: those with `<` and those without are read apart, and copies dropped.
pub(super) fn read(text: &str) -> Result<Vec<Message>, BadDump> {
    let (mut sent, mut got) = (Block::of(Stream::Verbose), Block::of(Stream::Verbose));
    let mut plain = Block::of(Stream::Plain);
    for (number, line) in (1..).zip(text.lines()) {
        let line = without_time(line.strip_suffix('\r').unwrap_or(line));
        match verbose(line) {
            Some(('>', rest)) => sent.line(number, rest)?,
            Some(('<', rest)) => got.line(number, rest)?,
            Some(_) => {}
            None => plain.line(number, line)?,
        }
    }
    let mut messages = sent.finish()?;
    messages.extend(got.finish()?);
    let copies: Vec<Answer> = messages
        .iter()
        .filter_map(Message::answer)
        .cloned()
        .collect();
    let plain = plain.finish()?.into_iter();
    messages.extend(plain.filter(|message| {
        message
            .answer()
            .is_none_or(|answer| !copies.contains(answer))
    }));
    messages.sort_by_key(|message| message.line);
    Ok(messages)
}

impl Message {
    fn answer(&self) -> Option<&Answer> {
        match &self.body {
            Body::Answer { answer, .. } => Some(answer),
            Body::Request(_) => None,
        }
    }
}

/// The line without the time that `curl --trace-time` puts before it: `10:00:00.123456 < HTTP/1.1 200 OK`; curl
/// 8 adds the number of the transfer: `[0-0] `.
fn without_time(line: &str) -> &str {
    let Some((time, rest)) = line.split_once(' ') else {
        return line;
    };
    let is_time = time.len() == "10:00:00.123456".len()
        && time
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
    let rest = match rest.split_once("] ") {
        Some((transfer, behind)) if transfer.starts_with('[') => behind,
        _ => rest,
    };
    if is_time { rest } else { line }
}

/// The mark of a line of `curl -v`, and what is behind it.
fn verbose(line: &str) -> Option<(char, &str)> {
    let mark = line.chars().next()?;
    let rest = &line[mark.len_utf8()..];
    match mark {
        '>' | '<' if rest.is_empty() => Some((mark, rest)),
        '>' | '<' => Some((mark, rest.strip_prefix(' ')?)),
        '*' | '{' | '}' if rest.starts_with(' ') => Some((mark, rest)),
        _ => None,
    }
}

/// The messages of one stream, and the one that is being read.
#[derive(Debug, Default)]
struct Block {
    stream: Stream,
    found: Vec<Message>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    message: Message,
    /// Column in which the message stands: `wget -S` and PowerShell indent it.
    indent: usize,
}

impl Block {
    fn of(stream: Stream) -> Self {
        Self {
            stream,
            ..Self::default()
        }
    }

    fn line(&mut self, number: usize, line: &str) -> Result<(), BadDump> {
        if let Some((indent, body)) = first_line(line) {
            self.close();
            let stream = self.stream;
            let message = Message {
                line: number,
                stream,
                body,
            };
            self.open = Some(Open { message, indent });
            return Ok(());
        }
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        let depth = line.len() - line.trim_start().len();
        if line.trim().is_empty() || depth < open.indent {
            self.close();
            return Ok(());
        }
        let read = open.header(number, &line[open.indent..]);
        // Behind an unmarked answer a request may be a text of its body.
        let is_request = matches!(open.message.body, Body::Request(_));
        // And a method with a URL may be one of a sentence.
        let is_bare = matches!(&open.message.body, Body::Request(sent) if sent.version.is_empty());
        let may_be_text = is_bare || is_request && !self.found.is_empty();
        if read.is_err() && may_be_text && self.stream == Stream::Plain {
            self.open = None;
            return Ok(());
        }
        read
    }

    fn close(&mut self) {
        self.found.extend(self.open.take().map(|open| open.message));
    }

    fn finish(mut self) -> Result<Vec<Message>, BadDump> {
        self.close();
        Ok(self.found)
    }
}

impl Open {
    fn header(&mut self, number: usize, line: &str) -> Result<(), BadDump> {
        // PowerShell cuts long values.
        if self.indent > WGET_INDENT && (line.ends_with("...") || line.ends_with('\u{2026}')) {
            return Err(BadDump::Cut { line: number });
        }
        let bad = || BadDump::Header {
            line: number,
            text: line.to_owned(),
        };
        let headers = match &mut self.message.body {
            Body::Request(sent) => &mut sent.headers,
            Body::Answer { answer, .. } => &mut answer.headers,
        };
        if line.starts_with([' ', '\t']) && headers.extend_last(line.trim()) {
            return Ok(());
        }
        let (name, value) = line.split_once(':').ok_or_else(bad)?;
        let name = name.trim();
        if !is_token(name.as_bytes()) {
            return Err(bad());
        }
        headers.push(name, trim(value.as_bytes()));
        Ok(())
    }
}

/// What `wget -S` puts before each line.
const WGET_INDENT: usize = 2;

/// The first line of a message: where it starts, and what it begins.
fn first_line(line: &str) -> Option<(usize, Body)> {
    let indent = line.len() - line.trim_start().len();
    let start = &line[indent..];
    if let Some(body) = status_line(start).or_else(|| request_line(start)) {
        return Some((indent, body));
    }
    // `RawContent        : HTTP/1.1 200 OK`
    let (member, rest) = start.split_once(" : ")?;
    let column = line.len() - rest.len();
    let is_member = member.trim().chars().all(|c| c.is_ascii_alphanumeric());
    let body = status_line(rest).filter(|_| is_member)?;
    Some((column, body))
}

/// `HTTP/1.1 200 OK`, `HTTP/2 204`, in any case.
fn status_line(text: &str) -> Option<Body> {
    let rest = text
        .get(5..)
        .filter(|_| text[..5].eq_ignore_ascii_case("http/"))?;
    let (_, rest) = rest.split_once(' ')?;
    let rest = rest.trim_start();
    let status: u16 = rest.get(..3)?.parse().ok()?;
    let phrase = rest[3..].trim().to_owned();
    (100..=999).contains(&status).then(|| Body::Answer {
        answer: Answer {
            status,
            headers: Headers::new(),
        },
        phrase,
    })
}

/// `PUT /x HTTP/1.1`, or `PUT https://api.test/x` as files of REST clients have it.
fn request_line(text: &str) -> Option<Body> {
    let mut words = text.trim_end().split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let is_url = target.starts_with("http://") || target.starts_with("https://");
    let Some(version) = words.next() else {
        return (is_method(method) && is_url).then(|| {
            Body::Request(Sent {
                method: method.to_owned(),
                target: target.to_owned(),
                ..Sent::default()
            })
        });
    };
    let is_method =
        !method.is_empty() && method.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
    let is_version = version
        .get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case("http/"));
    (is_method && is_version && words.next().is_none_or(str::is_empty)).then(|| {
        Body::Request(Sent {
            method: method.to_owned(),
            target: target.to_owned(),
            version: version.to_owned(),
            headers: Headers::new(),
        })
    })
}
