//! One life of the engine's child process.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{ChildStderr, ChildStdin, Command};
use tokio_util::task::AbortOnDropHandle;

use super::config::{EngineConfig, Passwords, WRITER, render};
use super::host::{self, EXIT_LOCKED, Orders};
use super::{EngineError, Running};

const POLL: Duration = Duration::from_millis(10);
/// Lines of the child that are kept for error messages.
const KEPT_LINES: usize = 12;

/// The executable that calls [`super::child_main`].
#[derive(Debug, Clone)]
pub struct EngineHost {
    /// The executable.
    pub program: PathBuf,
    /// What it needs before the engine's own arguments: the hidden subcommand.
    pub args: Vec<OsString>,
}

impl EngineHost {
    /// This executable, by its hidden subcommand `subcommand`.
    ///
    /// # Errors
    /// Where the system does not say which executable this is.
    pub fn this_executable(subcommand: &str) -> io::Result<Self> {
        Ok(Self {
            program: std::env::current_exe()?,
            args: vec![subcommand.into()],
        })
    }
}

/// All that a start needs; the same for every restart, so that passwords stay valid.
#[derive(Debug)]
pub(super) struct Launch {
    config: EngineConfig,
    orders: Orders,
    host: EngineHost,
    passwords: Passwords,
}

impl Launch {
    pub(super) fn prepare(
        config: EngineConfig,
        data: PathBuf,
        host: EngineHost,
    ) -> Result<Self, EngineError> {
        let library = super::library(&config, &host)?;
        let io = |what: String| move |source| EngineError::Io { what, source };
        fs::create_dir_all(host::tables(&data))
            .map_err(io(format!("create {}", data.display())))?;
        let data = data
            .canonicalize()
            .map_err(io(format!("open {}", data.display())))?;
        fs::set_permissions(&data, fs::Permissions::from_mode(0o700))
            .map_err(io(format!("protect {}", data.display())))?;
        let passwords = Passwords::random().map_err(io("make passwords".to_owned()))?;
        Ok(Self {
            config,
            orders: Orders { library, data },
            host,
            passwords,
        })
    }

    pub(super) const fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    /// Starts the child and waits until an authenticated query is answered: errors of the start
    /// alone do not show in how the engine ends.
    pub(super) async fn start(&self) -> Result<(Child, Running), EngineError> {
        let timeout = self.config.start_timeout.duration();
        let mut child = self.spawn().await?;
        let ready = tokio::select! {
            status = child.process.wait() => {
                return Err(child.died(status, &self.orders.data).await);
            }
            ready = tokio::time::timeout(timeout, self.answered()) => ready,
        };
        match (ready, child.process.id()) {
            (Ok(url), Some(pid)) => Ok((child, Running { url, pid })),
            _ => Err(EngineError::Silent {
                timeout,
                stderr: child.stderr(),
            }),
        }
    }

    async fn spawn(&self) -> Result<Child, EngineError> {
        let data = &self.orders.data;
        let io = |what: String| move |source| EngineError::Io { what, source };
        let mut process = Command::new(&self.host.program)
            .args(&self.host.args)
            .args(self.orders.to_args())
            .current_dir(data)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // A terminal's Ctrl-C is for the parent, which drains before it ends the engine.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(io(format!("start {}", self.host.program.display())))?;
        let mut stdin = process.stdin.take();
        if let Some(stdin) = &mut stdin {
            let log = host::log_file(data).display().to_string();
            let mut config = render(&self.config, &self.passwords, &log).into_bytes();
            config.push(host::CONFIG_END);
            // A child that is already gone says why on its standard error.
            let _ = stdin.write_all(&config).await;
        }
        Ok(Child {
            stdin,
            stderr: StderrTail::listen(process.stderr.take()),
            process,
        })
    }

    async fn answered(&self) -> String {
        let client = clickhouse::Client::default()
            .with_user(WRITER)
            .with_password(self.passwords.writer.reveal())
            .with_compression(clickhouse::Compression::None);
        let path = host::port_file(&self.orders.data);
        loop {
            if let Some(port) = read_port(&path) {
                let url = format!("http://127.0.0.1:{port}");
                let asked = client.clone().with_url(&url).query("SELECT 1").execute();
                if let Ok(Ok(())) = tokio::time::timeout(Duration::from_secs(2), asked).await {
                    return url;
                }
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

fn read_port(path: &Path) -> Option<u16> {
    let text = fs::read_to_string(path).ok()?;
    // Without its line end the number may be cut short.
    text.strip_suffix('\n')?
        .parse()
        .ok()
        .filter(|port| *port != 0)
}

/// A running child. Dropping it kills the process.
#[derive(Debug)]
pub(super) struct Child {
    process: tokio::process::Child,
    stdin: Option<ChildStdin>,
    stderr: StderrTail,
}

impl Child {
    /// Waits for its end and says how.
    pub(super) async fn ended(&mut self) -> String {
        let status = self.process.wait().await;
        format!("{}; {}", describe(status), self.stderr())
    }

    /// Asks it to end, and makes it.
    pub(super) async fn stop(&mut self, timeout: Duration) {
        drop(self.stdin.take());
        if tokio::time::timeout(timeout, self.process.wait())
            .await
            .is_err()
        {
            tracing::warn!("the embedded engine did not end when asked; killing it");
            // Only fails where it has ended in the meantime.
            let _ = self.process.kill().await;
        }
    }

    async fn died(&mut self, status: io::Result<ExitStatus>, data: &Path) -> EngineError {
        if matches!(&status, Ok(status) if status.code() == Some(EXIT_LOCKED)) {
            return EngineError::Locked {
                data: data.to_owned(),
            };
        }
        self.stderr.finish().await;
        EngineError::Died {
            status: describe(status),
            stderr: self.stderr(),
        }
    }

    fn stderr(&self) -> String {
        self.stderr.lines()
    }
}

fn describe(status: io::Result<ExitStatus>) -> String {
    status.map_or_else(|error| error.to_string(), |status| status.to_string())
}

/// Reads the child's standard error: logs it and keeps the last lines.
#[derive(Debug)]
struct StderrTail {
    kept: Arc<Mutex<VecDeque<String>>>,
    reader: Option<AbortOnDropHandle<()>>,
}

impl StderrTail {
    fn listen(stderr: Option<ChildStderr>) -> Self {
        let kept = Arc::new(Mutex::new(VecDeque::with_capacity(KEPT_LINES)));
        let reader = stderr.map(|stderr| {
            let kept = Arc::clone(&kept);
            #[expect(
                clippy::disallowed_methods,
                reason = "owned by the child it reads from"
            )]
            AbortOnDropHandle::new(tokio::spawn(read_lines(stderr, kept)))
        });
        Self { kept, reader }
    }

    /// Waits until everything of an ended child has been read.
    async fn finish(&mut self) {
        if let Some(reader) = self.reader.take() {
            let _ = tokio::time::timeout(Duration::from_secs(1), reader).await;
        }
    }

    fn lines(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" | ")
    }
}

async fn read_lines(stderr: ChildStderr, kept: Arc<Mutex<VecDeque<String>>>) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        // The engine says where its own log is; whatever else it has to say here is trouble.
        if line.starts_with("Logging ") {
            tracing::info!(target: "store::engine", "{line}");
        } else {
            tracing::warn!(target: "store::engine", "{line}");
        }
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT_LINES {
            kept.pop_front();
        }
        kept.push_back(line);
    }
}
