//! A store in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use observation::{EdgeReport, UnixMillis};
use slo::Sums;
use store::{
    Affected, AlertRow, BlockedSlice, Breakdown, ChangeRow, ClosingRow, Compacted, Counts,
    DeployRow, DiagnosisRow, Dimension, Failure, FlowAffected, IncidentRow, Lease, Leases,
    ProgressRow, SliFilter, SnapshotRow, StoreError, Witnessed,
};
use tokio::time::Instant;

use super::facts::Facts;
use crate::{AlertStore, Evidence, GroupBy, Grouped, Source};

pub(super) const NOON: i64 = 1_700_049_600_000;

/// A store in memory.
#[derive(Default)]
pub(super) struct World(Mutex<Facts>);

impl World {
    /// What a test changes counts as written.
    pub(super) fn facts(&self) -> MutexGuard<'_, Facts> {
        let mut facts = self.lock();
        facts.next_offset += 1;
        facts
    }

    fn lock(&self) -> MutexGuard<'_, Facts> {
        self.0.lock().expect("not poisoned")
    }

    /// Everything up to `at` is in the store, whether or not there was anything.
    pub(super) fn is_complete_to(&self, at: UnixMillis) {
        self.lock().complete_to = [at.0; 2];
    }

    /// How often sums and slices were asked for.
    pub(super) fn asked(&self) -> u64 {
        self.lock().asked
    }

    fn reach(&self) -> Result<MutexGuard<'_, Facts>, StoreError> {
        let facts = self.lock();
        if facts.down {
            return Err(StoreError::Unavailable {
                reason: "connect",
                source: "connection refused".into(),
            });
        }
        Ok(facts)
    }

    /// The state of every alert as it was last written.
    pub(super) fn states(&self) -> Vec<(String, String)> {
        let facts = self.lock();
        let state = |row: &AlertRow| (row.rule.clone(), row.state.to_string());
        facts.alerts.values().map(state).collect()
    }
}

#[async_trait]
impl Source for World {
    async fn sums(
        &self,
        filter: &SliFilter,
        group_by: GroupBy,
        _: u32,
        (from, to): (UnixMillis, UnixMillis),
    ) -> Result<Grouped, StoreError> {
        let mut facts = self.reach()?;
        facts.asked += 1;
        if facts.overloaded {
            return Err(StoreError::Limits {
                code: 159,
                source: "timeout exceeded".into(),
            });
        }
        let mut groups = Grouped::new();
        for ((minute, service), sums) in &facts.sums {
            let wanted = filter
                .service
                .as_ref()
                .is_none_or(|wanted| wanted == service);
            if wanted && (from.0..to.0).contains(minute) {
                let group = match group_by {
                    GroupBy::Service => service.clone(),
                    GroupBy::None | GroupBy::Endpoint => String::new(),
                };
                *groups.entry(group).or_default() += sums;
            }
        }
        Ok(groups)
    }

    async fn sums_of_apps(
        &self,
        filter: &SliFilter,
        apps: &[String],
        span: (UnixMillis, UnixMillis),
    ) -> Result<BTreeMap<String, Sums>, StoreError> {
        let of_all = self.sums(filter, GroupBy::None, 1, span).await?;
        let sums = of_all.into_values().next().unwrap_or_default();
        Ok(apps.iter().map(|app| (app.clone(), sums.clone())).collect())
    }

    async fn witnesses(
        &self,
        _: &SliFilter,
        _: (UnixMillis, UnixMillis),
    ) -> Result<Vec<Witnessed>, StoreError> {
        Ok(self.reach()?.witnesses.clone())
    }

    async fn diagnoses(&self, _: &str) -> Result<Vec<DiagnosisRow>, StoreError> {
        Ok(self.reach()?.diagnoses.clone())
    }

    async fn failures(
        &self,
        _: &SliFilter,
        _: (UnixMillis, UnixMillis),
        _: u32,
    ) -> Result<Vec<Failure>, StoreError> {
        Ok(self.reach()?.failures.clone())
    }
}

