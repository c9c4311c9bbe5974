//! Lines to write: a setting with its default, or as the example of its list has it.

use serde_json::Value as Json;
use toml::{Table, Value};

use super::examples;
use super::schema::{Schema, is_secret, words};

/// A line that can be used for the setting at `path`: `drain = "10s"`.
pub(crate) fn usual(path: &[String], schema: &Schema) -> Option<String> {
    let end = path.iter().rposition(|part| !part.starts_with('['))?;
    let path = &path[..=end];
    let name = path.last()?;
    let of = schema.property(path)?;
    if let Some(value) = of.get("default").and_then(written) {
        return Some(format!("{name} = {value}"));
    }
    let word = || words(schema.resolved(of)).into_iter().next();
    let documented = || {
        let text = Value::from(in_words(of)?);
        let is_list = of.get("type").is_some_and(|kind| kind == "array");
        Some(
            if is_list {
                Value::Array(vec![text])
            } else {
                text
            }
            .to_string(),
        )
    };
    let of_kind = || of_kind(schema.resolved(of)).map(str::to_owned);
    let of_file = || format!("{name}_file = \"/run/secrets/corswatch-{name}\"");
    in_example(path).or_else(|| {
        if is_secret(schema.resolved(of)) {
            return Some(of_file());
        }
        let value = word().or_else(documented).or_else(of_kind)?;
        Some(format!("{name} = {value}"))
    })
}

/// Any value of a kind, where nothing says a better one.
fn of_kind(of: &Json) -> Option<&'static str> {
    let format = of.get("format").and_then(Json::as_str).unwrap_or_default();
    if format.starts_with("duration") {
        return Some("\"15s\"");
    }
    let kind = match of.get("type")? {
        Json::Array(kinds) => kinds.first()?,
        kind => kind,
    };
    match kind.as_str()? {
        "number" => Some("0.1"),
        "integer" => Some("1"),
        _ => None,
    }
}

/// A default that says something.
fn written(default: &Json) -> Option<Value> {
    let value = Value::try_from(default).ok()?;
    let is_empty = match &value {
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Table(table) => table.is_empty(),
        _ => false,
    };
    (!is_empty).then_some(value)
}

/// The line of the example of the list that `path` lies in.
fn in_example(path: &[String]) -> Option<String> {
    let names: Vec<&str> = path
        .iter()
        .map(String::as_str)
        .filter(|part| !part.starts_with('['))
        .collect();
    let (name, above) = names.split_last()?;
    (1..=above.len()).rev().find_map(|depth| {
        let example: Table = examples::of(&above[..depth].join("."))?.parse().ok()?;
        let entry = above.iter().try_fold(Value::Table(example), |at, part| {
            match at.get(part)?.clone() {
                Value::Array(entries) => entries.into_iter().next(),
                other => Some(other),
            }
        })?;
        let of_file = format!("{name}_file");
        let value = |name: &str| Some(format!("{name} = {}", entry.get(name)?));
        value(name).or_else(|| value(&of_file))
    })
}

/// The value that the documentation of a text shows: "such as `https://cors.example.com`".
fn in_words(of: &Json) -> Option<String> {
    let documentation = of.get("description")?.as_str()?;
    let is_of_texts = |of: &Json| of.get("type").is_some_and(|kind| kind == "string");
    let is_text = is_of_texts(of) || of.get("items").is_some_and(is_of_texts);
    let named = documentation
        .split_once("such as `")
        .and_then(|(_, rest)| rest.split('`').next());
    let mut quoted = documentation.split('`').skip(1).step_by(2);
    let shown = named.or_else(|| quoted.find(|text| text.starts_with("http")))?;
    (is_text && !shown.contains(['"', '='])).then(|| shown.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::super::dropped::parts;
    use super::*;

    #[test]
    fn a_line_has_the_default_or_what_the_example_shows() {
        let schema = Schema::of::<Config>();
        for (path, line) in [
            ("collector.drain", Some("drain = \"10s\"")),
            ("collector.limits.connections", Some("connections = 10000")),
            ("log.format", Some("format = \"text\"")),
            (
                "public_url",
                Some("public_url = \"https://cors.example.com\""),
            ),
            ("apps[0].keys[1]", Some("keys = [\"shop-web-1f0c9a\"]")),
            ("apps[2].quota", Some("quota = 5000")),
            (
                "prober.dangerously_allow_private_networks",
                Some("dangerously_allow_private_networks = [\"http://localhost:8080\"]"),
            ),
            (
                "services[0].match[0].origin",
                Some("origin = \"https://api.shop.example\""),
            ),
            ("slo[1].objective", Some("objective = 0.999")),
            ("alert.slack[0].channel", Some("channel = \"C0123456789\"")),
            (
                "alert.pagerduty[0].routing_key",
                Some("routing_key_file = \"/run/secrets/pagerduty\""),
            ),
            ("colour", None),
            ("--config", None),
        ] {
            assert_eq!(usual(&parts(path), &schema).as_deref(), line, "{path}");
        }
    }
}
