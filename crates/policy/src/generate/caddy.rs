//! Caddyfiles: a matcher, headers and an answer to preflights for each route.

use super::routes::routes;
use super::{Host, MAX_AGE_SECONDS, comment_line, joined, quoted};

pub(super) fn write(hosts: &[Host]) -> String {
    let mut text = String::new();
    for host in hosts {
        text.push_str(&format!("\n{} {{\n", host.name));
        // The first `handle` that fits is the only one.
        for (number, route) in (1..).zip(routes(std::slice::from_ref(host))) {
            text.push_str(&route.heading("\t"));
            let path = if route.path.is_literal() {
                format!("path {}", quoted(&route.path.template()))
            } else {
                format!(
                    "path_regexp {}",
                    quoted(&format!("^{}$", route.path.regex()))
                )
            };
            let escaped: Vec<String> = route
                .origins
                .iter()
                .map(|origin| crate::template::escape(origin))
                .collect();
            let origins = format!("header_regexp Origin `^({})$`", escaped.join("|"));
            text.push_str(&format!(
                "\t@cors-{number} {{\n\t\t{path}\n\t\t{origins}\n\t}}\n\thandle @cors-{number} {{\n"
            ));
            text.push_str("\t\theader {\n\t\t\tAccess-Control-Allow-Origin {header.origin}\n");
            let need = route.need;
            if need.credentials {
                text.push_str("\t\t\tAccess-Control-Allow-Credentials true\n");
            }
            if !need.expose.is_empty() {
                text.push_str(&format!(
                    "\t\t\tAccess-Control-Expose-Headers {}\n",
                    quoted(&joined(&need.expose))
                ));
            }
            text.push_str(&format!(
                "\t\t}}\n\t\t@preflight-{number} {{\n\t\t\tmethod OPTIONS\n\t\t\theader Access-Control-Request-Method *\n\t\t}}\n\t\thandle @preflight-{number} {{\n\t\t\theader {{\n"
            ));
            for (name, names) in [("Methods", &need.methods), ("Headers", &need.headers)] {
                if !names.is_empty() {
                    text.push_str(&format!(
                        "\t\t\t\tAccess-Control-Allow-{name} {}\n",
                        quoted(&joined(names))
                    ));
                }
            }
            text.push_str(&format!(
                "\t\t\t\tAccess-Control-Max-Age {MAX_AGE_SECONDS}\n\t\t\t}}\n\t\t\trespond 204\n\t\t}}\n\t\thandle {{\n\t\t\treverse_proxy your-service\n\t\t}}\n\t}}\n"
            ));
        }
        text.push_str(&format!(
            "\t{}",
            comment_line("Caches keep answers apart by the page's origin.")
        ));
        text.push_str(
            "\theader +Vary Origin\n\thandle {\n\t\treverse_proxy your-service\n\t}\n}\n",
        );
    }
    text
}
