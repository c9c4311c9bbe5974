//! What must be true in the end: everything acknowledged is stored and counted exactly once, and
//! nothing else is.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use observation::UnixMillis;
use store::{Dimension, LabTraffic, Reports, SliFilter};

use super::cluster::Cluster;
use super::load::{Fate, Load, Sums, sums};

/// What was found; all lists are empty where all is well.
#[derive(Debug, Default)]
pub struct Findings {
    /// Beacons that are stored.
    pub stored: u64,
    /// Rows that are stored.
    pub rows: u64,
    /// Records of the log.
    pub records: u64,
    /// Re-sent beacons that were dropped.
    pub duplicates: u64,
    /// Spans that were compacted.
    pub compacted: u64,
    /// Acknowledged and not stored.
    pub lost: Vec<u64>,
    /// Stored more or less than once.
    pub doubled: Vec<u64>,
    /// Stored and never sent.
    pub invented: u64,
    /// What else does not fit.
    pub problems: Vec<String>,
}

impl Findings {
    /// Whether all is well.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.lost.is_empty()
            && self.doubled.is_empty()
            && self.invented == 0
            && self.problems.is_empty()
    }
}

/// Looks at raw rows, rollups, the API and the ledger.
///
/// # Errors
/// When the store or the API does not answer.
pub async fn examine(cluster: &Cluster, load: &Load) -> Result<Findings> {
    let mut findings = Findings::default();
    let stored = raw(cluster, load, &mut findings).await?;
    let expected = sums(stored.iter().copied(), load.rows());
    rollups(cluster, &expected, &mut findings).await?;
    api(cluster, &expected, &mut findings).await?;
    ledger(cluster, stored.len() as u64, &mut findings).await?;
    Ok(findings)
}

/// Compares raw rows with what was sent; returns the numbers that are stored.
async fn raw(cluster: &Cluster, load: &Load, findings: &mut Findings) -> Result<BTreeSet<u64>> {
    let rows = cluster
        .ask(
            "SELECT reinterpretAsUInt64(reverse(substring(beacon_id, 5, 8))), count(), \
                uniqExact(idx), sum(count), uniqExact(epoch, partition, offset) \
             FROM observations FINAL GROUP BY beacon_id",
        )
        .await?;
    let mut fates: BTreeMap<u64, Fate> = load.fates();
    let mut stored = BTreeSet::new();
    for row in &rows {
        let numbers: Vec<u64> = row.iter().filter_map(|text| text.parse().ok()).collect();
        let [n, count, indices, requests, places] = numbers[..] else {
            anyhow::bail!("not numbers: {row:?}");
        };
        findings.rows += count;
        let wanted: u64 = sums([n], load.rows()).values().map(|sum| sum.0).sum();
        if fates.remove(&n).is_none() {
            findings.invented += 1;
        } else if (count, indices, requests, places) != (load.rows(), load.rows(), wanted, 1) {
            findings.doubled.push(n);
        }
        stored.insert(n);
    }
    let acknowledged = fates
        .into_iter()
        .filter(|(_, fate)| *fate == Fate::Acknowledged);
    findings.lost = acknowledged.map(|(n, _)| n).collect();
    findings.stored = stored.len() as u64;
    Ok(stored)
}

/// All of time, as far as the tables hold it.
const ALWAYS: (UnixMillis, UnixMillis) = (UnixMillis(0), UnixMillis(4_000_000_000_000));

async fn rollups(cluster: &Cluster, expected: &Sums, findings: &mut Findings) -> Result<()> {
    let filter = SliFilter {
        lab: LabTraffic::Included,
        reports: Reports::All,
        ..SliFilter::app("test")
    };
    let (from, to) = ALWAYS;
    let found = cluster
        .store
        .reader()
        .breakdown(&filter, Dimension::Endpoint, from, to, 1000)
        .await?;
    let found: Sums = found
        .into_iter()
        .map(|row| (row.value, (row.sums.requests, row.sums.blocked)))
        .collect();
    if found != *expected {
        let problem = format!("rollups by endpoint: found {found:?}, expected {expected:?}");
        findings.problems.push(problem);
    }
    let compacted = cluster.store.compacted().await?;
    findings.compacted = compacted.iter().map(|row| row.spans).sum();
    Ok(())
}

async fn api(cluster: &Cluster, expected: &Sums, findings: &mut Findings) -> Result<()> {
    let sli = cluster
        .private()
        .json("/api/v1/sli?app=test&window=1h")
        .await?;
    // A flood from one address is more than one network does: it is counted, and disputed.
    let found = match crate::counted(&sli["block_rate"]) {
        Some((bad, total)) => (Some(total), Some(bad)),
        None => (None, None),
    };
    let total: u64 = expected.values().map(|sum| sum.0).sum();
    let bad: u64 = expected.values().map(|sum| sum.1).sum();
    if found != (Some(total), Some(bad)) {
        findings.problems.push(format!(
            "the API's block rate: found {found:?}, expected {bad} of {total}"
        ));
    }
    Ok(())
}

async fn ledger(cluster: &Cluster, stored: u64, findings: &mut Findings) -> Result<()> {
    let ledger = cluster.store.reader().ledger().await?;
    for part in &ledger.partitions {
        let progress = ledger
            .progress
            .iter()
            .find(|row| (row.epoch, row.partition) == (part.epoch, part.partition));
        let end = progress.context("progress of a partition with a ledger")?;
        let sum = part.beacons_stored + part.duplicates + part.dead_lettered + part.edge_reports;
        if sum != part.records || part.records != end.next_offset {
            findings.problems.push(format!(
                "ledger of a partition: {part:?}, read up to {end:?}"
            ));
        }
        findings.records += part.records;
        findings.duplicates += part.duplicates;
    }
    let counted: u64 = ledger.partitions.iter().map(|p| p.beacons_stored).sum();
    let rows: u64 = ledger.partitions.iter().map(|p| p.rows).sum();
    let dead: u64 = ledger.partitions.iter().map(|p| p.dead_lettered).sum();
    if (counted, rows, dead) != (stored, findings.rows, 0) {
        findings.problems.push(format!(
            "ledger: {counted} beacons, {rows} rows, {dead} dead letters; raw: {stored} beacons, \
             {} rows",
            findings.rows
        ));
    }
    let api = cluster.private().json("/api/v1/ledger").await?;
    if api["verdict"] == "not_balanced" {
        findings.problems.push(format!("the API's ledger: {api}"));
    }
    Ok(())
}
