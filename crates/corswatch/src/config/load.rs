//! Reads one TOML file and the environment into a tree, and reports every problem at once.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use settings::Problem;
use toml::{Table, Value};

use super::advice::{Advice, missing_name, unknown_name};
use super::dropped::{self, Dropped, Path};
use super::schema::{self, Schema};

/// Settings of the environment start with this; `__` separates the parts of a path.
pub(crate) const PREFIX: &str = "CORSWATCH__";
/// More problems than this are not looked for: the file is not a configuration of corswatch.
const MOST_PROBLEMS: usize = 100;

/// The settings that came from the environment. What someone wrote there is never shown: it may be
/// a secret under a name that is misspelt.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    paths: BTreeSet<Path>,
}

impl Environment {
    /// Whether the value at `path` came from a variable.
    pub(crate) fn holds(&self, path: &[String]) -> bool {
        self.paths.iter().any(|set| path.starts_with(set))
    }

    /// The variable that the value at `path` came from.
    pub(crate) fn variable(&self, path: &[String]) -> Option<String> {
        let set = self.paths.iter().find(|set| path.starts_with(set))?;
        Some(format!("{PREFIX}{}", set.join("__").to_uppercase()))
    }
}

/// Puts the variables of `environment` that start with [`PREFIX`] into the tree: the rest of the
/// name, lower case, is the path; the value is TOML, or text where it is not.
pub(crate) fn override_with(
    tree: &mut Table,
    environment: impl IntoIterator<Item = (String, String)>,
) -> (Environment, Vec<Problem>) {
    let (mut known, mut problems) = (Environment::default(), Vec::new());
    let mut variables: Vec<_> = environment.into_iter().collect();
    variables.sort();
    for (name, text) in variables {
        let Some(path) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let path = path.to_lowercase();
        let parts: Vec<&str> = path.split("__").collect();
        if insert(tree, &parts, value_of(&text)) {
            known
                .paths
                .insert(parts.into_iter().map(str::to_owned).collect());
        } else {
            problems.push(Problem {
                path: path.replace("__", "."),
                value: name,
                reason: "the environment names a setting below one that is not a section; lists \
                         (apps, services, slo) are set in the file"
                    .to_owned(),
            });
        }
    }
    (known, problems)
}

fn value_of(text: &str) -> Value {
    let parsed = format!("value = {text}").parse::<Table>();
    parsed
        .ok()
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| text.into())
}

fn insert(table: &mut Table, path: &[&str], value: Value) -> bool {
    match path {
        [] => false,
        [name] => {
            table.insert((*name).to_owned(), value);
            true
        }
        [name, rest @ ..] => {
            let section = table
                .entry((*name).to_owned())
                .or_insert_with(|| Value::Table(Table::new()));
            section
                .as_table_mut()
                .is_some_and(|section| insert(section, rest, value))
        }
    }
}

/// What could be read of a tree.
pub(crate) struct Reading<T> {
    /// There only if something could be read.
    pub(crate) value: Option<T>,
    pub(crate) problems: Vec<Problem>,
    /// What had to be left out.
    pub(crate) dropped: Dropped,
}

/// Turns the tree into `T`. A value that cannot be read is reported and taken out, and the rest is
/// read again, so that one run shows all problems.
///
/// `schema` is that of `T`.
pub(crate) fn read<T: DeserializeOwned>(
    mut tree: Table,
    environment: &Environment,
    schema: &Schema,
) -> Reading<T> {
    let (mut problems, mut dropped) = (Vec::new(), Dropped::default());
    without_lists_for_tables(&mut tree, schema, &mut dropped, &mut problems);
    while problems.len() < MOST_PROBLEMS {
        let error = match serde_path_to_error::deserialize(Value::Table(tree.clone())) {
            Ok(value) => {
                return Reading {
                    value: Some(value),
                    problems,
                    dropped,
                };
            }
            Err(error) => error,
        };
        let mut path: Path = error.path().iter().map(segment).collect();
        path.retain(|part| !part.is_empty());
        let reason = error.into_inner().message().to_owned();
        let named = unknown_name(&reason).or_else(|| missing_name(&reason));
        if let Some(field) = named
            && path.last().map(String::as_str) != Some(field)
        {
            path.push(field.to_owned());
        }
        let in_file = dropped.in_file(&path);
        let Some((depth, value)) = take(&mut tree, &path) else {
            problems.push(problem(&in_file, "missing".to_owned(), reason));
            break;
        };
        // Where a field is missing because it was taken out, that has been reported.
        let is_consequence = missing_name(&reason).is_some() && dropped.holds(&in_file);
        if !is_consequence {
            let is_unknown = unknown_name(&reason).is_some();
            let (text, is_hidden) = match depth {
                depth if depth < path.len() => ("missing".to_owned(), false),
                _ if environment.holds(&path) => ("(from the environment)".to_owned(), true),
                _ if is_secret_at(&in_file, schema) => ("[redacted]".to_owned(), true),
                _ if is_unknown => (outline(&value), false),
                _ => (shown(&value), false),
            };
            let advice = match is_hidden && !is_unknown {
                true => Advice::of(without_value(&reason), &in_file, None, schema),
                false => Advice::of(&reason, &in_file, Some(&value), schema),
            };
            problems.push(problem(&in_file, text, advice.reason));
            advice
                .meant
                .into_iter()
                .for_each(|meant| dropped.note_meant(meant));
        }
        dropped.note(in_file[..depth].to_vec());
    }
    Reading {
        value: None,
        problems,
        dropped,
    }
}

