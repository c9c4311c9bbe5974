//! Kong's declarative configuration: a route for each endpoint, with a plugin of its own.

use super::group::needs_comment;
use super::{Group, Host, MAX_AGE_SECONDS, all_quoted, comment_line, quoted};
use crate::template::Path;

pub(super) fn write(hosts: &[Host]) -> String {
    let mut text = "_format_version: \"3.0\"\nservices:\n".to_owned();
    for host in hosts {
        let name = host.name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        text.push_str(&format!(
            "  - name: {}\n    url: {}\n    routes:\n",
            quoted(&name),
            quoted(&format!("http://{}", service_of(host)))
        ));
        let groups = host.groups.iter();
        let mut paths: Vec<(&Path, &Group)> = groups
            .flat_map(|group| group.paths.iter().map(move |path| (path, group)))
            .collect();
        paths.sort_by_key(|(path, _)| (path.vagueness(), (*path).clone()));
        for (number, (path, group)) in (1..).zip(&paths) {
            text.push_str(&route(host, &format!("{name}-{number}"), path, group));
            // Of the expressions that fit, the one of the highest priority is taken.
            text.push_str(&format!(
                "        regex_priority: {}\n",
                paths.len() + 1 - number
            ));
            text.push_str(&plugin(group));
        }
        text.push_str(&format!(
            "      - name: {}\n        hosts: [{}]\n        paths: [\"/\"]\n",
            quoted(&format!("{name}-rest")),
            quoted(&host.name)
        ));
    }
    text
}

fn service_of(host: &Host) -> &str {
    host.groups.first().map_or("your-service", Group::service)
}

fn route(host: &Host, name: &str, path: &Path, group: &Group) -> String {
    let mut text = format!(
        "      {}",
        comment_line(&format!(
            "{}: {}",
            path.template(),
            group.count(group.origins.keys()).text()
        ))
    );
    for comment in group.doubtful() {
        text.push_str(&format!("      {}", comment_line(&comment)));
    }
    text.push_str(&needs_comment(group, "Kong", "      "));
    text.push_str(&format!(
        "      - name: {}\n        hosts: [{}]\n        paths: [{}]\n        strip_path: false\n",
        quoted(name),
        quoted(&host.name),
        quoted(&format!("~{}$", path.regex()))
    ));
    text
}

fn plugin(group: &Group) -> String {
    let need = group.together();
    let mut text = "        plugins:\n          - name: cors\n            config:\n".to_owned();
    let mut line = |name: &str, value: &str| {
        text.push_str(&format!("              {name}: {value}\n"));
    };
    line(
        "origins",
        &format!("[{}]", all_quoted(group.origins.keys())),
    );
    // Without them the plugin allows every method and every name: words that need no permission give
    // nothing.
    for (name, names, instead) in [
        ("methods", &need.methods, "GET"),
        ("headers", &need.headers, "Accept"),
    ] {
        let names = match names.is_empty() {
            true => quoted(instead),
            false => all_quoted(names),
        };
        line(name, &format!("[{names}]"));
    }
    if !need.expose.is_empty() {
        line(
            "exposed_headers",
            &format!("[{}]", all_quoted(&need.expose)),
        );
    }
    if need.credentials {
        line("credentials", "true");
    }
    line("max_age", &MAX_AGE_SECONDS.to_string());
    text
}
