//! What happens to a record before its partition's machine takes it in.
//!
//! Most records go straight through. One that waited long on its way, or that may repeat a beacon
//! of a former log, is held until everything before it is stored and the store has been asked for
//! copies: then the answer is a function of the log, whenever it is asked.

use journal::Consumed;
use observation::BeaconId;
use store::SeenBeacon;

use crate::error::LoaderError;
use crate::retry::retried;
use crate::{DecodedRecord, Loader};

impl Loader {
    pub(crate) async fn on_record(&mut self, record: Consumed) -> Result<(), LoaderError> {
        let partition = record.partition;
        let Some(owned) = self.partitions.get_mut(&partition) else {
            return Ok(());
        };
        let opened = DecodedRecord::new(record);
        if let Some(witness) = owned.witness.take() {
            return self.hear(partition, witness, &opened).await;
        }
        if self.has_lost_replay(opened.record()) {
            return self.start(partition).await;
        }
        self.restore(&opened).await?;
        let Some(owned) = self.partitions.get_mut(&partition) else {
            return Ok(());
        };
        if !owned.held.is_empty() || owned.machine.must_ask(&opened).is_some() {
            owned.held.push(opened);
            self.note_waiting();
            return Ok(());
        }
        self.take(partition, opened, &[]);
        Ok(())
    }

    /// Takes in the held records whose time has come.
    pub(crate) async fn take_held(&mut self) -> Result<(), LoaderError> {
        let partitions: Vec<u32> = self.partitions.keys().copied().collect();
        for partition in partitions {
            let owned = self.partitions.get_mut(&partition);
            let Some(held) = owned.and_then(crate::owned::Owned::settled) else {
                continue;
            };
            let copies = self.copies(partition, &held).await?;
            for opened in held {
                self.take(partition, opened, &copies);
            }
        }
        Ok(())
    }

    fn take(&mut self, partition: u32, opened: DecodedRecord, copies: &[SeenBeacon]) {
        let Some(owned) = self.partitions.get_mut(&partition) else {
            return;
        };
        // Only its own copies are looked at: most records of a batch have none.
        let copies = match (copies, opened.beacon()) {
            ([], _) | (_, None) => &[],
            (copies, Some(id)) => of_beacon(copies, id),
        };
        if let Some(disposition) = owned.machine.consume(opened, copies, &mut self.pending) {
            self.metrics.record(disposition);
            self.note_waiting();
        }
    }

    fn note_waiting(&mut self) {
        self.waiting_since
            .get_or_insert_with(tokio::time::Instant::now);
    }

    /// Asks the store for copies of the held records, sorted by beacon.
    async fn copies(
        &mut self,
        partition: u32,
        held: &[DecodedRecord],
    ) -> Result<Vec<SeenBeacon>, LoaderError> {
        let Some(owned) = self.partitions.get(&partition) else {
            return Ok(Vec::new());
        };
        let machine = &owned.machine;
        let asked = held
            .iter()
            .filter_map(|opened| Some((machine.must_ask(opened)?, opened.beacon()?)));
        let (reaches, ids): (Vec<_>, Vec<BeaconId>) = asked.unzip();
        let (Some(since), Some(first)) = (reaches.into_iter().min(), held.first()) else {
            return Ok(Vec::new());
        };
        let (epoch, below) = (self.settings.epoch, first.record().offset);
        let store = &self.store;
        let copies = retried(
            || store.copies(epoch, partition, below, since, &ids),
            &self.metrics,
        );
        let mut copies = copies.await.map_err(LoaderError::Store)?;
        self.metrics.asked.inc_by(ids.len() as u64);
        copies.sort_unstable_by_key(|copy| copy.beacon);
        Ok(copies)
    }

    /// Fetches the ids below the start, once the first record shows from when on.
    async fn restore(&mut self, opened: &DecodedRecord) -> Result<(), LoaderError> {
        let record = opened.record();
        let Some(owned) = self.partitions.get_mut(&record.partition) else {
            return Ok(());
        };
        if std::mem::replace(&mut owned.is_restored, true) {
            return Ok(());
        }
        let since = owned.machine.wanted_since(record.append_time);
        let (epoch, start) = (self.settings.epoch, owned.machine.next_offset());
        let store = &self.store;
        let seen = retried(
            || store.seen(epoch, record.partition, start, since),
            &self.metrics,
        );
        let seen = seen.await.map_err(LoaderError::Store)?;
        owned.machine.restore(since, seen);
        Ok(())
    }

    /// Whether retention has just taken records that were to be read again: the sums of their chunk
    /// must come from the store. A gap that is still there afterwards is one of the log itself.
    fn has_lost_replay(&mut self, record: &Consumed) -> bool {
        let Some(owned) = self.partitions.get(&record.partition) else {
            return false;
        };
        let next = owned.held.last().map_or_else(
            || owned.machine.next_offset(),
            |last| last.record().offset + 1,
        );
        let is_lost = next < record.offset && next < owned.stored;
        is_lost && self.gaps.insert(record.partition, record.offset) != Some(record.offset)
    }

    /// Compares the record that the log holds with the one that was loaded from there; then reads
    /// from where it is wanted.
    async fn hear(
        &mut self,
        partition: u32,
        witness: SeenBeacon,
        opened: &DecodedRecord,
    ) -> Result<(), LoaderError> {
        let offset = witness.offset;
        if (opened.record().offset, opened.beacon()) != (offset, Some(witness.beacon)) {
            return Err(LoaderError::LogReplaced { partition, offset });
        }
        let Some(owned) = self.partitions.get(&partition) else {
            return Ok(());
        };
        let wanted = owned.machine.next_offset();
        match self.read_from(partition, wanted).await? {
            Some(start) if start == wanted => Ok(()),
            // Retention goes on meanwhile.
            Some(_) => self.start(partition).await,
            None => Ok(()),
        }
    }
}

fn of_beacon(copies: &[SeenBeacon], id: BeaconId) -> &[SeenBeacon] {
    let from = copies.partition_point(|copy| copy.beacon < id);
    let to = copies.partition_point(|copy| copy.beacon <= id);
    &copies[from..to]
}
