//! Diagnoses and header snapshots on the wire.

use clickhouse::Row;
use observation::UnixMillis;
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::rows::{ChangeRow, DiagnosisRow, FixRow, HeaderLine, SignatureRow, SnapshotRow};

/// The columns of [`Diagnosis`], in its order.
pub(crate) const DIAGNOSIS: &str = "app, id, at, kind, page_origin, target_origin, endpoint, \
    service, method, headers, credentialed, preflighted, reported_outcome, reported_stage, first_seen, result, \
    why, detail, url, remote, cause, parameter, stage, hop, status, explanation, \
    `offending.name`, `offending.value`, `fix.place`, `fix.header`, `fix.value`, `fix.change`, \
    `change.stage`, `change.header`, `change.what`, `change.before`, `change.after`, `change.from`, `change.to`";

/// The columns of [`Snapshot`], in its order.
pub(crate) const SNAPSHOT: &str = "page_origin, url, asked, stage, first_at, last_at, status, \
    `header.name`, `header.value`";

#[derive(Debug, Row, Serialize, Deserialize)]
pub(crate) struct Diagnosis {
    app: String,
    id: String,
    at: i64,
    kind: String,
    page_origin: String,
    target_origin: String,
    endpoint: String,
    service: String,
    method: String,
    headers: String,
    credentialed: bool,
    preflighted: bool,
    reported_outcome: String,
    reported_stage: String,
    first_seen: i64,
    result: String,
    why: String,
    detail: String,
    url: String,
    remote: String,
    cause: String,
    parameter: String,
    stage: String,
    hop: u8,
    status: u16,
    explanation: String,
    #[serde(rename = "offending.name")]
    offending_name: Vec<String>,
    #[serde(rename = "offending.value")]
    offending_value: Vec<String>,
    #[serde(rename = "fix.place")]
    fix_place: Vec<String>,
    #[serde(rename = "fix.header")]
    fix_header: Vec<String>,
    #[serde(rename = "fix.value")]
    fix_value: Vec<String>,
    #[serde(rename = "fix.change")]
    fix_change: Vec<String>,
    #[serde(rename = "change.stage")]
    change_stage: Vec<String>,
    #[serde(rename = "change.header")]
    change_header: Vec<String>,
    #[serde(rename = "change.what")]
    change_what: Vec<String>,
    #[serde(rename = "change.before")]
    change_before: Vec<String>,
    #[serde(rename = "change.after")]
    change_after: Vec<String>,
    #[serde(rename = "change.from")]
    change_from: Vec<i64>,
    #[serde(rename = "change.to")]
    change_to: Vec<i64>,
}

/// One column of a list of rows.
fn column<T, C>(rows: &[T], of: impl Fn(&T) -> C) -> Vec<C> {
    rows.iter().map(of).collect()
}

impl From<&DiagnosisRow> for Diagnosis {
    fn from(row: &DiagnosisRow) -> Self {
        let told = &row.signature;
        Self {
            app: told.app.clone(),
            id: row.id.clone(),
            at: row.at.0,
            kind: told.kind.to_string(),
            page_origin: told.page_origin.clone(),
            target_origin: told.target_origin.clone(),
            endpoint: told.endpoint.clone(),
            service: told.service.clone(),
            method: told.method.clone(),
            headers: told.headers.clone(),
            credentialed: told.credentialed,
            preflighted: told.preflighted,
            reported_outcome: told.outcome.to_string(),
            reported_stage: told
                .stage
                .map(|stage| stage.to_string())
                .unwrap_or_default(),
            first_seen: told.first_seen.0,
            result: row.result.clone(),
            why: row.why.clone(),
            detail: row.detail.clone(),
            url: row.url.clone(),
            remote: row.remote.clone(),
            cause: row.cause.clone(),
            parameter: row.parameter.clone(),
            stage: row.stage.clone(),
            hop: row.hop,
            status: row.status,
            explanation: row.explanation.clone(),
            offending_name: column(&row.offending, |line| line.name.clone()),
            offending_value: column(&row.offending, |line| line.value.clone()),
            fix_place: column(&row.fixes, |fix| fix.place.clone()),
            fix_header: column(&row.fixes, |fix| fix.header.clone()),
            fix_value: column(&row.fixes, |fix| fix.value.clone()),
            fix_change: column(&row.fixes, |fix| fix.change.clone()),
            change_stage: column(&row.changes, |change| change.stage.clone()),
            change_header: column(&row.changes, |change| change.header.clone()),
            change_what: column(&row.changes, |change| change.what.clone()),
            change_before: column(&row.changes, |change| change.before.clone()),
            change_after: column(&row.changes, |change| change.after.clone()),
            change_from: column(&row.changes, |change| change.from.0),
            change_to: column(&row.changes, |change| change.to.0),
        }
    }
}

