//! What to write where a value is of the wrong kind: the reader's terms are those of Rust.

use serde_json::Value as Json;
use settings::Size;
use toml::Value;

use super::lines;
use super::schema::{Schema, words};

/// Members that an example of a table shows.
const SHOWN_MEMBERS: usize = 4;

/// What the reader of TOML says in terms of its own.
const TERMS: [&str; 9] = [
    "invalid type",
    "invalid value",
    "expected ",
    "unknown variant",
    "did not match any variant",
    "wanted exactly",
    "socket address",
    "IP address syntax",
    "what is expected here",
];

/// What is expected at `path`, where the reader's `reason` is in terms of its own. `found` is the value that
/// stands there, unless it may be a secret.
pub(crate) fn advice(
    reason: &str,
    path: &[String],
    found: Option<&Value>,
    schema: &Schema,
) -> Option<String> {
    let of = schema.at(path)?;
    let kind = Kind::of(&of, reason);
    // Values with a reader of their own say themselves what is wrong.
    let is_own = !TERMS.iter().any(|term| reason.contains(term));
    if is_own && !matches!(kind, Kind::Span | Kind::Size) {
        return None;
    }
    let name = path.last().filter(|name| !name.starts_with('['));
    let line =
        |value: &str| name.map_or_else(|| value.to_owned(), |name| format!("{name} = {value}"));
    let usual = || lines::usual(path, schema);
    let write = |own: Option<String>| {
        let value = own.map(|value| line(&value)).or_else(usual);
        value.map_or_else(String::new, |line| format!(": write `{line}`"))
    };
    let digits = digits(found);
    match kind {
        Kind::Words(words) => Some(one_of(&words, found, line)),
        Kind::Span => Some(format!(
            "a span of time is expected, a number with its unit (\"250ms\", \"15s\", \"5m\", \"30d\"){}",
            write(digits.map(|number| format!("\"{number}s\"")))
        )),
        Kind::Size => Some(format!(
            "a size is expected, a number with its unit (\"128KiB\", \"8GiB\"){}",
            write(digits.map(|number| format!("\"{}\"", Size::of_bytes(number))))
        )),
        Kind::Listener => Some(format!(
            "an IP address and a port are expected: write `{}`",
            line(&format!(
                "\"{}\"",
                address(found.and_then(Value::as_str).unwrap_or_default())
            ))
        )),
        Kind::Ip => Some(
            "one IP address is expected, without name, port or block: write `\"10.0.0.7\"`"
                .to_owned(),
        ),
        Kind::Switch => Some(format!(
            "true or false is expected: write `{}` or `{}`",
            line("true"),
            line("false")
        )),
        Kind::Whole if found.is_some_and(Value::is_integer) => Some(range(&of)),
        Kind::Whole => Some(number("a whole number", found, &line, usual())),
        Kind::Number => Some(number("a number", found, &line, usual())),
        Kind::List => Some(of_list(path, &of, schema, found)),
        Kind::Table if is_section(path, &of) => Some(format!(
            "a table is expected: write `[{}]` on a line of its own, and its settings below",
            path.join(".")
        )),
        Kind::Table => Some(format!(
            "a table is expected: write `{}`",
            line(&table(&of, schema))
        )),
        Kind::TextOrTable => Some(format!(
            "a text or a table is expected: write `{}` or `{}`",
            line("\"..\""),
            line(&table(&of, schema))
        )),
        // What is wrong with a text, its own reader says.
        Kind::Text if found.is_some_and(Value::is_str) => None,
        Kind::Text => {
            let number = found.filter(|found| !found.is_table() && !found.is_array());
            let text = line(&number.map_or_else(|| "\"..\"".to_owned(), quoted));
            Some(format!("a text is expected: write `{text}`, in quotes"))
        }
        Kind::Unknown => None,
    }
}

/// What a list takes: sections of the file, or values of which the line to write has some.
fn of_list(path: &[String], of: &Json, schema: &Schema, found: Option<&Value>) -> String {
    if is_section_list(path, of, schema) {
        return format!(
            "a list is expected: write `[[{}]]` on a line of its own, and its settings below",
            path.join(".")
        );
    }
    let name = path.last().filter(|name| !name.starts_with('['));
    let line =
        |value: &str| name.map_or_else(|| value.to_owned(), |name| format!("{name} = {value}"));
    let line = match list(found) {
        Some(list) => line(&list),
        None => lines::usual(path, schema).unwrap_or_else(|| line("[..]")),
    };
    format!("a list is expected: write `{line}`")
}

fn one_of(words: &[String], found: Option<&Value>, line: impl Fn(&str) -> String) -> String {
    let nearest = found
        .and_then(Value::as_str)
        .and_then(|found| nearest(found, words));
    let hint = nearest.or_else(|| words.first().cloned());
    let hint = hint.map_or_else(String::new, |word| format!(": write `{}`", line(&word)));
    format!("permitted are {}{hint}", words.join(", "))
}

/// What a setting takes.
enum Kind {
    Words(Vec<String>),
    Span,
    Size,
    Listener,
    Ip,
    Switch,
    Whole,
    Number,
    List,
    Table,
    TextOrTable,
    Text,
    Unknown,
}

