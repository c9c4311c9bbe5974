//! The own form.

use super::{Host, MAX_AGE_SECONDS, all_quoted, comment_line, quoted};

pub(super) fn write(hosts: &[Host]) -> String {
    let mut text = String::new();
    for host in hosts {
        for group in &host.groups {
            for comment in group.doubtful() {
                text.push_str(&format!("\n{}", comment_line(&comment)));
            }
            for (need, origins) in group.by_need() {
                let count = group.count(origins.iter().copied()).text();
                let paths: Vec<String> = group.paths.iter().map(crate::Path::template).collect();
                text.push_str(&format!("\n{}[[rule]]\n", comment_line(&count)));
                text.push_str(&format!("hosts = [{}]\n", quoted(&host.name)));
                text.push_str(&format!("paths = [{}]\n", all_quoted(&paths)));
                text.push_str(&format!("origins = [{}]\n", all_quoted(origins)));
                for (name, list) in [
                    ("methods", &need.methods),
                    ("headers", &need.headers),
                    ("expose", &need.expose),
                ] {
                    if !list.is_empty() {
                        text.push_str(&format!("{name} = [{}]\n", all_quoted(list)));
                    }
                }
                if need.credentials {
                    text.push_str("credentials = true\n");
                }
                text.push_str(&format!("max_age = {MAX_AGE_SECONDS}\n"));
            }
        }
    }
    text
}
