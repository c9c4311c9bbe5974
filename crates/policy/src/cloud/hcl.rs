//! The syntax of Terraform's files (HCL, native syntax specification) as far as settings need it: blocks,
//! attributes, texts with `${..}`, lists, calls and references. Other expressions are kept as they are
//! written.
//!
//! Own code, since the one library that keeps lines (`hcl-edit`) shares a crate with every procedural
//! macro, which Cargo then builds another time, and with it nearly everything.

/// Expressions and blocks stand in each other no deeper.
const DEPTH: usize = 32;

/// Where something cannot be read, and why.
pub(super) type Wrong = (usize, String);

/// What stands between braces.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) attributes: Vec<Attribute>,
    pub(super) blocks: Vec<Block>,
}

#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) value: Expression,
}

#[derive(Debug)]
pub(super) struct Block {
    pub(super) kind: String,
    pub(super) labels: Vec<String>,
    pub(super) body: Body,
    pub(super) line: usize,
}

/// A value with its line.
#[derive(Debug)]
pub(super) struct Expression {
    pub(super) line: usize,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// A text, of parts.
    Text(Vec<Part>),
    /// A number, `true`, `null`, or a reference such as `var.origins`.
    Word(String),
    List(Vec<Expression>),
    Call(String, Vec<Expression>),
    /// As it is written.
    Other(String),
}

/// A part of a text.
#[derive(Debug)]
pub(super) enum Part {
    Literal(String),
    /// What stands in `${..}`.
    Inserted(Expression),
}

/// Reads a file.
pub(super) fn body(text: &str) -> Result<Body, Wrong> {
    let mut reader = Reader {
        rest: text,
        line: 1,
    };
    let body = reader.body(DEPTH)?;
    match reader.rest.is_empty() {
        true => Ok(body),
        false => Err((reader.line, "a `}` closes nothing".to_owned())),
    }
}

impl Body {
    /// The blocks of a kind.
    pub(super) fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |block| block.kind == kind)
    }

    /// The value of an attribute.
    pub(super) fn get(&self, name: &str) -> Option<&Expression> {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|attribute| attribute.name == name)?;
        Some(&found.value)
    }
}

#[derive(Clone)]
struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

/// What an expression is inside of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Bracket,
    Text,
}

