//! Expressions (`expr=`, `<If>`) and what both they and `RewriteCond` know of a request.

use std::collections::HashMap;

use fancy_regex::Regex;

use crate::ask::Ask;
use crate::nginx::{Case, regex};

/// Parts of an expression stand no deeper in each other.
const DEPTH: usize = 32;

/// Variables of a request; a value is `None` where no one knows.
pub(crate) type Env = HashMap<String, Option<String>>;

/// What is known of a request.
pub(crate) struct Facts<'a> {
    pub(crate) ask: &'a Ask<'a>,
    pub(crate) path: &'a str,
    pub(crate) env: &'a Env,
    pub(crate) status: Option<u16>,
}

impl Facts<'_> {
    /// The value of `%{name}`; `None` where no one knows.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        if let Some((kind, own)) = name.split_once(':') {
            return match kind.to_ascii_uppercase().as_str() {
                "HTTP" => self
                    .ask
                    .header(&own.to_ascii_lowercase())
                    .map(str::to_owned),
                "ENV" | "REQENV" => self.env(own),
                _ => None,
            };
        }
        let host = || match self.ask.url.port() {
            Some(port) => format!("{}:{port}", self.ask.host()),
            None => self.ask.host().to_owned(),
        };
        Some(match name.to_ascii_uppercase().as_str() {
            "REQUEST_METHOD" => self.ask.method.to_owned(),
            "REQUEST_URI" => self.path.to_owned(),
            "HTTP_HOST" => host(),
            "SERVER_NAME" => self.ask.host().to_owned(),
            "QUERY_STRING" => self.ask.url.query().unwrap_or_default().to_owned(),
            "REQUEST_SCHEME" => self.ask.url.scheme().to_owned(),
            "HTTPS" => (if self.ask.url.scheme() == "https" {
                "on"
            } else {
                "off"
            })
            .to_owned(),
            "REQUEST_STATUS" => self.status?.to_string(),
            "HTTP_ORIGIN" => self.ask.header("origin")?.to_owned(),
            other => {
                let header = other
                    .strip_prefix("HTTP_")?
                    .replace('_', "-")
                    .to_ascii_lowercase();
                let known = ["accept", "cookie", "forwarded", "referer", "user-agent"];
                known
                    .contains(&header.as_str())
                    .then(|| self.ask.header(&header))??
                    .to_owned()
            }
        })
    }

    pub(crate) fn env(&self, name: &str) -> Option<String> {
        match self.env.get(name) {
            None => Some(String::new()),
            Some(value) => value.clone(),
        }
    }

    /// A text with its variables filled.
    pub(crate) fn filled(&self, text: &str) -> Option<String> {
        let mut value = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("%{") {
            value.push_str(before);
            let (name, behind) = after.split_once('}')?;
            value.push_str(&self.variable(name)?);
            rest = behind;
        }
        value.push_str(rest);
        Some(value)
    }
}

/// An expression.
#[derive(Debug, Clone)]
pub(crate) enum Expression {
    Or(Vec<Self>),
    And(Vec<Self>),
    Not(Box<Self>),
    Equal(Text, Text),
    Less(Text, Text),
    In(Text, Vec<Text>),
    Fits(Text, Box<Regex>),
    Empty(Text),
    Constant(bool),
    /// Not understood.
    Open,
}

/// A text with variables.
#[derive(Debug, Clone)]
pub(crate) struct Text(String);

impl Expression {
    pub(crate) fn read(text: &str) -> Self {
        let mut reader = Reader { rest: text.trim() };
        let read = reader.or(0);
        match read {
            Some(read) if reader.rest.is_empty() => read,
            _ => Self::Open,
        }
    }

    /// Whether it holds; `None` where no one knows.
    pub(crate) fn holds(&self, facts: &Facts<'_>) -> Option<bool> {
        let of = |text: &Text| facts.filled(&text.0);
        Some(match self {
            Self::Or(parts) => {
                let parts: Vec<Option<bool>> = parts.iter().map(|part| part.holds(facts)).collect();
                if parts.contains(&Some(true)) {
                    return Some(true);
                }
                return if parts.contains(&None) {
                    None
                } else {
                    Some(false)
                };
            }
            Self::And(parts) => {
                let parts: Vec<Option<bool>> = parts.iter().map(|part| part.holds(facts)).collect();
                if parts.contains(&Some(false)) {
                    return Some(false);
                }
                return if parts.contains(&None) {
                    None
                } else {
                    Some(true)
                };
            }
            Self::Not(part) => !part.holds(facts)?,
            Self::Equal(one, other) => of(one)? == of(other)?,
            Self::Less(one, other) => {
                let number = |text: String| text.parse::<i64>().ok();
                number(of(one)?)? < number(of(other)?)?
            }
            Self::In(one, list) => {
                let one = of(one)?;
                list.iter().any(|other| of(other).as_ref() == Some(&one))
            }
            Self::Fits(text, regex) => regex.is_match(&of(text)?).ok()?,
            Self::Empty(text) => of(text)?.is_empty(),
            Self::Constant(value) => *value,
            Self::Open => return None,
        })
    }
}

