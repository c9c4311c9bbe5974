//! The roles over a real broker and a real engine.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use store::engine::EngineUser;
use testkit::Process;
use testkit::engine::Engine;
use testkit::http::Http;
use testkit::kafka::Broker;

use crate::{Role, Settings, eventually};

/// All senders of a test have one address; what that address may send is no part of these tests.
const ONE_ADDRESS: &str = "[collector.limits]\nclient_rate = 10000\nclient_burst = 1000000\nnetwork_bytes = \"1GiB\"\nnetwork_bytes_burst = \"16GiB\"";

/// Everything but the roles themselves.
#[derive(Debug)]
pub struct Cluster {
    /// The one broker.
    pub broker: Broker,
    engine: Engine,
    database: String,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Cluster {
    /// Starts broker and engine, and writes the configuration that all roles share; `database` is
    /// the name of theirs.
    ///
    /// # Panics
    /// When one of them does not start.
    pub async fn prepare(database: &str) -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        let broker = Broker::start().await;
        let engine = Engine::start().await.expect("an engine");
        let server = engine.access().running().expect("the engine runs");
        let (user, password) = engine.access().credentials(EngineUser::Writer);
        let file = Settings::with_fixed_ports()
            .and(&format!(
                "[journal]\nkind = \"kafka\"\n\
                 [journal.kafka]\nbrokers = \"{}\"\npartitions = 3\ncreate_topic = true\n\
                 session_timeout = \"6s\"\n\
                 [journal.spool]\ndir = {:?}\n\
                 {ONE_ADDRESS}\n\
                 [store]\nurl = \"{}\"\nuser = \"{}\"\npassword = \"{}\"\n\
                 database = \"{database}\"",
                broker.bootstrap(),
                folder.path().join("spool"),
                server.url,
                user,
                password.reveal(),
            ))
            .write(folder.path());
        Self {
            broker,
            engine,
            database: database.to_owned(),
            file,
            _folder: folder,
        }
    }

    /// Runs a statement in the database of the roles, as its owner.
    ///
    /// # Panics
    /// When the engine refuses it.
    pub async fn sql(&self, statement: &str) {
        let server = self.engine.access().running().expect("the engine runs");
        let (user, password) = self.engine.access().credentials(EngineUser::Writer);
        let request = testkit::http::client()
            .post(server.url)
            .header("X-ClickHouse-Database", &self.database)
            .header("X-ClickHouse-User", user)
            .header("X-ClickHouse-Key", password.reveal())
            .body(statement.to_owned());
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        assert!(status.is_success(), "{statement}: {text}");
    }

    /// Starts a role.
    #[must_use]
    pub fn start(&self, role: &str) -> Process {
        Role::start(role, &self.file)
    }
}

/// Waits until each of `beacons` that [`flood`](crate::flood) sent is counted once, and the ledger
/// balances.
///
/// # Panics
/// When that does not come about.
pub async fn counted_and_balanced(private: &Http, beacons: u64) {
    eventually("all beacons are counted", async || -> Result<()> {
        let sli = private.json("/api/v1/sli?app=test&window=1h").await?;
        let counted = crate::counted(&sli["block_rate"]);
        ensure!(counted == Some((beacons, 2 * beacons)), "{sli}");
        Ok(())
    })
    .await;
    eventually("the ledger balances", async || -> Result<()> {
        let ledger = private.json("/api/v1/ledger").await?;
        let of = |name: &str| ledger[name].as_u64().unwrap_or(u64::MAX);
        ensure!(ledger["verdict"] == "balanced", "{ledger}");
        ensure!(of("stored") == beacons && of("in_flight") == 0, "{ledger}");
        ensure!(of("received") == of("refused") + of("appended") + of("shed"));
        ensure!(of("appended") == of("stored") + of("duplicate") + of("dead_lettered"));
        Ok(())
    })
    .await;
}
