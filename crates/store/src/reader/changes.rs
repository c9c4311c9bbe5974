//! What was changed: deploys, and headers of targets that were seen to change.

use observation::UnixMillis;

use super::Reader;
use crate::rows::{ChangeRow, SnapshotRow, differences};
use crate::wire::columns;
use crate::{DeployRow, StoreError};

/// Earlier deploys that are looked through for a version that comes back.
const MAX_EARLIER: u32 = 500;
/// States of one question that are compared.
const MAX_STATES: u32 = 8;
/// States of all questions that are read.
const MAX_READ: u32 = 4_000;

/// The row of each deploy of an app that stands. A time that was reported again is another one, so what is
/// asked of it is asked of what is left here: `LIMIT BY` keeps conditions from being moved before it.
const STANDING: &str = "(SELECT * FROM deployments WHERE app = {app:String} \
    ORDER BY created_at DESC LIMIT 1 BY id)";

impl Reader {
    /// The deploys of an app in a window, in order of time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn deploys(
        &self,
        app: &str,
        from: UnixMillis,
        to: UnixMillis,
    ) -> Result<Vec<DeployRow>, StoreError> {
        let sql = format!(
            "SELECT {} FROM {STANDING} \
             WHERE at >= fromUnixTimestamp64Milli({{from:Int64}}, 'UTC') \
               AND at < fromUnixTimestamp64Milli({{to:Int64}}, 'UTC') \
             ORDER BY at, id",
            columns::<DeployRow>()
        );
        let statement = self.client.sql(&sql).param("app", app);
        let statement = statement.param("from", from.0).param("to", to.0);
        self.client.fetch(statement).await
    }

    /// One deploy of an app.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn deploy(&self, app: &str, id: &str) -> Result<Option<DeployRow>, StoreError> {
        let sql = format!(
            "SELECT {} FROM {STANDING} WHERE id = {{id:String}}",
            columns::<DeployRow>()
        );
        let statement = self.client.sql(&sql).param("app", app).param("id", id);
        let rows: Vec<DeployRow> = self.client.fetch(statement).await?;
        Ok(rows.into_iter().next())
    }

    /// The deploys before `deploy` of its app, service and environment that took effect, latest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn deploys_before(&self, deploy: &DeployRow) -> Result<Vec<DeployRow>, StoreError> {
        let sql = format!(
            "SELECT {} FROM {STANDING} \
             WHERE at <= fromUnixTimestamp64Milli({{at:Int64}}, 'UTC') AND id != {{id:String}} \
               AND service = {{service:String}} AND environment = {{environment:String}} \
               AND state NOT IN ('requested', 'cancelled') \
             ORDER BY at DESC, id DESC LIMIT {MAX_EARLIER}",
            columns::<DeployRow>()
        );
        let statement = self
            .client
            .sql(&sql)
            .param("app", deploy.app.as_str())
            .param("at", deploy.at.0)
            .param("id", deploy.id.as_str())
            .param("service", deploy.service.as_str())
            .param("environment", deploy.environment.as_str());
        self.client.fetch(statement).await
    }

    /// What changed in the headers of a target, as snapshots first saw it in `[from, to)`, in order of time. The
    /// same change in answers to several questions is told once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn header_changes(
        &self,
        target_origin: &str,
        from: UnixMillis,
        to: UnixMillis,
    ) -> Result<Vec<ChangeRow>, StoreError> {
        Ok(changes(self.header_states(target_origin, to).await?, from))
    }

    /// How a target answered each question before `to`, the latest states of each. The answer of a state was seen at
    /// its beginning and at its end.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn header_states(
        &self,
        target_origin: &str,
        to: UnixMillis,
    ) -> Result<Vec<SnapshotRow>, StoreError> {
        let sql = format!(
            "SELECT {} FROM header_snapshots FINAL \
             WHERE startsWith(url, {{prefix:String}}) \
               AND first_at < fromUnixTimestamp64Milli({{to:Int64}}, 'UTC') \
             ORDER BY first_at DESC, url, page_origin, asked, stage \
             LIMIT {MAX_STATES} BY url, page_origin, asked, stage LIMIT {MAX_READ}",
            columns::<SnapshotRow>()
        );
        let statement = self
            .client
            .sql(&sql)
            .param(
                "prefix",
                format!("{}/", target_origin.trim_end_matches('/')),
            )
            .param("to", to.0);
        self.client.fetch(statement).await
    }
}

/// The differences between states that follow each other, of those that were first seen from `from` on.
fn changes(mut rows: Vec<SnapshotRow>, from: UnixMillis) -> Vec<ChangeRow> {
    let question = |row: &SnapshotRow| {
        (
            row.url.clone(),
            row.page_origin.clone(),
            row.asked.clone(),
            row.stage,
        )
    };
    rows.sort_by_key(|row| (question(row), row.first_at));
    let mut changes: Vec<ChangeRow> = Vec::new();
    for pair in rows.windows(2) {
        let [before, after] = pair else { continue };
        if question(before) != question(after) || after.first_at < from {
            continue;
        }
        for change in differences(before, after) {
            let same = |known: &&mut ChangeRow| {
                (&known.header, &known.before, &known.after)
                    == (&change.header, &change.before, &change.after)
                    && known.from < change.to
                    && change.from < known.to
            };
            match changes.iter_mut().find(same) {
                // Each snapshot narrows down when it was.
                Some(known) => {
                    known.from = known.from.max(change.from);
                    known.to = known.to.min(change.to);
                }
                None => changes.push(change),
            }
        }
    }
    changes.sort_by(|a, b| (a.to, &a.header).cmp(&(b.to, &b.header)));
    changes
}

#[cfg(test)]
mod tests {
    use observation::Stage;

    use super::*;
    use crate::HeaderLine;

    fn state(page: &str, first: i64, last: i64, allowed: Option<&str>) -> SnapshotRow {
        let line = |value: &str| HeaderLine {
            name: "access-control-allow-headers".to_owned(),
            value: value.to_owned(),
        };
        SnapshotRow {
            page_origin: page.to_owned(),
            url: "https://api.test/cart".to_owned(),
            asked: "PUT x-tenant".to_owned(),
            stage: Stage::Preflight,
            first_at: UnixMillis(first),
            last_at: UnixMillis(last),
            status: 204,
            headers: allowed.map(line).into_iter().collect(),
        }
    }

    #[test]
    fn a_change_that_several_questions_show_is_told_once_with_the_narrowest_time() {
        let rows = vec![
            state("https://a.test", 10, 100, Some("x-tenant")),
            state("https://b.test", 20, 90, Some("x-tenant")),
            state("https://a.test", 140, 200, None),
            state("https://b.test", 130, 200, None),
        ];
        let found = changes(rows.clone(), UnixMillis(0));
        let told: Vec<_> = found
            .iter()
            .map(|change| (change.what.as_str(), change.from.0, change.to.0))
            .collect();
        let what = "access-control-allow-headers vanished, it was x-tenant";
        assert_eq!(told, [(what, 100, 130)]);
        // What was first seen before the window is not a change in it, and a first state is none at all.
        assert_eq!(changes(rows.clone(), UnixMillis(150)), []);
        assert_eq!(changes(rows[..2].to_vec(), UnixMillis(0)), []);
    }
}
