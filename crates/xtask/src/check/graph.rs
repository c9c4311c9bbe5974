//! Which package of the workspace depends on which, as cargo resolves it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::shell;

/// Dependencies of every package by name: what is compiled into it, not what only its tests use.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Names of the workspace's own packages.
    pub(super) members: BTreeSet<String>,
    /// Direct dependencies, by name.
    pub(super) direct: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// The graph of this workspace.
    pub(super) fn of_workspace() -> Result<Self> {
        let graph = Self::from_metadata(&metadata()?);
        graph.context("cargo metadata does not look as expected")
    }

    fn from_metadata(metadata: &Value) -> Option<Self> {
        let mut names = BTreeMap::new();
        for package in metadata["packages"].as_array()? {
            names.insert(package["id"].as_str()?, package["name"].as_str()?);
        }
        let name = |id: &Value| names.get(id.as_str()?).map(|name| (*name).to_owned());
        let mut graph = Self::default();
        for member in metadata["workspace_members"].as_array()? {
            graph.members.insert(name(member)?);
        }
        for node in metadata["resolve"]["nodes"].as_array()? {
            let direct = graph.direct.entry(name(&node["id"])?).or_default();
            for dependency in node["deps"].as_array()? {
                if is_compiled_in(dependency) {
                    direct.insert(name(&dependency["pkg"])?);
                }
            }
        }
        Some(graph)
    }

    /// What `package` depends on directly.
    pub(super) fn direct(&self, package: &str) -> impl Iterator<Item = &str> {
        self.direct
            .get(package)
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    /// What `package` depends on, directly or not.
    pub(super) fn all<'a>(&'a self, package: &'a str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut open = vec![package];
        while let Some(next) = open.pop() {
            open.extend(self.direct(next).filter(|name| found.insert(*name)));
        }
        found
    }
}

/// A dependency of kind `dev` is in the tests only; `null` is a normal one.
pub(crate) fn is_compiled_in(dependency: &Value) -> bool {
    let kinds = dependency["dep_kinds"].as_array();
    kinds.is_none_or(|kinds| kinds.iter().any(|kind| kind["kind"] != "dev"))
}

/// What cargo knows about the workspace and everything it depends on.
pub(crate) fn metadata() -> Result<Value> {
    let args = ["metadata", "--format-version", "1", "--locked"];
    let text = shell::output(&mut shell::cargo(args))?;
    serde_json::from_str(&text).context("cargo metadata is not JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_tests_use_is_not_a_dependency() {
        let metadata = serde_json::json!({
            "packages": [
                {"id": "1", "name": "slo"}, {"id": "2", "name": "serde"}, {"id": "3", "name": "tokio"}
            ],
            "workspace_members": ["1"],
            "resolve": {"nodes": [
                {"id": "1", "deps": [
                    {"pkg": "2", "dep_kinds": [{"kind": null}]},
                    {"pkg": "3", "dep_kinds": [{"kind": "dev"}]}
                ]},
                {"id": "2", "deps": []},
                {"id": "3", "deps": []}
            ]}
        });
        let graph = Graph::from_metadata(&metadata).expect("well formed");
        assert_eq!(graph.direct("slo").collect::<Vec<_>>(), ["serde"]);
    }
}
