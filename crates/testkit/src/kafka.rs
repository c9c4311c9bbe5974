//! A real Kafka broker of one node, which can be killed and started again.

mod secure;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use crate::{checkout, port, wait_until};
pub use secure::Secured;

/// Options of the virtual machine. Brokers of tests live for seconds: what a second compiler and
/// parallel collectors cost, they never bring in. Benches, which are release builds, have both.
const JVM: &[&str] = if cfg!(debug_assertions) {
    &["-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
} else {
    &["-Xmx512m"]
};

/// How long a broker may take to answer: a machine that compiles at the same time is slow.
const READY: Duration = Duration::from_secs(60);

/// How long one answer may take.
const ANSWER: Duration = Duration::from_millis(500);

/// A broker of its own: its ports, its directory. It ends with this value, and with this process
/// however that ends.
#[derive(Debug)]
pub struct Broker {
    port: u16,
    dir: PathBuf,
    running: Option<Running>,
}

/// The broker's process below a shell that kills it when this process is gone: the shell reads from
/// a pipe that only this process holds.
#[derive(Debug)]
struct Running {
    guard: Child,
    pipe: ChildStdin,
}

const GUARD: &str = r#"
dir=$1; shift
"$@" >>"$dir/broker.log" 2>&1 &
pid=$!
while read -r word; do
  case $word in
    pause) kill -STOP $pid ;;
    resume) kill -CONT $pid ;;
    *) break ;;
  esac
done
kill -9 $pid
wait $pid 2>/dev/null
[ "$word" = keep ] || rm -rf "$dir"
"#;

impl Broker {
    /// Starts a broker with nothing in it, and returns once it answers.
    ///
    /// # Panics
    /// With what it said when it does not start, and with what to do when Java or its jars are not
    /// installed.
    pub async fn start() -> Self {
        let mut broker = Self::prepare();
        broker.restart().await;
        broker
    }

    /// The same on `port`, for clients that reach it at the loopback port `seen` of a proxy.
    ///
    /// # Panics
    /// As [`Broker::start`].
    pub async fn start_behind(port: u16, seen: u16) -> Self {
        let mut broker = Self::prepared(port, seen);
        broker.restart().await;
        broker
    }

    /// A broker with nothing in it that does not run before [`Broker::restart`].
    ///
    /// # Panics
    /// With what to do when Java or its jars are not installed.
    #[must_use]
    pub fn prepare() -> Self {
        let port = port::lasting();
        Self::prepared(port, port)
    }

    fn prepared(port: u16, seen: u16) -> Self {
        let dir = directory();
        let properties = properties(&dir, port, seen);
        Self::formatted(dir, port, &properties, &[])
    }

    fn formatted(dir: PathBuf, port: u16, properties: &str, options: &[&str]) -> Self {
        std::fs::write(dir.join("server.properties"), properties).expect("a new file");
        format(&dir, options);
        Self {
            port,
            dir,
            running: None,
        }
    }

    /// Where it listens: `host:port`.
    #[must_use]
    pub fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// SIGKILL: it gets no chance to tidy up. Returns when it is gone.
    ///
    /// # Panics
    /// When its guard is gone.
    pub fn kill(&mut self) {
        if let Some(Running {
            mut guard,
            mut pipe,
        }) = self.running.take()
        {
            writeln!(pipe, "keep").expect("the guard reads");
            guard.wait().expect("own child");
        }
    }

    /// SIGSTOP: connections stay open, and nothing is answered until [`Broker::resume`].
    ///
    /// # Panics
    /// When it does not run.
    pub fn pause(&mut self) {
        self.tell("pause");
    }

    /// SIGCONT.
    ///
    /// # Panics
    /// When it does not run.
    pub fn resume(&mut self) {
        self.tell("resume");
    }

    fn tell(&mut self, word: &str) {
        let running = self.running.as_mut().expect("the broker runs");
        writeln!(running.pipe, "{word}").expect("the guard reads");
    }

