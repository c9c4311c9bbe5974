//! The JSON schema of the configuration, looked up by path.

use schemars::JsonSchema;
use serde_json::{Map, Value as Json};

/// The schema of a configuration with its definitions.
pub(crate) struct Schema {
    root: Json,
    definitions: Map<String, Json>,
}

impl Schema {
    /// The schema of `T`.
    pub(crate) fn of<T: JsonSchema>() -> Self {
        let root = schemars::schema_for!(T).to_value();
        let definitions = root.get("$defs").and_then(Json::as_object);
        Self {
            definitions: definitions.cloned().unwrap_or_default(),
            root,
        }
    }

    /// The schema itself.
    pub(crate) const fn root(&self) -> &Json {
        &self.root
    }

    /// What a reference stands for, also where it is optional.
    pub(crate) fn resolved<'a>(&'a self, schema: &'a Json) -> &'a Json {
        if let Some(name) = schema.get("$ref").and_then(Json::as_str) {
            let name = name.strip_prefix("#/$defs/");
            let found = name.and_then(|name| self.definitions.get(name));
            return found.map_or(schema, |found| self.resolved(found));
        }
        let optional = schema.get("anyOf").and_then(Json::as_array);
        let present = optional.and_then(|kinds| kinds.iter().find(|kind| kind["type"] != "null"));
        present.map_or(schema, |present| self.resolved(present))
    }

    /// The schema of the value at `path`.
    pub(crate) fn at(&self, path: &[String]) -> Option<Json> {
        let start = self.resolved(&self.root);
        let found = path
            .iter()
            .try_fold(start, |schema, part| self.child(schema, part));
        found.cloned()
    }

    /// The property at `path` as it is described there: with its default, and not resolved.
    pub(crate) fn property(&self, path: &[String]) -> Option<&Json> {
        let (name, above) = path.split_last()?;
        let start = self.resolved(&self.root);
        let above = above
            .iter()
            .try_fold(start, |schema, part| self.child(schema, part))?;
        above.get("properties")?.get(name)
    }

    /// The schema of the entries of the list at `path`.
    pub(crate) fn entry(&self, path: &[String]) -> Option<Json> {
        let list = self.at(path)?;
        list.get("items").map(|items| self.resolved(items).clone())
    }

    /// The schema of a member, or of an entry.
    pub(crate) fn child<'a>(&'a self, schema: &'a Json, part: &str) -> Option<&'a Json> {
        let found = if part.starts_with('[') {
            schema.get("items")
        } else {
            let named = schema.get("properties").and_then(|all| all.get(part));
            named.or_else(|| {
                schema
                    .get("additionalProperties")
                    .filter(|any| any.is_object())
            })
        };
        found.map(|found| self.resolved(found))
    }
}

/// Whether a value of this schema is a secret.
pub(crate) fn is_secret(schema: &Json) -> bool {
    schema
        .get("format")
        .is_some_and(|format| format == "password")
}

/// The words of an enumeration, documented or not.
pub(crate) fn words(schema: &Json) -> Vec<String> {
    let list = |name: &str| schema.get(name).and_then(Json::as_array).cloned();
    let plain = list("enum").unwrap_or_default();
    let documented = list("oneOf").unwrap_or_default();
    let documented = documented.iter().flat_map(|kind| match kind.get("const") {
        Some(word) => vec![word.clone()],
        None => kind
            .get("enum")
            .and_then(Json::as_array)
            .cloned()
            .unwrap_or_default(),
    });
    let words = plain.into_iter().chain(documented);
    words.map(|word| word.to_string()).collect()
}
