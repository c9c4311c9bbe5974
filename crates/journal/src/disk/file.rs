//! The file: one SQLite database in WAL mode with `synchronous=FULL`.
//!
//! A record's row id is its partition and its offset, so that a partition is one run of the table
//! and an append touches its last page.

use std::collections::BTreeSet;
use std::path::Path;

use observation::UnixMillis;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::extent::{Extent, Held, Usage};
use super::purpose::Purpose;
use super::row::{checksum, offset_of, path_in, row_id};
use super::schema;
use crate::{OpenError, Record};

/// Most records and bytes that are removed in one transaction: a few milliseconds of work between
/// two batches.
const STEP_RECORDS: u64 = 2000;
const STEP_BYTES: u64 = 16 << 20;

/// The writing end of the file.
#[derive(Debug)]
pub(crate) struct LogFile {
    connection: Connection,
    purpose: Purpose,
    pub(crate) epoch: u32,
    pub(crate) extents: Vec<Extent>,
    /// Counted for spools only.
    pub(crate) held: Vec<Held>,
    /// Append times never run backwards, whatever the clock does: retention relies on it.
    last_append: UnixMillis,
}

/// One transaction's worth of work.
#[derive(Debug, Default)]
pub(crate) struct Changes<'a> {
    pub(crate) records: Vec<&'a Record>,
    pub(crate) commits: Vec<(u32, u64)>,
    /// Records of a spool that go: partition and offset. One that is gone already is not an error.
    pub(crate) removals: Vec<(u32, u64)>,
}

impl Changes<'_> {
    /// The partitions whose row of the table `partition` changes.
    fn partitions(&self, purpose: Purpose) -> BTreeSet<u32> {
        let mut touched: BTreeSet<u32> = self.commits.iter().map(|(p, _)| *p).collect();
        if purpose == Purpose::Spool {
            touched.extend(self.records.iter().map(|record| record.partition));
            touched.extend(self.removals.iter().map(|(p, _)| *p));
        }
        touched
    }
}

impl LogFile {
    /// Opens the file, or makes it with `partitions` and the epoch that `now` gives it.
    pub(crate) fn open(
        dir: &Path,
        partitions: u32,
        now: UnixMillis,
        purpose: Purpose,
    ) -> Result<Self, OpenError> {
        let path = path_in(dir);
        let damaged = |source: rusqlite::Error| schema::damaged(&path, source);
        let connection = Connection::open(&path).map_err(damaged)?;
        let is_new = schema::prepare(&connection).map_err(damaged)?;
        if is_new {
            schema::create(&connection, partitions, now).map_err(damaged)?;
        }
        schema::check_format(&connection, &path)?;
        schema::empty_wal(&connection, &path)?;
        let epoch = schema::read_meta(&connection, &path, partitions, purpose)?;
        let found = (0..partitions)
            .map(|partition| read_partition(&connection, partition))
            .collect::<Result<Vec<_>, _>>()
            .map_err(damaged)?;
        let (extents, held): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let last_append = last_append(&connection, &extents, purpose).map_err(damaged)?;
        Ok(Self {
            connection,
            purpose,
            epoch,
            extents,
            held,
            last_append,
        })
    }

    /// Makes the changes durable in one transaction and returns the offsets of the records.
    /// Nothing is changed, here or in the file, unless it returns `Ok`; after an error of the
    /// commit itself the file may have changed.
    pub(crate) fn write(
        &mut self,
        changes: &Changes<'_>,
        now: UnixMillis,
    ) -> rusqlite::Result<Vec<u64>> {
        let (mut extents, mut held) = (self.extents.clone(), self.held.clone());
        let append_time = now.max(self.last_append);
        let tx = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut offsets = Vec::with_capacity(changes.records.len());
        {
            let mut insert = tx.prepare_cached(
                "INSERT INTO record (id, append_time, key, payload, sum) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for record in &changes.records {
                let at = record.partition as usize;
                let next = extents[at].next;
                let id = row_id(record.partition, next);
                let sum = checksum(id, &record.key, &record.payload);
                insert.execute(params![
                    id,
                    append_time.0,
                    &record.key[..],
                    &record.payload[..],
                    sum
                ])?;
                offsets.push(next);
                extents[at].next += 1;
                held[at].records += 1;
                held[at].bytes += record.payload.len() as u64;
            }
            remove(&tx, &changes.removals, &mut held)?;
            for (partition, next_offset) in &changes.commits {
                extents[*partition as usize].committed = Some(*next_offset);
            }
            for partition in changes.partitions(self.purpose) {
                let at = partition as usize;
                if self.purpose == Purpose::Spool && held[at].records == 0 {
                    extents[at].first = extents[at].next;
                }
                update(&tx, partition, extents[at], held[at], self.purpose)?;
            }
        }
        tx.commit()?;
        (self.extents, self.held) = (extents, held);
        self.last_append = append_time;
        Ok(offsets)
    }

