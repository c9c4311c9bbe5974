//! The table and the verdict.

use std::fmt;
use std::time::Duration;

use super::nemesis::{Episode, by_fault};
use super::oracle::Findings;
use super::{PROMISED, Plan};

/// What a run showed.
#[derive(Debug)]
pub struct Report {
    /// What was planned.
    pub plan: Plan,
    /// What was done.
    pub episodes: Vec<Episode>,
    /// What was found in the end.
    pub findings: Findings,
    /// Beacons that were acknowledged.
    pub acknowledged: u64,
    /// Copies that were sent of acknowledged beacons.
    pub resent: u64,
    /// Sendings that were not acknowledged.
    pub failed: u64,
    /// How long it took.
    pub took: Duration,
}

impl Report {
    /// How many processes were killed.
    #[must_use]
    pub fn kills(&self) -> u64 {
        self.episodes
            .iter()
            .map(|episode| episode.step.kills())
            .sum()
    }

    /// The slowest recovery; none where one was given up.
    #[must_use]
    pub fn slowest(&self) -> Option<Duration> {
        let times = self.episodes.iter().map(|episode| episode.recovery);
        times.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// Whether every acknowledged beacon counts once, and the product came back after every step.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.findings.is_well() && self.slowest().is_some()
    }

    /// Whether it also came back as soon as is promised: a question of the machine too, so nothing
    /// that a test asks.
    #[must_use]
    pub fn is_in_time(&self) -> bool {
        self.slowest().is_some_and(|slowest| slowest < PROMISED)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| fault | times | recovery median | recovery max |")?;
        writeln!(f, "|---|---:|---:|---:|")?;
        for (name, times) in by_fault(&self.episodes) {
            let (middle, last) = (times[times.len() / 2], times[times.len() - 1]);
            let (count, middle, last) = (times.len(), seconds(middle), seconds(last));
            writeln!(f, "| {name} | {count} | {middle} | {last} |")?;
        }
        let found = &self.findings;
        writeln!(f)?;
        writeln!(
            f,
            "* seed {}, {:.0} s",
            self.plan.seed,
            self.took.as_secs_f64()
        )?;
        writeln!(
            f,
            "* {} kills in {} steps",
            self.kills(),
            self.episodes.len()
        )?;
        writeln!(
            f,
            "* {} beacons acknowledged, {} stored ({} rows), {} copies sent, {} sendings failed",
            self.acknowledged, found.stored, found.rows, self.resent, self.failed
        )?;
        writeln!(
            f,
            "* {} records in the log, {} re-sends dropped, {} spans compacted",
            found.records, found.duplicates, found.compacted
        )?;
        writeln!(
            f,
            "* lost {}, doubled {}, invented {}",
            found.lost.len(),
            found.doubled.len(),
            found.invented
        )?;
        for problem in &found.problems {
            writeln!(f, "* {problem}")?;
        }
        let revived = self.episodes.iter().flat_map(|episode| &episode.revived);
        for revived in revived {
            writeln!(f, "* {revived}")?;
        }
        let verdict = if self.is_kept() { "kept" } else { "BROKEN" };
        let (within, promised) = (self.is_in_time(), PROMISED.as_secs());
        let within = if within { "within" } else { "NOT within" };
        writeln!(
            f,
            "\nverdict: {verdict}; every recovery {within} {promised} s"
        )
    }
}

pub(super) fn seconds(time: Option<Duration>) -> String {
    time.map_or_else(
        || "not recovered".to_owned(),
        |time| format!("{:.1} s", time.as_secs_f64()),
    )
}
