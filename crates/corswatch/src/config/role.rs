//! What a configuration must say so that a role in a process of its own can use it.

use clap::ValueEnum;
use settings::Problem;

use super::Config;
use crate::exit::Failure;

/// A role in a process of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    Collector,
    Loader,
    Aggregator,
    Prober,
    Dashboard,
}

impl Config {
    /// What keeps the configuration from being one of `role`: what roles share cannot be embedded
    /// in one of them.
    pub(crate) fn role_problems(&self, role: Role) -> Vec<Problem> {
        let mut problems = Vec::new();
        if role != Role::Collector && self.store.url.is_empty() {
            problems.push(Problem {
                path: "store.url".to_owned(),
                value: "\"\"".to_owned(),
                reason: "roles share a ClickHouse server: set `store.url`. The embedded engine \
                         serves one process (`corswatch up`)"
                    .to_owned(),
            });
        }
        if role == Role::Loader && self.journal.kind == journal::Kind::Disk {
            problems.push(Problem {
                path: "journal.kind".to_owned(),
                value: "\"disk\"".to_owned(),
                reason:
                    "collectors and loaders share a topic: set `journal.kind = \"kafka\"`. The \
                         journal on disk serves one process (`corswatch up`)"
                        .to_owned(),
            });
        }
        problems
    }

    /// Refuses to be the configuration of a role that cannot use it.
    pub(crate) fn serves(&self, role: Role) -> Result<(), Failure> {
        let problems = self.role_problems(role);
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Failure::Config(problems))
        }
    }
}