impl TryFrom<Diagnosis> for DiagnosisRow {
    type Error = StoreError;
    fn try_from(row: Diagnosis) -> Result<Self, StoreError> {
        let offending = lines(row.offending_name, row.offending_value);
        let fixes = row.fix_place.into_iter().zip(row.fix_header);
        let fixes = fixes.zip(row.fix_value).zip(row.fix_change);
        let times = row.change_from.into_iter().zip(row.change_to);
        let changes = row.change_stage.into_iter().zip(row.change_header);
        let changes = changes
            .zip(row.change_what)
            .zip(row.change_before)
            .zip(row.change_after)
            .zip(times);
        Ok(Self {
            id: row.id,
            at: UnixMillis(row.at),
            signature: SignatureRow {
                app: row.app,
                kind: word(&row.kind)?,
                page_origin: row.page_origin,
                target_origin: row.target_origin,
                endpoint: row.endpoint,
                service: row.service,
                method: row.method,
                headers: row.headers,
                credentialed: row.credentialed,
                preflighted: row.preflighted,
                outcome: word(&row.reported_outcome)?,
                stage: stage(&row.reported_stage)?,
                first_seen: UnixMillis(row.first_seen),
                last_seen: UnixMillis(row.first_seen),
            },
            result: row.result,
            why: row.why,
            detail: row.detail,
            url: row.url,
            remote: row.remote,
            cause: row.cause,
            parameter: row.parameter,
            stage: row.stage,
            hop: row.hop,
            status: row.status,
            explanation: row.explanation,
            offending,
            fixes: fixes
                .map(|(((place, header), value), change)| FixRow {
                    place,
                    header,
                    value,
                    change,
                })
                .collect(),
            changes: changes
                .map(
                    |(((((stage, header), what), before), after), (from, to))| ChangeRow {
                        stage,
                        header,
                        what,
                        before,
                        after,
                        from: UnixMillis(from),
                        to: UnixMillis(to),
                    },
                )
                .collect(),
        })
    }
}

/// A word of a closed vocabulary.
pub(crate) fn word<T>(text: &str) -> Result<T, StoreError>
where
    T: std::str::FromStr<Err = observation::UnknownWord>,
{
    text.parse().map_err(|error| {
        StoreError::Schema(format!(
            "the database was written by a newer build: {error}"
        ))
    })
}

/// A stage, where there is one.
pub(crate) fn stage(text: &str) -> Result<Option<observation::Stage>, StoreError> {
    match text {
        "" => Ok(None),
        text => word(text).map(Some),
    }
}

fn lines(names: Vec<String>, values: Vec<String>) -> Vec<HeaderLine> {
    names
        .into_iter()
        .zip(values)
        .map(|(name, value)| HeaderLine { name, value })
        .collect()
}

#[derive(Debug, Row, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    page_origin: String,
    url: String,
    asked: String,
    stage: String,
    first_at: i64,
    last_at: i64,
    status: u16,
    #[serde(rename = "header.name")]
    header_name: Vec<String>,
    #[serde(rename = "header.value")]
    header_value: Vec<String>,
}

impl From<&SnapshotRow> for Snapshot {
    fn from(row: &SnapshotRow) -> Self {
        Self {
            page_origin: row.page_origin.clone(),
            url: row.url.clone(),
            asked: row.asked.clone(),
            stage: row.stage.clone(),
            first_at: row.first_at.0,
            last_at: row.last_at.0,
            status: row.status,
            header_name: column(&row.headers, |line| line.name.clone()),
            header_value: column(&row.headers, |line| line.value.clone()),
        }
    }
}

impl From<Snapshot> for SnapshotRow {
    fn from(row: Snapshot) -> Self {
        Self {
            page_origin: row.page_origin,
            url: row.url,
            asked: row.asked,
            stage: row.stage,
            first_at: UnixMillis(row.first_at),
            last_at: UnixMillis(row.last_at),
            status: row.status,
            headers: lines(row.header_name, row.header_value),
        }
    }
}
