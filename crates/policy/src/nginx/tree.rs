//! Directives and blocks, with the files that `include` names in their places.

use std::sync::Arc;

use super::token::{Token, Tokens};
use crate::place::{Problem, SourceLocation, problem};
use crate::source::{Load, Source};

/// A directive, perhaps with a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Directive {
    pub(crate) name: String,
    pub(crate) args: Vec<String>,
    pub(crate) block: Option<Vec<Directive>>,
    pub(crate) place: SourceLocation,
}

impl Directive {
    /// The argument of that number, from 0; empty where it is missing.
    pub(crate) fn arg(&self, number: usize) -> &str {
        self.args.get(number).map_or("", String::as_str)
    }

    /// As it is written, in short.
    pub(crate) fn text(&self) -> String {
        let mut text = self.name.clone();
        for arg in &self.args {
            text.push(' ');
            text.push_str(arg);
        }
        text
    }

    /// The directives of its block.
    pub(crate) fn inside(&self) -> &[Self] {
        self.block.as_deref().unwrap_or_default()
    }
}

/// Blocks stand in blocks this deep, and includes in includes.
const DEPTH: usize = 24;

/// Files that one policy may include.
const FILES: usize = 500;

/// Reads a file and what it includes.
pub(crate) fn read(source: &Source<'_>, problems: &mut Vec<Problem>) -> Vec<Directive> {
    let mut reader = Reader {
        load: source.load,
        files: 0,
        problems,
    };
    reader.file(source.name, source.text, 0)
}

struct Reader<'a, 'p> {
    load: &'a Load<'a>,
    files: usize,
    problems: &'p mut Vec<Problem>,
}

/// A file being read.
struct File<'t> {
    tokens: Tokens<'t>,
    name: Arc<str>,
}

impl File<'_> {
    fn place(&self, line: usize) -> SourceLocation {
        SourceLocation {
            file: Arc::clone(&self.name),
            line,
        }
    }
}

/// Why a list of directives ended.
#[derive(PartialEq, Eq)]
enum Ended {
    Closed,
    OutOfText,
}

impl Reader<'_, '_> {
    fn file(&mut self, name: &str, text: &str, depth: usize) -> Vec<Directive> {
        let mut file = File {
            tokens: Tokens::of(text),
            name: Arc::from(name),
        };
        let mut all = Vec::new();
        while self.list(&mut file, depth, &mut all) == Ended::Closed {
            let place = file.place(file.tokens.line());
            problem(self.problems, &place, "`}` closes no block");
        }
        all
    }

    /// Reads directives up to the end of their block.
    fn list(&mut self, file: &mut File<'_>, depth: usize, all: &mut Vec<Directive>) -> Ended {
        let mut words: Vec<(String, usize)> = Vec::new();
        while let Some((token, line)) = file.tokens.next() {
            match token {
                Token::Word(word) => words.push((word, line)),
                Token::Bad(reason) => problem(self.problems, &file.place(line), reason),
                Token::End => {
                    let directive = directive(file, &mut words, line, None);
                    self.end(directive, &file.place(line), depth, all);
                }
                Token::Open => self.block(file, &mut words, line, depth, all),
                Token::Close => {
                    self.unfinished(file, &words);
                    return Ended::Closed;
                }
                Token::Raw => {}
            }
        }
        self.unfinished(file, &words);
        Ended::OutOfText
    }

    fn end(
        &mut self,
        directive: Option<Directive>,
        place: &SourceLocation,
        depth: usize,
        all: &mut Vec<Directive>,
    ) {
        match directive {
            Some(directive) if directive.name == "include" => {
                self.include(&directive, depth, all);
            }
            Some(directive) => all.push(directive),
            None => problem(self.problems, place, "`;` ends no directive"),
        }
    }

    fn block(
        &mut self,
        file: &mut File<'_>,
        words: &mut Vec<(String, usize)>,
        line: usize,
        depth: usize,
        all: &mut Vec<Directive>,
    ) {
        let is_lua = words
            .first()
            .is_some_and(|(name, _)| name.ends_with("_by_lua_block"));
        let mut inside = Vec::new();
        let own = std::mem::take(words);
        if is_lua || depth >= DEPTH {
            if !is_lua {
                problem(
                    self.problems,
                    &file.place(line),
                    "blocks stand too deep in each other",
                );
            }
            if let Token::Bad(reason) = file.tokens.raw() {
                problem(self.problems, &file.place(line), reason);
            }
        } else if self.list(file, depth + 1, &mut inside) == Ended::OutOfText {
            let name = own.first().map_or("", |(name, _)| name);
            let reason = format!("the block of `{name}` has no end: `}}` is missing");
            problem(self.problems, &file.place(line), reason);
        }
        match directive(file, &mut { own }, line, Some(inside)) {
            Some(directive) => all.push(directive),
            None => problem(
                self.problems,
                &file.place(line),
                "`{` opens a block of nothing",
            ),
        }
    }

    fn unfinished(&mut self, file: &File<'_>, words: &[(String, usize)]) {
        if let Some((name, line)) = words.first() {
            let reason = format!("`{name}` has no end: `;` is missing");
            problem(self.problems, &file.place(*line), reason);
        }
    }

    fn include(&mut self, directive: &Directive, depth: usize, all: &mut Vec<Directive>) {
        let name = directive.arg(0);
        let loaded = if depth >= DEPTH || self.files >= FILES {
            Err("too many files are included".to_owned())
        } else {
            (self.load)(name)
        };
        match loaded {
            Ok(files) => {
                for (name, text) in files {
                    self.files += 1;
                    all.extend(self.file(&name, &text, depth + 1));
                }
            }
            // Types of files and parameters of upstreams say nothing of CORS.
            Err(_) if is_stock(name) => {}
            Err(reason) => {
                problem(
                    self.problems,
                    &directive.place,
                    format!("`include {name}`: {reason}"),
                );
                all.push(directive.clone());
            }
        }
    }
}

/// Files that every nginx comes with.
fn is_stock(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    [
        "mime.types",
        "fastcgi_params",
        "fastcgi.conf",
        "uwsgi_params",
        "scgi_params",
        "proxy_params",
    ]
    .contains(&file)
        || name.contains("modules-enabled/")
}

fn directive(
    file: &File<'_>,
    words: &mut Vec<(String, usize)>,
    line: usize,
    block: Option<Vec<Directive>>,
) -> Option<Directive> {
    let mut words = std::mem::take(words).into_iter();
    let (name, first) = words.next()?;
    Some(Directive {
        name,
        args: words.map(|(word, _)| word).collect(),
        block,
        place: file.place(first.min(line)),
    })
}
