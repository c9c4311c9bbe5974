//! YAML as JSON values, in and out: what OpenSLO files use of it.

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use serde_json::{Map, Value};

/// Values stand in values this deep.
const MAX_DEPTH: usize = 32;

/// Why a text is not YAML, or none that is read here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct YamlError {
    /// The line, from 1 on.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// A document and the line that it begins at.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Document {
    pub(crate) line: usize,
    pub(crate) value: Value,
}

/// The documents of a text.
pub(crate) fn documents(text: &str) -> Result<Vec<Document>, YamlError> {
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        line: 1,
    };
    let mut documents = Vec::new();
    while let Some(event) = reader.next()? {
        match event {
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::Nothing => {}
            event => {
                let line = reader.line;
                let value = reader.value(event, 0)?;
                if !value.is_null() {
                    documents.push(Document { line, value });
                }
            }
        }
    }
    Ok(documents)
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    line: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Option<Event<'a>>, YamlError> {
        match self.parser.next() {
            None => Ok(None),
            Some(Ok((event, span))) => {
                self.line = span.start.line();
                Ok(Some(event))
            }
            Some(Err(error)) => Err(YamlError {
                line: error.marker().line(),
                reason: error.info().to_owned(),
            }),
        }
    }

    fn wrong<T>(&self, reason: impl Into<String>) -> Result<T, YamlError> {
        Err(YamlError {
            line: self.line,
            reason: reason.into(),
        })
    }

    fn value(&mut self, event: Event<'a>, depth: usize) -> Result<Value, YamlError> {
        if depth > MAX_DEPTH {
            return self.wrong("values stand too deep in each other");
        }
        match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) => Ok(plain(&text)),
            Event::Scalar(text, ..) => Ok(Value::String(text.into_owned())),
            Event::SequenceStart(..) => {
                let mut list = Vec::new();
                while let Some(event) = self.next()? {
                    if event == Event::SequenceEnd {
                        break;
                    }
                    list.push(self.value(event, depth + 1)?);
                }
                Ok(Value::Array(list))
            }
            Event::MappingStart(..) => {
                let mut members = Map::new();
                while let Some(event) = self.next()? {
                    let name = match event {
                        Event::MappingEnd => break,
                        Event::Scalar(text, ..) => text.into_owned(),
                        _ => return self.wrong("the name of a member is not text"),
                    };
                    let Some(event) = self.next()? else {
                        return self.wrong(format!("`{name}` has no value"));
                    };
                    let value = self.value(event, depth + 1)?;
                    if members.insert(name.clone(), value).is_some() {
                        return self.wrong(format!("`{name}` is duplicated"));
                    }
                }
                Ok(Value::Object(members))
            }
            _ => self.wrong("aliases are not read: write the value out"),
        }
    }
}

/// A scalar without quotes by the core schema of YAML 1.2 (section 10.3.2).
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        text => match serde_json::from_str(text) {
            Ok(number @ Value::Number(_)) => number,
            _ => Value::String(text.to_owned()),
        },
    }
}

/// Documents as text.
pub(crate) fn written(documents: &[Value]) -> String {
    let mut out = String::new();
    for (at, document) in documents.iter().enumerate() {
        if at > 0 {
            out.push_str("---\n");
        }
        write(document, 0, &mut out);
    }
    out
}

/// Members and elements, each on a line of its own.
fn write(value: &Value, indent: usize, out: &mut String) {
    let spaces = " ".repeat(indent);
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                out.push_str(&format!(
                    "{spaces}{}:",
                    scalar(&Value::String(name.clone()))
                ));
                below(value, indent + 2, out);
            }
        }
        Value::Array(list) => {
            for value in list {
                let mut element = String::new();
                write(value, indent + 2, &mut element);
                // The first line of an element stands beside its dash.
                let text = element.get(indent + 2..).unwrap_or_default();
                out.push_str(&format!("{spaces}- {text}"));
            }
        }
        other => out.push_str(&format!("{spaces}{}\n", scalar(other))),
    }
}

fn below(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(members) if members.is_empty() => out.push_str(" {}\n"),
        Value::Array(list) if list.is_empty() => out.push_str(" []\n"),
        Value::Object(_) | Value::Array(_) => {
            out.push('\n');
            write(value, indent, out);
        }
        other => out.push_str(&format!(" {}\n", scalar(other))),
    }
}

/// Text that is nothing but text stands as it is, everything else as in JSON, which YAML 1.2 contains.
fn scalar(value: &Value) -> String {
    let is_word = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
            && matches!(plain(text), Value::String(_))
            // What YAML 1.1 takes for a truth value.
            && !["y", "n", "yes", "no", "on", "off"].contains(&text.to_ascii_lowercase().as_str())
    };
    match value {
        Value::String(text) if is_word(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let documents_of = |text: &str| {
            let read = documents(text).expect("YAML");
            read.into_iter()
                .map(|document| document.value)
                .collect::<Vec<_>>()
        };
        let values = vec![
            json!({"a": [{"b": "1h", "c": [1, 2.5]}, {"b": "no"}], "e": {}, "l": [], "t": "x: #y\n\"z\""}),
            json!({"kind": "SLO", "flag": true, "none": null, "number": "12", "list": ["30d", "~"]}),
        ];
        assert_eq!(documents_of(&written(&values)), values);
    }

    #[test]
    fn what_is_no_yaml_is_refused_with_its_line() {
        for (text, line) in [
            ("a: 1\nb: [\n", 3),
            ("a: 1\na: 2\n", 2),
            ("a: &x 1\nb: *x\n", 2),
        ] {
            assert_eq!(documents(text).expect_err(text).line, line, "{text}");
        }
        assert_eq!(documents("# nothing\n---\n"), Ok(vec![]));
    }
}
