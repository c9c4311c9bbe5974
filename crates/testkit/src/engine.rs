//! A real ClickHouse for tests: the embedded engine, a database for each test.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use runtime::Stop;
use rustix::process::{Pid, Signal, kill_process};
use settings::Span;
use store::engine::{Engine as Embedded, EngineAccess, EngineConfig, EngineHost};
use store::{Config, Retention, Store};
use tokio::sync::OnceCell;

/// A running engine on a directory of its own. Dropping it ends the process and removes the
/// directory.
#[derive(Debug)]
pub struct Engine {
    access: EngineAccess,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
    data: tempfile::TempDir,
}

static SHARED: OnceCell<Engine> = OnceCell::const_new();
static DATABASES: AtomicU32 = AtomicU32::new(0);
/// Directories of engines that tests of this machine left behind are swept by this name.
const PREFIX: &str = "corswatch-test-engine-";

impl Engine {
    /// An engine of the caller's own, for tests that kill it.
    ///
    /// # Errors
    /// When the library is not installed or the engine does not start.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(host()?).await
    }

    /// The same, hosted by another executable.
    ///
    /// # Errors
    /// When the library is not installed or the engine does not start.
    pub async fn start_with(host: EngineHost) -> anyhow::Result<Self> {
        sweep();
        let data = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
        let stop = Stop::new();
        let (started, access) = tokio::sync::oneshot::channel();
        let (dir, stopped) = (data.path().to_owned(), stop.clone());
        // A runtime of its own: each test has another, and the engine outlives them.
        let thread = std::thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime");
                runtime.block_on(async {
                    let engine = Embedded::start(EngineConfig::default(), dir, host).await;
                    let engine = engine.map(|engine| (engine.access(), engine));
                    let engine = match engine {
                        Ok((access, engine)) => started.send(Ok(access)).ok().map(|()| engine),
                        Err(error) => started.send(Err(error)).ok().and(None),
                    };
                    if let Some(engine) = engine {
                        engine.run(stopped).await.expect("the engine keeps running");
                    }
                });
            })?;
        let access = access.await.context("the engine's thread ended")??;
        Ok(Self {
            access,
            stop,
            thread: Some(thread),
            data,
        })
    }

    /// The one engine of this test binary. It ends with the binary.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn shared() -> &'static Self {
        SHARED
            .get_or_init(|| async { Self::start().await.expect("the engine starts") })
            .await
    }

    /// A store in a new database of the shared engine, migrated.
    ///
    /// # Panics
    /// When the engine does not start or the database cannot be made.
    pub async fn database() -> Store {
        Self::shared().await.store().await
    }

    /// A store in a new database of this engine, migrated.
    ///
    /// # Panics
    /// When the database cannot be made.
    pub async fn store(&self) -> Store {
        let store = Store::embedded(&self.config(), &self.access);
        store.migrate().await.expect("the database is migrated");
        store
    }

    /// A configuration that names a new database, for [`Store::embedded`]. Acknowledged inserts are
    /// not synced, as tests kill processes, not machines; rows are kept for fifty years, as tests
    /// have times of their own.
    #[must_use]
    pub fn config(&self) -> Config {
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        let ages = Span::secs(50 * 365 * 24 * 3600);
        Config {
            database: format!("test_{number}"),
            retention: Retention {
                raw: ages,
                parts: ages,
                minutes: ages,
                hours: ages,
            },
            durability: store::Durability::Buffered,
            ..Config::default()
        }
    }

    /// How to reach it.
    #[must_use]
    pub const fn access(&self) -> &EngineAccess {
        &self.access
    }

    /// Its data directory.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Kills the engine's process as `kill -9` does and waits until another has taken its place.
    ///
    /// # Errors
    /// When it does not run.
    pub async fn kill(&self) -> anyhow::Result<()> {
        let mut access = self.access.clone();
        let running = access.running().context("the engine does not run")?;
        let pid = i32::try_from(running.pid).ok().and_then(Pid::from_raw);
        kill_process(pid.context("a process id")?, Signal::KILL)?;
        access.restarted(running.pid).await.context("restarted")?;
        Ok(())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // A panic in there has been printed already.
            let _ = thread.join();
        }
    }
}

/// The engine's host: `engine-host` beside the test binaries, built where it is missing.
fn host() -> anyhow::Result<EngineHost> {
    let exe = std::env::current_exe()?;
    let profile = exe
        .ancestors()
        .nth(2)
        .context("test binaries are in target/<profile>/deps")?;
    let program = profile.join("engine-host");
    if !program.is_file() {
        let mut build = std::process::Command::new("cargo");
        build.args([
            "build",
            "--quiet",
            "--package",
            "store",
            "--bin",
            "engine-host",
        ]);
        if profile.file_name().is_some_and(|name| name == "release") {
            build.arg("--release");
        }
        let built = build.current_dir(crate::checkout::root()).status()?;
        anyhow::ensure!(built.success(), "engine-host cannot be built");
    }
    Ok(EngineHost {
        program,
        args: Vec::new(),
    })
}

/// Removes directories of engines whose test binary ended without removing them: statics are not
/// dropped. A running engine holds its lock.
fn sweep() {
    let dirs = std::fs::read_dir(std::env::temp_dir())
        .into_iter()
        .flatten();
    let left: Vec<PathBuf> = dirs
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX))
        .map(|entry| entry.path())
        .collect();
    for dir in left {
        let Ok(lock) = std::fs::File::open(dir.join("engine.lock")) else {
            continue;
        };
        // A young one may be between the creation of the file and its lock.
        let age = lock
            .metadata()
            .and_then(|meta| meta.modified())
            .map(|at| at.elapsed());
        if !matches!(age, Ok(Ok(age)) if age > Duration::from_secs(60)) {
            continue;
        }
        let free = rustix::fs::FlockOperation::NonBlockingLockExclusive;
        if rustix::fs::flock(&lock, free).is_ok() {
            // Another test binary may be at it too.
            let _ = std::fs::remove_dir_all(dir);
        }
    }
}
