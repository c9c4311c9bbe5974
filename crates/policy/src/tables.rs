//! TOML as the same tree as YAML, with its lines.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::place::{Problem, problem};
use crate::source::Source;
use crate::yaml::{Node, Value};

/// Reads a file of TOML; what cannot be read is reported.
pub(crate) fn document(source: &Source<'_>, problems: &mut Vec<Problem>) -> Option<Node> {
    let (root, errors) = DeTable::parse_recoverable(source.text);
    for error in &errors {
        let at = error.span().unwrap_or_default().start;
        let reason = error.message().replace('\n', " ");
        problem(problems, &source.place(line(source, at)), reason);
    }
    errors
        .is_empty()
        .then(|| table(source, root.get_ref(), root.span().start))
}

fn line(source: &Source<'_>, at: usize) -> usize {
    let before = &source.text.as_bytes()[..at.min(source.text.len())];
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

fn table(source: &Source<'_>, table: &DeTable<'_>, at: usize) -> Node {
    let members = table.iter().map(|(key, value)| {
        (
            key.get_ref().to_string(),
            source.place(line(source, key.span().start)),
            node(source, value),
        )
    });
    Node {
        place: source.place(line(source, at)),
        value: Value::Map(members.collect()),
    }
}

fn node(source: &Source<'_>, value: &Spanned<DeValue<'_>>) -> Node {
    let at = value.span().start;
    let value = match value.get_ref() {
        DeValue::Table(inner) => return table(source, inner, at),
        DeValue::Array(list) => Value::List(list.iter().map(|value| node(source, value)).collect()),
        DeValue::String(text) => Value::Text(text.to_string(), true),
        DeValue::Boolean(flag) => Value::Text(flag.to_string(), false),
        DeValue::Integer(number) => Value::Text(number.to_string(), false),
        DeValue::Float(number) => Value::Text(number.to_string(), false),
        DeValue::Datetime(time) => Value::Text(time.to_string(), false),
    };
    Node {
        place: source.place(line(source, at)),
        value,
    }
}
