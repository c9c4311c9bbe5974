//! HTTPRoutes of Gateway API: rules by path, and by `Origin` where origins need different things.

use super::{Group, Host, MAX_AGE_SECONDS, Need, all_quoted, comment_line, quoted};
use crate::nginx::{Case, regex};
use crate::template::Path;

/// An HTTPRoute has no more rules.
const MOST_RULES: usize = 16;

/// A filter has no more origins.
const MOST_ORIGINS: usize = 64;

pub(super) fn write(hosts: Vec<Host>) -> String {
    let mut text = String::new();
    for mut host in hosts {
        let merged = host.settle(pick);
        let mut rules = Vec::new();
        for group in &host.groups {
            rules.extend(rules_of(group));
        }
        for (number, rules) in (1..).zip(rules.chunks(MOST_RULES)) {
            text.push_str("---\n");
            if merged {
                text.push_str(&comment_line(
                    "Regular expressions of paths overlap: some endpoints get what others need.",
                ));
            }
            let name = format!(
                "cors-{}-{number}",
                host.name.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
            );
            text.push_str(&format!(
                "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: {}\nspec:\n  parentRefs:\n    - name: your-gateway\n  hostnames: [{}]\n  rules:\n",
                quoted(&name),
                quoted(&host.name)
            ));
            text.push_str(&rules.concat());
        }
    }
    text
}

/// The rules of a group: one for the needs of most, which also meets strangers, and one for each
/// other need, by the value of `Origin`.
fn rules_of(group: &Group) -> Vec<String> {
    let mut needs = group.by_need();
    needs.sort_by_key(|(_, origins)| std::cmp::Reverse(origins.len()));
    let mut rules = Vec::new();
    for (number, (need, origins)) in needs.into_iter().enumerate() {
        for (part, origins) in origins.chunks(MOST_ORIGINS).enumerate() {
            let by_origin = number > 0 || part > 0;
            rules.push(rule(group, need, origins, by_origin.then_some(origins)));
        }
    }
    rules
}

fn rule(group: &Group, need: &Need, origins: &[&String], by_origin: Option<&[&String]>) -> String {
    let mut text = String::new();
    let mut comment = |words: &str| text.push_str(&format!("    {}", comment_line(words)));
    comment(&group.count(origins.iter().copied()).text());
    for words in group.doubtful() {
        comment(&words);
    }
    if by_origin.is_some() {
        comment(
            "These origins need something else than others: the rule is theirs by the value of Origin.",
        );
    }
    if group
        .paths
        .iter()
        .any(|path| !path.is_literal() && !path.is_everything())
    {
        comment("Whether regular expressions of paths work is up to the implementation.");
    }
    text.push_str("    - matches:\n");
    for path in &group.paths {
        let (kind, value) = named(path);
        let path = format!("path: {{type: {kind}, value: {}}}", quoted(&value));
        match by_origin {
            None => text.push_str(&format!("        - {path}\n")),
            Some(origins) => {
                for origin in origins {
                    text.push_str(&format!(
                        "        - {path}\n          headers: [{{name: Origin, value: {}}}]\n",
                        quoted(origin)
                    ));
                }
            }
        }
    }
    text.push_str(&format!(
        "      filters:\n        - type: CORS\n          cors:\n            allowOrigins: [{}]\n",
        all_quoted(origins.iter().copied())
    ));
    let lists = [
        ("allowMethods", &need.methods),
        ("allowHeaders", &need.headers),
        ("exposeHeaders", &need.expose),
    ];
    for (name, list) in lists {
        if !list.is_empty() {
            text.push_str(&format!("            {name}: [{}]\n", all_quoted(list)));
        }
    }
    if need.credentials {
        text.push_str("            allowCredentials: true\n");
    }
    text.push_str(&format!("            maxAge: {MAX_AGE_SECONDS}\n"));
    let service = if group.service.is_empty() {
        "your-service"
    } else {
        group.service.as_str()
    };
    text.push_str(&format!(
        "      backendRefs: [{{name: {}, port: 80}}]\n",
        quoted(service)
    ));
    text
}

fn named(path: &Path) -> (&'static str, String) {
    if path.is_everything() {
        ("PathPrefix", "/".to_owned())
    } else if path.is_literal() {
        ("Exact", path.template())
    } else {
        ("RegularExpression", path.regex())
    }
}

/// The group that gets a path: exact ones first, then the longest regular expression.
fn pick(groups: &[Group], path: &str) -> Option<usize> {
    let mut best: Option<((u8, usize), usize)> = None;
    for (number, group) in groups.iter().enumerate() {
        for pattern in &group.paths {
            let (kind, value) = named(pattern);
            let rank = match kind {
                "Exact" if value == path => (2, value.len()),
                "RegularExpression"
                    if regex(&format!("^(?:{value})$"), Case::Kept)
                        .ok()?
                        .is_match(path)
                        .unwrap_or(false) =>
                {
                    (1, value.len())
                }
                "PathPrefix" => (0, 1),
                _ => continue,
            };
            if best.is_none_or(|(other, _)| rank > other) {
                best = Some((rank, number));
            }
        }
    }
    best.map(|(_, number)| number)
}
