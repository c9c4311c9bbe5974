//! A server under load as a process of its own: its CPU seconds and memory, as the kernel counts.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};

/// A child process that prints `.. http://ADDRESS` once it serves; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
}

impl Server {
    /// Starts `command` and waits for the line that names its address.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .context("starting a server")?;
        let stdout = child.stdout.take().context("its standard output")?;
        let mut address = None;
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            if let Some((_, found)) = line.split_once(" http://") {
                address = Some(found.trim().to_owned());
                break;
            }
        }
        let address = address.context("the server ended before it was listening")?;
        Ok(Self { child, address })
    }

    /// User and system CPU seconds so far.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        cpu_seconds(self.child.id())
    }

    /// Resident memory in MiB.
    pub(crate) fn rss_mib(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .context("VmRSS")?;
        let kib: f64 = line
            .split_whitespace()
            .nth(1)
            .context("a number")?
            .parse()?;
        Ok(kib / 1024.0)
    }
}

/// User and system CPU seconds of a process so far.
fn cpu_seconds(process: u32) -> Result<f64> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let fields = stat(process)?;
    let ticks = |at: usize| fields[at].parse::<f64>().context("ticks");
    Ok((ticks(11)? + ticks(12)?) / TICKS_PER_SECOND)
}

/// The fields of proc_pid_stat(5) from the third on; the name in field 2 ends with the last bracket.
fn stat(process: u32) -> Result<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, rest) = stat.rsplit_once(')').context("stat")?;
    Ok(rest.split_whitespace().map(str::to_owned).collect())
}

/// User and system CPU seconds so far of a process and the processes that it started, such as the engine.
pub(crate) fn cpu_seconds_with_children(process: u32) -> Result<f64> {
    let mut sum = cpu_seconds(process)?;
    for entry in std::fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(other) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // Others end while this looks.
        let is_child = stat(other).is_ok_and(|fields| fields[1] == process.to_string());
        if is_child {
            sum += cpu_seconds_with_children(other)?;
        }
    }
    Ok(sum)
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
