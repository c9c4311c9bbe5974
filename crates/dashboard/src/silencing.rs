//! Silences and maintenance windows: what is asked for, what is kept, and what is shown.

mod room;

use alert::{Match, Silence, SilenceConfig, SilenceKind};
use observation::UnixMillis;
use serde::{Deserialize, Serialize};
use store::SilenceRow;
use utoipa::ToSchema;

use room::check_room;

use crate::auth::Caller;
use crate::problem::{Code, Fault, Problem};
use crate::report::random_id;
use crate::selection::words;
use crate::state::Shared;
use crate::timestamp::Timestamp;

/// How long one that is over is kept, in milliseconds: 90 days.
const KEPT: i64 = 90 * 86_400_000;
/// Until when one that comes back is kept, unless it is taken back: 2100-01-01.
const FOREVER: UnixMillis = UnixMillis(4_102_444_800_000);
/// The label that says whose alerts they are.
const APP: &str = "app";
/// The label with the identity of an incident.
const INCIDENT: &str = "incident";

/// A silence or a maintenance window, as it is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SilenceReport {
    /// Labels of the alerts and what they have to be: a text, or `{"regex": ".."}` for the whole value. At
    /// least one. A token that is limited to apps names one of them as `app`, or an incident of theirs as `incident`.
    #[serde(rename = "match")]
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    matches: Match,
    /// Since when; default now.
    #[serde(default)]
    starts_at: Option<Timestamp>,
    /// Until when; with `rrule` the end of the first window.
    ends_at: Timestamp,
    /// Who asks for it; default the name of the token.
    #[serde(default)]
    author: String,
    /// What for.
    reason: String,
    /// How it comes back: a rule of RFC 5545, such as `FREQ=WEEKLY;BYDAY=SU`.
    #[serde(default)]
    rrule: String,
    /// Zone of the days and hours of `rrule`, such as `Europe/Berlin`; default UTC.
    #[serde(default)]
    time_zone: String,
}

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SilenceState {
    /// It holds now.
    Active,
    /// It will hold.
    Pending,
    /// It is over.
    Expired,
    /// It was taken back.
    Deleted,
}

/// Where it is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SilenceSource {
    /// `/api/v1`.
    Api,
    /// The configuration; it is changed there.
    Config,
}

/// A silence or a maintenance window.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SilenceView {
    /// Its identity.
    pub id: String,
    /// Labels of the alerts and what they have to be.
    #[serde(rename = "match")]
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    matches: Match,
    /// Since when.
    starts_at: Timestamp,
    /// Until when; with `rrule` the end of the first window.
    ends_at: Timestamp,
    /// Who asked for it.
    author: String,
    /// What for.
    reason: String,
    /// How it comes back; empty for once.
    rrule: String,
    /// Zone of the rule; empty for UTC.
    time_zone: String,
    /// Where it stands.
    pub state: SilenceState,
    /// Start of the window that is open, else of the next; null once it is over.
    window_from: Option<Timestamp>,
    /// End of that window.
    window_to: Option<Timestamp>,
    /// Where it is from.
    source: SilenceSource,
    /// When it was recorded; null for those of the configuration.
    created_at: Option<Timestamp>,
    /// Name of the token that it was recorded with; empty for those of the configuration.
    created_by: String,
    /// When it was taken back.
    deleted_at: Option<Timestamp>,
    /// Name of the token that it was taken back with.
    deleted_by: String,
}

