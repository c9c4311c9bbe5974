//! Finds the records whose rows the store refuses for good.

use std::collections::BTreeSet;

use store::{Batch, ObservationRow, Store, StoreError};

/// Partition and offset of a record.
pub(crate) type RecordPosition = (u32, u64);

/// Halves the rows of a refused batch until the guilty records stand alone. What is accepted on the
/// way is written early, which is harmless: raw rows are the same whenever they are written.
///
/// # Errors
/// A [`StoreError`] other than a refusal.
pub(crate) async fn find(
    store: &Store,
    rows: Vec<ObservationRow>,
) -> Result<Vec<RecordPosition>, StoreError> {
    let mut guilty = Vec::new();
    let mut suspects = vec![rows];
    while let Some(rows) = suspects.pop() {
        let places: BTreeSet<RecordPosition> = rows.iter().map(place).collect();
        let Some(&first) = places.first() else {
            continue;
        };
        let batch = Batch {
            observations: rows.clone(),
            ..Batch::default()
        };
        match store.write(&batch).await {
            Ok(()) => {}
            Err(error) if error.is_retryable() => return Err(error),
            Err(_) if places.len() == 1 => guilty.push(first),
            Err(_) => {
                let middle = *places
                    .iter()
                    .nth(places.len() / 2)
                    .expect("has at least two");
                let (low, high) = rows.into_iter().partition(|row| place(row) < middle);
                suspects.push(low);
                suspects.push(high);
            }
        }
    }
    Ok(guilty)
}

fn place(row: &ObservationRow) -> RecordPosition {
    (row.position.partition, row.position.offset)
}
