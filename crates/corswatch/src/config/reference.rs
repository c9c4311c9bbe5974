//! The reference file: every setting with its documentation and default, from the structs alone.

use std::fmt::Write as _;

use serde_json::Value as Json;
use toml::Value;

use super::Config;
use super::schema::Schema;

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
         # Lists such as [[apps]] have no default: their entries are shown as comments.\n",
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
                let _ = writeln!(self.text, "# {name} =");
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
            return;
        }
        let mark = if style == Style::Commented { "# " } else { "" };
        let _ = writeln!(self.text, "{mark}[{name}]");
        self.table(path, schema, value, style);
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
        if let Some(words) = resolved.get("enum").and_then(Json::as_array) {
            let words: Vec<String> = words.iter().map(Json::to_string).collect();
            let _ = writeln!(self.text, "# One of: {}.", words.join(", "));
        }
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

    #[test]
    fn the_reference_reads_back_as_the_defaults() {
        let text = reference();
        let read: Config = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let (read, defaults) = (Value::try_from(read), Value::try_from(Config::default()));
        assert_eq!(read.expect("TOML"), defaults.expect("TOML"));
    }
}
