//! Endpoints as a list of routes, the most exact first: one for each endpoint and need, with the
//! origins that have it.

use super::{Group, Host, Need, comment_line};
use crate::template::Path;

/// An endpoint of a host, and origins that need the same of it.
pub(super) struct Route<'a> {
    pub(super) host: &'a str,
    pub(super) path: &'a Path,
    pub(super) need: &'a Need,
    pub(super) origins: Vec<&'a String>,
    /// Whether other origins need something else there.
    pub(super) is_shared: bool,
    group: &'a Group,
}

impl Route<'_> {
    /// What is said above it, as lines of comment.
    pub(super) fn heading(&self, indent: &str) -> String {
        let count = self.group.count(self.origins.iter().copied()).text();
        let mut text = format!(
            "{indent}{}",
            comment_line(&format!("{}: {count}", self.path.template()))
        );
        for doubt in self.group.doubtful() {
            if self
                .origins
                .iter()
                .any(|origin| doubt.starts_with(origin.as_str()))
            {
                text.push_str(&format!("{indent}{}", comment_line(&doubt)));
            }
        }
        text
    }

    /// The service behind it.
    pub(super) fn service(&self) -> &str {
        self.group.service()
    }
}

/// The routes of all hosts.
pub(super) fn routes(hosts: &[Host]) -> Vec<Route<'_>> {
    let mut routes = Vec::new();
    for host in hosts {
        let groups = host.groups.iter();
        let mut paths: Vec<(&Path, &Group)> = groups
            .flat_map(|group| group.paths.iter().map(move |path| (path, group)))
            .collect();
        paths.sort_by_key(|(path, _)| (path.vagueness(), (*path).clone()));
        for (path, group) in paths {
            let needs = group.by_need();
            let is_shared = needs.len() > 1;
            routes.extend(needs.into_iter().map(|(need, origins)| Route {
                host: &host.name,
                path,
                need,
                origins,
                is_shared,
                group,
            }));
        }
    }
    routes
}
