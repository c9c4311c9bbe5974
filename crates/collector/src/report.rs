//! Reports of the counts through the journal, so that the ledger survives the process.

use std::time::Duration;

use journal::{Health, Record};
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
    let (totals, spooled) = &counts;
    let report = EdgeReport {
        process: edge.process,
        at: edge.clock.now(),
        received: totals.received,
        appended: totals.appended,
        shed: totals.shed,
        spooled: *spooled,
        refused: totals.refused.clone(),
    };
    let record = Record {
        partition: BeaconId(edge.process).partition(edge.partitions),
        key: edge.process,
        payload: <Entry>::EdgeReport(report).encode().into(),
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

/// Records of the spool; reports that wait in it are among them.
const fn spooled(health: &Health) -> u64 {
    match health {
        Health::Degraded { spooled, .. } => spooled.records,
        Health::Ready | Health::Unready { .. } => 0,
    }
}
