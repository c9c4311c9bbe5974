//! Which settings differ between two configurations, and which of them a running process cannot take over.

use std::collections::BTreeSet;

use serde_json::Value;
use toml::Table;

use crate::config::{Config, is_secret};

/// Sections and settings that a reload takes over.
const TAKEN_OVER: [&str; 8] = [
    "aggregator",
    "alert",
    "apps",
    "dashboard",
    "inventory",
    "prober",
    "services",
    "slo",
];
/// What is read once all the same, although its section is taken over.
const READ_ONCE: [&str; 1] = ["dashboard.listen"];

/// A configuration as a process uses it, to be compared.
pub(super) struct Snapshot {
    values: Value,
    /// What was read: its secrets are not in `values`.
    read: Table,
}

impl Snapshot {
    pub(super) fn of(config: &Config, read: Table) -> Self {
        Self {
            values: serde_json::to_value(config).expect("settings are plain data"),
            read,
        }
    }

    /// The settings that differ from those of `self` and that need a restart.
    pub(super) fn needs_restart(&self, next: &Self) -> Vec<String> {
        let mut differing = BTreeSet::new();
        compare("", &self.values, &next.values, &mut differing);
        let tables = [&self.read, &next.read].map(|read| serde_json::to_value(read).ok());
        if let [Some(before), Some(after)] = tables {
            let mut written = BTreeSet::new();
            compare("", &before, &after, &mut written);
            let secret = |path: &String| is_secret(&parts(path));
            differing.extend(written.into_iter().filter(secret));
        }
        differing.retain(|path| !is_taken_over(path));
        differing.into_iter().collect()
    }
}

fn parts(path: &str) -> Vec<String> {
    path.split('.').map(str::to_owned).collect()
}

fn is_taken_over(path: &str) -> bool {
    let section = path.split(['.', '[']).next().unwrap_or(path);
    TAKEN_OVER.contains(&section) && !READ_ONCE.contains(&path)
}

/// Adds the paths of what differs. Lists are compared whole: their entries have no names.
fn compare(path: &str, before: &Value, after: &Value, differing: &mut BTreeSet<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for name in before.keys().chain(after.keys()) {
                let path = match path {
                    "" => name.clone(),
                    path => format!("{path}.{name}"),
                };
                let value =
                    |of: &serde_json::Map<String, Value>| of.get(name).cloned().unwrap_or_default();
                compare(&path, &value(before), &value(after), differing);
            }
        }
        (before, after) if before == after => {}
        _ => {
            differing.insert(path.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(toml: &str) -> Snapshot {
        let read: Table = toml.parse().expect("TOML");
        let config = toml::from_str(toml).expect("a configuration");
        Snapshot::of(&config, read)
    }

    #[test]
    fn what_a_running_process_cannot_take_over_is_named_also_where_it_is_a_secret() {
        let before = snapshot("[store]\nurl = \"https://ch.test\"\npassword = \"one\"\n");
        for (toml, expect) in [
            (
                "[store]\nurl = \"https://ch.test\"\npassword = \"one\"\n",
                &[][..],
            ),
            (
                "[store]\nurl = \"https://ch.test\"\npassword = \"two\"\n[alert]\nqueue = 5\n",
                &["store.password"],
            ),
            (
                "[store]\nurl = \"https://ch.test\"\npassword = \"one\"\n[dashboard]\nlisten = \"127.0.0.1:1\"\n\
                 [journal]\nkind = \"kafka\"\n[[apps]]\nname = \"shop\"\nkeys = [\"k\"]\n",
                &["dashboard.listen", "journal.kind"],
            ),
        ] {
            assert_eq!(before.needs_restart(&snapshot(toml)), expect, "{toml}");
        }
    }
}
