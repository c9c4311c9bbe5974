//! A lease, so that one of several processes does what one does: leads, or probes.
//!
//! ClickHouse has no compare-and-swap. What it has is that an acknowledged insert is seen by every
//! later read. Whoever wants an expired lease inserts a claim for the next term and then reads: one
//! that sees no other claim has won, because of two claimants at least one reads after both have
//! inserted. One that sees another claim gives way; if both see each other, the term has no holder
//! and the claims expire. A winner, and a holder that renews, inserts a grant. All times are the
//! server's.

use std::time::Duration;

use clickhouse::Row;
use observation::UnixMillis;
use serde::Deserialize;
use tokio::time::Instant;

use crate::rows::Lease;
use crate::{Store, StoreError};

#[derive(Debug, Clone, Row, Deserialize)]
struct LeaseClaim {
    term: u64,
    holder: String,
    granted: bool,
    live: bool,
    expires_at: i64,
}

/// The claims and grants of the highest two terms: a renewal of the term before may cross a claim.
const STANDINGS: &str = "SELECT term, holder, max(step = 'grant') AS granted, \
        max(entry.expires_at) > now64(3) AND max(step = 'release') = 0 AS live, \
        max(entry.expires_at) AS expires_at \
     FROM leases AS entry \
     WHERE name = {name:String} \
       AND term >= (SELECT max(term) FROM leases WHERE name = {name:String}) - 1 \
     GROUP BY term, holder ORDER BY term DESC, holder";

const INSERT: &str = "INSERT INTO leases (name, term, holder, step, at, expires_at) \
     SELECT {name:String}, {term:UInt64}, {holder:String}, {step:String}, now64(3), \
        now64(3) + toIntervalMillisecond({millis:Int64})";

#[derive(Clone, Copy)]
struct Applicant<'a> {
    name: &'a str,
    holder: &'a str,
    ttl: Duration,
}

impl Store {
    /// Takes or renews the lease `name` for `holder`; none where someone else has it or claims it.
    /// The holder stops acting when `ttl` has passed since it called, by its own clock, without
    /// another success.
    ///
    /// # Errors
    /// [`StoreError`]: the caller does not have the lease.
    pub async fn acquire_lease(
        &self,
        name: &str,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let Some(alone) = &self.alone else {
            return self.ask_for_lease(name, holder, ttl).await;
        };
        if let Some(known) = alone.lease(name, holder, ttl) {
            return Ok(known);
        }
        let asked = Instant::now();
        let lease = self.ask_for_lease(name, holder, ttl).await?;
        if let Some(lease) = &lease {
            alone.holds(lease, asked, ttl);
        }
        Ok(lease)
    }

    async fn ask_for_lease(
        &self,
        name: &str,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let me = Applicant { name, holder, ttl };
        let before = self.standings(name).await?;
        let top = before.first().map_or(0, |standing| standing.term);
        let renews = before
            .iter()
            .any(|s| s.term == top && s.granted && s.live && s.holder == holder);
        let taken = before.iter().any(|s| s.live);
        let term = match (renews, taken) {
            (true, _) => top,
            (false, true) => return Ok(None),
            (false, false) => top + 1,
        };
        let step = if renews { "grant" } else { "claim" };
        self.record(me, term, step).await?;
        let after = self.standings(name).await?;
        let rival = |s: &LeaseClaim| s.live && (s.term, s.holder.as_str()) != (term, holder);
        if after.iter().any(rival) {
            return Ok(None);
        }
        if !renews {
            self.record(me, term, "grant").await?;
        }
        let mine = after.iter().find(|s| s.term == term && s.holder == holder);
        Ok(mine.map(|mine| Lease {
            name: name.to_owned(),
            holder: holder.to_owned(),
            term,
            expires_at: UnixMillis(mine.expires_at),
        }))
    }

    /// Gives a lease back, so that the next holder need not wait for its end.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        if let Some(alone) = &self.alone {
            alone.released(lease);
        }
        let me = Applicant {
            name: &lease.name,
            holder: &lease.holder,
            ttl: Duration::ZERO,
        };
        self.record(me, lease.term, "release").await
    }

    async fn standings(&self, name: &str) -> Result<Vec<LeaseClaim>, StoreError> {
        let statement = self.client.sql(STANDINGS).param("name", name);
        self.client.fetch(statement).await
    }

    async fn record(
        &self,
        me: Applicant<'_>,
        term: u64,
        step: &'static str,
    ) -> Result<(), StoreError> {
        let millis = i64::try_from(me.ttl.as_millis()).unwrap_or(i64::MAX);
        let statement = self
            .client
            .sql(INSERT)
            .param("name", me.name)
            .param("term", term)
            .param("holder", me.holder)
            .param("step", step)
            .param("millis", millis);
        self.client.run(statement).await
    }
}