#[async_trait]
impl Evidence for World {
    async fn networks(
        &self,
        _: &SliFilter,
        _: (UnixMillis, UnixMillis),
    ) -> Result<u64, StoreError> {
        let witnesses = &self.reach()?.witnesses;
        Ok(witnesses
            .iter()
            .map(|row| row.all_networks)
            .max()
            .unwrap_or(0))
    }

    async fn affected(
        &self,
        _: &SliFilter,
        (_, counts): (&[String], Counts),
        (from, to): (UnixMillis, UnixMillis),
        recent: i64,
    ) -> Result<Affected, StoreError> {
        let facts = self.reach()?;
        let mut affected = Affected {
            sessions: facts.sessions,
            all_sessions: facts.sessions,
            ..Affected::default()
        };
        for ((minute, _), sums) in facts
            .sums
            .range((from.0, String::new())..(to.0, String::new()))
        {
            let (failed, all) = (sums.get(counts.failed), sums.get(counts.all));
            affected.requests += all;
            affected.failed += failed;
            if *minute >= to.0 - recent {
                affected.recent += all;
                affected.recent_failed += failed;
            } else if *minute >= to.0 - 2 * recent {
                affected.before_failed += failed;
            }
        }
        Ok(affected)
    }

    async fn flow_affected(
        &self,
        filter: &SliFilter,
        (_, endpoints, _): (&str, &[String], Counts),
        _: (UnixMillis, UnixMillis),
    ) -> Result<FlowAffected, StoreError> {
        let facts = self.reach()?;
        let flow = filter.flow.as_ref().expect("asked for a flow");
        let calls = flow.calls.iter();
        let fails = calls
            .filter(|call| endpoints.contains(&call.endpoint))
            .count();
        Ok(FlowAffected {
            sessions: fails as u64 * facts.sessions,
            all_sessions: 25 * facts.sessions,
        })
    }

    async fn blocked_slices(
        &self,
        _: &SliFilter,
        sessions: u64,
        _: UnixMillis,
        _: UnixMillis,
    ) -> Result<Vec<BlockedSlice>, StoreError> {
        let mut slices = self.reach()?.slices.clone();
        slices.retain(|slice| slice.sessions >= sessions);
        Ok(slices)
    }

    async fn lingering_slices(
        &self,
        _: &SliFilter,
        (_, sessions): (u64, u64),
        _: UnixMillis,
    ) -> Result<Vec<BlockedSlice>, StoreError> {
        let mut slices = self.reach()?.lingering.clone();
        slices.retain(|slice| slice.sessions >= sessions);
        Ok(slices)
    }

    async fn breakdown(
        &self,
        _: &SliFilter,
        by: Dimension,
        _: (UnixMillis, UnixMillis),
        _: u32,
    ) -> Result<Vec<Breakdown>, StoreError> {
        let facts = self.reach()?;
        let of = facts.breakdowns.iter().filter(|(of, _)| *of == by);
        Ok(of.map(|(_, value)| value.clone()).collect())
    }

    async fn deploys(
        &self,
        app: &str,
        (from, to): (UnixMillis, UnixMillis),
    ) -> Result<Vec<DeployRow>, StoreError> {
        let mut deploys = self.reach()?.deploys.clone();
        deploys.retain(|deploy| deploy.app == app && deploy.at >= from && deploy.at < to);
        Ok(deploys)
    }

    async fn header_states(
        &self,
        target_origin: &str,
        _: UnixMillis,
    ) -> Result<Vec<SnapshotRow>, StoreError> {
        let mut states = self.reach()?.header_states.clone();
        states.retain(|row| row.url.starts_with(target_origin));
        Ok(states)
    }

    async fn header_changes(
        &self,
        target_origin: &str,
        (from, to): (UnixMillis, UnixMillis),
    ) -> Result<Vec<ChangeRow>, StoreError> {
        let changes = &self.reach()?.header_changes;
        let of = changes.iter().filter(|(target, _)| target == target_origin);
        let within = of.filter(|(_, change)| change.to >= from && change.to < to);
        Ok(within.map(|(_, change)| change.clone()).collect())
    }
}

