//! What can be used but is probably not meant, or leaks.

use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt as _;

use settings::Problem;
use store::engine::EngineHost;
use toml::{Table, Value};

use super::Config;
use super::dropped;
use super::load::is_secret;
use super::plaintext::Plaintext;

/// What samples say where something of one's own belongs.
const PLACEHOLDERS: [&str; 12] = [
    "change me",
    "changeme",
    "change-me",
    "change_me",
    "replace me",
    "replaceme",
    "replace-me",
    "replace_me",
    "of-your-own",
    "your-key",
    "your-secret",
    "xxxx",
];

/// Texts that were left as a sample had them.
pub(crate) fn placeholders(tree: &Table) -> Vec<Problem> {
    let mut found = Vec::new();
    for (name, value) in tree {
        look(value, &mut vec![name.clone()], &mut found);
    }
    found
}

fn look(value: &Value, path: &mut Vec<String>, found: &mut Vec<Problem>) {
    match value {
        Value::Table(table) => {
            for (name, value) in table {
                path.push(name.clone());
                look(value, path, found);
                path.pop();
            }
        }
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                path.push(format!("[{at}]"));
                look(value, path, found);
                path.pop();
            }
        }
        Value::String(text) if is_placeholder(text) => found.push(Problem {
            path: dropped::text(path),
            value: if is_secret(path) {
                "[redacted]".to_owned()
            } else {
                format!("{text:?}")
            },
            reason: "was left as a sample has it: write your own".to_owned(),
        }),
        _ => {}
    }
}

fn is_placeholder(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut characters = lower.chars();
    let first = characters.next();
    // A hash or key of one repeated digit.
    let is_uniform = lower.len() >= 16 && characters.all(|c| Some(c) == first);
    is_uniform || PLACEHOLDERS.iter().any(|word| lower.contains(word))
}

/// What everybody on the machine may do with a configuration file.
pub(crate) fn of_file(name: &str, about: &Metadata, tree: &Table) -> Vec<Problem> {
    let mode = about.permissions().mode();
    let warning = |reason: String| Problem {
        path: "--config".to_owned(),
        value: name.to_owned(),
        reason,
    };
    let mut found = Vec::new();
    if mode & 0o002 != 0 {
        let reason = "others on this machine may change it: chmod o-w";
        found.push(warning(reason.to_owned()));
    }
    if mode & 0o004 != 0
        && let Some(path) = secret_in(tree)
    {
        found.push(warning(format!(
            "others on this machine may read it, and it holds `{path}`: chmod o-r, or name a file in \
             `{path}_file`"
        )));
    }
    found
}

/// The first secret that a file holds itself.
fn secret_in(tree: &Table) -> Option<String> {
    let at = |path: &[&str]| {
        let (first, rest) = path.split_first()?;
        let value = rest
            .iter()
            .try_fold(tree.get(*first)?, |value, name| value.get(name))?;
        let is_set = value.as_str().is_some_and(|text| !text.is_empty());
        is_set.then(|| path.join("."))
    };
    let kafka = tree
        .get("journal")
        .and_then(|journal| journal.get("kafka")?.get("properties"));
    let kafka = kafka.and_then(Value::as_table).and_then(|properties| {
        let name = properties.keys().find(|name| name.contains("password"))?;
        (!name.ends_with("_file")).then(|| format!("journal.kafka.properties.{name}"))
    });
    let webhooks = tree
        .get("alert")
        .and_then(|alert| alert.get("webhooks")?.as_array());
    let webhook = webhooks.and_then(|webhooks| {
        let signs = |webhook: &Value| webhook.get("secrets").is_some();
        let at = webhooks.iter().position(signs)?;
        Some(format!("alert.webhooks[{at}].secrets"))
    });
    at(&["store", "password"])
        .or_else(|| at(&["store", "reader_password"]))
        .or_else(|| at(&["collector", "salt"]))
        .or(kafka)
        .or(webhook)
}

