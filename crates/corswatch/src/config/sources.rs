//! What people are told of a problem besides its reason: the place in the file, what stands there, and a line
//! that can be written instead.

use settings::Problem;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::dropped::{self, Path, parts};
use super::lines;
use super::load::{Environment, is_secret_at, shown};
use super::schema::{Schema, is_secret};

/// Where a configuration came from.
pub(crate) struct Sources<'a> {
    pub(crate) text: Option<&'a str>,
    pub(crate) environment: &'a Environment,
    /// Both together.
    pub(crate) tree: &'a Table,
    pub(crate) schema: &'a Schema,
}

impl Sources<'_> {
    /// The problem as people are told of it.
    pub(crate) fn located(&self, problem: Problem) -> Problem {
        let path = parts(&problem.path);
        let found = at(self.tree, &path);
        let value = match found {
            _ if problem.value == HIDDEN => problem.value,
            _ if self.environment.holds(&path) => problem.value,
            Some(_) if is_secret_at(&path, self.schema) => HIDDEN.to_owned(),
            Some(Value::String(text)) if self.may_be_secret(&path, text) => HIDDEN.to_owned(),
            // Which of its entries it is, the reason's author knows.
            Some(Value::Array(list)) if !list.is_empty() && !problem.value.is_empty() => {
                problem.value
            }
            Some(found) => shown(found),
            None if matches!(problem.value.as_str(), "" | "\"\"") => MISSING.to_owned(),
            // Of a list people are told how long it is.
            None if self.is_list(&path) => MISSING.to_owned(),
            None => problem.value,
        };
        let reason = match problem.reason.strip_prefix("is missing: ") {
            Some(rest) if value == MISSING => rest.to_owned(),
            _ => problem.reason,
        };
        Problem {
            reason: self.with_line(reason, &path, found),
            path: self.place(&path).map_or_else(
                || problem.path.clone(),
                |place| format!("{place}: {}", problem.path),
            ),
            value,
        }
    }

    /// Whether a text under a name that is not known may be one of the secrets beside it: the address of a webhook
    /// is one, an origin is none.
    fn may_be_secret(&self, path: &[String], text: &str) -> bool {
        let is_origin = web::mistake(text, web::Schemes::Any).is_none();
        if is_origin || self.schema.at(path).is_some() {
            return false;
        }
        let beside = path
            .split_last()
            .and_then(|(_, above)| self.schema.at(above));
        let properties = beside
            .as_ref()
            .and_then(|of| of.get("properties")?.as_object());
        let mut properties = properties.into_iter().flatten();
        properties.any(|(_, property)| is_secret(self.schema.resolved(property)))
    }

    fn is_list(&self, path: &[String]) -> bool {
        let of = self.schema.at(path);
        of.is_some_and(|of| of.get("items").is_some())
    }

    /// Where a reason does not say what to write, a line that can be used.
    fn with_line(&self, reason: String, path: &[String], found: Option<&Value>) -> String {
        let says_it = [
            "write ",
            "did you mean",
            "there are",
            "set `",
            "add one",
            "add `",
        ];
        if says_it.iter().any(|words| reason.contains(words)) {
            return reason;
        }
        let name = path.iter().rfind(|part| !part.starts_with('['));
        let same = found
            .zip(name)
            .map(|(found, name)| format!("{name} = {found}"));
        match lines::usual(path, self.schema) {
            Some(line) if Some(&line) != same.as_ref() => {
                format!("{reason}: write, for example, `{line}`")
            }
            _ => reason,
        }
    }

    /// The variable, or the line of the file.
    fn place(&self, path: &[String]) -> Option<String> {
        self.environment
            .variable(path)
            .or_else(|| Some(format!("line {}", line(self.text?, path)?)))
    }
}

const HIDDEN: &str = "[redacted]";
const MISSING: &str = "missing";

fn at<'a>(tree: &'a Table, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter()
        .try_fold(tree.get(first)?, |value, part| match value {
            Value::Table(table) => table.get(part),
            Value::Array(list) => list.get(dropped::index(part)?),
            _ => None,
        })
}

/// The line of what is named by `path`, or else of the nearest thing around it that is there.
fn line(text: &str, path: &[String]) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let mut start = None;
    let mut rest: Path = path.to_vec();
    rest.reverse();
    walk(table.get_ref(), &mut rest, &mut start);
    let before = text.get(..start?)?;
    Some(before.matches('\n').count() + 1)
}

fn walk(table: &DeTable<'_>, rest: &mut Path, start: &mut Option<usize>) {
    let Some(name) = rest.pop() else { return };
    let found = table.iter().find(|(key, _)| *key.get_ref() == name);
    if let Some((key, value)) = found {
        *start = Some(key.span().start);
        walk_value(value, rest, start);
    }
}

fn walk_value(value: &Spanned<DeValue<'_>>, rest: &mut Path, start: &mut Option<usize>) {
    match value.get_ref() {
        DeValue::Table(table) => walk(table, rest, start),
        DeValue::Array(list) => {
            let entry = rest.pop().and_then(|part| list.get(dropped::index(&part)?));
            if let Some(entry) = entry {
                *start = Some(entry.span().start);
                walk_value(entry, rest, start);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
#[path = "sources_tests.rs"]
mod tests;