impl Kind {
    fn of(schema: &Json, reason: &str) -> Self {
        let words = match words(schema) {
            // Where a vocabulary describes itself as a text.
            words if words.is_empty() => named(reason),
            words => words,
        };
        if !words.is_empty() {
            return Self::Words(words);
        }
        let format = schema.get("format").and_then(Json::as_str);
        match format.unwrap_or_default() {
            format if format.starts_with("duration") => return Self::Span,
            format if format.starts_with("size") => return Self::Size,
            "ip" => return Self::Ip,
            _ if reason.contains("socket address") => return Self::Listener,
            _ => {}
        }
        let is = |word: &str| match schema.get("type") {
            Some(Json::String(kind)) => kind == word,
            Some(Json::Array(kinds)) => kinds.iter().any(|kind| kind == word),
            _ => false,
        };
        match () {
            () if is("boolean") => Self::Switch,
            () if is("integer") => Self::Whole,
            () if is("number") => Self::Number,
            () if is("array") => Self::List,
            () if is("object") || schema.get("oneOf").is_some() => Self::Table,
            () if schema.get("anyOf").is_some() => Self::TextOrTable,
            () if is("string") => Self::Text,
            () => Self::Unknown,
        }
    }
}

/// The words of "unknown variant `x`, expected one of `a`, `b`".
fn named(reason: &str) -> Vec<String> {
    let list = reason
        .strip_prefix("unknown variant ")
        .and_then(|rest| rest.split_once(", expected "));
    let words = list.map(|(_, list)| list.split('`').skip(1).step_by(2));
    let words = words.into_iter().flatten();
    words.map(|word| format!("\"{word}\"")).collect()
}

/// Whether people write it as a section of the file.
fn is_section(path: &[String], of: &Json) -> bool {
    let is_in_list = path.iter().any(|part| part.starts_with('['));
    !is_in_list && of.get("properties").is_some()
}

/// Whether people write its entries as sections of the file.
fn is_section_list(path: &[String], of: &Json, schema: &Schema) -> bool {
    let is_in_list = path.iter().any(|part| part.starts_with('['));
    let entry = of.get("items").map(|entry| schema.resolved(entry));
    !is_in_list && entry.is_some_and(|entry| entry.get("properties").is_some())
}

/// The word that is written most like what was found.
fn nearest(found: &str, words: &[String]) -> Option<String> {
    let wanted = format!("\"{}\"", found.to_lowercase());
    let by_distance = words.iter().map(|word| {
        let distance = strsim::damerau_levenshtein(&wanted, &word.to_lowercase());
        (distance, word)
    });
    let (distance, word) = by_distance.min()?;
    (distance <= word.len() / 2).then(|| word.clone())
}

/// A whole number that someone wrote without its unit.
fn digits(found: Option<&Value>) -> Option<u64> {
    match found? {
        Value::Integer(number) => u64::try_from(*number).ok(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// An address that listens on the port of `found`, on this machine alone.
fn address(found: &str) -> String {
    let port = found.rsplit(':').next().unwrap_or_default();
    let port = port
        .parse::<u16>()
        .map_or_else(|_| "PORT".to_owned(), |port| port.to_string());
    format!("127.0.0.1:{port}")
}

fn quoted(found: &Value) -> String {
    match found {
        Value::String(text) => Value::from(text.as_str()).to_string(),
        other => format!("\"{other}\""),
    }
}

/// One text alone becomes a list of it; one that is hidden is not shown.
fn list(found: Option<&Value>) -> Option<String> {
    match found {
        Some(Value::String(text)) if !text.is_empty() => {
            Some(format!("[{}]", Value::from(text.as_str())))
        }
        Some(Value::String(_)) | None => Some("[..]".to_owned()),
        Some(_) => None,
    }
}

/// What a whole number may be, as far as its kind says.
fn range(of: &Json) -> String {
    match (of.get("minimum"), of.get("maximum")) {
        (Some(least), Some(most)) => format!("permitted: {least} to {most}"),
        (Some(least), None) => format!("permitted: {least} and more"),
        _ => "a smaller whole number is expected".to_owned(),
    }
}

/// A number that stands in quotes is shown without them.
fn number(
    kind: &str,
    found: Option<&Value>,
    line: &impl Fn(&str) -> String,
    usual: Option<String>,
) -> String {
    let inside = found.and_then(Value::as_str).map(str::trim);
    match inside.filter(|text| text.parse::<f64>().is_ok_and(|number| number >= 0.0)) {
        Some(text) => format!("{kind} is expected: write `{}`, without quotes", line(text)),
        None => {
            let usual = usual.map_or_else(String::new, |line| format!(": write `{line}`"));
            format!("{kind} is expected, without quotes and unit{usual}")
        }
    }
}

/// A table with the members that the schema has; of one with several forms, each.
fn table(of: &Json, schema: &Schema) -> String {
    let forms = of.get("oneOf").or_else(|| of.get("anyOf"));
    match forms.and_then(Json::as_array) {
        Some(forms) => {
            let forms = forms.iter().map(|form| schema.resolved(form));
            let forms = forms.filter(|form| form["type"] == "object");
            let forms: Vec<String> = forms.map(members).collect();
            forms.join("` or `")
        }
        None => members(of),
    }
}

fn members(schema: &Json) -> String {
    let properties = schema.get("properties").and_then(Json::as_object);
    let members = properties.into_iter().flatten().map(|(name, member)| {
        let value = member
            .get("const")
            .map_or_else(|| "..".to_owned(), Json::to_string);
        format!("{name} = {value}")
    });
    let members: Vec<String> = members.take(SHOWN_MEMBERS).collect();
    match members.as_slice() {
        [] => "{ .. }".to_owned(),
        members => format!("{{ {} }}", members.join(", ")),
    }
}

#[cfg(test)]
#[path = "expected_tests.rs"]
mod tests;