/// Whether lines end what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lines {
    End,
    /// Between brackets they do not.
    Continue,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.rest = &self.rest[next.len_utf8()..];
        self.line += usize::from(next == '\n');
        Some(next)
    }

    fn skip_to(&mut self, length: usize) {
        let (skipped, rest) = self.rest.split_at(length);
        self.line += skipped.matches('\n').count();
        self.rest = rest;
    }

    fn wrong<T>(&self, reason: &str) -> Result<T, Wrong> {
        Err((self.line, reason.to_owned()))
    }

    /// Skips spaces and comments.
    fn space(&mut self, lines: Lines) {
        loop {
            let rest = self.rest;
            let length = if rest.starts_with('#') || rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |at| at + 2)
            } else {
                let is_space = |c: char| c != '\n' && c.is_whitespace();
                match self.peek() {
                    Some('\n') if lines == Lines::Continue => 1,
                    Some(c) if is_space(c) => c.len_utf8(),
                    _ => return,
                }
            };
            self.skip_to(length);
        }
    }

    fn word(&mut self, also: &str) -> &'a str {
        let is_of_it = |c: char| c.is_alphanumeric() || c == '_' || c == '-' || also.contains(c);
        let rest = self.rest;
        let end = rest.find(|c| !is_of_it(c)).unwrap_or(rest.len());
        self.skip_to(end);
        &rest[..end]
    }

    fn body(&mut self, left: usize) -> Result<Body, Wrong> {
        let Some(left) = left.checked_sub(1) else {
            return self.wrong("blocks stand too deep in each other");
        };
        let mut body = Body::default();
        loop {
            self.space(Lines::Continue);
            if matches!(self.peek(), None | Some('}')) {
                return Ok(body);
            }
            let line = self.line;
            let name = self.word("").to_owned();
            if name.is_empty() {
                return self.wrong("neither a block nor an attribute stands here");
            }
            self.space(Lines::End);
            if self.rest.starts_with('=') && !self.rest.starts_with("==") {
                self.take();
                let value = self.expression(Lines::End, left)?;
                body.attributes.push(Attribute { name, value });
                continue;
            }
            let labels = self.labels(left)?;
            self.take();
            let inner = self.body(left)?;
            if self.take() != Some('}') {
                return Err((line, format!("the block `{name}` is not closed")));
            }
            body.blocks.push(Block {
                kind: name,
                labels,
                body: inner,
                line,
            });
        }
    }

    /// The labels of a block, up to its brace.
    fn labels(&mut self, left: usize) -> Result<Vec<String>, Wrong> {
        let mut labels = Vec::new();
        loop {
            self.space(Lines::End);
            match self.peek() {
                Some('{') => return Ok(labels),
                Some('"') => match self.text(left)?.as_slice() {
                    [Part::Literal(text)] => labels.push(text.clone()),
                    _ => return self.wrong("a label is a plain text"),
                },
                _ => match self.word("") {
                    "" => return self.wrong("`=` or `{` is missing"),
                    word => labels.push(word.to_owned()),
                },
            }
        }
    }

    fn expression(&mut self, lines: Lines, left: usize) -> Result<Expression, Wrong> {
        let Some(left) = left.checked_sub(1) else {
            return self.wrong("values stand too deep in each other");
        };
        self.space(lines);
        let start = self.clone();
        let kind = match self.peek() {
            Some('"') => Some(Kind::Text(self.text(left)?)),
            Some('[') => self.list(left)?,
            Some(c) if c.is_alphanumeric() || c == '-' => {
                let word = self.word(".").to_owned();
                if self.peek() == Some('(') {
                    self.take();
                    Some(Kind::Call(word, self.items(')', left)?))
                } else {
                    Some(Kind::Word(word))
                }
            }
            None => return self.wrong("a value is missing"),
            Some(_) => None,
        };
        self.space(lines);
        let ends = matches!(self.peek(), None | Some('\n' | '}' | ',' | ']' | ')'));
        let kind = match kind {
            Some(kind) if ends => kind,
            _ => {
                *self = start.clone();
                Kind::Other(self.raw(lines)?)
            }
        };
        Ok(Expression {
            line: start.line,
            kind,
        })
    }

    /// A list; nothing where it is a `for`.
    fn list(&mut self, left: usize) -> Result<Option<Kind>, Wrong> {
        self.take();
        self.space(Lines::Continue);
        if self.rest.starts_with("for ") {
            return Ok(None);
        }
        Ok(Some(Kind::List(self.items(']', left)?)))
    }

    /// Values with commas, up to a bracket.
    fn items(&mut self, end: char, left: usize) -> Result<Vec<Expression>, Wrong> {
        let mut items = Vec::new();
        loop {
            self.space(Lines::Continue);
            match self.peek() {
                Some(c) if c == end => {
                    self.take();
                    return Ok(items);
                }
                Some(',') => {
                    self.take();
                }
                Some('}' | ']' | ')') | None => {
                    return self.wrong("a bracket is not closed");
                }
                Some(_) => items.push(self.expression(Lines::Continue, left)?),
            }
        }
    }

    fn text(&mut self, left: usize) -> Result<Vec<Part>, Wrong> {
        let start = self.line;
        self.take();
        let mut parts = Vec::new();
        let mut literal = String::new();
        loop {
            if self.rest.starts_with("$${") || self.rest.starts_with("%%{") {
                literal.push_str(&self.rest[1..3]);
                self.skip_to(3);
                continue;
            }
            if self.rest.starts_with("${") {
                self.skip_to(2);
                let inner = self.expression(Lines::Continue, left)?;
                if self.take() != Some('}') {
                    return self.wrong("`${` is not closed");
                }
                parts.push(Part::Literal(std::mem::take(&mut literal)));
                parts.push(Part::Inserted(inner));
                continue;
            }
            match self.take() {
                Some('"') => break,
                Some('\\') => literal.extend(self.take().map(|c| match c {
                    'n' => '\n',
                    't' => '\t',
                    c => c,
                })),
                None | Some('\n') => return Err((start, "a text is not closed".to_owned())),
                Some(c) => literal.push(c),
            }
        }
        parts.push(Part::Literal(literal));
        Ok(parts)
    }

    /// An expression of another kind, to its end.
    fn raw(&mut self, lines: Lines) -> Result<String, Wrong> {
        let start = self.rest;
        if let Some(name) = heredoc(start) {
            let line = self.line;
            let mut end = 0;
            let body = start.split_inclusive('\n').skip(1);
            let first = start.find('\n').map_or(start.len(), |at| at + 1);
            for text in body {
                if text.trim() == name {
                    self.skip_to(first + end + text.trim_end().len());
                    return Ok(format!("<<{name}"));
                }
                end += text.len();
            }
            return Err((line, format!("`{name}` does not end the text")));
        }
        // What is open, the innermost last.
        let mut open: Vec<Open> = Vec::new();
        while let Some(next) = self.peek() {
            let length = match (open.last(), next) {
                (Some(Open::Text), _) if self.rest.starts_with("${") => {
                    open.push(Open::Bracket);
                    2
                }
                (Some(Open::Text), '\\') => self.rest.chars().take(2).map(char::len_utf8).sum(),
                (Some(Open::Text), '\n') => return self.wrong("a text is not closed"),
                (Some(Open::Text), _) => {
                    if next == '"' {
                        open.pop();
                    }
                    next.len_utf8()
                }
                (None, '\n') if lines == Lines::End => break,
                (None, ',' | ')' | ']' | '}') => break,
                _ => {
                    match next {
                        '"' => open.push(Open::Text),
                        '(' | '[' | '{' => open.push(Open::Bracket),
                        ')' | ']' | '}' => drop(open.pop()),
                        _ => {}
                    }
                    next.len_utf8()
                }
            };
            self.skip_to(length);
        }
        let text = start[..start.len() - self.rest.len()].trim();
        match text.is_empty() {
            true => self.wrong("a value is missing"),
            false => Ok(text.to_owned()),
        }
    }
}

/// The word that ends a text of several lines.
fn heredoc(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("<<")?;
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    Some(rest.lines().next()?.trim()).filter(|name| !name.is_empty())
}
