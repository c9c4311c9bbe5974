//! Web servers as their users configure them, on free ports.

mod applications;
mod gateways;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use testkit::{Process, checkout, port, wait_until};

/// How long a server may take until it listens.
const START: Duration = Duration::from_secs(60);

/// A kind of server that can be started with a piece of configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// nginx; the piece is directives of a location, or maps, then `# location`, then those. Where an
    /// application is behind, it is directives of the server.
    Nginx,
    /// Caddy; the piece stands in the site's block.
    Caddy,
    /// Apache httpd; the piece stands in the server's configuration.
    Apache,
    /// HAProxy; the piece stands in the frontend.
    HaProxy,
    /// Traefik; the piece is a file of its own that has the middleware `cors`, or nothing. There is
    /// always an application behind.
    Traefik,
    /// Envoy; the piece is what stands in `http_filters`, then `# In the virtual host`, then what stands there; or
    /// nothing. There is always an application behind.
    Envoy,
    /// Express; the piece stands before the routes.
    Express,
    /// FastAPI; the piece stands after the routes.
    FastApi,
}

/// The application behind the gateways, which also has the pages that ask them (`tests/servers/behind.mjs`).
#[derive(Debug)]
pub struct Application {
    /// The port at which it listens.
    pub port: u16,
    _process: Process,
}

impl Application {
    /// Starts it and waits until it listens.
    ///
    /// # Panics
    /// When it cannot be started, or does not listen in time.
    pub async fn start() -> Self {
        let port = port::lasting();
        let script = checkout::root().join("tests/servers/behind.mjs");
        let process = Process::start(Command::new("node").arg(script).arg(port.to_string()));
        let listens = || async {
            tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .is_ok()
        };
        wait_until("the application listens", START, listens).await;
        Self {
            port,
            _process: process,
        }
    }
}

/// Where the answers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// From the server: `/x` by any method that it takes, in applications also `/boom`, which fails,
    /// and `/private`, which wants Authorization.
    Own,
    /// From an application behind it, at this port.
    Behind(u16),
    /// The same, and the server lets no one through who has not logged in as `u` with `p`.
    BehindLogin(u16),
    /// The piece is the whole program of an application, which listens where it says.
    Program,
}

/// A running server.
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
        Self::with(kind, piece, Content::Own).await
    }

    /// The same with answers from elsewhere.
    ///
    /// # Panics
    /// As [`WebServer::start`].
    pub async fn with(kind: Kind, piece: &str, content: Content) -> Self {
        // Asked again and again until the server listens, which must not be by a port of clients.
        Self::at(port::lasting(), kind, piece, content).await
    }

    /// The same at a port.
    ///
    /// # Panics
    /// As [`WebServer::start`].
    pub async fn at(port: u16, kind: Kind, piece: &str, content: Content) -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        let process = listening(kind, folder.path(), port, piece, content).await;
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
        let port = self.port();
        self.process = listening(kind, self.folder.path(), port, piece, Content::Own).await;
    }

    /// The port at which it listens.
    ///
    /// # Panics
    /// Never: every base has one.
    #[must_use]
    pub fn port(&self) -> u16 {
        let port = self.base.rsplit(':').next();
        port.and_then(|port| port.parse().ok()).expect("a port")
    }

    /// What the server has said.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.process.lines()
    }
}

/// A server that listens at `port`.
async fn listening(kind: Kind, folder: &Path, port: u16, piece: &str, content: Content) -> Process {
    let site = Site {
        folder,
        port,
        piece,
        content,
    };
    let mut command = kind.command(&site);
    let mut process = Process::start(command.current_dir(folder));
    let listens = || async {
        match kind {
            // It listens before it knows any route.
            Kind::Traefik => testkit::http::get(format!("http://127.0.0.1:{port}/x"))
                .await
                .is_ok_and(|response| response.status() != 404),
            _ => tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .is_ok(),
        }
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

/// What a server is to be.
struct Site<'a> {
    folder: &'a Path,
    port: u16,
    piece: &'a str,
    content: Content,
}

impl Site<'_> {
    /// What stands in a configuration where an application is behind, and what where it also asks for
    /// a login.
    fn behind(&self, proxy: impl Fn(u16) -> String, login: impl Fn() -> String) -> Option<String> {
        match self.content {
            Content::Own | Content::Program => None,
            Content::Behind(port) => Some(proxy(port)),
            Content::BehindLogin(port) => Some(login() + &proxy(port)),
        }
    }

    /// The piece, where it is all there is.
    fn program(&self) -> Option<String> {
        (self.content == Content::Program).then(|| self.piece.to_owned())
    }

    /// A file with the one who may log in.
    fn users(&self) -> String {
        write(
            self.folder,
            "users",
            "u:{SHA}UWuXg/ylF+7L0dBk2i0WUxCxl1k=\n",
        )
    }
}

impl Kind {
    fn command(self, site: &Site<'_>) -> Command {
        match self {
            Self::Nginx => gateways::nginx(site),
            Self::Caddy => gateways::caddy(site),
            Self::Apache => gateways::apache(site),
            Self::HaProxy => gateways::haproxy(site),
            Self::Traefik => gateways::traefik(site),
            Self::Envoy => gateways::envoy(site),
            Self::Express => applications::express(site),
            Self::FastApi => applications::fastapi(site),
        }
    }
}
