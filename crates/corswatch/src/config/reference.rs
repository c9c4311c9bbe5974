//! The reference file: every setting with its documentation and default, from the structs alone.

use std::fmt::Write as _;

use serde_json::Value as Json;
use toml::Value;

use super::Config;
use super::examples;
use super::schema::{Schema, is_secret, words};

const WIDTH: usize = 98;

/// Every setting as a TOML file that says the defaults.
pub(crate) fn reference() -> String {
    let schema = Schema::of::<Config>();
    let defaults = Value::try_from(Config::default()).expect("the defaults are TOML");
    let mut writer = Writer {
        schema: &schema,
        text: String::new(),
    };
    writer.text.push_str(
        "# Every setting of corswatch with its default. Written by `cargo xtask generate`.\n\
         # Lists such as [[apps]] are empty by default: their entries are shown as comments, each with\n\
         # its own default and an example.\n\
         # A secret may come from a file: `password_file = \"/run/secrets/clickhouse\"` stands for\n\
         # `password`, and so for every setting that is marked as a secret.\n",
    );
    writer.table(&[], schema.root(), Some(&defaults), Style::Live);
    writer.text
}

/// Whether settings are written as they are or as comments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Live,
    Commented,
}

struct Writer<'a> {
    schema: &'a Schema,
    text: String,
}

impl Writer<'_> {
    /// Writes the plain settings of a table, then its sections, as TOML wants it.
    fn table(&mut self, path: &[&str], schema: &Json, value: Option<&Value>, style: Style) {
        let schema = self.resolved(schema);
        let Some(properties) = schema.get("properties").and_then(Json::as_object).cloned() else {
            return;
        };
        let get = |name: &str| value.and_then(|value| value.get(name));
        for (name, property) in &properties {
            if self.is_plain(property, get(name)) {
                self.setting(name, property, get(name), style);
            }
        }
        for (name, property) in &properties {
            if !self.is_plain(property, get(name)) {
                let path: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
                self.section(&path, property, get(name), style);
            }
        }
    }

    fn setting(&mut self, name: &str, schema: &Json, value: Option<&Value>, style: Style) {
        self.documentation(schema);
        match (value, style) {
            (Some(value), Style::Live) => {
                let _ = writeln!(self.text, "{name} = {value}");
            }
            (Some(value), Style::Commented) => {
                let _ = writeln!(self.text, "# {name} = {value}");
            }
            (None, _) => {
                let value = self.default_of_entry(schema);
                let _ = writeln!(self.text, "# {name} = {value}");
            }
        }
    }

    fn section(&mut self, path: &[&str], schema: &Json, value: Option<&Value>, style: Style) {
        self.text.push('\n');
        self.documentation(schema);
        let name = path.join(".");
        if let Some(entry) = self.entry_of_list(schema) {
            let _ = writeln!(self.text, "# [[{name}]]");
            self.table(path, &entry, None, Style::Commented);
            self.example(&name);
            return;
        }
        // A section that is not there by default has required settings, as an entry of a list has.
        let style = if value.is_none() {
            Style::Commented
        } else {
            style
        };
        let mark = if style == Style::Commented { "# " } else { "" };
        let _ = writeln!(self.text, "{mark}[{name}]");
        self.table(path, schema, value, style);
        self.example(&name);
    }

    fn example(&mut self, name: &str) {
        if let Some(example) = examples::of(name) {
            self.text.push_str("#\n# Example:\n");
            for line in example.lines() {
                let _ = writeln!(self.text, "#     {line}");
            }
        }
    }

    /// Whether a property is written on a line of its own.
    fn is_plain(&self, schema: &Json, value: Option<&Value>) -> bool {
        if self.entry_of_list(schema).is_some() {
            return false;
        }
        let has_fields = self.resolved(schema).get("properties").is_some();
        !(has_fields && value.is_none_or(Value::is_table))
    }

    /// The schema of an entry, where the property is a list of tables.
    fn entry_of_list(&self, schema: &Json) -> Option<Json> {
        let items = self.resolved(schema).get("items")?.clone();
        self.resolved(&items)
            .get("properties")
            .is_some()
            .then_some(items)
    }

    fn documentation(&mut self, schema: &Json) {
        let own = schema.get("description").and_then(Json::as_str);
        let resolved = self.resolved(schema);
        let text = own.or_else(|| resolved.get("description").and_then(Json::as_str));
        let Some(text) = text.map(str::to_owned) else {
            return;
        };
        for paragraph in text.split("\n\n") {
            for line in wrapped(paragraph) {
                let _ = writeln!(self.text, "# {line}");
            }
        }
        let words = words(&resolved);
        if !words.is_empty() {
            for line in wrapped(&format!("One of: {}.", words.join(", "))) {
                let _ = writeln!(self.text, "# {line}");
            }
        }
        let entry = resolved.get("items").map(|items| self.resolved(items));
        if is_secret(&resolved) || entry.as_ref().is_some_and(is_secret) {
            self.text.push_str("# A secret.\n");
        }
    }

    /// The default of a setting in an entry of a list.
    fn default_of_entry(&self, schema: &Json) -> String {
        match schema.get("default") {
            None if self.is_optional(schema) => "(not set)".to_owned(),
            None => "(required)".to_owned(),
            Some(Json::Null) => "(not set)".to_owned(),
            Some(value) => {
                Value::try_from(value).map_or_else(|_| value.to_string(), |value| value.to_string())
            }
        }
    }

    fn is_optional(&self, schema: &Json) -> bool {
        let kinds = schema.get("type").and_then(Json::as_array);
        let named = schema.get("anyOf").and_then(Json::as_array);
        kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "null"))
            || named.is_some_and(|named| named.iter().any(|kind| kind["type"] == "null"))
            || self.resolved(schema).get("default").is_some()
    }

    fn resolved(&self, schema: &Json) -> Json {
        self.schema.resolved(schema).clone()
    }
}

