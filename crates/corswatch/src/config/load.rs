//! Reads one TOML file and the environment into a tree, and reports every problem at once.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use settings::Problem;
use toml::{Table, Value};

use super::advice::{Advice, missing_name, unknown_name};
use super::dropped::{self, Dropped, Path};
use super::schema::Schema;

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
    fn holds(&self, path: &[String]) -> bool {
        self.paths.iter().any(|set| path.starts_with(set))
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
pub(crate) fn read<T: DeserializeOwned + JsonSchema>(
    mut tree: Table,
    environment: &Environment,
) -> Reading<T> {
    let (mut problems, mut dropped) = (Vec::new(), Dropped::default());
    let mut schema = None;
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
            let schema = schema.get_or_insert_with(Schema::of::<T>);
            let is_unknown = unknown_name(&reason).is_some();
            let (text, is_hidden) = match depth {
                depth if depth < path.len() => ("missing".to_owned(), false),
                _ if environment.holds(&path) => ("(from the environment)".to_owned(), true),
                _ if is_secret(&in_file) => ("[redacted]".to_owned(), true),
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
fn shown(value: &Value) -> String {
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
