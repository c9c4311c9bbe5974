//! What was probably meant by a name that is not known, or by a value of the wrong kind.

use serde_json::Value as Json;
use toml::Value;

use super::dropped::Path;
use super::expected as kinds;
use super::schema::Schema;

/// What to say of a value that cannot be read.
pub(crate) struct Advice {
    /// What is wrong and what to write.
    pub(crate) reason: String,
    /// The setting that was probably meant.
    pub(crate) meant: Option<Path>,
}

impl Advice {
    /// About the value at `path`, given what the reader says of it. `found` is the value itself, unless it
    /// may be a secret.
    pub(crate) fn of(
        reason: &str,
        path: &[String],
        found: Option<&Value>,
        schema: &Schema,
    ) -> Self {
        if let Some(name) = between(reason, "unknown field `") {
            return unknown_field(name, expected(reason), path, schema);
        }
        if let Some(name) = between(reason, "missing field `") {
            return Self::plain(format!("missing field `{name}`: it has no default"));
        }
        if let Some(advice) = kinds::advice(reason, path, found, schema) {
            return Self::plain(advice);
        }
        Self::plain(reason.to_owned())
    }

    const fn plain(reason: String) -> Self {
        Self {
            reason,
            meant: None,
        }
    }
}

/// The field that the reader does not know, if that is what is wrong.
pub(crate) fn unknown_name(reason: &str) -> Option<&str> {
    between(reason, "unknown field `")
}

/// The field that the reader misses, if that is what is wrong.
pub(crate) fn missing_name(reason: &str) -> Option<&str> {
    between(reason, "missing field `")
}

fn between<'a>(reason: &'a str, start: &str) -> Option<&'a str> {
    reason.strip_prefix(start)?.split('`').next()
}

/// The names of "expected `a` or `b`", "expected one of `a`, `b`".
fn expected(reason: &str) -> Vec<&str> {
    let (_, list) = reason.split_once(", expected ").unwrap_or_default();
    list.split('`').skip(1).step_by(2).collect()
}

fn unknown_field(name: &str, known: Vec<&str>, path: &[String], schema: &Schema) -> Advice {
    let section = &path[..path.len().saturating_sub(1)];
    let Some(near) = nearest(name, &known) else {
        let known = known.join("`, `");
        return Advice::plain(format!("unknown field; there are `{known}`"));
    };
    let written = written(near, section, schema);
    let mut meant = section.to_vec();
    meant.push(near.to_owned());
    Advice {
        reason: format!("unknown field; did you mean `{written}`?"),
        meant: Some(meant),
    }
}

/// How a setting is written: `keys = [..]`, `[[apps]]`.
fn written(name: &str, section: &[String], schema: &Schema) -> String {
    let mut path = section.to_vec();
    path.push(name.to_owned());
    let plain: Vec<&str> = path
        .iter()
        .filter(|part| !part.starts_with('['))
        .map(String::as_str)
        .collect();
    let found = schema.at(&path);
    let kind = found.as_ref().and_then(|found| found.get("type"));
    let is = |word: &str| match kind {
        Some(Json::String(kind)) => kind == word,
        Some(Json::Array(kinds)) => kinds.iter().any(|kind| kind == word),
        _ => false,
    };
    let is_table = found
        .as_ref()
        .is_some_and(|f| f.get("properties").is_some());
    let holds_tables = schema
        .entry(&path)
        .is_some_and(|entry| entry.get("properties").is_some());
    match () {
        () if holds_tables => format!("[[{}]]", plain.join(".")),
        () if is_table => format!("[{}]", plain.join(".")),
        () if is("array") => format!("{name} = [..]"),
        () if is("string") => format!("{name} = \"..\""),
        () => format!("{name} = .."),
    }
}

/// The known name that is written most like `name`, if one is written like it at all.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let wanted = name.to_lowercase().replace('-', "_");
    let by_letters = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&wanted, known), *known))
        .min()
        .filter(|(distance, known)| *distance <= 1.max(known.len().min(wanted.len()) / 3));
    let words = |text: &str| text.split('_').map(str::to_owned).collect::<Vec<_>>();
    let by_words = || {
        let wanted = words(&wanted);
        let holds = |known: &&&str| {
            let known = words(known);
            known.ends_with(&wanted) || wanted.ends_with(&known)
        };
        known.iter().find(holds).copied()
    };
    by_letters.map(|(_, known)| known).or_else(by_words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_no_name_is_invented() {
        let known = [
            "name",
            "keys",
            "disabled_keys",
            "page_origins",
            "lab_traffic",
            "quota",
        ];
        for (name, near) in [
            ("key", Some("keys")),
            ("Keys", Some("keys")),
            ("page-origins", Some("page_origins")),
            ("page_origin", Some("page_origins")),
            ("origins", Some("page_origins")),
            ("nmae", Some("name")),
            ("labtraffic", Some("lab_traffic")),
            ("app_name", Some("name")),
            ("colour", None),
            ("x", None),
        ] {
            assert_eq!(nearest(name, &known), near, "{name}");
        }
    }
}