    /// Starts the offsets of an empty spool where those of another one ended: who still knows a
    /// record by its offset there must not find another one by it here.
    pub(crate) fn go_on_from(&mut self, before: &[Extent]) -> rusqlite::Result<()> {
        let tx = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut extents = self.extents.clone();
        for ((partition, extent), before) in (0..).zip(&mut extents).zip(before) {
            (extent.first, extent.next) = (before.next, before.next);
            update(&tx, partition, *extent, Held::default(), self.purpose)?;
        }
        tx.commit()?;
        self.extents = extents;
        Ok(())
    }

    /// When the record at `offset` was appended, if it is still there.
    pub(crate) fn append_time(
        &self,
        partition: u32,
        offset: u64,
    ) -> rusqlite::Result<Option<UnixMillis>> {
        self.connection
            .prepare_cached("SELECT append_time FROM record WHERE id = ?1")?
            .query_row([row_id(partition, offset)], |row| {
                row.get(0).map(UnixMillis)
            })
            .optional()
    }

    /// When the oldest record of any partition was appended.
    pub(crate) fn oldest(&self) -> rusqlite::Result<Option<UnixMillis>> {
        let mut first = self.connection.prepare_cached(
            "SELECT append_time FROM record WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 1",
        )?;
        let mut oldest: Option<i64> = None;
        for (partition, held) in (0..).zip(&self.held) {
            if held.records == 0 {
                continue;
            }
            let range = [row_id(partition, 0), row_id(partition + 1, 0)];
            let time = first
                .query_row(range, |row| row.get::<_, i64>(0))
                .optional()?;
            oldest = oldest.into_iter().chain(time).min();
        }
        Ok(oldest.map(UnixMillis))
    }

    /// Removes what lies below `offset`.
    pub(crate) fn remove_below(&mut self, partition: u32, offset: u64) -> rusqlite::Result<()> {
        let extent = self.extents[partition as usize];
        let tx = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.prepare_cached("DELETE FROM record WHERE id >= ?1 AND id < ?2")?
            .execute([row_id(partition, extent.first), row_id(partition, offset)])?;
        tx.prepare_cached(
            "UPDATE partition SET first_offset = ?2, next_offset = ?3 WHERE id = ?1",
        )?
        .execute(params![partition, signed(offset), signed(extent.next)])?;
        tx.commit()?;
        self.extents[partition as usize].first = offset;
        Ok(())
    }

    /// Everything below is dealt with.
    pub(crate) fn committed(&self, partition: u32) -> u64 {
        self.extents[partition as usize].committed.unwrap_or(0)
    }

