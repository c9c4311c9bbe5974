//! Virtual hosts of Apache: variables by endpoint and origin, headers that depend on them, and an
//! answer to preflights.

use super::routes::routes;
use super::{Host, MAX_AGE_SECONDS, comment_line, joined};

pub(super) fn write(hosts: &[Host]) -> String {
    let mut text = comment_line("With mod_headers, mod_setenvif and mod_rewrite.");
    for host in hosts {
        text.push_str(&format!(
            "<VirtualHost *:80>\n    ServerName {}\n",
            host.name
        ));
        let routes = routes(std::slice::from_ref(host));
        let mut paths = Vec::new();
        for route in &routes {
            if !paths.contains(&route.path) {
                paths.push(route.path);
            }
        }
        text.push_str(&format!(
            "    {}",
            comment_line("What is asked; of those that fit the last counts.")
        ));
        for (before, path) in paths.iter().enumerate().rev() {
            text.push_str(&format!(
                "    SetEnvIf Request_URI \"^{}$\" cors_at={}\n",
                path.regex(),
                before + 1
            ));
        }
        for (number, route) in (1..).zip(&routes) {
            let at = paths
                .iter()
                .position(|path| *path == route.path)
                .map_or(0, |at| at + 1);
            let origins: Vec<String> = route
                .origins
                .iter()
                .map(|origin| format!("'{origin}'"))
                .collect();
            text.push_str(&route.heading("    "));
            text.push_str(&format!(
                "    SetEnvIfExpr \"reqenv('cors_at') == '{at}' && req('Origin') in {{ {} }}\" cors_{number}\n",
                origins.join(", ")
            ));
            let mut header = |name: &str, value: &str| {
                text.push_str(&format!(
                    "    Header always set Access-Control-{name} \"{value}\" env=cors_{number}\n"
                ));
            };
            header("Allow-Origin", "expr=%{HTTP:Origin}");
            let need = route.need;
            if need.credentials {
                header("Allow-Credentials", "true");
            }
            for (name, names) in [
                ("Allow-Methods", &need.methods),
                ("Allow-Headers", &need.headers),
                ("Expose-Headers", &need.expose),
            ] {
                if !names.is_empty() {
                    header(name, &joined(names));
                }
            }
            header("Max-Age", &MAX_AGE_SECONDS.to_string());
        }
        text.push_str(
            "    Header always merge Vary Origin\n    RewriteEngine On\n    RewriteCond %{REQUEST_METHOD} =OPTIONS\n    RewriteCond %{HTTP:Access-Control-Request-Method} .\n    RewriteCond %{ENV:cors_at} .\n    RewriteRule ^ - [R=204,L]\n    ProxyPass \"/\" \"http://your-service/\"\n</VirtualHost>\n",
        );
    }
    text
}
