//! The product in pieces: two of each role over a real broker and a real engine, with a proxy
//! wherever a network would be.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use store::Store;
use store::engine::{EngineAccess, EngineHost, EngineUser};
use testkit::engine::Engine;
use testkit::http::Http;
use testkit::kafka::Broker;
use testkit::{Process, checkout, port};

use super::proxy::Proxy;
use crate::{Role, Settings};

pub(super) const DATABASE: &str = "chaos";
pub(super) const PARTITIONS: u32 = 2;
const START: Duration = Duration::from_secs(60);

/// A process of a role.
#[derive(Debug)]
pub struct Member {
    /// `loader-1`.
    pub name: String,
    role: &'static str,
    file: PathBuf,
    environment: Vec<(String, String)>,
    process: Option<Process>,
}

impl Member {
    /// Starts it, or starts it again.
    pub fn start(&mut self) {
        let mut command = Role::command(self.role, &self.file);
        command.envs(self.environment.iter().cloned());
        self.process = Some(Process::start(&mut command));
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// SIGSTOP.
    pub fn pause(&self) {
        if let Some(process) = &self.process {
            process.pause();
        }
    }

    /// SIGCONT.
    pub fn resume(&self) {
        if let Some(process) = &self.process {
            process.resume();
        }
    }

    /// SIGTERM, and waits until it has drained.
    pub async fn end(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.terminate();
            process.ended(START).await;
        }
    }

    /// The last lines that it said.
    #[must_use]
    pub fn last_words(&self) -> Vec<String> {
        let lines = self.process.as_ref().map(Process::lines);
        let mut lines = lines.unwrap_or_default();
        lines.split_off(lines.len().saturating_sub(25))
    }

    /// Starts it again where it has ended by itself, as a service manager would; whether it had.
    fn revive(&mut self) -> Option<String> {
        let process = self.process.as_mut()?;
        let status = process.has_ended()?;
        let said = self.last_words().join("\n    ");
        self.start();
        Some(format!("{} ended ({status}):\n    {said}", self.name))
    }
}

/// Everything that runs.
#[derive(Debug)]
pub struct Cluster {
    /// The broker.
    pub broker: Broker,
    /// The engine.
    pub engine: Engine,
    /// Between the roles and the broker.
    pub to_broker: Proxy,
    /// Between the loaders and the engine.
    pub to_engine: Proxy,
    _to_engine_of_others: Proxy,
    /// Collectors, loaders, aggregators (two of each), the dashboard, and a third loader that comes
    /// and goes.
    pub members: Vec<Member>,
    /// The store, past every proxy.
    pub store: Store,
    edges: [u16; 2],
    private: u16,
    _folder: tempfile::TempDir,
}

/// Where the third loader stands among the members.
pub const GUEST: usize = 7;

impl Cluster {
    /// Starts everything.
    ///
    /// # Errors
    /// When a part cannot be started.
    pub async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let host = EngineHost {
            program: checkout::corswatch(),
            args: vec!["engine-host".into()],
        };
        let engine = Engine::start_with(host).await?;
        let broker_port = port::lasting();
        let broker_address = SocketAddr::from(([127, 0, 0, 1], broker_port));
        let to_broker = Proxy::start(move || Some(broker_address)).await?;
        let broker = Broker::start_behind(broker_port, to_broker.port()).await;
        let to_engine = Proxy::start(address_of(engine.access())).await?;
        let others = Proxy::start(address_of(engine.access())).await?;
        let store = Store::embedded(
            &store::Config {
                database: DATABASE.to_owned(),
                ..engine.config()
            },
            engine.access(),
        );
        store.migrate().await?;
        let (edges, private) = ([port::lasting(), port::lasting()], port::lasting());
        let loaders = folder.path().join("loader");
        let rest = folder.path().join("rest");
        std::fs::create_dir_all(&loaders)?;
        std::fs::create_dir_all(&rest)?;
        let file = |folder: &PathBuf, engine_port: u16| {
            settings(&engine, to_broker.port(), engine_port).write(folder)
        };
        let files = [file(&rest, others.port()), file(&loaders, to_engine.port())];
        let members = members(&files, edges, private, folder.path());
        let mut cluster = Self {
            broker,
            engine,
            to_broker,
            to_engine,
            _to_engine_of_others: others,
            members,
            store,
            edges,
            private,
            _folder: folder,
        };
        for member in &mut cluster.members[..GUEST] {
            member.start();
        }
        cluster.serving().await;
        Ok(cluster)
    }

    /// The addresses of the two edges.
    #[must_use]
    pub fn edges(&self) -> [String; 2] {
        self.edges.map(|port| format!("http://127.0.0.1:{port}"))
    }

    /// The admin server.
    #[must_use]
    pub fn private(&self) -> Http {
        Http::new(format!("http://127.0.0.1:{}", self.private))
    }

    /// Starts again what has ended by itself; says what.
    pub fn revive(&mut self) -> Vec<String> {
        self.members.iter_mut().filter_map(Member::revive).collect()
    }

    /// Asks the engine, past every proxy: lines of tab-separated values.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn ask(&self, sql: &str) -> Result<Vec<Vec<String>>> {
        let running = self.engine.access().running().context("the engine runs")?;
        let (user, password) = self.engine.access().credentials(EngineUser::Writer);
        let answer = testkit::http::client()
            .post(running.url)
            .header("X-ClickHouse-User", user)
            .header("X-ClickHouse-Key", password.reveal())
            .header("X-ClickHouse-Database", DATABASE)
            .body(format!("{sql} FORMAT TSV"))
            .send()
            .await?;
        let (status, text) = (answer.status(), answer.text().await?);
        anyhow::ensure!(status.is_success(), "{sql}: {text}");
        let values = |line: &str| line.split('\t').map(str::to_owned).collect();
        Ok(text.lines().map(values).collect())
    }

    async fn serving(&mut self) {
        for port in self.edges.into_iter().chain([self.private]) {
            let url = format!("http://127.0.0.1:{port}/");
            testkit::wait_until("every role serves", START, || {
                let get = testkit::http::get(url.clone());
                async move { get.await.is_ok() }
            })
            .await;
        }
    }
}