    /// Where one step of removal ends that goes no further than `removable`; nothing where there is
    /// nothing to remove.
    pub(crate) fn removal_step(
        &self,
        partition: u32,
        removable: u64,
    ) -> rusqlite::Result<Option<u64>> {
        let first = self.extents[partition as usize].first;
        let last = removable.min(first.saturating_add(STEP_RECORDS));
        if last <= first {
            return Ok(None);
        }
        // The length of a payload stands in the row's header: its pages are not read for it.
        let mut sizes = self.connection.prepare_cached(
            "SELECT id, length(payload) FROM record WHERE id >= ?1 AND id < ?2 ORDER BY id",
        )?;
        let mut rows = sizes.query([row_id(partition, first), row_id(partition, last)])?;
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            bytes += row.get::<_, u64>(1)?;
            if bytes >= STEP_BYTES {
                return Ok(Some(offset_of(row.get(0)?) + 1));
            }
        }
        Ok(Some(last))
    }

    /// What the file takes.
    pub(crate) fn usage(&self) -> rusqlite::Result<Usage> {
        let pragma = |name| {
            self.connection
                .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
                .map(|value| value.max(0).cast_unsigned())
        };
        let page = pragma("page_size")?;
        let (pages, free) = (pragma("page_count")?, pragma("freelist_count")?);
        let pending = match self.purpose {
            Purpose::Spool => self.held.iter().map(|held| held.records).sum(),
            Purpose::Journal => self
                .extents
                .iter()
                .map(|extent| {
                    extent
                        .next
                        .saturating_sub(extent.committed.unwrap_or(extent.first))
                })
                .sum(),
        };
        Ok(Usage {
            used: pages.saturating_sub(free) * page,
            reusable: free * page,
            pending,
        })
    }
}

fn remove(
    connection: &Connection,
    removals: &[(u32, u64)],
    held: &mut [Held],
) -> rusqlite::Result<()> {
    let mut delete =
        connection.prepare_cached("DELETE FROM record WHERE id = ?1 RETURNING length(payload)")?;
    for (partition, offset) in removals {
        let gone: Option<u64> = delete
            .query_row([row_id(*partition, *offset)], |row| row.get(0))
            .optional()?;
        if let Some(bytes) = gone {
            let held = &mut held[*partition as usize];
            held.records = held.records.saturating_sub(1);
            held.bytes = held.bytes.saturating_sub(bytes);
        }
    }
    Ok(())
}

fn update(
    connection: &Connection,
    partition: u32,
    extent: Extent,
    held: Held,
    purpose: Purpose,
) -> rusqlite::Result<()> {
    match purpose {
        Purpose::Journal => connection
            .prepare_cached("UPDATE partition SET committed = ?2 WHERE id = ?1")?
            .execute(params![partition, extent.committed.map(signed)]),
        Purpose::Spool => connection
            .prepare_cached(
                "UPDATE partition SET first_offset = ?2, next_offset = ?3, records = ?4, bytes = ?5 \
                 WHERE id = ?1",
            )?
            .execute(params![
                partition,
                signed(extent.first),
                signed(extent.next),
                signed(held.records),
                signed(held.bytes)
            ]),
    }?;
    Ok(())
}

fn read_partition(connection: &Connection, partition: u32) -> rusqlite::Result<(Extent, Held)> {
    let (first, next, committed, records, bytes): (i64, i64, Option<i64>, i64, i64) = connection
        .query_row(
            "SELECT first_offset, next_offset, committed, records, bytes FROM partition \
             WHERE id = ?1",
            [partition],
            |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                ))
            },
        )?;
    let last: Option<i64> = connection.query_row(
        "SELECT max(id) FROM record WHERE id >= ?1 AND id < ?2",
        [row_id(partition, 0), row_id(partition + 1, 0)],
        |row| row.get(0),
    )?;
    let after_last = last.map_or(0, |id| offset_of(id) + 1);
    let extent = Extent {
        first: first.cast_unsigned(),
        next: after_last.max(next.cast_unsigned()),
        committed: committed.map(i64::cast_unsigned),
    };
    let held = Held {
        records: records.cast_unsigned(),
        bytes: bytes.cast_unsigned(),
    };
    Ok((extent, held))
}

fn last_append(
    connection: &Connection,
    extents: &[Extent],
    purpose: Purpose,
) -> rusqlite::Result<UnixMillis> {
    let mut last = UnixMillis(0);
    for (partition, extent) in (0..).zip(extents) {
        if extent.next == extent.first {
            continue;
        }
        // A row that should be there and is not is damage, hence no `optional`. Of a spool, only
        // one of them has to be.
        let lowest = match purpose {
            Purpose::Journal => extent.next - 1,
            Purpose::Spool => extent.first,
        };
        let time = connection.query_row(
            "SELECT append_time FROM record WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT 1",
            [row_id(partition, lowest), row_id(partition, extent.next)],
            |row| row.get(0),
        )?;
        last = last.max(UnixMillis(time));
    }
    Ok(last)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
