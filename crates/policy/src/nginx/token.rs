//! The words of a configuration file, as `ngx_conf_read_token` of `src/core/ngx_conf_file.c` takes
//! them apart.

/// What the text consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A word, without quotes and escapes.
    Word(String),
    /// `;`
    End,
    /// `{`
    Open,
    /// `}`
    Close,
    /// What stands in the braces of `.._by_lua_block`.
    Raw,
    /// Something that is not a word, for this reason; reading goes on behind it.
    Bad(&'static str),
}

/// Takes a text apart.
pub(crate) struct Tokens<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
}

impl<'a> Tokens<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self {
            rest: text.chars().peekable(),
            line: 1,
        }
    }

    /// The line that is read next.
    pub(crate) const fn line(&self) -> usize {
        self.line
    }

    fn take(&mut self) -> Option<char> {
        let next = self.rest.next();
        if next == Some('\n') {
            self.line += 1;
        }
        next
    }

    /// The next token with its line; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<(Token, usize)> {
        loop {
            let first = *self.rest.peek()?;
            let line = self.line;
            let token = match first {
                ' ' | '\t' | '\r' | '\n' => {
                    self.take();
                    continue;
                }
                '#' => {
                    while self.rest.peek().is_some_and(|c| *c != '\n') {
                        self.take();
                    }
                    continue;
                }
                ';' => self.single(Token::End),
                '{' => self.single(Token::Open),
                '}' => self.single(Token::Close),
                '"' | '\'' => self.quoted(first),
                _ => self.bare(),
            };
            return Some((token, line));
        }
    }

    fn single(&mut self, token: Token) -> Token {
        self.take();
        token
    }

    fn quoted(&mut self, quote: char) -> Token {
        self.take();
        let mut word = String::new();
        loop {
            match self.take() {
                None => return Token::Bad("a quoted word has no end"),
                Some('\\') => self.escape(&mut word),
                Some(c) if c == quote => break,
                Some(c) => word.push(c),
            }
        }
        match self.rest.peek() {
            None | Some(' ' | '\t' | '\r' | '\n' | ';' | '{' | ')') => Token::Word(word),
            Some(_) => Token::Bad("a quoted word is followed by neither a blank nor `;`"),
        }
    }

    fn bare(&mut self) -> Token {
        let mut word = String::new();
        while let Some(&next) = self.rest.peek() {
            match next {
                ' ' | '\t' | '\r' | '\n' | ';' => break,
                '{' if !word.ends_with('$') => break,
                '\\' => {
                    self.take();
                    self.escape(&mut word);
                }
                _ => {
                    self.take();
                    word.push(next);
                }
            }
        }
        Token::Word(word)
    }

    /// What follows a backslash: nginx takes it off quotes and itself, and leaves it elsewhere.
    fn escape(&mut self, word: &mut String) {
        match self.take() {
            Some(c @ ('"' | '\'' | '\\')) => word.push(c),
            Some('t') => word.push('\t'),
            Some('r') => word.push('\r'),
            Some('n') => word.push('\n'),
            Some(c) => word.extend(['\\', c]),
            None => word.push('\\'),
        }
    }

    /// Everything up to the brace that closes one that was just opened: Lua is not taken apart.
    pub(crate) fn raw(&mut self) -> Token {
        let mut depth = 1_usize;
        while let Some(next) = self.take() {
            match next {
                '{' => depth += 1,
                '}' => depth -= 1,
                quote @ ('"' | '\'') => self.lua_text(quote),
                '-' if self.rest.peek() == Some(&'-') => {
                    while self.rest.peek().is_some_and(|c| *c != '\n') {
                        self.take();
                    }
                }
                _ => {}
            }
            if depth == 0 {
                return Token::Raw;
            }
        }
        Token::Bad("a block of Lua has no end")
    }

    fn lua_text(&mut self, quote: char) {
        while let Some(next) = self.take() {
            match next {
                '\\' => {
                    self.take();
                }
                '\n' => return,
                c if c == quote => return,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Token> {
        let mut tokens = Tokens::of(text);
        std::iter::from_fn(|| tokens.next().map(|(token, _)| token)).collect()
    }

    #[test]
    fn words_are_those_that_nginx_reads() {
        let word = |text: &str| Token::Word(text.to_owned());
        let cases = [
            ("a b;", vec![word("a"), word("b"), Token::End]),
            ("a \"b;{}\";", vec![word("a"), word("b;{}"), Token::End]),
            (
                "a 'it\\'s' # c;\n;",
                vec![word("a"), word("it's"), Token::End],
            ),
            (
                "if ($a = \"x\"){",
                vec![
                    word("if"),
                    word("($a"),
                    word("="),
                    word("x"),
                    word(")"),
                    Token::Open,
                ],
            ),
            ("x ${a}b;", vec![word("x"), word("${a}b"), Token::End]),
            ("~ ^\\.x$ {", vec![word("~"), word("^\\.x$"), Token::Open]),
            ("a#b;", vec![word("a#b"), Token::End]),
            (
                "\"a\"b",
                vec![
                    Token::Bad("a quoted word is followed by neither a blank nor `;`"),
                    word("b"),
                ],
            ),
            ("\"a", vec![Token::Bad("a quoted word has no end")]),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), expected, "{text}");
        }
    }
}
