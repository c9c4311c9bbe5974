//! One partition of the log as a pure state machine: records in, rows out.

use journal::Consumed;
use observation::{
    BeaconId, Chunk, DeadLetterReason, DecodeError, Entry, Envelope, Position, UnixMillis,
};
use runtime::Causes as _;
use store::{ChunkBase, DeadLetterRow, EdgeReportRow, ObservationRow, ProgressRow, SeenBeacon};

use crate::chunk::OpenChunk;
use crate::pending::Pending;
use crate::window::{Reach, ResendWindow};

/// What a partition needs to know of the configuration. All of it is part of the identity of what
/// is written.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Incarnation of the log.
    pub epoch: u32,
    /// Offsets in a chunk.
    pub chunk_size: u64,
    /// Re-send window in milliseconds of append time.
    pub resend_window: i64,
}

/// The outcome of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// A beacon whose observations are stored.
    Stored,
    /// A re-send of a beacon at a smaller offset.
    Duplicate,
    /// A record that cannot be read or that the store refuses for good.
    DeadLettered,
    /// A count that an edge process sent of itself.
    EdgeReport,
}

impl Disposition {
    /// Every value.
    pub const ALL: [Self; 4] = [
        Self::Stored,
        Self::Duplicate,
        Self::DeadLettered,
        Self::EdgeReport,
    ];

    /// The label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Duplicate => "duplicate",
            Self::DeadLettered => "dead_lettered",
            Self::EdgeReport => "edge_report",
        }
    }
}

/// A record of the log, and what it says.
#[derive(Debug)]
pub struct DecodedRecord {
    record: Consumed,
    entry: Result<Entry, DecodeError>,
}

impl DecodedRecord {
    /// Opens a record.
    #[must_use]
    pub fn new(record: Consumed) -> Self {
        let entry = Entry::decode(&record.payload);
        Self { record, entry }
    }

    /// The record.
    #[must_use]
    pub const fn record(&self) -> &Consumed {
        &self.record
    }

    /// The beacon in it, if it is one.
    #[must_use]
    pub const fn beacon(&self) -> Option<BeaconId> {
        match &self.entry {
            Ok(Entry::Beacon(envelope)) => Some(envelope.beacon),
            _ => None,
        }
    }
}

/// The state of one partition between two flushes. Reading starts at the start of a chunk, or where
/// the store's knowledge of a chunk ends ([`Partition::resume`]).
#[derive(Debug)]
pub struct Partition {
    settings: Settings,
    partition: u32,
    window: ResendWindow,
    poison: Vec<u64>,
    chunk: OpenChunk,
    next_offset: u64,
    event_time: UnixMillis,
    /// What the store was last told.
    last_progress: Option<ProgressRow>,
}

impl Partition {
    /// A partition that is read from `start` on, which must be the start of a chunk.
    #[must_use]
    pub fn new(settings: Settings, partition: u32, start: u64) -> Self {
        let chunk = Chunk::of(start, settings.chunk_size);
        Self {
            settings,
            partition,
            window: ResendWindow::new(settings.resend_window),
            poison: Vec::new(),
            chunk: OpenChunk::new(settings.epoch, partition, chunk),
            next_offset: start,
            event_time: UnixMillis::default(),
            last_progress: None,
        }
    }

    /// A partition that is read from `start` on, in the middle of a chunk whose first records the
    /// log has lost; the store holds everything of it below `start` (or it is lost).
    #[must_use]
    pub fn resume(settings: Settings, partition: u32, start: u64, base: ChunkBase) -> Self {
        let chunk = Chunk::of(start, settings.chunk_size);
        Self {
            chunk: OpenChunk::resume(settings.epoch, partition, chunk, base),
            ..Self::new(settings, partition, start)
        }
    }

    /// The offset at which a partition must be read again, when the store holds everything below
    /// `next_offset`.
    #[must_use]
    pub const fn restart_at(settings: Settings, next_offset: u64) -> u64 {
        Chunk::of(next_offset, settings.chunk_size).start(settings.chunk_size)
    }

    /// Tells until when former incarnations of the log took beacons in.
    pub const fn follow(&mut self, former_until: UnixMillis) {
        self.window.follow(former_until);
    }

    /// From when on [`Partition::restore`] wants to know what is stored below the start, when the
    /// first record was appended at `at`.
    #[must_use]
    pub const fn wanted_since(&self, at: UnixMillis) -> UnixMillis {
        self.window.wanted_since(at)
    }

    /// Takes in the ids that the store knows below the start and since a time; before the first
    /// record. Not needed where nothing is below the start.
    pub fn restore(&mut self, since: UnixMillis, seen: Vec<SeenBeacon>) {
        self.window.restore(since, seen);
    }

    /// From when on the store must be asked for copies of a record, before it is consumed and when
    /// everything before it is stored; none where memory knows.
    #[must_use]
    pub fn must_ask(&self, opened: &DecodedRecord) -> Option<UnixMillis> {
        let Ok(Entry::Beacon(envelope)) = &opened.entry else {
            return None;
        };
        let reach = self.reach(&opened.record, envelope);
        self.window.must_ask(reach).then_some(reach)
    }

