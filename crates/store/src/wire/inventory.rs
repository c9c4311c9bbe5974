//! The inventory on the wire.

use clickhouse::Row;
use observation::UnixMillis;
use serde::{Deserialize, Serialize};

use super::diagnosis::word;
use crate::StoreError;
use crate::rows::{FoundRow, InventoryRow, Stance, TriedOrigin};

/// The columns of [`Inventory`], in its order.
pub(crate) const INVENTORY: &str = "service, target_origin, endpoint, apps, method, url, made_up, \
    first_at, last_at, updated_at, answered_at, observed_since, state, reason, stance, vary, max_age, \
    `origin.name`, `origin.source`, `origin.grant`, `origin.last_seen`, `origin.unused`, \
    `finding.rule`, `finding.key`, `finding.level`, `finding.title`, `finding.message`, \
    `finding.evidence`, `finding.fix`, `finding.first_at`";

#[derive(Debug, Row, Serialize, Deserialize)]
pub(crate) struct Inventory {
    service: String,
    target_origin: String,
    endpoint: String,
    apps: Vec<String>,
    method: String,
    url: String,
    made_up: bool,
    first_at: i64,
    last_at: i64,
    updated_at: i64,
    answered_at: Option<i64>,
    observed_since: Option<i64>,
    state: String,
    reason: String,
    stance: String,
    vary: String,
    max_age: Option<u32>,
    #[serde(rename = "origin.name")]
    origin_name: Vec<String>,
    #[serde(rename = "origin.source")]
    origin_source: Vec<String>,
    #[serde(rename = "origin.grant")]
    origin_grant: Vec<String>,
    #[serde(rename = "origin.last_seen")]
    origin_last_seen: Vec<Option<i64>>,
    #[serde(rename = "origin.unused")]
    origin_unused: Vec<bool>,
    #[serde(rename = "finding.rule")]
    finding_rule: Vec<String>,
    #[serde(rename = "finding.key")]
    finding_key: Vec<String>,
    #[serde(rename = "finding.level")]
    finding_level: Vec<String>,
    #[serde(rename = "finding.title")]
    finding_title: Vec<String>,
    #[serde(rename = "finding.message")]
    finding_message: Vec<String>,
    #[serde(rename = "finding.evidence")]
    finding_evidence: Vec<String>,
    #[serde(rename = "finding.fix")]
    finding_fix: Vec<String>,
    #[serde(rename = "finding.first_at")]
    finding_first_at: Vec<i64>,
}

/// One column of a list of rows.
fn column<T, C>(rows: &[T], of: impl Fn(&T) -> C) -> Vec<C> {
    rows.iter().map(of).collect()
}

fn text(lines: &[String]) -> String {
    lines.join("\n")
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

impl From<&InventoryRow> for Inventory {
    fn from(row: &InventoryRow) -> Self {
        let (origins, findings) = (&row.origins, &row.findings);
        Self {
            service: row.service.clone(),
            target_origin: row.target_origin.clone(),
            endpoint: row.endpoint.clone(),
            apps: row.apps.clone(),
            method: row.method.clone(),
            url: row.url.clone(),
            made_up: row.made_up,
            first_at: row.first_at.0,
            last_at: row.last_at.0,
            updated_at: row.updated_at.0,
            answered_at: row.answered_at.map(|at| at.0),
            observed_since: row.observed_since.map(|at| at.0),
            state: row.state.to_string(),
            reason: row.reason.clone(),
            stance: row.stance.map_or("", Stance::as_str).to_owned(),
            vary: row.vary.to_string(),
            max_age: row.max_age,
            origin_name: column(origins, |tried| tried.origin.clone()),
            origin_source: column(origins, |tried| tried.source.to_string()),
            origin_grant: column(origins, |tried| tried.grant.to_string()),
            origin_last_seen: column(origins, |tried| tried.last_seen.map(|at| at.0)),
            origin_unused: column(origins, |tried| tried.unused),
            finding_rule: column(findings, |found| found.rule.clone()),
            finding_key: column(findings, |found| found.key.clone()),
            finding_level: column(findings, |found| found.level.clone()),
            finding_title: column(findings, |found| found.title.clone()),
            finding_message: column(findings, |found| found.message.clone()),
            finding_evidence: column(findings, |found| text(&found.evidence)),
            finding_fix: column(findings, |found| text(&found.fix)),
            finding_first_at: column(findings, |found| found.first_at.0),
        }
    }
}

impl TryFrom<Inventory> for InventoryRow {
    type Error = StoreError;
    fn try_from(row: Inventory) -> Result<Self, StoreError> {
        Ok(Self {
            origins: origins(&row)?,
            findings: findings(&row),
            service: row.service,
            target_origin: row.target_origin,
            endpoint: row.endpoint,
            apps: row.apps,
            method: row.method,
            url: row.url,
            made_up: row.made_up,
            first_at: UnixMillis(row.first_at),
            last_at: UnixMillis(row.last_at),
            updated_at: UnixMillis(row.updated_at),
            answered_at: row.answered_at.map(UnixMillis),
            observed_since: row.observed_since.map(UnixMillis),
            state: word(&row.state)?,
            reason: row.reason,
            stance: stance(&row.stance)?,
            vary: word(&row.vary)?,
            max_age: row.max_age,
        })
    }
}

/// A stance, where there is one.
pub(crate) fn stance(text: &str) -> Result<Option<Stance>, StoreError> {
    match text {
        "" => Ok(None),
        text => word(text).map(Some),
    }
}

fn origins(row: &Inventory) -> Result<Vec<TriedOrigin>, StoreError> {
    let whys = row.origin_source.iter().zip(&row.origin_grant);
    let used = row.origin_last_seen.iter().zip(&row.origin_unused);
    let all = row.origin_name.iter().zip(whys).zip(used);
    all.map(|((origin, (source, grant)), (last_seen, unused))| {
        Ok(TriedOrigin {
            origin: origin.clone(),
            source: word(source)?,
            grant: word(grant)?,
            last_seen: last_seen.map(UnixMillis),
            unused: *unused,
        })
    })
    .collect()
}

fn findings(row: &Inventory) -> Vec<FoundRow> {
    let names = row.finding_rule.iter().zip(&row.finding_key);
    let said = row.finding_level.iter().zip(&row.finding_title);
    let shown = row.finding_evidence.iter().zip(&row.finding_fix);
    let all = names.zip(said).zip(&row.finding_message).zip(shown);
    all.zip(&row.finding_first_at)
        .map(
            |(((((rule, key), (level, title)), message), (evidence, fix)), first_at)| FoundRow {
                rule: rule.clone(),
                key: key.clone(),
                level: level.clone(),
                title: title.clone(),
                message: message.clone(),
                evidence: lines(evidence),
                fix: lines(fix),
                first_at: UnixMillis(*first_at),
            },
        )
        .collect()
}
