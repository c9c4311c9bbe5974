//! One partition of the log as a pure state machine: records in, rows out.

use journal::Consumed;
use observation::{Chunk, DecodeError, Entry, Envelope, Position, UnixMillis};
use store::{DeadLetterRow, EdgeReportRow, ObservationRow, ProgressRow, SeenBeacon};

use crate::chunk::OpenChunk;
use crate::pending::Pending;
use crate::window::ResendWindow;

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

/// What became of one record.
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

/// The state of one partition between two flushes. Reading always starts at the start of a chunk.
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
    told: Option<ProgressRow>,
}

impl Partition {
    /// A partition that is read from `start` on, which must be the start of a chunk (or, where the
    /// log has lost offsets, the first that is left).
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
            told: None,
        }
    }

    /// The offset at which a partition must be read again, when the store holds everything below
    /// `next_offset`.
    #[must_use]
    pub const fn restart_at(settings: Settings, next_offset: u64) -> u64 {
        Chunk::of(next_offset, settings.chunk_size).start(settings.chunk_size)
    }

    /// Takes in the ids that the store knows below the start; before the first record.
    pub fn restore(&mut self, seen: Vec<SeenBeacon>) {
        self.window.restore(seen);
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

    /// Takes in the next record and says what became of it. A record below [`Self::next_offset`]
    /// was taken in before and changes nothing.
    pub fn consume(&mut self, record: Consumed, pending: &mut Pending) -> Option<Disposition> {
        if record.offset < self.next_offset {
            return None;
        }
        self.open_chunk_of(record.offset, pending);
        self.next_offset = record.offset + 1;
        self.event_time = self.event_time.max(record.append_time);
        pending.note_bytes(record.payload.len());
        let disposition = self.dispose(&record, pending);
        let counted = &mut self.chunk.counted;
        match disposition {
            Disposition::Stored => counted.stored += 1,
            Disposition::Duplicate => counted.duplicates += 1,
            Disposition::DeadLettered => counted.dead_lettered += 1,
            Disposition::EdgeReport => counted.edge_reports += 1,
        }
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
        if self.told.as_ref() == Some(&progress) {
            return;
        }
        if self
            .told
            .as_ref()
            .is_none_or(|told| told.next_offset < self.next_offset)
        {
            self.flush_chunk(pending);
        }
        pending.batch.progress.push(progress);
        self.told = Some(progress);
    }

    fn flush_chunk(&mut self, pending: &mut Pending) {
        let Some(last_offset) = self.next_offset.checked_sub(1) else {
            return;
        };
        if self.chunk.counted == Default::default() {
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

    fn dispose(&mut self, record: &Consumed, pending: &mut Pending) -> Disposition {
        if self.poison.contains(&record.offset) {
            self.dead_letter(
                record,
                "refused_by_store",
                "the store refuses its rows",
                pending,
            );
            return Disposition::DeadLettered;
        }
        match Entry::decode(&record.payload) {
            Ok(Entry::Beacon(envelope)) => self.beacon(record, envelope, pending),
            Ok(Entry::EdgeReport(report)) => {
                pending.batch.edge_reports.push(EdgeReportRow::from(report));
                Disposition::EdgeReport
            }
            Err(error) => {
                self.dead_letter(record, error.as_str(), &explain(&error), pending);
                Disposition::DeadLettered
            }
        }
    }

    fn beacon(
        &mut self,
        record: &Consumed,
        envelope: Envelope,
        pending: &mut Pending,
    ) -> Disposition {
        if self
            .window
            .is_resend(envelope.beacon, record.offset, record.append_time)
        {
            return Disposition::Duplicate;
        }
        self.chunk.add(&envelope);
        self.chunk.counted.rows += envelope.observations.len() as u64;
        let position = Position {
            epoch: self.settings.epoch,
            partition: self.partition,
            offset: record.offset,
        };
        let rows = ObservationRow::from_envelope(position, record.append_time, envelope);
        pending.batch.observations.extend(rows);
        Disposition::Stored
    }

    fn dead_letter(&self, record: &Consumed, reason: &str, detail: &str, pending: &mut Pending) {
        pending.batch.dead_letters.push(DeadLetterRow {
            epoch: self.settings.epoch,
            partition: self.partition,
            offset: record.offset,
            append_time: record.append_time,
            reason: reason.to_owned(),
            detail: detail.to_owned(),
            payload: record.payload.to_vec(),
        });
    }
}

fn explain(error: &DecodeError) -> String {
    use std::error::Error as _;
    error
        .source()
        .map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