impl SilenceReport {
    /// The row to be stored, if everything in it is permitted to `caller`.
    pub(crate) fn accept(
        self,
        kind: SilenceKind,
        incident_of: Option<&str>,
        caller: &Caller,
        shared: &Shared,
    ) -> Result<(SilenceRow, SilenceView), Problem> {
        let now = shared.clock.now();
        let config = SilenceConfig {
            matches: self.matches,
            starts_at: self.starts_at.unwrap_or(Timestamp(now)).to_string(),
            ends_at: self.ends_at.to_string(),
            author: match self.author.as_str() {
                "" => caller.name().to_owned(),
                author => author.to_owned(),
            },
            reason: self.reason,
            rrule: self.rrule,
            time_zone: self.time_zone,
        };
        let fault = |(field, value, permitted): alert::FieldProblem| Fault {
            field: field.into(),
            value,
            permitted: permitted.trim_start_matches("permitted: ").to_owned(),
        };
        let read = Silence::read(&config, kind, random_id()?);
        let mut faults = Vec::new();
        for (label, reason) in config.matches.unknown_labels(&shared.own_labels) {
            faults.push(Fault {
                field: format!("match.{label}"),
                value: label,
                permitted: reason,
            });
        }
        if incident_of.is_none() && !may_silence(&config.matches, caller) {
            let apps = shared.app_names().filter(|name| caller.may_see(name));
            faults.push(Fault {
                field: "match.app".into(),
                value: config.matches.exact(APP).unwrap_or_default().to_owned(),
                permitted: words(apps),
            });
        }
        // Work that was done yesterday can be recorded today; a silence cannot.
        let is_over = |silence: &Silence| silence.window(now).is_none();
        if kind == SilenceKind::Silence && read.as_ref().is_ok_and(is_over) {
            faults.push(Fault {
                field: "ends_at".into(),
                value: self.ends_at.to_string(),
                permitted: "later than now".into(),
            });
        }
        match read {
            Ok(silence) if faults.is_empty() => Ok(recorded(&silence, incident_of, caller, now)),
            Ok(_) => Err(Problem::faults(faults)),
            Err(found) => {
                faults.extend(found.into_iter().map(fault));
                Err(Problem::faults(faults))
            }
        }
    }
}

fn recorded(
    silence: &Silence,
    incident_of: Option<&str>,
    caller: &Caller,
    now: UnixMillis,
) -> (SilenceRow, SilenceView) {
    let row = SilenceRow {
        id: silence.id.clone(),
        version: now.0.unsigned_abs(),
        kind: silence.kind.as_str().to_owned(),
        app: silence
            .matches
            .exact(APP)
            .or(incident_of)
            .unwrap_or_default()
            .to_owned(),
        body: serde_json::to_string(&silence.config()).unwrap_or_default(),
        created_at: now,
        created_by: caller.name().to_owned(),
        deleted_at: None,
        deleted_by: String::new(),
        keep_until: match silence.rrule.as_str() {
            "" => UnixMillis(silence.ends_at.0.max(now.0) + KEPT),
            _ => FOREVER,
        },
    };
    let view = SilenceView::stored(silence, &row, now);
    (row, view)
}

/// Whether a caller may silence what matches: everybody all apps, others the alerts of one of theirs.
pub(crate) fn may_silence(matches: &Match, caller: &Caller) -> bool {
    caller.needs_all_apps().is_ok()
        || matches
            .exact(APP)
            .is_some_and(|app| !app.is_empty() && caller.may_see(app))
}

/// The app of the incident that is named, where all that it concerns are those of the caller.
async fn incident_of(
    matches: &Match,
    caller: &Caller,
    shared: &Shared,
) -> Result<Option<String>, Problem> {
    let Some(id) = matches.exact(INCIDENT).filter(|id| !id.is_empty()) else {
        return Ok(None);
    };
    let known = shared.queries.incident(id).await?;
    let apps = known.map(|row| row.apps).unwrap_or_default();
    let theirs = apps.iter().all(|app| caller.may_see(app));
    Ok(apps.into_iter().next().filter(|_| theirs))
}

impl SilenceView {
    fn of(silence: &Silence, now: UnixMillis) -> Self {
        let window = silence.window(now);
        Self {
            id: silence.id.clone(),
            matches: silence.matches.clone(),
            starts_at: Timestamp(silence.starts_at),
            ends_at: Timestamp(silence.ends_at),
            author: silence.author.clone(),
            reason: silence.reason.clone(),
            rrule: silence.rrule.clone(),
            time_zone: silence.time_zone.clone(),
            state: match window {
                None => SilenceState::Expired,
                Some((from, _)) if from <= now => SilenceState::Active,
                Some(_) => SilenceState::Pending,
            },
            window_from: window.map(|(from, _)| Timestamp(from)),
            window_to: window.map(|(_, to)| Timestamp(to)),
            source: SilenceSource::Config,
            created_at: None,
            created_by: String::new(),
            deleted_at: None,
            deleted_by: String::new(),
        }
    }

