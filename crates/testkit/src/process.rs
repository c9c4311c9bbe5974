//! Programs under test as processes of their own: killed, stopped, continued, and read.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::Instant;

use crate::wait::{found_within, wait_for};

/// What a process said last may be read a little after its end; a child of it may hold its output open
/// forever.
const OUTPUT_DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// How many lines of output are kept: the last ones.
const KEPT_LINES: usize = 20_000;

/// A running program with everything it says. Killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    readers: [JoinHandle<()>; 2],
}

impl Process {
    /// Starts `command`; its output and its errors are read from then on.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let lines = Arc::default();
        let readers = [
            read(child.stdout.take().expect("piped"), Arc::clone(&lines)),
            read(child.stderr.take().expect("piped"), Arc::clone(&lines)),
        ];
        Self {
            child,
            lines,
            readers,
        }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything it has said so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        lock(&self.lines).clone()
    }

    /// Waits for a line from which `find` takes something.
    ///
    /// # Panics
    /// With everything it said when there is none within `deadline`, or when it ended before.
    pub async fn line<T>(
        &mut self,
        what: &str,
        deadline: Duration,
        find: impl Fn(&str) -> Option<T>,
    ) -> T {
        let lines = Arc::clone(&self.lines);
        let mut ended_at = None;
        let look = || {
            // Looked at before the lines: what it said before it ended still counts.
            let ended = self.child.try_wait().expect("own child");
            let is_read = ended.is_some_and(|_| {
                self.readers.iter().all(JoinHandle::is_finished)
                    || ended_at.get_or_insert_with(Instant::now).elapsed() > OUTPUT_DRAIN_TIMEOUT
            });
            let found = lock(&lines).iter().find_map(|line| find(line));
            if let (None, true, Some(status)) = (&found, is_read, ended) {
                let said = lock(&lines).join("\n");
                panic!("{what}: the process ended ({status}) after saying\n{said}");
            }
            std::future::ready(found)
        };
        let Some(found) = found_within(deadline, look).await else {
            let said = lock(&self.lines).join("\n");
            panic!("{what}: not within {deadline:?}; it said\n{said}");
        };
        found
    }

    /// SIGKILL: the process gets no chance to tidy up. Returns when it is gone.
    ///
    /// # Panics
    /// When the kernel refuses.
    pub fn kill(&mut self) {
        self.child.kill().expect("own child");
        self.child.wait().expect("own child");
    }

    /// SIGTERM: asks it to end.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// SIGHUP: asks it to read its configuration again.
    pub fn reload(&self) {
        self.signal(Signal::HUP);
    }

    /// SIGSTOP: it does nothing until [`Process::resume`], and knows nothing of it.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// SIGCONT.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// How it ended, if it has.
    ///
    /// # Panics
    /// Never: it is this process's own child.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("own child")
    }

    /// Waits until it has ended.
    ///
    /// # Panics
    /// When it has not within `deadline`.
    pub async fn ended(&mut self, deadline: Duration) -> ExitStatus {
        let child = &mut self.child;
        wait_for("the process ends", deadline, || {
            std::future::ready(child.try_wait().expect("own child"))
        })
        .await
    }

    /// Resident memory in bytes, as the kernel counts it.
    ///
    /// # Panics
    /// When the process is gone.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()))
            .expect("the process is alive");
        let kib = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next())
            .and_then(|kib| kib.parse::<u64>().ok())
            .expect("the kernel counts it");
        kib * 1024
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("own child");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(stream: impl Read + Send + 'static, lines: Arc<Mutex<Vec<String>>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            let mut lines = lock(&lines);
            if lines.len() == KEPT_LINES {
                lines.drain(..KEPT_LINES / 2);
            }
            lines.push(String::from_utf8_lossy(&line).into_owned());
        }
    })
}

fn lock(lines: &Mutex<Vec<String>>) -> std::sync::MutexGuard<'_, Vec<String>> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST_TIMEOUT: Duration = Duration::from_secs(10);

    fn shell(script: &str) -> Process {
        Process::start(Command::new("sh").args(["-c", script]))
    }

    #[tokio::test]
    async fn what_a_process_says_on_either_stream_is_read() {
        let mut process = shell("echo port=17; echo wrong >&2; exec sleep 100");
        let port = process.line("its port", TEST_TIMEOUT, |line| {
            line.strip_prefix("port=")?.parse::<u16>().ok()
        });
        assert_eq!(port.await, 17);
        process
            .line("its error", TEST_TIMEOUT, |line| {
                (line == "wrong").then_some(())
            })
            .await;
        process.kill();
    }

    #[tokio::test]
    #[should_panic(expected = "after saying\nno port today")]
    async fn a_process_that_ends_early_is_quoted() {
        let mut process = shell("echo no port today");
        process
            .line("its port", TEST_TIMEOUT, |line| {
                line.strip_prefix("port=").map(drop)
            })
            .await;
    }

    #[tokio::test]
    async fn a_paused_process_lives_and_a_terminated_one_ends() {
        let mut process = shell("exec sleep 100");
        process.pause();
        let stat = || std::fs::read_to_string(format!("/proc/{}/stat", process.id()));
        crate::wait_until("it is stopped", TEST_TIMEOUT, || {
            std::future::ready(stat().is_ok_and(|stat| stat.contains(") T ")))
        })
        .await;
        process.resume();
        process.terminate();
        assert!(!process.ended(TEST_TIMEOUT).await.success());
    }

    #[tokio::test]
    async fn a_dropped_process_is_gone() {
        let process = shell("exec sleep 100");
        let proc = format!("/proc/{}", process.id());
        assert!(std::path::Path::new(&proc).exists());
        drop(process);
        assert!(!std::path::Path::new(&proc).exists());
    }
}