#[async_trait]
impl AlertStore for World {
    async fn progress(&self) -> Result<Vec<ProgressRow>, StoreError> {
        let facts = self.reach()?;
        let row = |(partition, at): (u32, &i64)| ProgressRow {
            epoch: 1,
            partition,
            next_offset: facts.next_offset,
            event_time: UnixMillis(*at),
        };
        Ok((0..)
            .zip(&facts.complete_to)
            .filter(|(_, at)| **at > 0)
            .map(row)
            .collect())
    }

    async fn edge_reports(&self, from: UnixMillis) -> Result<Vec<EdgeReport>, StoreError> {
        let reports = self.reach()?.edge_reports.clone();
        Ok(reports.into_iter().filter(|it| it.at >= from).collect())
    }

    async fn compacted(&self) -> Result<Vec<Compacted>, StoreError> {
        let mut spans = BTreeMap::new();
        for &(epoch, partition, span) in &self.reach()?.compacted {
            spans.insert((epoch, partition), span + 1);
        }
        let row = |((epoch, partition), spans)| Compacted {
            epoch,
            partition,
            spans,
            chunks: 0,
        };
        Ok(spans.into_iter().map(row).collect())
    }

    async fn compact(&self, epoch: u32, partition: u32, span: u64) -> Result<(), StoreError> {
        self.reach()?.compacted.insert((epoch, partition, span));
        Ok(())
    }

    async fn compact_chunk(
        &self,
        epoch: u32,
        partition: u32,
        chunk: u64,
    ) -> Result<(), StoreError> {
        self.reach()?
            .compacted_chunks
            .push((epoch, partition, chunk));
        Ok(())
    }

    async fn prune(&self, before: UnixMillis) -> Result<bool, StoreError> {
        self.reach()?.pruned.push(before);
        Ok(false)
    }

    async fn alerts(&self) -> Result<Vec<AlertRow>, StoreError> {
        Ok(self.reach()?.alerts.values().cloned().collect())
    }

    async fn save_alerts(&self, alerts: &[AlertRow]) -> Result<(), StoreError> {
        let mut facts = self.reach()?;
        for row in alerts {
            let newer = facts
                .alerts
                .get(&row.id)
                .is_none_or(|known| known.version < row.version);
            assert!(newer, "a version never repeats: {row:?}");
            facts.alerts.insert(row.id.clone(), row.clone());
        }
        Ok(())
    }

    async fn incidents(&self) -> Result<Vec<IncidentRow>, StoreError> {
        Ok(self.reach()?.incidents.values().cloned().collect())
    }

    async fn save_incidents(&self, incidents: &[IncidentRow]) -> Result<(), StoreError> {
        let mut facts = self.reach()?;
        for row in incidents {
            let newer = facts
                .incidents
                .get(&row.id)
                .is_none_or(|known| known.version < row.version);
            assert!(newer, "a version never repeats: {row:?}");
            facts.incidents.insert(row.id.clone(), row.clone());
        }
        Ok(())
    }

    async fn closings(&self, from: UnixMillis) -> Result<Vec<ClosingRow>, StoreError> {
        let mut closings = self.reach()?.closings.clone();
        closings.retain(|closing| closing.at >= from);
        Ok(closings)
    }

    fn leases(&self) -> &dyn Leases {
        self
    }
}

#[async_trait]
impl Leases for World {
    async fn acquire_lease(
        &self,
        name: &str,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let mut facts = self.reach()?;
        let now = Instant::now();
        let term = match &facts.lease {
            Some((held_by, term, _)) if held_by == holder => *term,
            Some((_, _, until)) if now < *until => return Ok(None),
            Some((_, term, _)) => term + 1,
            None => 1,
        };
        facts.lease = Some((holder.to_owned(), term, now + ttl));
        Ok(Some(Lease {
            name: name.to_owned(),
            holder: holder.to_owned(),
            term,
            expires_at: UnixMillis(0),
        }))
    }

    async fn release_lease(&self, _: &Lease) -> Result<(), StoreError> {
        let mut facts = self.reach()?;
        if let Some((_, _, until)) = &mut facts.lease {
            *until = Instant::now();
        }
        Ok(())
    }
}