impl Config {
    /// Everything that is worth a second look.
    pub(crate) fn warnings(&self) -> Vec<Problem> {
        [
            self.no_app(),
            self.no_salt(),
            self.no_engine(),
            self.native_port(),
        ]
        .into_iter()
        .flatten()
        .chain(self.plaintext().filter_map(|found| match found {
            Plaintext::Refused(_) => None,
            Plaintext::Tolerated(problem) => Some(problem),
        }))
        .chain(self.unknown_apps())
        .chain(self.certificate_warnings())
        .chain(self.unknown_services())
        .collect()
    }

    /// Objectives of a service that is not there: nothing is ever counted for them.
    fn unknown_services(&self) -> impl Iterator<Item = Problem> {
        let objectives = self.slo.iter().enumerate();
        objectives.filter_map(|(at, slo)| {
            let name = slo.service.as_ref()?;
            let known: Vec<&str> = self.services.iter().map(|of| of.name.as_str()).collect();
            let reason = match known.as_slice() {
                known if known.contains(&name.as_str()) => return None,
                [] => {
                    "no service is configured, so nothing is counted: add `[[services]]`".to_owned()
                }
                known => format!(
                    "no such service is configured, so nothing is counted; there are `{}`",
                    known.join("`, `")
                ),
            };
            let path = format!("slo[{at}].service");
            Some(warning(&path, &format!("{name:?}"), &reason))
        })
    }

    /// Tokens that are limited to an app which is not there: whoever has one sees nothing.
    fn unknown_apps(&self) -> impl Iterator<Item = Problem> {
        let tokens = self.dashboard.tokens.iter().enumerate();
        tokens.flat_map(|(at, token)| {
            let is_known = |name: &String| self.apps.iter().any(|app| app.name == *name);
            let unknown = token.apps.iter().filter(move |name| !is_known(name));
            unknown.map(move |name| {
                let path = format!("dashboard.tokens[{at}].apps");
                warning(
                    &path,
                    &format!("{name:?}"),
                    "no such app is configured: the token sees nothing of it",
                )
            })
        })
    }

    /// The port of ClickHouse's native protocol, which is not the one that is spoken here.
    fn native_port(&self) -> Option<Problem> {
        let mut url = url::Url::parse(&self.store.url).ok()?;
        let http = match url.port()? {
            9000 => 8123,
            9440 => 8443,
            _ => return None,
        };
        url.set_port(Some(http)).ok()?;
        let (_, _) = (url.set_username(""), url.set_password(None));
        url.set_query(None);
        let written = url.as_str().trim_end_matches('/');
        let reason = format!(
            "this is the port of ClickHouse's native protocol; corswatch speaks HTTP: write `{written}`"
        );
        Some(warning(
            "store.url",
            &format!("{:?}", self.shown_store()),
            &reason,
        ))
    }

    fn no_app(&self) -> Option<Problem> {
        let reason = "no page can send: add `[[apps]]` with `name`, `keys` and `page_origins`";
        self.apps.is_empty().then(|| warning("apps", "[]", reason))
    }

    fn no_salt(&self) -> Option<Problem> {
        let is_shared = self.journal.kind == journal::Kind::Kafka;
        let reason = "each collector draws its own (kept with its spool, else at every start): one network \
                      of clients then counts as several. Give all collectors the same secret, for \
                      example in `collector.salt_file`";
        (is_shared && self.collector.salt.is_empty())
            .then(|| warning("collector.salt", "\"\"", reason))
    }

    fn no_engine(&self) -> Option<Problem> {
        if !self.store.url.is_empty() {
            return None;
        }
        let host = EngineHost::this_executable("").ok()?;
        let missing = store::engine::library(&self.engine, &host).err()?;
        let library = self.engine.library.as_deref();
        let value = library.map_or_else(|| "\"\"".to_owned(), |path| format!("{path:?}"));
        Some(warning("engine.library", &value, &missing.to_string()))
    }
}