    fn stored(silence: &Silence, row: &SilenceRow, now: UnixMillis) -> Self {
        let view = Self::of(silence, now);
        Self {
            state: match row.deleted_at {
                Some(_) => SilenceState::Deleted,
                None => view.state,
            },
            source: SilenceSource::Api,
            created_at: Some(Timestamp(row.created_at)),
            created_by: row.created_by.clone(),
            deleted_at: row.deleted_at.map(Timestamp),
            deleted_by: row.deleted_by.clone(),
            ..view
        }
    }
}

/// Every silence of a kind that `caller` may know of: what holds first.
pub(crate) async fn list(
    kind: SilenceKind,
    caller: &Caller,
    shared: &Shared,
) -> Result<Vec<SilenceView>, Problem> {
    let now = shared.clock.now();
    let rows = shared.queries.silences().await?;
    let stored = rows.iter().filter(|row| row.kind == kind.as_str());
    let theirs = |row: &&SilenceRow| {
        caller.needs_all_apps().is_ok() || (!row.app.is_empty() && caller.may_see(&row.app))
    };
    let stored = stored.filter(theirs).filter_map(|row| {
        let silence = Silence::restore(kind, &row.id, &row.body).ok()?;
        Some(SilenceView::stored(&silence, row, now))
    });
    let configured = shared.silences.iter().filter(|one| one.kind == kind);
    let mut all: Vec<SilenceView> = configured
        .filter(|silence| may_silence(&silence.matches, caller))
        .map(|silence| SilenceView::of(silence, now))
        .chain(stored)
        .collect();
    all.sort_by_key(|view| view.state as u8);
    Ok(all)
}

/// Those of a kind that are recorded and not taken back.
pub(crate) async fn stored(kind: SilenceKind, shared: &Shared) -> Result<Vec<Silence>, Problem> {
    let rows = shared.queries.silences().await?;
    let standing = rows
        .iter()
        .filter(|row| row.kind == kind.as_str() && row.deleted_at.is_none());
    let read = standing.filter_map(|row| Silence::restore(kind, &row.id, &row.body).ok());
    Ok(read.collect())
}

/// Records a silence.
pub(crate) async fn record(
    kind: SilenceKind,
    report: SilenceReport,
    caller: &Caller,
    shared: &Shared,
) -> Result<SilenceView, Problem> {
    let of = incident_of(&report.matches, caller, shared).await?;
    let (row, view) = report.accept(kind, of.as_deref(), caller, shared)?;
    let now = shared.clock.now();
    let rows = shared.queries.silences().await?;
    check_room(&rows, &row, caller, now)?;
    shared.queries.save_silence(&row).await?;
    tracing::info!(
        id = row.id,
        kind = row.kind,
        app = row.app,
        recorded_by = row.created_by,
        "silence recorded"
    );
    Ok(view)
}

/// Takes a silence back. One that is taken back already stays so.
pub(crate) async fn take_back(
    kind: SilenceKind,
    id: &str,
    caller: &Caller,
    shared: &Shared,
) -> Result<(), Problem> {
    let unknown = || {
        Problem::new(
            Code::NotFound,
            "nothing of this id that the token may change",
        )
    };
    if shared.silences.iter().any(|known| known.id == id) {
        let detail = "this one is in the configuration: it is taken back there";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    let rows = shared.queries.silences().await?;
    let row = rows
        .into_iter()
        .find(|row| row.id == id && row.kind == kind.as_str())
        .ok_or_else(unknown)?;
    let is_theirs = caller.needs_all_apps().is_ok() || caller.may_see(&row.app);
    if !is_theirs || (row.app.is_empty() && caller.needs_all_apps().is_err()) {
        return Err(unknown());
    }
    if row.deleted_at.is_some() {
        return Ok(());
    }
    let now = shared.clock.now();
    let row = SilenceRow {
        version: now.0.unsigned_abs().max(row.version + 1),
        deleted_at: Some(now),
        deleted_by: caller.name().to_owned(),
        keep_until: UnixMillis(now.0 + KEPT),
        ..row
    };
    shared.queries.save_silence(&row).await?;
    tracing::info!(id, deleted_by = row.deleted_by, "silence taken back");
    Ok(())
}