fn wrapped(paragraph: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in paragraph.split_whitespace() {
        let line = lines.last_mut().expect("starts with one");
        if !line.is_empty() && line.len() + 1 + word.len() > WIDTH {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths of all lists of tables.
    fn lists(schema: &Schema, of: &Json, path: &str, found: &mut Vec<String>) {
        let of = schema.resolved(of);
        let members = of.get("properties").and_then(Json::as_object);
        for (name, member) in members.into_iter().flatten() {
            let path = format!("{path}.{name}").trim_start_matches('.').to_owned();
            let resolved = schema.resolved(member);
            if let Some(entry) = resolved.get("items") {
                if schema.resolved(entry).get("properties").is_some() {
                    lists(schema, entry, &path, found);
                    found.push(path);
                }
            } else {
                lists(schema, member, &path, found);
            }
        }
    }

    /// The line, with a value in place of the file that the value is read from.
    fn in_place_of_files(line: &str) -> String {
        let Some((name, value)) = line.split_once("_file = ") else {
            return format!("{line}\n");
        };
        let content = match name {
            "url" => "https://hooks.example/one",
            _ => "0123456789abcdef0123456789abcdef",
        };
        let value = if value.starts_with('[') {
            format!("[{content:?}]")
        } else {
            format!("{content:?}")
        };
        format!("{name} = {value}\n")
    }

    #[test]
    fn every_list_has_an_example_that_can_be_used() {
        let schema = Schema::of::<Config>();
        let mut found = Vec::new();
        lists(&schema, schema.root(), "", &mut found);
        for path in found {
            let (above, name) = path.rsplit_once('.').unwrap_or(("", &path));
            let own = examples::of(&path);
            let inside = examples::of(above).filter(|text| text.contains(&format!("{name} = [")));
            assert!(own.or(inside).is_some(), "{path} has no example");
        }
        let all: String = examples::EXAMPLES.map(|(_, text)| text).concat();
        let all: String = all.lines().map(in_place_of_files).collect();
        let config: Config = toml::from_str(&all).expect("well formed");
        let mut problems = Vec::new();
        config.problems(&mut problems);
        assert_eq!(problems, []);
    }

    #[test]
    fn the_reference_reads_back_as_the_defaults() {
        let text = reference();
        let read: Config = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let (read, defaults) = (Value::try_from(read), Value::try_from(Config::default()));
        assert_eq!(read.expect("TOML"), defaults.expect("TOML"));
    }
}
