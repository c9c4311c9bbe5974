//! Secrets from files: `password_file = "/run/secrets/clickhouse"` stands for `password` with what the
//! file holds. For every secret of the configuration, also those in lists and those of librdkafka, so
//! that service managers and clusters can hand them over.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path as FilePath;

use serde_json::Value as Json;
use settings::Problem;
use toml::{Table, Value};

use super::dropped::{self, Path};
use super::schema::{Schema, is_secret};

const SUFFIX: &str = "_file";
const MAX_BYTES: u64 = 64 * 1024;

/// What came of the files.
#[derive(Debug, Default)]
pub(crate) struct SecretFiles {
    /// Files that cannot be used.
    pub(crate) problems: Vec<Problem>,
    /// Files that others may read.
    pub(crate) warnings: Vec<Problem>,
}

/// Puts what the files hold into `tree`, in the place of their names.
pub(crate) fn resolve(tree: &mut Table, schema: &Schema) -> SecretFiles {
    let mut found = SecretFiles::default();
    let root = schema.resolved(schema.root()).clone();
    table(tree, &root, schema, &mut Path::new(), &mut found);
    found
}

fn table(table: &mut Table, of: &Json, schema: &Schema, path: &mut Path, found: &mut SecretFiles) {
    let names: Vec<String> = table.keys().cloned().collect();
    for name in names {
        path.push(name.clone());
        let is_setting = of
            .get("properties")
            .is_some_and(|all| all.get(&name).is_some());
        let base = name.strip_suffix(SUFFIX).filter(|_| !is_setting);
        match base.and_then(|base| Some((base, kind(schema.child(of, base)?, schema)?))) {
            Some((base, kind)) => {
                let files = table
                    .remove(&name)
                    .unwrap_or_else(|| Value::Array(Vec::new()));
                match fill(table, base, kind, &files, path, found) {
                    Ok(()) => {}
                    Err(reason) => found.problems.push(Problem {
                        path: dropped::text(path),
                        value: files.to_string(),
                        reason,
                    }),
                }
            }
            None => {
                if let (Some(value), Some(of)) = (table.get_mut(&name), schema.child(of, &name)) {
                    below(value, of, schema, path, found);
                }
            }
        }
        path.pop();
    }
}

fn below(value: &mut Value, of: &Json, schema: &Schema, path: &mut Path, found: &mut SecretFiles) {
    match value {
        Value::Table(inner) => table(inner, of, schema, path, found),
        Value::Array(list) => {
            for (at, entry) in list.iter_mut().enumerate() {
                if let Some(of) = schema.child(of, "[]") {
                    path.push(format!("[{at}]"));
                    below(entry, of, schema, path, found);
                    path.pop();
                }
            }
        }
        _ => {}
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    One,
    List,
}

fn kind(of: &Json, schema: &Schema) -> Option<Kind> {
    if is_secret(of) {
        return Some(Kind::One);
    }
    let entry = schema.child(of, "[]")?;
    is_secret(entry).then_some(Kind::List)
}

fn fill(
    table: &mut Table,
    base: &str,
    kind: Kind,
    files: &Value,
    path: &[String],
    found: &mut SecretFiles,
) -> Result<(), String> {
    let is_set = |value: &Value| value.as_str() != Some("");
    if table.get(base).is_some_and(is_set) {
        return Err(format!("`{base}` is set too: write one of the two"));
    }
    let mut secret = |file: &Value| {
        let file = file.as_str().ok_or("write the path of a file")?;
        let (text, is_open) = text(FilePath::new(file))?;
        if is_open {
            found.warnings.push(Problem {
                path: dropped::text(path),
                value: format!("{file:?}"),
                reason: "others on this machine may read it: chmod o-rwx".to_owned(),
            });
        }
        Ok::<_, String>(Value::String(text))
    };
    let value = match (kind, files) {
        (Kind::One, file) => secret(file)?,
        (Kind::List, Value::Array(files)) => {
            Value::Array(files.iter().map(secret).collect::<Result<_, _>>()?)
        }
        (Kind::List, file) => Value::Array(vec![secret(file)?]),
    };
    table.insert(base.to_owned(), value);
    Ok(())
}

/// The secret in a file, and whether others may read it.
fn text(path: &FilePath) -> Result<(String, bool), String> {
    let (text, about) = crate::file::text(path, MAX_BYTES)?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err("is empty".to_owned());
    }
    let is_open = about.permissions().mode() & 0o007 != 0;
    Ok((text.to_owned(), is_open))
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;
    use crate::config::Config;

    fn resolved(text: &str) -> (Table, Vec<String>, Vec<String>) {
        let mut tree: Table = text.parse().expect("TOML");
        let found = resolve(&mut tree, &Schema::of::<Config>());
        let texts = |of: Vec<Problem>| of.iter().map(ToString::to_string).collect();
        (tree, texts(found.problems), texts(found.warnings))
    }

    #[test]
    fn every_secret_may_come_from_a_file() {
        let folder = tempfile::tempdir().expect("a directory");
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("it is ours");
            format!("{:?}", path.display().to_string())
        };
        let (one, two) = (file("one", "hush\n"), file("two", "hush hush"));
        let (tree, problems, warnings) = resolved(&format!(
            "[store]\npassword_file = {one}\n\
             [collector]\nsalt_file = {one}\n\
             [journal.kafka.properties]\n\"sasl.password_file\" = {two}\n\
             [[alert.webhooks]]\nname = \"a\"\n\
             [[alert.webhooks]]\nname = \"b\"\nsecrets_file = [{one}, {two}]\n"
        ));
        assert_eq!((problems, warnings), (vec![], vec![]));
        assert_eq!(tree["store"]["password"].as_str(), Some("hush"));
        assert_eq!(tree["collector"]["salt"].as_str(), Some("hush"));
        let kafka = &tree["journal"]["kafka"]["properties"];
        assert_eq!(kafka["sasl.password"].as_str(), Some("hush hush"));
        let secrets = tree["alert"]["webhooks"][1]["secrets"]
            .as_array()
            .expect("a list");
        assert_eq!(secrets.len(), 2);
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named_and_one_that_is_open_is_warned_of() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("empty"), "\n").expect("written");
        std::fs::write(path("open"), "hush").expect("written");
        std::fs::set_permissions(path("open"), Permissions::from_mode(0o644)).expect("ours");
        for (file, reason) in [
            ("gone", "cannot be read"),
            ("empty", "is empty"),
            (".", "is a directory"),
        ] {
            let text = format!(
                "[store]\npassword_file = {:?}",
                path(file).display().to_string()
            );
            let (_, problems, _) = resolved(&text);
            assert!(
                problems.len() == 1 && problems[0].contains(reason),
                "{file}: {problems:?}"
            );
        }
        let open = format!("{:?}", path("open").display().to_string());
        let (_, problems, warnings) = resolved(&format!("[store]\npassword_file = {open}"));
        assert_eq!(problems, [""; 0]);
        assert!(
            warnings[0].contains("others on this machine may read it"),
            "{warnings:?}"
        );
        let (_, problems, _) = resolved(&format!(
            "[store]\npassword = \"x\"\npassword_file = {open}"
        ));
        assert!(problems[0].contains("write one of the two"), "{problems:?}");
        // A setting that is not a secret has no file.
        let (tree, problems, _) = resolved(&format!("[store]\nurl_file = {open}"));
        assert!(problems.is_empty() && tree["store"].get("url_file").is_some());
    }
}
