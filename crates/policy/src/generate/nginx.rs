//! nginx: maps from host, path and origin to headers, and directives of a server that use them.

use std::collections::BTreeSet;

use super::{Host, MAX_AGE_SECONDS, Need, comment_line, joined};
use crate::template::escape;

/// What stands in the server.
const SERVER: &str = "\
# server { .. }, also in every location that has an `add_header` of its own: those replace these.
# nginx leaves headers with empty values out.
add_header Access-Control-Allow-Origin $cors_origin always;
add_header Access-Control-Allow-Credentials $cors_credentials always;
add_header Access-Control-Expose-Headers $cors_expose always;
add_header Access-Control-Allow-Methods $cors_methods always;
add_header Access-Control-Allow-Headers $cors_headers always;
add_header Access-Control-Max-Age $cors_max_age always;
add_header Vary Origin always;
if ($cors_preflight) {
    return 204;
}
";

/// An origin in a group.
struct Cell<'a> {
    key: String,
    need: &'a Need,
    comment: String,
}

pub(super) fn write(hosts: &[Host]) -> String {
    let origins: BTreeSet<&String> = hosts
        .iter()
        .flat_map(|host| &host.groups)
        .flat_map(|group| group.origins.keys())
        .collect();
    let origins: Vec<&String> = origins.into_iter().collect();
    let mut text = "\n# http { .. }\n".to_owned();
    text.push_str(&endpoints(hosts));
    text.push_str("# Who asks.\nmap $http_origin $cors_from {\n    default \"\";\n");
    for (number, origin) in (1..).zip(&origins) {
        text.push_str(&format!("    \"~^{}$\" {number};\n", escape(origin)));
    }
    text.push_str("}\n# Whether it is a preflight for one of them.\n");
    text.push_str(
        "map \"$request_method:$cors_at:$http_access_control_request_method\" $cors_preflight {\n",
    );
    text.push_str("    default \"\";\n    \"~^OPTIONS:[^:]+:.\" 1;\n}\n");
    let cells = cells(hosts, &origins);
    let key = "$cors_at:$cors_from";
    let of_preflight = "$cors_preflight:$cors_at:$cors_from";
    text.push_str("# Which origin may read what.\n");
    text.push_str(&map(key, "cors_origin", &cells, "", |_| {
        Some("$http_origin".to_owned())
    }));
    text.push_str(&map(key, "cors_credentials", &cells, "", |need| {
        need.credentials.then(|| "true".to_owned())
    }));
    let list =
        |names: &BTreeSet<String>| (!names.is_empty()).then(|| format!("\"{}\"", joined(names)));
    text.push_str(&map(key, "cors_expose", &cells, "", |need| {
        list(&need.expose)
    }));
    text.push_str("# What a preflight is told.\n");
    text.push_str(&map(of_preflight, "cors_methods", &cells, "1:", |need| {
        list(&need.methods)
    }));
    text.push_str(&map(of_preflight, "cors_headers", &cells, "1:", |need| {
        list(&need.headers)
    }));
    text.push_str(&map(of_preflight, "cors_max_age", &cells, "1:", |_| {
        Some(MAX_AGE_SECONDS.to_string())
    }));
    text.push('\n');
    text.push_str(SERVER);
    text
}

fn endpoints(hosts: &[Host]) -> String {
    let mut patterns = Vec::new();
    let groups = hosts
        .iter()
        .flat_map(|host| host.groups.iter().map(move |group| (host, group)));
    for (number, (host, group)) in (1..).zip(groups) {
        for path in &group.paths {
            patterns.push((path.vagueness(), host.name.as_str(), path.regex(), number));
        }
    }
    patterns.sort();
    let mut text = "# What is asked: endpoints in which everybody needs the same have one number.\nmap \"$host$uri\" $cors_at {\n    default \"\";\n".to_owned();
    for (_, host, path, number) in patterns {
        text.push_str(&format!("    \"~^{}{path}$\" {number};\n", escape(host)));
    }
    text.push_str("}\n");
    text
}

fn cells<'a>(hosts: &'a [Host], origins: &[&String]) -> Vec<Cell<'a>> {
    let mut cells = Vec::new();
    let groups = hosts.iter().flat_map(|host| &host.groups);
    for (number, group) in (1..).zip(groups) {
        for (origin, need) in &group.origins {
            let from = origins
                .iter()
                .position(|other| *other == origin)
                .map_or(0, |at| at + 1);
            let count = group.count([origin]);
            let comment = format!("{origin}: {}", count.text());
            cells.push(Cell {
                key: format!("{number}:{from}"),
                need,
                comment,
            });
        }
    }
    cells
}

fn map(
    source: &str,
    name: &str,
    cells: &[Cell<'_>],
    prefix: &str,
    value: impl Fn(&Need) -> Option<String>,
) -> String {
    let mut text = format!("map \"{source}\" ${name} {{\n    default \"\";\n");
    for cell in cells {
        if let Some(value) = value(cell.need) {
            let comment = if name == "cors_origin" {
                format!(" {}", comment_line(&cell.comment))
            } else {
                "\n".to_owned()
            };
            text.push_str(&format!("    \"{prefix}{}\" {value};{comment}", cell.key));
        }
    }
    text.push_str("}\n");
    text
}
