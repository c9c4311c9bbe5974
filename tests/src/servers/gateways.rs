//! Servers that stand before applications.

use std::process::Command;

use testkit::checkout;

use super::{Site, write};

pub(super) fn nginx(site: &Site<'_>) -> Command {
    let dir = site.folder.display();
    let port = site.port;
    let behind = site.behind(
        |port| format!("proxy_pass http://127.0.0.1:{port};\n"),
        || format!("auth_basic x;\nauth_basic_user_file {};\n", site.users()),
    );
    // What follows the mark on its line is a comment.
    let (http, rest) = match site.piece.split_once("# location") {
        Some((http, rest)) => (http, rest.split_once('\n').map_or("", |(_, rest)| rest)),
        None => ("", site.piece),
    };
    let (server, location) = match &behind {
        Some(behind) => (rest, behind.as_str()),
        None => ("", rest),
    };
    write(site.folder, "www/x", "[]");
    // One process: workers would outlive a master that is killed. One that is root can give its files to
    // no one else, and need not.
    let text = format!(
        "user root;\ndaemon off;\nmaster_process off;\npid {dir}/pid;\nerror_log stderr;\nevents {{}}\n\
         http {{\naccess_log off;\nclient_body_temp_path {dir}/body;\nproxy_temp_path {dir}/proxy;\n\
         fastcgi_temp_path {dir}/fastcgi;\nuwsgi_temp_path {dir}/uwsgi;\nscgi_temp_path {dir}/scgi;\n\
         {http}\nserver {{\nlisten 127.0.0.1:{port};\nroot {dir}/www;\n{server}\nlocation / {{\n{location}\n}}\n}}\n}}\n"
    );
    let config = write(site.folder, "nginx.conf", &text);
    let mut command = Command::new("nginx");
    command
        .args(["-e", "stderr", "-p"])
        .arg(site.folder)
        .args(["-c", &config]);
    command
}

/// `caddy hash-password --plaintext p`, at its least cost.
const CADDY_LOGIN: &str =
    "basicauth {\n\tu $2a$04$MMbt5NnBoOG313w/wQLCPexNot0dqpoRtGZGHn0eS7EumeSzEtnv2\n}\n";

pub(super) fn caddy(site: &Site<'_>) -> Command {
    let own = || "handle /x {\n\trespond \"[]\"\n}\nhandle {\n\terror 404\n}\n".to_owned();
    let content = site
        .behind(
            |port| format!("reverse_proxy 127.0.0.1:{port}\n"),
            || CADDY_LOGIN.to_owned(),
        )
        .unwrap_or_else(own);
    let text = format!(
        "{{\n\tadmin off\n\tauto_https off\n}}\nhttp://:{} {{\nbind 127.0.0.1\n{}\n{content}}}\n",
        site.port, site.piece
    );
    let config = write(site.folder, "Caddyfile", &text);
    let mut command = Command::new("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config", &config]);
    command
        .env("XDG_DATA_HOME", site.folder)
        .env("XDG_CONFIG_HOME", site.folder);
    command
}

/// The modules that are loaded; those of logins and proxies disturb no one.
const APACHE_MODULES: [&str; 11] = [
    "mpm_event",
    "authn_core",
    "authn_file",
    "authz_core",
    "authz_user",
    "auth_basic",
    "headers",
    "setenvif",
    "rewrite",
    "proxy",
    "proxy_http",
];

pub(super) fn apache(site: &Site<'_>) -> Command {
    write(site.folder, "www/x", "[]");
    let modules = "/usr/lib/apache2/modules";
    let loaded = APACHE_MODULES
        .map(|name| format!("LoadModule {name}_module {modules}/mod_{name}.so\n"))
        .concat();
    let dir = site.folder.display();
    let behind = site.behind(
        |port| format!("ProxyPass / http://127.0.0.1:{port}/\n"),
        || {
            let users = site.users();
            format!(
                "<Location />\nAuthType Basic\nAuthName x\nAuthUserFile {users}\nRequire valid-user\n</Location>\n"
            )
        },
    );
    let text = format!(
        "ServerRoot {dir}\nServerName localhost\nListen 127.0.0.1:{}\nPidFile {dir}/pid\nErrorLog /dev/stderr\n\
         {loaded}User www-data\nDocumentRoot {dir}/www\n{}\n{}",
        site.port,
        site.piece,
        behind.unwrap_or_default()
    );
    // The workers are another user.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(site.folder, mode).expect("own directory");
    let config = write(site.folder, "apache.conf", &text);
    let mut command = Command::new("apache2");
    command.args(["-D", "FOREGROUND", "-f", &config]);
    command
}

