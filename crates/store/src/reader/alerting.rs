//! Silences and deliveries.

use observation::UnixMillis;

use super::Reader;
use crate::client::Client;
use crate::wire::columns;
use crate::{DeliveryRow, MAX_SILENCES, SilenceRow, StoreError};

/// Which deliveries are asked for; empty texts are not asked about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Of this app.
    pub app: String,
    /// Of this alert.
    pub alert: String,
    /// To this receiver.
    pub receiver: String,
    /// That ended so.
    pub outcome: String,
}

impl Reader {
    /// The latest state of every silence that is kept, latest first, at most [`MAX_SILENCES`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn silences(&self) -> Result<Vec<SilenceRow>, StoreError> {
        silences(&self.client).await
    }

    /// The deliveries of a window, latest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        (from, to): (UnixMillis, UnixMillis),
        limit: u32,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let conditions = [
            ("app", &filter.app),
            ("alert", &filter.alert),
            ("receiver", &filter.receiver),
            ("outcome", &filter.outcome),
        ];
        let given = conditions.iter().filter(|(_, value)| !value.is_empty());
        let also: String = given
            .clone()
            .map(|(name, _)| format!(" AND {name} = {{{name}:String}}"))
            .collect();
        let sql = format!(
            "SELECT {} FROM deliveries \
             WHERE at >= fromUnixTimestamp64Milli({{from:Int64}}, 'UTC') \
               AND at < fromUnixTimestamp64Milli({{to:Int64}}, 'UTC'){also} \
             ORDER BY at DESC, alert, receiver LIMIT {limit}",
            columns::<DeliveryRow>()
        );
        let mut statement = self
            .client
            .sql(&sql)
            .param("from", from.0)
            .param("to", to.0);
        for (name, value) in given {
            statement = statement.param(name, value.as_str());
        }
        self.client.fetch(statement).await
    }
}

pub(crate) async fn silences(client: &Client) -> Result<Vec<SilenceRow>, StoreError> {
    let sql = format!(
        "SELECT {} FROM silences FINAL ORDER BY created_at DESC, id LIMIT {MAX_SILENCES}",
        columns::<SilenceRow>()
    );
    client.fetch(client.sql(&sql)).await
}