/// Where the engine listens, as long as it runs: for a [`Proxy`] before it.
pub fn address_of(
    access: &EngineAccess,
) -> impl Fn() -> Option<SocketAddr> + Send + Sync + 'static {
    let access = Arc::new(access.clone());
    move || {
        let url = access.running()?.url;
        url.trim_start_matches("http://")
            .trim_end_matches('/')
            .parse()
            .ok()
    }
}

fn settings(engine: &Engine, broker: u16, engine_port: u16) -> Settings {
    let (user, password) = engine.access().credentials(EngineUser::Writer);
    Settings::with_fixed_ports().and(&format!(
        "[journal]\nkind = \"kafka\"\n\
         [journal.kafka]\nbrokers = \"127.0.0.1:{broker}\"\npartitions = {PARTITIONS}\n\
         create_topic = true\nsession_timeout = \"6s\"\n\
         [loader]\nchunk_size = 256\n\
         [store]\nurl = \"http://127.0.0.1:{engine_port}\"\nuser = \"{user}\"\n\
         password = \"{}\"\ndatabase = \"{DATABASE}\"\ninsert_timeout = \"5s\"\n\
         durability = \"buffered\"",
        password.reveal(),
    ))
}

/// The members in the order of the data; the last is the guest.
fn members(
    [rest, loading]: &[PathBuf; 2],
    edges: [u16; 2],
    private: u16,
    folder: &std::path::Path,
) -> Vec<Member> {
    let roles = [
        ("collector-1", "collector"),
        ("collector-2", "collector"),
        ("loader-1", "loader"),
        ("loader-2", "loader"),
        ("aggregator-1", "aggregator"),
        ("aggregator-2", "aggregator"),
        ("dashboard", "dashboard"),
        ("loader-3", "loader"),
    ];
    let listen = |name: &str| match name {
        "collector-1" => Some(("COLLECTOR", edges[0])),
        "collector-2" => Some(("COLLECTOR", edges[1])),
        "dashboard" => Some(("DASHBOARD", private)),
        _ => None,
    };
    let member = |(name, role): (&str, &'static str)| {
        let own = folder.join(name);
        let spool = own.join("spool");
        let mut environment = vec![
            ("CORSWATCH__DATA".to_owned(), own.display().to_string()),
            (
                "CORSWATCH__JOURNAL__SPOOL__DIR".to_owned(),
                spool.display().to_string(),
            ),
        ];
        environment.extend(listen(name).map(|(section, port)| {
            let name = format!("CORSWATCH__{section}__LISTEN");
            (name, format!("127.0.0.1:{port}"))
        }));
        Member {
            name: name.to_owned(),
            role,
            file: if role == "loader" { loading } else { rest }.clone(),
            environment,
            process: None,
        }
    };
    roles.into_iter().map(member).collect()
}