impl Expression {
    /// The origins that it names.
    pub(crate) fn origins(&self) -> Vec<String> {
        let of = |list: &[Text]| -> Vec<String> {
            let texts = list.iter().map(|text| text.0.clone());
            texts.filter(|text| text.contains("://")).collect()
        };
        match self {
            Self::Or(parts) | Self::And(parts) => parts.iter().flat_map(Self::origins).collect(),
            Self::In(_, list) => of(list),
            Self::Equal(_, other) => of(std::slice::from_ref(other)),
            Self::Fits(Text(text), regex) if text.eq_ignore_ascii_case("%{HTTP:Origin}") => {
                vec![format!("~{}", regex.as_str())]
            }
            _ => Vec::new(),
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn take(&mut self, mark: &str) -> bool {
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn or(&mut self, depth: usize) -> Option<Expression> {
        let mut parts = vec![self.and(depth)?];
        while self.take("||") {
            parts.push(self.and(depth)?);
        }
        Some(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Expression::Or(parts)
        })
    }

    fn and(&mut self, depth: usize) -> Option<Expression> {
        let mut parts = vec![self.one(depth)?];
        while self.take("&&") {
            parts.push(self.one(depth)?);
        }
        Some(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Expression::And(parts)
        })
    }

    fn one(&mut self, depth: usize) -> Option<Expression> {
        if depth > DEPTH {
            return None;
        }
        if self.take("(") {
            let inner = self.or(depth + 1)?;
            return self.take(")").then_some(inner);
        }
        if self.rest.starts_with('!') && !self.rest.starts_with("!=") && self.take("!") {
            return Some(Expression::Not(Box::new(self.one(depth + 1)?)));
        }
        for (word, value) in [("true", true), ("false", false)] {
            if self.rest == word {
                self.rest = "";
                return Some(Expression::Constant(value));
            }
        }
        if self.take("-z ") {
            return Some(Expression::Empty(self.text()?));
        }
        if self.take("-n ") {
            return Some(Expression::Not(Box::new(Expression::Empty(self.text()?))));
        }
        let text = self.text()?;
        let not = |part: Expression| Expression::Not(Box::new(part));
        Some(
            if self.take("==")
                || self.rest.starts_with("=") && !self.rest.starts_with("=~") && self.take("=")
            {
                Expression::Equal(text, self.text()?)
            } else if self.take("!=") {
                not(Expression::Equal(text, self.text()?))
            } else if self.take("=~") {
                Expression::Fits(text, self.regex()?)
            } else if self.take("!~") {
                not(Expression::Fits(text, self.regex()?))
            } else if self.take("-ge ") {
                not(Expression::Less(text, self.text()?))
            } else if self.take("-lt ") {
                Expression::Less(text, self.text()?)
            } else if self.take("-eq ") {
                Expression::Equal(text, self.text()?)
            } else if self.take("in ") {
                Expression::In(text, self.list()?)
            } else {
                return None;
            },
        )
    }

    fn list(&mut self) -> Option<Vec<Text>> {
        if !self.take("{") {
            return None;
        }
        let mut list = Vec::new();
        while !self.take("}") {
            list.push(self.text()?);
            self.take(",");
        }
        Some(list)
    }

    fn text(&mut self) -> Option<Text> {
        for function in ["req(", "http(", "req_novary("] {
            if self.take(function) {
                let Text(name) = self.text()?;
                return self.take(")").then_some(Text(format!("%{{HTTP:{name}}}")));
            }
        }
        for function in ["env(", "reqenv("] {
            if self.take(function) {
                let Text(name) = self.text()?;
                return self.take(")").then_some(Text(format!("%{{ENV:{name}}}")));
            }
        }
        if self.rest.starts_with("%{") {
            let end = self.rest.find('}')? + 1;
            let (text, rest) = self.rest.split_at(end);
            self.rest = rest.trim_start();
            return Some(Text(text.to_owned()));
        }
        let quote = self.rest.chars().next().filter(|c| matches!(c, '\'' | '"'));
        if let Some(quote) = quote {
            let (text, rest) = self.rest[1..].split_once(quote)?;
            self.rest = rest.trim_start();
            return Some(Text(text.to_owned()));
        }
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        (!text.is_empty()).then(|| Text(text.to_owned()))
    }

    fn regex(&mut self) -> Option<Box<Regex>> {
        let rest = self.rest.strip_prefix('m').unwrap_or(self.rest);
        let mark = rest.chars().next().filter(|c| "/#|@,;:!$^%".contains(*c))?;
        let (text, behind) = rest[1..].split_once(mark)?;
        let ignored = behind.starts_with('i');
        self.rest = behind.trim_start_matches('i').trim_start();
        let case = if ignored { Case::Ignored } else { Case::Kept };
        regex(text, case).ok().map(Box::new)
    }
}
