//! Dead letters: listed, and marked as dealt with.

use observation::{Position, vocabulary};

use crate::client::Statement;
use crate::rows::DeadLetterRow;
use crate::wire::columns;
use crate::{Store, StoreError};

vocabulary! {
    /// What was decided about a dead letter.
    Mark {
        /// Its record was appended to the log again.
        Replayed => "replayed",
        /// It is given up.
        Dropped => "dropped",
    }
}

/// Which dead letters are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeadLetterFilter {
    /// Those of one reason.
    pub reason: Option<String>,
    /// One of them.
    pub position: Option<Position>,
}

const OPEN: &str = "FROM dead_letters AS letter FINAL \
     WHERE (epoch, partition, offset) NOT IN \
        (SELECT epoch, partition, offset FROM dead_letter_marks)";

impl Store {
    /// The dead letters that no one has dealt with, behind `after` in the order of their positions,
    /// at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn dead_letters(
        &self,
        filter: &DeadLetterFilter,
        after: Option<Position>,
        limit: u32,
    ) -> Result<Vec<DeadLetterRow>, StoreError> {
        let mut sql = format!("SELECT {} {OPEN}", columns::<DeadLetterRow>());
        if filter.reason.is_some() {
            sql.push_str(" AND reason = {reason:String}");
        }
        if filter.position.is_some() {
            sql.push_str(
                " AND (epoch, partition, offset) = ({epoch:UInt32}, {partition:UInt32}, \
                 {offset:UInt64})",
            );
        }
        if after.is_some() {
            sql.push_str(
                " AND (epoch, partition, offset) > ({after_epoch:UInt32}, \
                 {after_partition:UInt32}, {after_offset:UInt64})",
            );
        }
        sql.push_str(" ORDER BY epoch, partition, offset LIMIT {limit:UInt32}");
        let mut statement = self.client.sql(&sql).param("limit", limit);
        if let Some(reason) = &filter.reason {
            statement = statement.param("reason", reason.as_str());
        }
        if let Some(position) = filter.position {
            statement = place(statement, position);
        }
        if let Some(after) = after {
            statement = statement
                .param("after_epoch", after.epoch)
                .param("after_partition", after.partition)
                .param("after_offset", after.offset);
        }
        self.client.fetch(statement).await
    }

    /// Notes what was decided about a dead letter: it is listed no longer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn mark_dead_letter(
        &self,
        letter: &DeadLetterRow,
        mark: Mark,
    ) -> Result<(), StoreError> {
        let position = Position {
            epoch: letter.epoch,
            partition: letter.partition,
            offset: letter.offset,
        };
        let insert = self.client.sql(
            "INSERT INTO dead_letter_marks (epoch, partition, offset, append_time, mark) \
             SELECT {epoch:UInt32}, {partition:UInt32}, {offset:UInt64}, \
                fromUnixTimestamp64Milli({append_time:Int64}, 'UTC'), {mark:String}",
        );
        let insert = place(insert, position)
            .param("append_time", letter.append_time.0)
            .param("mark", mark.as_str());
        self.client.run(insert).await
    }
}

fn place(statement: Statement, position: Position) -> Statement {
    statement
        .param("epoch", position.epoch)
        .param("partition", position.partition)
        .param("offset", position.offset)
}
