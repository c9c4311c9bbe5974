//! Web servers as their users configure them, on free ports.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use testkit::{Process, checkout, port, wait_until};

/// How long a server may take until it listens.
const START: Duration = Duration::from_secs(60);

/// A kind of server that can be started with a piece of configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// nginx; the piece is what the snippets have: maps, then `# location`, then directives of it.
    Nginx,
    /// Caddy; the piece stands in the site's block.
    Caddy,
    /// Apache httpd; the piece stands in the server's configuration.
    Apache,
    /// HAProxy; the piece stands in the frontend.
    HaProxy,
    /// Express; the piece stands before the routes.
    Express,
    /// FastAPI; the piece stands after the routes.
    FastApi,
}

/// A running server. It answers `/x`, by any method that it takes, and nothing else.
#[derive(Debug)]
pub struct WebServer {
    /// `http://127.0.0.1:PORT`.
    pub base: String,
    process: Process,
    folder: tempfile::TempDir,
}

impl WebServer {
    /// Starts a server and waits until it listens.
    ///
    /// # Panics
    /// When the server is not installed, refuses its configuration, or does not listen in time.
    pub async fn start(kind: Kind, piece: &str) -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        let port = port::free();
        let process = listening(kind, folder.path(), port, piece).await;
        Self {
            base: format!("http://127.0.0.1:{port}"),
            process,
            folder,
        }
    }

    /// Ends the server and starts it again, at the same address and with another piece.
    ///
    /// # Panics
    /// As [`WebServer::start`].
    pub async fn restart(&mut self, kind: Kind, piece: &str) {
        self.process.kill();
        let port = self.base.rsplit(':').next().expect("a port");
        let port = port.parse().expect("a number");
        self.process = listening(kind, self.folder.path(), port, piece).await;
    }

    /// What the server has said.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.process.lines()
    }
}

/// A server that listens at `port`.
async fn listening(kind: Kind, folder: &Path, port: u16, piece: &str) -> Process {
    let mut command = kind.command(folder, port, piece);
    let mut process = Process::start(command.current_dir(folder));
    let listens = || async {
        tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .is_ok()
    };
    let waiting = wait_until("the server listens", START, listens);
    tokio::select! {
        () = waiting => {}
        () = has_ended(&mut process) => panic!("{kind:?} ended: {:#?}\n{piece}", process.lines()),
    }
    process
}

async fn has_ended(process: &mut Process) {
    process.ended(START * 2).await;
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("a path of ASCII").to_owned()
}

impl Kind {
    fn command(self, folder: &Path, port: u16, piece: &str) -> Command {
        match self {
            Self::Nginx => nginx(folder, port, piece),
            Self::Caddy => caddy(folder, port, piece),
            Self::Apache => apache(folder, port, piece),
            Self::HaProxy => haproxy(folder, port, piece),
            Self::Express => express(folder, port, piece),
            Self::FastApi => fastapi(folder, port, piece),
        }
    }
}

fn nginx(folder: &Path, port: u16, piece: &str) -> Command {
    // What follows the mark on its line is a comment.
    let (http, location) = match piece.split_once("# location") {
        Some((http, rest)) => (http, rest.split_once('\n').map_or("", |(_, rest)| rest)),
        None => ("", piece),
    };
    write(folder, "www/x", "[]");
    let dir = folder.display();
    // One process: workers would outlive a master that is killed. One that is root can give its files to
    // nobody else, and need not.
    let text = format!(
        "user root;\ndaemon off;\nmaster_process off;\npid {dir}/pid;\nerror_log stderr;\nevents {{}}\n\
         http {{\naccess_log off;\nclient_body_temp_path {dir}/body;\nproxy_temp_path {dir}/proxy;\n\
         fastcgi_temp_path {dir}/fastcgi;\nuwsgi_temp_path {dir}/uwsgi;\nscgi_temp_path {dir}/scgi;\n\
         {http}\nserver {{\nlisten 127.0.0.1:{port};\nroot {dir}/www;\nlocation / {{\n{location}\n}}\n}}\n}}\n"
    );
    let config = write(folder, "nginx.conf", &text);
    let mut command = Command::new("nginx");
    command
        .args(["-e", "stderr", "-p"])
        .arg(folder)
        .args(["-c", &config]);
    command
}

fn caddy(folder: &Path, port: u16, piece: &str) -> Command {
    let text = format!(
        "{{\n\tadmin off\n\tauto_https off\n}}\nhttp://127.0.0.1:{port} {{\n{piece}\nhandle /x {{\n\trespond \"[]\"\n}}\nhandle {{\n\terror 404\n}}\n}}\n"
    );
    let config = write(folder, "Caddyfile", &text);
    let mut command = Command::new("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config", &config]);
    command
        .env("XDG_DATA_HOME", folder)
        .env("XDG_CONFIG_HOME", folder);
    command
}

fn apache(folder: &Path, port: u16, piece: &str) -> Command {
    write(folder, "www/x", "[]");
    let modules = "/usr/lib/apache2/modules";
    let loaded: String = ["mpm_event", "authz_core", "headers", "setenvif", "rewrite"]
        .map(|name| format!("LoadModule {name}_module {modules}/mod_{name}.so\n"))
        .concat();
    let dir = folder.display();
    let text = format!(
        "ServerRoot {dir}\nServerName localhost\nListen 127.0.0.1:{port}\nPidFile {dir}/pid\nErrorLog /dev/stderr\n\
         {loaded}User www-data\nDocumentRoot {dir}/www\n{piece}\n"
    );
    // The workers are another user.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder, mode).expect("own directory");
    let config = write(folder, "apache.conf", &text);
    let mut command = Command::new("apache2");
    command.args(["-D", "FOREGROUND", "-f", &config]);
    command
}

fn haproxy(folder: &Path, port: u16, piece: &str) -> Command {
    let text = format!(
        "defaults\n  mode http\n  timeout client 5s\n  timeout connect 5s\n  timeout server 5s\n\
         frontend web\n  bind 127.0.0.1:{port}\n{piece}\n  http-request return status 200 content-type application/json string \"[]\" if {{ path /x }}\n  http-request return status 404\n"
    );
    let config = write(folder, "haproxy.cfg", &text);
    let mut command = Command::new("haproxy");
    command.args(["-db", "-f", &config]);
    command
}

fn express(folder: &Path, port: u16, piece: &str) -> Command {
    let text = format!(
        "const express = require('express');\nconst app = express();\n{piece}\n\
         app.all('/x', (_, response) => response.json([]));\napp.listen({port}, '127.0.0.1');\n"
    );
    let script = write(folder, "server.cjs", &text);
    let modules = checkout::root().join("tests/servers/express/node_modules");
    let mut command = Command::new("node");
    command.arg(script).env("NODE_PATH", modules);
    command
}

fn fastapi(folder: &Path, port: u16, piece: &str) -> Command {
    let text = format!(
        "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.api_route(\"/x\", methods=[\"GET\", \"PUT\"])\ndef x():\n    return []\n\n\n{piece}\n"
    );
    write(folder, "server.py", &text);
    // Debian's own Python, where the packages are.
    let mut command = Command::new("/usr/bin/python3");
    command.args([
        "-m",
        "uvicorn",
        "server:app",
        "--host",
        "127.0.0.1",
        "--port",
    ]);
    command.arg(port.to_string());
    command
}