    /// Starts it again after [`Broker::kill`], with the same port and what it has on disk. Returns
    /// once it answers.
    ///
    /// # Panics
    /// With what it said when it does not start.
    pub async fn restart(&mut self) {
        self.kill();
        let mut java = java(JVM, "kafka.Kafka");
        java.arg(self.dir.join("server.properties"));
        let mut guard = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .arg(&self.dir)
            .arg(java.get_program())
            .args(java.get_args())
            .stdin(Stdio::piped())
            .spawn()
            .expect("a shell");
        let pipe = guard.stdin.take().expect("piped");
        self.running = Some(Running { guard, pipe });
        let (port, log) = (self.port, self.dir.join("broker.log"));
        let what = || std::fs::read_to_string(&log).unwrap_or_default();
        let answers = wait_until("the broker answers", READY, || async { answers(port) });
        if tokio::time::timeout(READY - ANSWER, answers).await.is_err() {
            panic!("the Kafka broker did not start; it said\n{}", what());
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(Running { mut guard, pipe }) = self.running.take() {
            // The guard kills the broker and removes its directory.
            drop(pipe);
            let _ = guard.wait();
        } else {
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}

fn directory() -> PathBuf {
    tempfile::Builder::new()
        .prefix("kafka-")
        .tempdir()
        .expect("a temporary directory")
        .keep()
}

/// A killed broker is allowed again only once its session is over; with the default of nine seconds
/// tests would mostly wait for that.
fn properties(dir: &Path, port: u16, seen: u16) -> String {
    let controller = port::lasting();
    format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         controller.quorum.voters=1@127.0.0.1:{controller}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{seen}\n\
         controller.listener.names=CONTROLLER\n\
         log.dirs={}\n\
         auto.create.topics.enable=false\n\
         broker.session.timeout.ms=3000\n\
         broker.heartbeat.interval.ms=500\n\
         group.initial.rebalance.delay.ms=0\n\
         offsets.topic.num.partitions=1\n\
         offsets.topic.replication.factor=1\n\
         transaction.state.log.num.partitions=1\n\
         transaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\n",
        dir.join("log").display()
    )
}

fn format(dir: &Path, options: &[&str]) {
    let log = File::create(dir.join("format.log")).expect("a new file");
    let formatted = java(JVM, "kafka.tools.StorageTool")
        .args(["format", "-t", "Y29yc3dhdGNoLXRlc3RzMQ", "-c"])
        .arg(dir.join("server.properties"))
        .args(options)
        .stdout(log.try_clone().expect("an open file"))
        .stderr(log)
        .status();
    let said = || std::fs::read_to_string(dir.join("format.log")).unwrap_or_default();
    match formatted {
        Ok(status) if status.success() => {}
        Ok(status) => panic!(
            "formatting the broker's directory ended ({status}):\n{}",
            said()
        ),
        Err(error) => panic!(
            "cannot start java ({error}): install Java 17, for example \
            `apt-get install openjdk-17-jre-headless`"
        ),
    }
}

fn java(options: &[&str], main: &str) -> Command {
    let mut java = Command::new("java");
    java.args(options)
        .arg("-cp")
        .arg(checkout::kafka_libs().join("*"))
        .arg(main);
    java
}

/// Whether a question for the broker's API versions is answered: a connection alone is taken long
/// before the broker serves.
fn answers(port: u16) -> bool {
    let ask = || -> std::io::Result<()> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut stream = TcpStream::connect_timeout(&address, ANSWER)?;
        stream.set_read_timeout(Some(ANSWER))?;
        // Size 10, key 18 (ApiVersions), version 0, correlation 1, no client id.
        stream.write_all(&[0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff])?;
        stream.read_exact(&mut [0; 8])
    };
    ask().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_killed_broker_is_gone_until_it_is_started_again_and_a_dropped_one_leaves_nothing() {
        let mut broker = Broker::start().await;
        assert!(answers(broker.port));
        broker.kill();
        assert!(!answers(broker.port));
        broker.restart().await;
        assert!(answers(broker.port));
        broker.pause();
        let limit = Duration::from_secs(10);
        wait_until("it stands still", limit, || async { !answers(broker.port) }).await;
        broker.resume();
        wait_until("it goes on", limit, || async { answers(broker.port) }).await;
        let (port, dir) = (broker.port, broker.dir.clone());
        drop(broker);
        assert!(!answers(port));
        assert!(!dir.exists());
    }
}
