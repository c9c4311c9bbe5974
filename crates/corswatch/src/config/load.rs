//! Reads one TOML file and the environment into a tree, and reports every problem at once.

use serde::de::DeserializeOwned;
use settings::Problem;
use toml::{Table, Value};

/// Settings of the environment start with this; `__` separates the parts of a path.
pub(crate) const PREFIX: &str = "CORSWATCH__";
/// More problems than this are not looked for: the file is not a configuration of corswatch.
const MOST_PROBLEMS: usize = 100;

/// Puts the variables of `environment` that start with [`PREFIX`] into the tree: the rest of the
/// name, lower case, is the path; the value is TOML, or text where it is not.
pub(crate) fn override_with(
    tree: &mut Table,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut variables: Vec<_> = environment.into_iter().collect();
    variables.sort();
    for (name, text) in variables {
        let Some(path) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let path = path.to_lowercase();
        let parts: Vec<&str> = path.split("__").collect();
        if !insert(tree, &parts, value_of(&text)) {
            problems.push(Problem {
                path: path.replace("__", "."),
                value: name,
                reason: "the environment names a setting below one that is not a section; lists \
                         (apps, services, slo) are set in the file"
                    .to_owned(),
            });
        }
    }
    problems
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

/// Turns the tree into `T`. A value that cannot be read is reported and taken out, and the rest is
/// read again, so that one run shows all problems. `T` is there only if something could be read.
pub(crate) fn read<T: DeserializeOwned>(mut tree: Table) -> (Option<T>, Vec<Problem>) {
    let mut problems = Vec::new();
    while problems.len() < MOST_PROBLEMS {
        let error = match serde_path_to_error::deserialize(Value::Table(tree.clone())) {
            Ok(value) => return (Some(value), problems),
            Err(error) => error,
        };
        let mut path: Vec<String> = error.path().iter().map(segment).collect();
        let reason = error.into_inner().message().to_owned();
        if let Some(field) = unknown_field(&reason)
            && path.last().map(String::as_str) != Some(field)
        {
            path.push(field.to_owned());
        }
        let Some(value) = take(
            &mut Value::Table(std::mem::take(&mut tree)),
            &path,
            &mut tree,
        ) else {
            problems.push(Problem {
                path: path.join("."),
                value: "missing".into(),
                reason,
            });
            return (None, problems);
        };
        let value = if is_secret(&path) {
            "[redacted]".to_owned()
        } else {
            shown(&value)
        };
        problems.push(Problem {
            path: joined(&path),
            value,
            reason,
        });
    }
    (None, problems)
}

fn segment(segment: &serde_path_to_error::Segment) -> String {
    match segment {
        serde_path_to_error::Segment::Seq { index } => format!("[{index}]"),
        serde_path_to_error::Segment::Map { key } => key.clone(),
        serde_path_to_error::Segment::Enum { variant } => variant.clone(),
        serde_path_to_error::Segment::Unknown => String::new(),
    }
}

fn unknown_field(reason: &str) -> Option<&str> {
    reason.strip_prefix("unknown field `")?.split('`').next()
}

/// Takes the value at `path` out of `root` and puts the rest into `rest`. Where the path leads
/// nowhere (a missing field of a list's entry), what is taken is the nearest thing that is there.
fn take(root: &mut Value, path: &[String], rest: &mut Table) -> Option<Value> {
    let mut depth = path.len();
    let taken = loop {
        if depth == 0 {
            break None;
        }
        if let Some(value) = remove(root, &path[..depth]) {
            break Some(value);
        }
        depth -= 1;
    };
    if let Value::Table(table) = root {
        *rest = std::mem::take(table);
    }
    taken
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

fn joined(path: &[String]) -> String {
    let mut text = String::new();
    for part in path.iter().filter(|part| !part.is_empty()) {
        if !text.is_empty() && !part.starts_with('[') {
            text.push('.');
        }
        text.push_str(part);
    }
    text
}

fn is_secret(path: &[String]) -> bool {
    let words = ["password", "secret", "token", "key", "salt"];
    path.iter()
        .any(|part| words.iter().any(|word| part.contains(word)))
}

fn shown(value: &Value) -> String {
    const LONGEST: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use settings::Span;

    use super::*;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields, default)]
    struct Tree {
        edge: Edge,
        apps: Vec<App>,
    }

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields, default)]
    struct Edge {
        port: u16,
        idle: Option<Span>,
        salt: u8,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct App {
        name: String,
        #[serde(default)]
        quota: u32,
    }

    fn problems(text: &str) -> Vec<String> {
        let (_, problems) = read::<Tree>(text.parse().expect("TOML"));
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_problem_is_reported_in_one_run_with_path_and_value() {
        let found = problems(
            "colour = 1\n[edge]\nport = 70000\nidle = \"5\"\nsalt = \"hush\"\n\
             [[apps]]\nname = 3\n[[apps]]\nquota = 1\n[[apps]]\nname = \"shop\"\nquota = -1\n",
        );
        for expected in [
            "colour = 1: unknown field",
            "edge.port = 70000",
            "edge.idle = \"5\"",
        ] {
            assert!(
                found.iter().any(|line| line.starts_with(expected)),
                "{expected}: {found:#?}"
            );
        }
        assert!(
            found
                .iter()
                .any(|line| line.contains("edge.salt = [redacted]")),
            "{found:#?}"
        );
        assert!(
            found
                .iter()
                .any(|line| line.contains("missing field `name`")),
            "{found:#?}"
        );
        assert!(
            found.iter().any(|line| line.contains("quota = -1")),
            "{found:#?}"
        );
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let mut tree: Table = "[edge]\nport = 1\n".parse().expect("TOML");
        let variables = [
            ("CORSWATCH__EDGE__PORT", "2"),
            ("CORSWATCH__EDGE__IDLE", "5s"),
            ("CORSWATCH__APPS__0__NAME", "x"),
            ("HOME", "/"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert!(override_with(&mut tree, variables).is_empty());
        tree.remove("apps");
        let (tree, problems) = read::<Tree>(tree);
        assert!(problems.is_empty(), "{problems:?}");
        let edge = Edge {
            port: 2,
            idle: Some(Span::secs(5)),
            salt: 0,
        };
        assert_eq!(tree.expect("readable").edge, edge);
    }

    #[test]
    fn a_variable_below_a_value_is_a_problem() {
        let mut tree: Table = "[edge]\nport = 1\n".parse().expect("TOML");
        let variable = ("CORSWATCH__EDGE__PORT__X".to_owned(), "1".to_owned());
        assert_eq!(override_with(&mut tree, [variable]).len(), 1);
    }
}
