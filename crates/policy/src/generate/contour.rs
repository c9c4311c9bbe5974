//! HTTPProxies of Contour: one for each host, whose policy is for all of its routes.

use super::group::needs_comment;
use super::{Host, MAX_AGE_SECONDS, all_quoted, comment_line, quoted};

pub(super) fn write(hosts: Vec<Host>) -> String {
    let mut text = String::new();
    for mut host in hosts {
        // The policy stands on the host: all endpoints are one group.
        let merged = host.settle(|_, _| Some(0));
        for group in &host.groups {
            text.push_str("---\n");
            if merged {
                text.push_str(&comment_line(
                    "Contour cannot keep the endpoints of a host apart: some get what others need.",
                ));
            }
            text.push_str(&comment_line(&group.count(group.origins.keys()).text()));
            for comment in group.doubtful() {
                text.push_str(&comment_line(&comment));
            }
            text.push_str(&needs_comment(group, "Contour", ""));
            let need = group.together();
            let name = host.name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
            text.push_str(&format!(
                "apiVersion: projectcontour.io/v1\nkind: HTTPProxy\nmetadata:\n  name: {}\nspec:\n  virtualhost:\n    fqdn: {}\n    corsPolicy:\n",
                quoted(&format!("cors-{name}")),
                quoted(&host.name)
            ));
            let mut line = |name: &str, value: &str| {
                text.push_str(&format!("      {name}: {value}\n"));
            };
            line(
                "allowOrigin",
                &format!("[{}]", all_quoted(group.origins.keys())),
            );
            // It is not valid without methods: one that needs no permission gives nothing.
            let methods = match need.methods.is_empty() {
                true => quoted("GET"),
                false => all_quoted(&need.methods),
            };
            line("allowMethods", &format!("[{methods}]"));
            for (name, names) in [
                ("allowHeaders", &need.headers),
                ("exposeHeaders", &need.expose),
            ] {
                if !names.is_empty() {
                    line(name, &format!("[{}]", all_quoted(names)));
                }
            }
            if need.credentials {
                line("allowCredentials", "true");
            }
            line("maxAge", &quoted(&format!("{MAX_AGE_SECONDS}s")));
            text.push_str(&format!(
                "  routes:\n    - services: [{{name: {}, port: 80}}]\n",
                quoted(group.service())
            ));
        }
    }
    text
}
