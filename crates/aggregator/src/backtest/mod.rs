//! What objectives would have raised over stored history.
//!
//! The windows, the judgement of rules, the grading of pages and the state machine are those of the live
//! evaluation; only time is replayed, minute by minute. The live evaluation also looks within a minute, so
//! what it raises may begin up to a minute earlier.

mod history;
mod replay;
mod report;
mod track;

pub use history::{History, Step};
pub use report::{Firing, Replayed, Report, SloSummary, Support};

use std::sync::Arc;

use observation::UnixMillis;
use slo::Window;
use store::StoreError;

use crate::{GroupBy, Slo};
use history::tracks;
use replay::Replay;

/// A replay of history for a set of objectives.
#[derive(Debug)]
pub struct Backtest {
    /// The objectives.
    pub slos: Vec<Slo>,
    /// What makes a page believable.
    pub corroboration: alert::Corroboration,
    /// Groups of one objective that are replayed, those of most events first.
    pub max_groups: usize,
    /// The first minute that is replayed.
    pub from: UnixMillis,
    /// The end, exclusive.
    pub to: UnixMillis,
    /// Rollups by the minute are kept since then.
    pub minutes_since: UnixMillis,
    /// The store is complete up to there.
    pub complete_to: UnixMillis,
    /// Raw rows, in which witnesses are counted, are kept since then.
    pub raw_since: UnixMillis,
}

impl Backtest {
    /// Replays the history.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is known then.
    pub async fn run(mut self, history: &dyn History) -> Result<Report, StoreError> {
        let (asked, until) = (self.from, self.to);
        self.from = self.from.max(self.minutes_since).minute();
        self.to = self.to.min(self.complete_to).minute();
        let mut report = Report::new(self.from, self.to);
        if self.from > asked {
            report.note(format!(
                "Rollups by the minute are kept since {}: the replay begins there.",
                alert::rfc3339(self.from)
            ));
        }
        if self.to < until.minute() {
            report.note(format!(
                "The store is complete up to {}: the replay ends there.",
                alert::rfc3339(self.to)
            ));
        }
        if self.raw_since > self.from {
            report.note(format!(
                "Raw reports are kept since {}: of pages before that it is assumed that enough page loads and \
                 networks saw the blocks.",
                alert::rfc3339(self.raw_since)
            ));
        }
        if self.from >= self.to {
            report.note("Nothing is stored of this time.".to_owned());
            return Ok(report);
        }
        for (slo, tracks) in self.read(history).await? {
            let replay = Replay::new(&self, &slo, history);
            replay.run(&tracks, &mut report).await?;
        }
        report.sort();
        Ok(report)
    }

    /// Objectives with the same filter and groups share their queries.
    async fn read(
        &self,
        history: &dyn History,
    ) -> Result<Vec<(Arc<Slo>, track::Tracks)>, StoreError> {
        let mut questions: Vec<Vec<Arc<Slo>>> = Vec::new();
        for slo in self.slos.iter().cloned().map(Arc::new) {
            let same = |known: &&mut Vec<Arc<Slo>>| {
                known[0].filter == slo.filter && known[0].group_by == slo.group_by
            };
            match questions.iter_mut().find(same) {
                Some(known) => known.push(slo),
                None => questions.push(vec![slo]),
            }
        }
        let mut read = Vec::new();
        for slos in questions {
            read.extend(tracks(self, history, slos).await?);
        }
        Ok(read)
    }

    fn lead_in(slos: &[Arc<Slo>]) -> Window {
        let windows = slos.iter().map(|slo| slo.longest_window());
        windows.max().unwrap_or(Window::days(30))
    }
}

/// The dimension that groups are told apart by.
pub(crate) const fn dimension(group_by: GroupBy) -> Option<store::Dimension> {
    match group_by {
        GroupBy::None => None,
        GroupBy::Service => Some(store::Dimension::Service),
        GroupBy::Endpoint => Some(store::Dimension::Endpoint),
    }
}

#[cfg(test)]
mod tests;
