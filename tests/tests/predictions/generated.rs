//! Servers that run what `corswatch generate` writes: the text with the ports of the test in it, and what a
//! whole configuration needs around it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use policy::Form;
use testkit::checkout;

/// The forms whose servers are here, nginx apart.
pub(crate) const FORMS: [Form; 5] = [
    Form::Caddy,
    Form::Apache,
    Form::HaProxy,
    Form::Envoy,
    Form::Traefik,
];

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("a path of ASCII").to_owned()
}

/// The server of a form, with a generated text as its policy, on a port; `upstream` is the service behind it.
pub(crate) fn command(
    form: Form,
    text: &str,
    folder: &Path,
    (port, upstream): (u16, u16),
) -> Command {
    let behind = format!("127.0.0.1:{upstream}");
    match form {
        Form::Caddy => caddy(&text.replace("your-service", &behind), folder, port),
        Form::Apache => apache(&text.replace("your-service", &behind), folder, port),
        Form::HaProxy => haproxy(&text.replace("your-service:80", &behind), folder, port),
        Form::Envoy => envoy(text, folder, (port, upstream)),
        _ => traefik(text, folder, (port, upstream)),
    }
}

fn caddy(text: &str, folder: &Path, port: u16) -> Command {
    let sites = text
        .replace("\ng0.test {", &format!("\nhttp://g0.test:{port} {{"))
        .replace("\ng1.test {", &format!("\nhttp://g1.test:{port} {{"));
    let config = format!("{{\n\tadmin off\n\tauto_https off\n}}\n{sites}");
    let mut command = Command::new("caddy");
    command
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(write(folder, "Caddyfile", &config))
        .env("XDG_DATA_HOME", folder)
        .env("XDG_CONFIG_HOME", folder);
    command
}

fn apache(text: &str, folder: &Path, port: u16) -> Command {
    let names = [
        "mpm_event",
        "authz_core",
        "alias",
        "env",
        "headers",
        "proxy",
        "proxy_http",
        "rewrite",
        "setenvif",
    ];
    let loaded: String = names
        .map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"))
        .concat();
    let dir = folder.display();
    let hosts = text.replace("*:80", &format!("*:{port}"));
    let config = format!(
        "ServerRoot {dir}\nServerName localhost\nListen 127.0.0.1:{port}\nPidFile {dir}/apache.pid\nErrorLog /dev/stderr\n{loaded}User www-data\nProxyRequests Off\n{hosts}"
    );
    // The workers are another user.
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder, mode).expect("own directory");
    let mut command = Command::new("apache2");
    command
        .args(["-D", "FOREGROUND", "-f"])
        .arg(write(folder, "apache.conf", &config));
    command
}

fn haproxy(text: &str, folder: &Path, port: u16) -> Command {
    let own = text.replace("bind :80", &format!("bind 127.0.0.1:{port}"));
    let config = format!(
        "defaults\n  mode http\n  timeout client 20s\n  timeout connect 20s\n  timeout server 20s\n{own}"
    );
    let mut command = Command::new("haproxy");
    command
        .args(["-db", "-f"])
        .arg(write(folder, "haproxy.cfg", &config));
    command
}

fn envoy(text: &str, folder: &Path, (port, upstream): (u16, u16)) -> Command {
    let (_, hosts) = text.split_once("virtual_hosts:\n").expect("virtual hosts");
    // As deep as it stands in the listener.
    let hosts: String = hosts
        .replace("\"your-service\"", "behind")
        .replace("your-service", "behind")
        .lines()
        .map(|line| format!("            {line}\n"))
        .collect();
    let config = include_str!("../controllers/envoy.yaml")
        .replace("UPSTREAM", &upstream.to_string())
        .replace("PORT", &port.to_string())
        .replace("HOSTS\n", &hosts);
    let program = checkout::target().join("tools/envoy/envoy/_bin/envoy");
    let mut command = Command::new(program);
    command
        .args([
            "--disable-hot-restart",
            "--concurrency",
            "1",
            "--log-level",
            "warning",
            "-c",
        ])
        .arg(write(folder, "envoy.yaml", &config));
    command
}

fn traefik(text: &str, folder: &Path, (port, upstream): (u16, u16)) -> Command {
    let services = format!(
        "{text}  services:\n    your-service: {{loadBalancer: {{servers: [{{url: \"http://127.0.0.1:{upstream}\"}}]}}}}\n"
    );
    let dynamic = write(folder, "dynamic.yaml", &services);
    let config = format!(
        "entryPoints: {{web: {{address: \"127.0.0.1:{port}\"}}}}\nproviders: {{file: {{filename: \"{dynamic}\"}}}}\nlog: {{level: ERROR}}\n"
    );
    let mut command = Command::new(checkout::target().join("traefik/traefik"));
    command
        .arg("--configfile")
        .arg(write(folder, "traefik.yaml", &config));
    command
}
