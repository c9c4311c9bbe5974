//! The directives of the rewrite module, which nginx carries out one after the other.

use std::sync::Arc;

use fancy_regex::Regex;

use super::conf::{Below, Conf};
use super::text::{Case, Text, regex};
use super::tree::Directive;
use super::words::{Effect, effect};
use crate::doubt::Doubt;
use crate::place::{Problem, SourceLocation, problem};

/// One step.
#[derive(Debug)]
pub(crate) enum Code {
    /// `set $name value`.
    Set(String, Text),
    /// A variable becomes something that the file does not tell.
    Forget(String, Doubt),
    /// `if (..) { .. }`; in a location with settings of its own.
    If(Condition, Option<Arc<Conf>>, Vec<Code>, SourceLocation),
    /// `return`.
    Return(Return),
    /// `rewrite`.
    Rewrite(Rewrite),
    /// `break`.
    Break,
}

/// What `return` answers.
#[derive(Debug)]
pub(crate) struct Return {
    pub(crate) status: u16,
    /// Where a redirect leads, or a body.
    pub(crate) text: Option<Text>,
    pub(crate) place: SourceLocation,
}

/// What a `rewrite` does behind its change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    GoOn,
    Last,
    Break,
    Redirect(u16),
}

/// `rewrite regex replacement flag`.
#[derive(Debug)]
pub(crate) struct Rewrite {
    pub(crate) regex: Regex,
    pub(crate) to: Text,
    pub(crate) then: Then,
}

/// What stands in the parentheses of an `if`.
#[derive(Debug)]
pub(crate) enum Condition {
    /// Neither empty nor `0`.
    True(Text),
    /// `=` and `!=`.
    Equal(Text, Text, Wanted),
    /// `~` and the others.
    Fits(Text, Box<Regex>, Wanted),
    /// Something that the file does not tell.
    Open(Doubt),
}

/// Whether the comparison is wanted to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Yes,
    No,
}

/// Where steps stand: what is allowed in an `if` depends on it.
#[derive(Clone, Copy)]
pub(crate) struct Level<'a> {
    /// The settings around; `None` in a server, whose `if` has none of its own.
    pub(crate) conf: Option<&'a Conf>,
    pub(crate) in_if: bool,
}