pub(super) fn haproxy(site: &Site<'_>) -> Command {
    let own = "  http-request return status 200 content-type application/json string \"[]\" if { path /x }\n  http-request return status 404\n";
    let content = site
        .behind(
            |port| format!("  default_backend app\nbackend app\n  server app 127.0.0.1:{port}\n"),
            || "  http-request auth unless { http_auth(users) }\n".to_owned(),
        )
        .unwrap_or_else(|| own.to_owned());
    let text = format!(
        "defaults\n  mode http\n  timeout client 5s\n  timeout connect 5s\n  timeout server 5s\n\
         userlist users\n  user u insecure-password p\nfrontend web\n  bind 127.0.0.1:{}\n{}\n{content}",
        site.port, site.piece
    );
    let config = write(site.folder, "haproxy.cfg", &text);
    let mut command = Command::new("haproxy");
    command.args(["-db", "-f", &config]);
    command
}

pub(super) fn traefik(site: &Site<'_>) -> Command {
    let dir = site.folder.display();
    let users = site.users();
    let behind = site.behind(
        |port| {
            format!(
                "    app: {{loadBalancer: {{servers: [{{url: 'http://127.0.0.1:{port}'}}]}}}}\n"
            )
        },
        String::new,
    );
    let mut chain: Vec<&str> = Vec::new();
    if !site.piece.is_empty() {
        write(site.folder, "dynamic/cors.yaml", site.piece);
        chain.push("cors");
    }
    if matches!(site.content, super::Content::BehindLogin(_)) {
        chain.push("login");
    }
    let routes = format!(
        "http:\n  routers:\n    app: {{rule: 'PathPrefix(`/`)', service: app, middlewares: [{}]}}\n  middlewares:\n    \
         login: {{basicAuth: {{usersFile: '{users}'}}}}\n  services:\n{}",
        chain.join(", "),
        behind.expect("Traefik has no content of its own")
    );
    write(site.folder, "dynamic/routes.yaml", &routes);
    let text = format!(
        "global: {{checkNewVersion: false, sendAnonymousUsage: false}}\nentryPoints: {{web: {{address: '127.0.0.1:{}'}}}}\n\
         providers: {{file: {{directory: '{dir}/dynamic', watch: false}}}}\n",
        site.port
    );
    let config = write(site.folder, "traefik.yaml", &text);
    let mut command = Command::new(checkout::target().join("traefik/traefik"));
    command.arg(format!("--configFile={config}"));
    command
}

/// What is printed for Envoy says by this where its second part stands.
const IN_VIRTUAL_HOST: &str = "# In the virtual host";

pub(super) fn envoy(site: &Site<'_>) -> Command {
    let (filters, host) = match site.piece.split_once(IN_VIRTUAL_HOST) {
        Some((filters, host)) => (filters, host.split_once('\n').map_or("", |(_, rest)| rest)),
        None => ("", ""),
    };
    let login = || {
        format!(
            "- name: envoy.filters.http.basic_auth\n  typed_config:\n    \
             \"@type\": type.googleapis.com/envoy.extensions.filters.http.basic_auth.v3.BasicAuth\n    \
             users: {{filename: \"{}\"}}\n",
            site.users()
        )
    };
    let login = match site.content {
        super::Content::BehindLogin(_) => login(),
        _ => String::new(),
    };
    let behind = site.behind(|port| port.to_string(), String::new);
    let text = include_str!("envoy.yaml")
        .replace("PORT", &site.port.to_string())
        .replace("BEHIND", &behind.expect("Envoy has no content of its own"))
        .replace("FILTERS\n", &indented(&(filters.to_owned() + &login), 10))
        .replace("HOST\n", &indented(host, 14));
    let config = write(site.folder, "envoy.yaml", &text);
    let mut command = Command::new(checkout::target().join("tools/envoy/envoy/_bin/envoy"));
    command.args([
        "--concurrency",
        "1",
        "--disable-hot-restart",
        "--log-level",
        "error",
        "-c",
        &config,
    ]);
    command
}

fn indented(text: &str, by: usize) -> String {
    let lines = text.lines();
    lines.map(|line| format!("{:by$}{line}\n", "")).collect()
}