/// A table in whose place there is a list: the reader would take its entries for the members in their order, which no
/// one means.
fn list_for_table(value: &Value, of: &Json, schema: &Schema, path: &mut Path) -> bool {
    let parts: Vec<(String, &Value)> = match value {
        Value::Array(_) if of.get("properties").is_some() => return true,
        Value::Table(table) => table
            .iter()
            .map(|(name, value)| (name.clone(), value))
            .collect(),
        Value::Array(list) => {
            let entries = list.iter().enumerate();
            entries
                .map(|(at, value)| (format!("[{at}]"), value))
                .collect()
        }
        _ => return false,
    };
    parts.into_iter().any(|(part, value)| {
        let Some(of) = schema.child(of, &part) else {
            return false;
        };
        path.push(part);
        let is_found = list_for_table(value, of, schema, path);
        if !is_found {
            path.pop();
        }
        is_found
    })
}

/// Takes all such lists out.
fn without_lists_for_tables(
    tree: &mut Table,
    schema: &Schema,
    dropped: &mut Dropped,
    problems: &mut Vec<Problem>,
) {
    let root = schema.resolved(schema.root());
    while problems.len() < MOST_PROBLEMS {
        let mut path = Path::new();
        let whole = Value::Table(std::mem::take(tree));
        let is_found = list_for_table(&whole, root, schema, &mut path);
        if let Value::Table(whole) = whole {
            *tree = whole;
        }
        let Some((_, value)) = is_found.then(|| take(tree, &path)).flatten() else {
            return;
        };
        let in_file = dropped.in_file(&path);
        let reason = "invalid type: sequence, expected a map";
        let reason = Advice::of(reason, &in_file, None, schema).reason;
        problems.push(problem(&in_file, shown(&value), reason));
        dropped.note(in_file);
    }
}

fn problem(path: &[String], value: String, reason: String) -> Problem {
    Problem {
        path: dropped::text(path),
        value,
        reason,
    }
}

fn segment(segment: &serde_path_to_error::Segment) -> String {
    match segment {
        serde_path_to_error::Segment::Seq { index } => format!("[{index}]"),
        serde_path_to_error::Segment::Map { key } => key.clone(),
        serde_path_to_error::Segment::Enum { variant } => variant.clone(),
        serde_path_to_error::Segment::Unknown => String::new(),
    }
}

/// Takes the value at `path` out of `tree`, and says how much of the path led to it. Where the whole
/// leads nowhere (a missing field of a list's entry), what is taken is the nearest thing that is
/// there.
fn take(tree: &mut Table, path: &[String]) -> Option<(usize, Value)> {
    let mut root = Value::Table(std::mem::take(tree));
    let found = (1..=path.len())
        .rev()
        .find_map(|depth| Some((depth, remove(&mut root, &path[..depth])?)));
    if let Value::Table(table) = root {
        *tree = table;
    }
    found
}

fn remove(value: &mut Value, path: &[String]) -> Option<Value> {
    let (first, rest) = path.split_first()?;
    match value {
        Value::Table(table) if rest.is_empty() => table.remove(first),
        Value::Table(table) => remove(table.get_mut(first)?, rest),
        Value::Array(list) => {
            let index: usize = first.strip_prefix('[')?.strip_suffix(']')?.parse().ok()?;
            match list.get_mut(index) {
                Some(_) if rest.is_empty() => Some(list.remove(index)),
                Some(value) => remove(value, rest),
                None => None,
            }
        }
        _ => None,
    }
}

/// Whether what lies at `path` may be a secret: by its kind, or as far as the names of it tell.
pub(crate) fn is_secret_at(path: &[String], schema: &Schema) -> bool {
    let of = schema.at(path);
    if of.as_ref().is_some_and(|of| !schema::words(of).is_empty()) {
        return false;
    }
    let name = path.iter().rposition(|part| !part.starts_with('['));
    let own = &path[name.unwrap_or_default()..];
    let is_known = of.is_some() && !path.iter().any(|part| part == "properties");
    of.as_ref().is_some_and(schema::is_secret) || is_secret(if is_known { own } else { path })
}

/// Whether what lies at `path` may be a secret, as far as names tell.
pub(crate) fn is_secret(path: &[String]) -> bool {
    let words = ["password", "secret", "token", "key", "salt"];
    path.iter()
        .any(|part| words.iter().any(|word| part.contains(word)))
}

/// What the reader says without what it read.
fn without_value(reason: &str) -> &str {
    let expected = reason.find(", expected ").map(|at| &reason[at + 2..]);
    expected.unwrap_or("cannot be read as what is expected here")
}

/// The value of a setting that is known.
pub(crate) fn shown(value: &Value) -> String {
    const LONGEST: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// The value of a setting that is not known: a text may be a secret under a name that is misspelt.
fn outline(value: &Value) -> String {
    match value {
        Value::String(_) => "\"..\"".to_owned(),
        Value::Array(_) => "[..]".to_owned(),
        Value::Table(_) => "{..}".to_owned(),
        plain => plain.to_string(),
    }
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