/// Compiles the steps of a level.
pub(crate) fn compile(
    directives: &[Directive],
    level: Level<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Code> {
    let mut codes = Vec::new();
    for directive in directives {
        let code = match directive.name.as_str() {
            "set" => set(directive).map(Some),
            "return" => read_return(directive).map(|r| Some(Code::Return(r))),
            "rewrite" => rewrite(directive).map(|r| Some(Code::Rewrite(r))),
            "break" => Ok(Some(Code::Break)),
            "if" if level.in_if => Err("nginx takes no `if` in an `if`".to_owned()),
            "if" => read_if(directive, level, problems).map(Some),
            name => Ok(forget(name, directive)),
        };
        match code {
            Ok(code) => codes.extend(code),
            Err(reason) => problem(problems, &directive.place, reason),
        }
    }
    codes
}

fn variable(text: &str) -> Result<String, String> {
    match text.strip_prefix('$') {
        Some(name) if !name.is_empty() => Ok(name.to_ascii_lowercase()),
        _ => Err(format!("`{text}` is not a variable: it starts with `$`")),
    }
}

fn set(directive: &Directive) -> Result<Code, String> {
    if directive.args.len() != 2 {
        return Err("`set` takes a variable and a value".to_owned());
    }
    Ok(Code::Set(
        variable(directive.arg(0))?,
        Text::read(directive.arg(1))?,
    ))
}

fn forget(name: &str, directive: &Directive) -> Option<Code> {
    let Some(Effect::Variable(number)) = effect(name) else {
        return None;
    };
    let variable = variable(directive.arg(number)).ok()?;
    let reason = format!("`{name}` sets `${variable}`, and the file does not tell to what");
    Some(Code::Forget(variable, Doubt::at(reason, &directive.place)))
}

fn read_return(directive: &Directive) -> Result<Return, String> {
    let first = directive.arg(0);
    let (status, text) = match (first.parse::<u16>(), directive.args.len()) {
        (Ok(status @ 0..=999), 1) => (status, None),
        (Ok(status @ 0..=999), 2) => (status, Some(directive.arg(1))),
        (_, 1)
            if first.starts_with("http://")
                || first.starts_with("https://")
                || first.starts_with("$scheme") =>
        {
            (302, Some(first))
        }
        _ => {
            return Err(format!(
                "`{}`: `return` takes a status, and a text or a URL",
                directive.text()
            ));
        }
    };
    Ok(Return {
        status,
        text: text.map(Text::read).transpose()?,
        place: directive.place.clone(),
    })
}

fn rewrite(directive: &Directive) -> Result<Rewrite, String> {
    let to = directive.arg(1);
    let elsewhere = ["http://", "https://", "$scheme"]
        .iter()
        .any(|start| to.starts_with(start));
    let then = match (directive.arg(2), elsewhere, directive.args.len()) {
        ("permanent", _, 3) => Then::Redirect(301),
        ("redirect", _, 3) | (_, true, 2) => Then::Redirect(302),
        ("last", false, 3) => Then::Last,
        ("break", false, 3) => Then::Break,
        (_, false, 2) => Then::GoOn,
        (_, true, 3) => Then::Redirect(302),
        _ => {
            return Err(format!(
                "`{}`: `rewrite` takes a regular expression, a replacement and a flag",
                directive.text()
            ));
        }
    };
    Ok(Rewrite {
        regex: regex(directive.arg(0), Case::Kept)?,
        to: Text::read(to)?,
        then,
    })
}

fn read_if(
    directive: &Directive,
    level: Level<'_>,
    problems: &mut Vec<Problem>,
) -> Result<Code, String> {
    let condition = condition(directive)?;
    let inside = directive.inside();
    let conf = level.conf.map(|outer| {
        let mut conf = Conf::of(inside, outer, Below::Condition, problems);
        conf.inherit_logins(inside, outer);
        Arc::new(conf)
    });
    if level.conf.is_none() {
        let odd = inside
            .iter()
            .find(|directive| directive.name == "add_header");
        if let Some(odd) = odd {
            problem(
                problems,
                &odd.place,
                "nginx takes no `add_header` in an `if` of a server, only in one of a location",
            );
        }
    }
    let level = Level {
        in_if: true,
        ..level
    };
    let codes = compile(inside, level, problems);
    Ok(Code::If(condition, conf, codes, directive.place.clone()))
}

/// The condition, whose parentheses are words of their own or stick to others.
fn condition(directive: &Directive) -> Result<Condition, String> {
    let wrong = || format!("`{}`: the condition is not understood", directive.text());
    let mut words: Vec<&str> = directive.args.iter().map(String::as_str).collect();
    let first = words.first_mut().ok_or_else(wrong)?;
    *first = first.strip_prefix('(').ok_or_else(wrong)?;
    let last = words.last_mut().ok_or_else(wrong)?;
    *last = last.strip_suffix(')').ok_or_else(wrong)?;
    // An operand may be the empty text in quotes, which is a word like any other.
    if words.first().is_some_and(|word| word.is_empty()) {
        words.remove(0);
    }
    if words.len() > 1 && directive.args.last().is_some_and(|arg| arg == ")") {
        words.pop();
    }
    let left = words.first().copied().ok_or_else(wrong)?;
    if left.trim_start_matches('!').starts_with('-') {
        let reason = format!("`if ({})` looks at files", words.join(" "));
        return Ok(Condition::Open(Doubt::at(reason, &directive.place)));
    }
    if !left.starts_with('$') {
        return Err(wrong());
    }
    let subject = Text::read(left)?;
    let (operator, operand) = match words.as_slice() {
        [_] => return Ok(Condition::True(subject)),
        [_, operator, operand] => (*operator, *operand),
        _ => return Err(wrong()),
    };
    let fits = |case, wanted| {
        let regex = regex(operand, case)?;
        Ok(Condition::Fits(subject.clone(), Box::new(regex), wanted))
    };
    match operator {
        "=" => Ok(Condition::Equal(subject, Text::read(operand)?, Wanted::Yes)),
        "!=" => Ok(Condition::Equal(subject, Text::read(operand)?, Wanted::No)),
        "~" => fits(Case::Kept, Wanted::Yes),
        "~*" => fits(Case::Ignored, Wanted::Yes),
        "!~" => fits(Case::Kept, Wanted::No),
        "!~*" => fits(Case::Ignored, Wanted::No),
        _ => Err(wrong()),
    }
}
