//! Reports of the counts through the journal, so that the ledger survives the process.

use std::sync::Arc;
use std::time::Duration;

use journal::{Health, Record, Room};
use observation::{BeaconId, EdgeReport, Entry};
use runtime::{Causes as _, Stop};

use crate::edge::Edge;
use crate::metrics::Totals;

/// How often counts are reported, if they changed.
const EVERY: Duration = Duration::from_secs(5);
/// How long the last report may take.
const LAST: Duration = Duration::from_secs(2);

/// Reports until `stop`, and then once more.
pub(crate) async fn run(edge: &Edge, stop: &Stop) {
    let mut reported = None;
    while stop
        .run_until_cancelled(tokio::time::sleep(EVERY))
        .await
        .is_some()
    {
        report(edge, &mut reported).await;
    }
    if tokio::time::timeout(LAST, report(edge, &mut reported))
        .await
        .is_err()
    {
        edge.metrics.report_errors.inc();
        tracing::warn!("the journal did not take the last report of the counts in time");
    }
}

async fn report(edge: &Edge, reported: &mut Option<(Totals, u64)>) {
    let counts = (edge.metrics.totals(), spooled(&edge.journal.health()));
    let nothing = reported.is_none() && counts.0.received == 0;
    if nothing || reported.as_ref() == Some(&counts) {
        return;
    }
    let report = made_of(edge, &counts.0, counts.1);
    let record = Record {
        partition: BeaconId(edge.process).partition(edge.partitions),
        key: edge.process,
        payload: <Entry>::EdgeReport(report).encode().into(),
        // What is refused while the journal is full has to be known.
        room: Room::Reserve,
    };
    match edge.journal.append(record).await {
        Ok(_) => *reported = Some(counts),
        Err(error) => {
            edge.metrics.report_errors.inc();
            // The journal itself reports at length what is wrong with it.
            tracing::debug!(error = %error.with_causes(), "report not taken");
        }
    }
}

fn made_of(edge: &Edge, totals: &Totals, spooled: u64) -> EdgeReport {
    EdgeReport {
        process: edge.process,
        at: edge.clock.now(),
        received: totals.received,
        appended: totals.appended,
        shed: totals.shed.iter().map(|(_, count)| count).sum(),
        spooled,
        refused: totals.refused.clone(),
        shed_by: totals.shed.clone(),
    }
}

/// The counts of an edge, for others in its process: they need no journal.
#[derive(Debug, Clone)]
pub struct Counts(pub(crate) Arc<Edge>);

impl Counts {
    /// What has been counted until now.
    #[must_use]
    pub fn report(&self) -> EdgeReport {
        let edge = &self.0;
        made_of(
            edge,
            &edge.metrics.totals(),
            spooled(&edge.journal.health()),
        )
    }
}

/// Records of the spool; reports that wait in it are among them.
const fn spooled(health: &Health) -> u64 {
    match health {
        Health::Degraded { spooled, .. } => spooled.records,
        Health::Ready | Health::Unready { .. } => 0,
    }
}
