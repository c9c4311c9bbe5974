//! Kubernetes Ingresses with annotations of ingress-nginx: one list of everything for an Ingress.

use super::group::needs_comment;
use super::{Group, Host, MAX_AGE_SECONDS, comment_line, joined, quoted};
use crate::nginx::{Case, regex};

pub(super) fn write(hosts: Vec<Host>) -> String {
    let mut text = String::new();
    for mut host in hosts {
        let merged = host.settle(pick);
        let all_literal = host
            .groups
            .iter()
            .flat_map(|group| &group.paths)
            .all(crate::Path::is_literal);
        let mut documents = Vec::new();
        for (number, group) in (1..).zip(&host.groups) {
            let mut document = String::new();
            if merged {
                document.push_str(&comment_line("ingress-nginx cannot keep all endpoints of this host apart: some get what others need."));
            }
            document.push_str(&write_group(&host.name, number, group, all_literal));
            documents.push(document);
        }
        text.push_str(
            &documents
                .iter()
                .map(|document| format!("---\n{document}"))
                .collect::<String>(),
        );
    }
    text
}

fn write_group(host: &str, number: usize, group: &Group, all_literal: bool) -> String {
    let mut text = comment_line(&group.count(group.origins.keys()).text());
    for comment in group.doubtful() {
        text.push_str(&comment_line(&comment));
    }
    text.push_str(&needs_comment(group, "ingress-nginx", ""));
    let need = group.together();
    let name = format!(
        "cors-{}-{number}",
        host.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
    );
    text.push_str(&format!(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: {}\n  annotations:\n",
        quoted(&name)
    ));
    let mut annotation = |name: &str, value: &str| {
        text.push_str(&format!(
            "    nginx.ingress.kubernetes.io/{name}: {}\n",
            quoted(value)
        ));
    };
    annotation("enable-cors", "true");
    annotation("cors-allow-origin", &joined(group.origins.keys()));
    // Without a value the controller takes long lists: names that need no permission give nothing.
    let or = |names: String, instead: &str| {
        if names.is_empty() {
            instead.to_owned()
        } else {
            names
        }
    };
    annotation("cors-allow-methods", &or(joined(&need.methods), "GET"));
    annotation("cors-allow-headers", &or(joined(&need.headers), "Accept"));
    if !need.expose.is_empty() {
        annotation("cors-expose-headers", &joined(&need.expose));
    }
    annotation("cors-allow-credentials", &need.credentials.to_string());
    annotation("cors-max-age", &MAX_AGE_SECONDS.to_string());
    if !all_literal {
        annotation("use-regex", "true");
    }
    text.push_str(&format!(
        "spec:\n  ingressClassName: nginx\n  rules:\n    - host: {}\n      http:\n        paths:\n",
        quoted(host)
    ));
    text.push_str(&paths(group, all_literal));
    text
}

fn paths(group: &Group, all_literal: bool) -> String {
    let service = group.service();
    let mut text = String::new();
    for path in &group.paths {
        let (path, kind) = if all_literal {
            (path.template(), "Exact")
        } else {
            (format!("{}$", path.regex()), "ImplementationSpecific")
        };
        text.push_str(&format!(
            "          - path: {}\n            pathType: {kind}\n            backend: {{service: {{name: {}, port: {{number: 80}}}}}}\n",
            quoted(&path),
            quoted(service)
        ));
    }
    text
}

/// The group whose regular expression the controller puts first: the longest.
fn pick(groups: &[Group], path: &str) -> Option<usize> {
    let mut fitting: Vec<(String, usize)> = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        for pattern in &group.paths {
            let expression = format!("{}$", pattern.regex());
            let fits = regex(&format!("^{expression}"), Case::Ignored).ok()?;
            if fits.is_match(path).unwrap_or(false) {
                fitting.push((expression, number));
            }
        }
    }
    fitting.sort_by(|(a, _), (b, _)| (b.len(), b).cmp(&(a.len(), a)));
    fitting.first().map(|(_, number)| *number)
}