    const fn reach(&self, record: &Consumed, envelope: &Envelope) -> Reach {
        self.window.reach(record.append_time, envelope.received_at)
    }

    /// Records that the store refuses for good: they become dead letters when they are read.
    pub fn quarantine(&mut self, offsets: Vec<u64>) {
        self.poison = offsets;
    }

    /// Offset of the next record to be read.
    #[must_use]
    pub const fn next_offset(&self) -> u64 {
        self.next_offset
    }

    /// How many ids the re-send window holds.
    #[must_use]
    pub fn window_len(&self) -> usize {
        self.window.len()
    }

    /// Takes in the next record and returns its outcome. A record below [`Self::next_offset`]
    /// was taken in before and changes nothing. `copies` is what the store answered where it
    /// [must be asked](Self::must_ask).
    pub fn consume(
        &mut self,
        opened: DecodedRecord,
        copies: &[SeenBeacon],
        pending: &mut Pending,
    ) -> Option<Disposition> {
        let DecodedRecord { record, entry } = opened;
        if record.offset < self.next_offset {
            return None;
        }
        self.open_chunk_of(record.offset, pending);
        self.next_offset = record.offset + 1;
        self.event_time = self.event_time.max(record.append_time);
        pending.note_bytes(record.payload.len());
        let before = pending.batch.observations.len();
        let disposition = self.dispose(&record, entry, copies, pending);
        let rows = pending.batch.observations.len() - before;
        self.chunk.count(record.offset, disposition, rows as u64);
        Some(disposition)
    }

    /// Notes that everything appended before `at` has been taken in.
    pub fn caught_up(&mut self, at: UnixMillis) {
        self.event_time = self.event_time.max(at);
    }

    /// Adds what changed since the last flush to `pending`, with the progress it amounts to.
    pub fn flush(&mut self, pending: &mut Pending) {
        let progress = ProgressRow {
            epoch: self.settings.epoch,
            partition: self.partition,
            next_offset: self.next_offset,
            event_time: self.event_time,
        };
        if self.last_progress.as_ref() == Some(&progress) {
            return;
        }
        if self
            .last_progress
            .as_ref()
            .is_none_or(|last_progress| last_progress.next_offset < self.next_offset)
        {
            self.flush_chunk(pending);
        }
        pending.batch.progress.push(progress);
        self.last_progress = Some(progress);
    }

    fn flush_chunk(&mut self, pending: &mut Pending) {
        let Some(last_offset) = self.next_offset.checked_sub(1) else {
            return;
        };
        if self.chunk.is_empty() {
            return;
        }
        pending.batch.parts.extend(self.chunk.changed(last_offset));
        pending.batch.chunks.push(self.chunk.ledger(last_offset));
    }

    fn open_chunk_of(&mut self, offset: u64, pending: &mut Pending) {
        let chunk = Chunk::of(offset, self.settings.chunk_size);
        if chunk != self.chunk.chunk() {
            self.flush_chunk(pending);
            self.chunk = OpenChunk::new(self.settings.epoch, self.partition, chunk);
        }
    }

    fn dispose(
        &mut self,
        record: &Consumed,
        entry: Result<Entry, DecodeError>,
        copies: &[SeenBeacon],
        pending: &mut Pending,
    ) -> Disposition {
        if self.poison.contains(&record.offset) {
            self.dead_letter(
                record,
                DeadLetterReason::RefusedByStore,
                "the store refuses its rows",
                pending,
            );
            return Disposition::DeadLettered;
        }
        match entry {
            Ok(Entry::Beacon(envelope)) => self.beacon(record, envelope, copies, pending),
            Ok(Entry::EdgeReport(report)) => {
                pending.batch.edge_reports.push(EdgeReportRow::from(report));
                Disposition::EdgeReport
            }
            Err(error) => {
                self.dead_letter(
                    record,
                    error.reason(),
                    &error.with_causes().to_string(),
                    pending,
                );
                Disposition::DeadLettered
            }
        }
    }

    fn beacon(
        &mut self,
        record: &Consumed,
        envelope: Envelope,
        copies: &[SeenBeacon],
        pending: &mut Pending,
    ) -> Disposition {
        let reach = self.reach(record, &envelope);
        let place = (record.offset, record.append_time);
        if self.window.is_resend(envelope.beacon, place, reach, copies) {
            return Disposition::Duplicate;
        }
        self.chunk.add(record.offset, &envelope);
        let position = Position {
            epoch: self.settings.epoch,
            partition: self.partition,
            offset: record.offset,
        };
        let rows = ObservationRow::from_envelope(position, record.append_time, envelope);
        pending.batch.observations.extend(rows);
        Disposition::Stored
    }

    fn dead_letter(
        &self,
        record: &Consumed,
        reason: DeadLetterReason,
        detail: &str,
        pending: &mut Pending,
    ) {
        pending.batch.dead_letters.push(DeadLetterRow {
            epoch: self.settings.epoch,
            partition: self.partition,
            offset: record.offset,
            append_time: record.append_time,
            reason: reason.as_str().to_owned(),
            detail: detail.to_owned(),
            payload: record.payload.to_vec(),
        });
    }
}
