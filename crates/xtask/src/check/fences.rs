//! The fences between the crates. ARCHITECTURE.md says why they stand where they stand.

use anyhow::Result;

use super::graph::Graph;
use super::{length, source};

/// Only these packages may depend on `what` directly.
struct Fence {
    what: &'static str,
    only: &'static [&'static str],
}

const FENCES: &[Fence] = &[
    Fence {
        what: "axum",
        only: &["dashboard", "demo", "corswatch-benches"],
    },
    Fence {
        what: "rdkafka",
        only: &["journal", "corswatch-benches"],
    },
    Fence {
        what: "rusqlite",
        only: &["journal"],
    },
    Fence {
        what: "clickhouse",
        only: &["store"],
    },
    Fence {
        what: "libloading",
        only: &["store"],
    },
    Fence {
        what: "anyhow",
        only: &[
            "corswatch",
            "xtask",
            "testkit",
            "corswatch-benches",
            "corswatch-tests",
        ],
    },
];

/// Crates that do no I/O and read no clock.
const PURE: &[&str] = &[
    "web",
    "observation",
    "intake",
    "slo",
    "incident",
    "cors",
    "explain",
    "policy",
    "findings",
    "settings",
    "printable",
];

/// Crates that all others stand on: they depend on none of them.
const FLOOR: &[&str] = &["web"];

/// What a pure crate does not even depend on through others.
const IO: &[&str] = &[
    "axum",
    "clickhouse",
    "hyper",
    "libloading",
    "mio",
    "rdkafka",
    "reqwest",
    "rusqlite",
    "socket2",
    "tokio",
];

/// The first never depends on the second, not even through others.
const NEVER: &[(&str, &str)] = &[
    ("collector", "store"),
    ("collector", "loader"),
    ("alert", "store"),
    ("alert", "journal"),
    ("loader", "axum"),
    ("aggregator", "axum"),
    ("aggregator", "journal"),
    ("dashboard", "journal"),
    ("dashboard", "loader"),
    ("demo", "store"),
    ("demo", "journal"),
    ("journal", "intake"),
    ("store", "journal"),
];

/// Packages that nothing of the product depends on.
const LEAVES: &[&str] = &["xtask", "testkit", "corswatch-benches", "corswatch-tests"];

/// Who may depend on a leaf, because it is automation itself.
const AUTOMATION: &[&str] = &["corswatch-benches", "corswatch-tests"];

/// Everything that crosses a fence.
pub(super) fn problems() -> Result<Vec<String>> {
    let mut problems = crossed(&Graph::of_workspace()?);
    problems.extend(source::problems()?);
    problems.extend(length::problems()?);
    Ok(problems)
}

fn crossed(graph: &Graph) -> Vec<String> {
    let mut problems = Vec::new();
    for package in &graph.members {
        for fence in FENCES {
            let crosses = graph.direct(package).any(|name| name == fence.what);
            if crosses && !fence.only.contains(&package.as_str()) {
                let only = fence.only.join(", ");
                problems.push(format!(
                    "{package} depends on {}: only {only} may",
                    fence.what
                ));
            }
        }
        for leaf in graph.direct(package).filter(|name| LEAVES.contains(name)) {
            if !AUTOMATION.contains(&package.as_str()) {
                problems.push(format!("{package} depends on {leaf}: only tests may"));
            }
        }
    }
    for package in PURE {
        for io in graph
            .all(package)
            .intersection(&IO.iter().copied().collect())
        {
            problems.push(format!("{package} is pure and depends on {io}"));
        }
    }
    for package in FLOOR {
        for other in graph
            .direct(package)
            .filter(|name| graph.members.contains(*name))
        {
            problems.push(format!(
                "{package} depends on {other}: it stands below all others"
            ));
        }
    }
    for (package, other) in NEVER {
        if reaches(graph, package, other) {
            problems.push(format!("{package} depends on {other}"));
        }
    }
    problems
}

/// Through the workspace's own packages; of a foreign one only what is named directly.
fn reaches(graph: &Graph, package: &str, other: &str) -> bool {
    graph
        .direct(package)
        .any(|name| name == other || (graph.members.contains(name) && reaches(graph, name, other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A package and what it depends on.
    type Edge<'a> = (&'a str, &'a [&'a str]);

    fn graph(edges: &[Edge<'_>]) -> Graph {
        let mut graph = Graph::default();
        for (package, dependencies) in edges {
            graph.members.insert((*package).to_owned());
            let direct = dependencies.iter().map(|name| (*name).to_owned());
            graph.direct.insert((*package).to_owned(), direct.collect());
        }
        graph
    }

    #[test]
    fn a_dependency_across_a_fence_is_named() {
        let cases: &[(&[Edge<'_>], &str)] = &[
            (
                &[("loader", &["axum"])],
                "loader depends on axum: only dashboard",
            ),
            (
                &[("loader", &["rdkafka"])],
                "loader depends on rdkafka: only journal",
            ),
            (
                &[("aggregator", &["clickhouse"])],
                "aggregator depends on clickhouse",
            ),
            (
                &[("slo", &["helper"]), ("helper", &["tokio"])],
                "slo is pure and depends on tokio",
            ),
            (
                &[("collector", &["journal"]), ("journal", &["store"])],
                "collector depends on store",
            ),
            (
                &[("web", &["observation"]), ("observation", &[])],
                "web depends on observation: it stands below all others",
            ),
            (
                &[("loader", &["testkit"])],
                "loader depends on testkit: only tests may",
            ),
        ];
        for (edges, expected) in cases {
            let found = crossed(&graph(edges));
            assert!(
                found.iter().any(|problem| problem.contains(expected)),
                "{found:?}"
            );
        }
    }

    #[test]
    fn what_stays_inside_its_fence_is_no_problem() {
        let edges: &[Edge<'_>] = &[
            ("collector", &["hyper", "intake"]),
            ("dashboard", &["axum"]),
            ("intake", &["serde"]),
            ("journal", &["rdkafka", "rusqlite"]),
            ("store", &["clickhouse"]),
            ("corswatch-tests", &["testkit"]),
        ];
        assert_eq!(crossed(&graph(edges)), Vec::<String>::new());
    }

    #[test]
    fn this_workspace_stays_inside_its_fences() {
        assert_eq!(problems().expect("a checkout"), Vec::<String>::new());
    }

    #[test]
    fn every_fence_names_packages_that_exist() {
        let graph = Graph::of_workspace().expect("a checkout");
        let named = FENCES.iter().flat_map(|fence| fence.only.iter());
        let pairs = NEVER.iter().map(|(package, _)| package);
        for package in named.chain(PURE).chain(LEAVES).chain(pairs) {
            assert!(graph.members.contains(*package), "{package}");
        }
    }
}
