//! `Header` and `SetEnvIf`.

use fancy_regex::Regex;

use super::condition::Expression;
use super::directive::Directive;
use crate::nginx::{Case, regex};
use crate::place::SourceLocation;

/// Which of the two tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    Always,
    OnSuccess,
}

/// What is done to a header.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    Set,
    SetIfEmpty,
    Append,
    Merge,
    Add,
    Unset,
    Edit(Box<Regex>, String),
    /// Nothing that matters to pages.
    Nothing,
}

impl Action {
    pub(crate) const fn gives(&self) -> bool {
        matches!(
            self,
            Self::Set | Self::SetIfEmpty | Self::Append | Self::Merge | Self::Add
        )
    }
}

/// When.
#[derive(Debug, Clone)]
pub(crate) enum When {
    Ever,
    Env(String),
    NoEnv(String),
    Expr(Expression),
}

/// A `Header`.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) table: Table,
    pub(crate) action: Action,
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) when: When,
    pub(crate) place: SourceLocation,
}

impl Header {
    pub(crate) fn read(directive: &Directive) -> Result<Self, String> {
        let mut args = directive.args.as_slice();
        let mut table = Table::OnSuccess;
        match args.first().map(|arg| arg.to_ascii_lowercase()).as_deref() {
            Some("always") => {
                table = Table::Always;
                args = &args[1..];
            }
            Some("onsuccess") => args = &args[1..],
            _ => {}
        }
        let [action, name, rest @ ..] = args else {
            return Err("`Header` has an action and a name".to_owned());
        };
        let value = rest.first().cloned().unwrap_or_default();
        let (action, taken) = match action.to_ascii_lowercase().as_str() {
            "set" => (Action::Set, 1),
            "setifempty" => (Action::SetIfEmpty, 1),
            "append" => (Action::Append, 1),
            "merge" => (Action::Merge, 1),
            "add" => (Action::Add, 1),
            "unset" => (Action::Unset, 0),
            "echo" => (Action::Nothing, 0),
            "note" => (Action::Nothing, 1),
            "edit" | "edit*" => {
                let by = rest.get(1).cloned().unwrap_or_default();
                (Action::Edit(Box::new(regex(&value, Case::Kept)?), by), 2)
            }
            other => return Err(format!("`Header` has no action `{other}`")),
        };
        let when = match rest.get(taken).map(String::as_str) {
            None => When::Ever,
            Some("early") => return Err("`early` is for tests of the server".to_owned()),
            Some(text) => match text.split_once('=') {
                Some(("env", name)) => match name.strip_prefix('!') {
                    Some(name) => When::NoEnv(name.to_owned()),
                    None => When::Env(name.to_owned()),
                },
                Some(("expr", text)) => When::Expr(Expression::read(text)),
                _ => return Err(format!("`{text}` is not a condition: env=, expr=")),
            },
        };
        Ok(Self {
            table,
            action,
            name: name.trim_end_matches(':').to_owned(),
            value,
            when,
            place: directive.place.clone(),
        })
    }
}

/// A `SetEnvIf`, `SetEnvIfNoCase`, `SetEnvIfExpr`, `BrowserMatch`, `SetEnv` or `UnsetEnv`.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) test: Test,
    /// Names and values; `None` takes the variable away.
    pub(crate) sets: Vec<(String, Option<String>)>,
    pub(crate) place: SourceLocation,
}

/// When a variable is set.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    /// A header of the request, or an attribute, fits.
    Attribute(String, Box<Regex>),
    Expr(Expression),
    /// Late, as `SetEnv` does.
    Ever,
}

impl Setting {
    pub(crate) fn read(directive: &Directive) -> Result<Self, String> {
        let name = directive.name.to_ascii_lowercase();
        let case = if name.ends_with("nocase") {
            Case::Ignored
        } else {
            Case::Kept
        };
        let args = directive.args.as_slice();
        let missing = || format!("`{}` lacks an argument", directive.name);
        let (test, rest) = match name.as_str() {
            "setenv" => {
                let value = args.get(1).cloned().unwrap_or_default();
                let name = args.first().cloned().ok_or_else(missing)?;
                return Ok(Self {
                    test: Test::Ever,
                    sets: vec![(name, Some(value))],
                    place: directive.place.clone(),
                });
            }
            "unsetenv" => {
                return Ok(Self {
                    test: Test::Ever,
                    sets: args.iter().map(|name| (name.clone(), None)).collect(),
                    place: directive.place.clone(),
                });
            }
            "setenvifexpr" => {
                let [text, rest @ ..] = args else {
                    return Err(missing());
                };
                (Test::Expr(Expression::read(text)), rest)
            }
            "browsermatch" | "browsermatchnocase" => {
                let [text, rest @ ..] = args else {
                    return Err(missing());
                };
                let regex = Box::new(regex(text, case)?);
                (Test::Attribute("user-agent".to_owned(), regex), rest)
            }
            _ => {
                let [attribute, text, rest @ ..] = args else {
                    return Err(missing());
                };
                let regex = Box::new(regex(text, case)?);
                (Test::Attribute(attribute.to_ascii_lowercase(), regex), rest)
            }
        };
        let sets = rest.iter().map(|text| match text.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => match text.strip_prefix('!') {
                Some(name) => (name.to_owned(), None),
                None => (text.clone(), Some("1".to_owned())),
            },
        });
        Ok(Self {
            test,
            sets: sets.collect(),
            place: directive.place.clone(),
        })
    }

    /// The origins that it looks for.
    pub(crate) fn origins(&self) -> Vec<String> {
        match &self.test {
            Test::Attribute(name, regex) if name == "origin" => {
                vec![format!("~{}", regex.as_str())]
            }
            Test::Expr(expression) => expression.origins(),
            _ => Vec::new(),
        }
    }
}
