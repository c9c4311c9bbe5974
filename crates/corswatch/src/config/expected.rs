//! What to write where a value is of the wrong kind: the reader's terms are those of Rust.

use serde_json::Value as Json;
use toml::Value;

use super::schema::Schema;

/// Members that an example of a table shows.
const SHOWN_MEMBERS: usize = 4;

/// What is expected at `path`, where the reader says so in `reason`. `found` is the value that stands there,
/// unless it may be a secret.
pub(crate) fn advice(
    reason: &str,
    path: &[String],
    found: Option<&Value>,
    schema: &Schema,
) -> Option<String> {
    let name = path.last().filter(|name| !name.starts_with('['));
    let line =
        |value: &str| name.map_or_else(|| value.to_owned(), |name| format!("{name} = {value}"));
    if reason == "invalid socket address syntax" {
        let address = address(found.and_then(Value::as_str).unwrap_or_default());
        let line = line(&format!("\"{address}\""));
        return Some(format!(
            "an IP address and a port are expected: write `{line}`"
        ));
    }
    let is_of_kind = ["invalid type: ", "invalid value: ", "expected "];
    is_of_kind
        .iter()
        .find(|start| reason.starts_with(**start))?;
    let (_, expected) = reason.rsplit_once("expected ")?;
    let text = match expected {
        "a sequence" => format!("a list is expected: write `{}`", line("[..]")),
        "a string" => format!(
            "a text is expected: write `{}`, in quotes",
            line(&quoted(found))
        ),
        "a boolean" => format!(
            "true or false is expected: write `{}` or `{}`",
            line("true"),
            line("false")
        ),
        "f32" | "f64" => number("a number", found, &line),
        "u8" | "u16" | "u32" | "u64" | "usize" | "i8" | "i16" | "i32" | "i64" | "isize" => {
            number("a whole number", found, &line)
        }
        "a map" => format!(
            "a table is expected: write `{}`",
            line(&table(path, schema))
        ),
        other if other.contains("struct ") || other.contains("enum ") => {
            format!(
                "a table is expected: write `{}`",
                line(&table(path, schema))
            )
        }
        _ => return None,
    };
    Some(text)
}

/// An address that listens on the port of `found`, on this machine alone.
fn address(found: &str) -> String {
    let port = found.rsplit(':').next().unwrap_or_default();
    let port = port
        .parse::<u16>()
        .map_or_else(|_| "PORT".to_owned(), |port| port.to_string());
    format!("127.0.0.1:{port}")
}

fn quoted(found: Option<&Value>) -> String {
    match found {
        Some(Value::Integer(number)) => format!("\"{number}\""),
        Some(Value::Float(number)) => format!("\"{number}\""),
        Some(Value::Boolean(word)) => format!("\"{word}\""),
        _ => "\"..\"".to_owned(),
    }
}

/// A number that stands in quotes is shown without them.
fn number(kind: &str, found: Option<&Value>, line: &impl Fn(&str) -> String) -> String {
    let inside = found.and_then(Value::as_str).map(str::trim);
    match inside.filter(|text| text.parse::<f64>().is_ok()) {
        Some(text) => format!("{kind} is expected: write `{}`, without quotes", line(text)),
        None => format!("{kind} is expected, without quotes and unit"),
    }
}

/// A table with the members that the schema has at `path`; of one with several forms, each.
fn table(path: &[String], schema: &Schema) -> String {
    let Some(found) = schema.at(path) else {
        return "{ .. }".to_owned();
    };
    let forms = found.get("oneOf").and_then(Json::as_array);
    match forms {
        Some(forms) => {
            let forms: Vec<String> = forms.iter().map(members).collect();
            forms.join("` or `")
        }
        None => members(&found),
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
mod tests {
    use schemars::JsonSchema;
    use serde::Deserialize;

    use super::super::load::{Environment, read};

    #[derive(Debug, Default, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields, default)]
    struct Tree {
        listen: Option<std::net::SocketAddr>,
        name: String,
        port: u16,
        share: f64,
        keys: Vec<String>,
        on: bool,
        rules: Vec<Rule>,
        form: Option<Form>,
    }

    #[derive(Debug, Default, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields, default)]
    struct Rule {
        origin: String,
        path: String,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(tag = "kind", rename_all = "lowercase")]
    #[expect(dead_code, reason = "only read")]
    enum Form {
        Single,
        Replicated { cluster: String },
    }

    #[test]
    fn a_value_of_another_kind_says_what_to_write_in_words_of_the_file() {
        for (text, expected) in [
            (
                "listen = \"localhost:80\"",
                "an IP address and a port are expected: write `listen = \"127.0.0.1:80\"`",
            ),
            ("listen = \"7780\"", "write `listen = \"127.0.0.1:7780\"`"),
            (
                "name = 14",
                "a text is expected: write `name = \"14\"`, in quotes",
            ),
            (
                "port = \"8080\"",
                "a whole number is expected: write `port = 8080`, without quotes",
            ),
            (
                "port = \"10/s\"",
                "a whole number is expected, without quotes and unit",
            ),
            (
                "share = \"99.9%\"",
                "a number is expected, without quotes and unit",
            ),
            (
                "keys = \"hush\"",
                "keys = [redacted]: a list is expected: write `keys = [..]`",
            ),
            (
                "on = \"yes\"",
                "true or false is expected: write `on = true` or `on = false`",
            ),
            (
                "rules = [\"https://api.test\"]",
                "a table is expected: write `{ origin = .., path = .. }`",
            ),
            (
                "form = \"single\"",
                "a table is expected: write `form = { kind = \"single\" }` or `{ kind = \"replicated\", cluster = .. }`",
            ),
        ] {
            let read = read::<Tree>(text.parse().expect("TOML"), &Environment::default());
            let found: Vec<_> = read.problems.iter().map(ToString::to_string).collect();
            assert!(
                found.len() == 1 && found[0].contains(expected),
                "{text}: {found:?}"
            );
        }
    }
}