pub(super) fn warning(path: &str, value: &str, reason: &str) -> Problem {
    Problem {
        path: path.to_owned(),
        value: value.to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(found: &[Problem]) -> Vec<&str> {
        found.iter().map(|problem| problem.path.as_str()).collect()
    }

    #[test]
    fn what_a_sample_left_is_found_wherever_it_stands_and_no_secret_is_shown() {
        let tree: Table = "public_url = \"https://change-me.test\"\n\
             [store]\npassword = \"Change Me\"\nuser = \"corswatch\"\n\
             [[dashboard.tokens]]\nsha256 = \"0000000000000000000000000000000000000000000000000000000000000000\"\n\
             [[apps]]\nkeys = [\"shop-1f0c9a\", \"a-key-of-your-own\"]\n"
            .parse()
            .expect("TOML");
        let mut found = placeholders(&tree);
        found.sort_by(|a, b| a.path.cmp(&b.path));
        assert_eq!(
            paths(&found),
            [
                "apps[0].keys[1]",
                "dashboard.tokens[0].sha256",
                "public_url",
                "store.password"
            ]
        );
        assert_eq!(found[3].value, "[redacted]");
    }

    #[test]
    fn what_leaks_or_is_missing_is_warned_of_and_what_is_safe_is_not() {
        let read = |text: &str| -> Config { toml::from_str(text).expect("well formed") };
        for (text, expected) in [
            (
                "[store]\nurl = \"https://ch.test:8443\"\npassword = \"x\"",
                vec!["apps"],
            ),
            (
                "[store]\nurl = \"http://127.0.0.1:8123\"\npassword = \"x\"",
                vec!["apps"],
            ),
            (
                "[store]\nurl = \"http://ch.test:8123\"\npassword = \"x\"",
                vec!["apps"],
            ),
            (
                "dangerously_allow_plaintext = [\"store\"]\n\
                 [store]\nurl = \"http://ch.test:8123\"\npassword = \"x\"",
                vec!["apps", "store.url"],
            ),
            (
                "[store]\nurl = \"http://ch.test:8123\"",
                vec!["apps", "store.url"],
            ),
            (
                "[engine]\nlibrary = \"/nowhere\"",
                vec!["apps", "engine.library"],
            ),
            (
                "[store]\nurl = \"https://ch.test\"\n[journal]\nkind = \"kafka\"\n\
                 [journal.kafka]\nbrokers = \"127.0.0.1:9092,[::1]:9092,localhost:9092\"",
                vec!["apps", "collector.salt"],
            ),
            (
                "[store]\nurl = \"https://ch.test\"\n[collector]\nsalt = \"a salt of 16 bytes\"\n\
                 [journal]\nkind = \"kafka\"\n[journal.kafka]\nbrokers = \"localhost:9092,kafka.test:9092\"",
                vec!["apps", "journal.kafka.properties.security.protocol"],
            ),
            (
                "[store]\nurl = \"https://ch.test\"\n[collector]\nsalt = \"a salt of 16 bytes\"\n\
                 [journal]\nkind = \"kafka\"\n[journal.kafka]\nbrokers = \"kafka.test:9092\"\n\
                 [journal.kafka.properties]\n\"security.protocol\" = \"SASL_SSL\"",
                vec!["apps"],
            ),
            (
                "[store]\nurl = \"https://ch.test\"\n[dashboard]\nlisten = \"0.0.0.0:7781\"",
                vec!["apps", "dashboard.listen"],
            ),
            (
                "[store]\nurl = \"https://ch.test\"\n[dashboard]\nlisten = \"0.0.0.0:7781\"\n\
                 [alert]\nexternal_url = \"https://cors.test\"",
                vec!["apps"],
            ),
        ] {
            assert_eq!(paths(&read(text).warnings()), expected, "{text}");
        }
    }

    #[test]
    fn a_file_that_others_may_read_is_warned_of_only_for_its_secrets() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("corswatch.toml");
        std::fs::write(&path, "").expect("written");
        for (mode, text, warnings) in [
            (0o600, "[store]\npassword = \"x\"", 0),
            (0o644, "[store]\npassword = \"x\"", 1),
            (
                0o644,
                "[journal.kafka.properties]\n\"sasl.password\" = \"x\"",
                1,
            ),
            (0o644, "[[alert.webhooks]]\nsecrets = [\"x\"]", 1),
            (0o644, "[store]\npassword_file = \"/x\"\nuser = \"y\"", 0),
            (0o666, "[store]\npassword = \"x\"", 2),
        ] {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&path, mode).expect("it is ours");
            let about = std::fs::metadata(&path).expect("it is there");
            let tree = text.parse().expect("TOML");
            assert_eq!(of_file("x", &about, &tree).len(), warnings, "{text}");
        }
    }
}
