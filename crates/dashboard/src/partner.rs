//! Links for partners: a secret that shows one page origin of one app, until it ends or is revoked.

use http::HeaderMap;
use observation::UnixMillis;
use serde::{Deserialize, Serialize};
use settings::Span;
use sha2::{Digest as _, Sha256};
use store::{MAX_PARTNER_LINKS, PartnerLinkRow};
use utoipa::ToSchema;

use crate::auth::{Caller, bearer};
use crate::login::{Role, random_secret};
use crate::problem::{Code, Fault, Problem};
use crate::report::random_id;
use crate::selection::words;
use crate::state::Shared;
use crate::timestamp::Timestamp;

/// How long one that is over is kept, in milliseconds: 90 days.
const KEPT: i64 = 90 * 86_400_000;
/// How long a link lasts, where nothing is said.
const DEFAULT_LIFETIME: Span = Span::secs(7 * 86_400);
/// How long a link may last.
const MAX_LIFETIME: Span = Span::secs(90 * 86_400);
const MIN_LIFETIME: Span = Span::secs(60);
/// The longest note, in characters.
const MAX_NOTE: usize = 500;
/// The page that shows a link. The secret is a fragment, which browsers send to no one.
const PAGE: &str = "/partner";

/// A link, as it is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartnerLinkReport {
    /// Configured app.
    app: String,
    /// The page origin that it shows: `https://partner.example`.
    page_origin: String,
    /// How long it lasts: 1m to 90d; 7d where left out.
    #[serde(default)]
    lasts: Option<String>,
    /// What it is for.
    #[serde(default)]
    note: String,
}

/// Where a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PartnerLinkState {
    /// It shows its page.
    Active,
    /// It has ended.
    Expired,
    /// Someone ended it.
    Revoked,
}

/// A link.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartnerLinkView {
    /// Its identity.
    id: String,
    /// Configured app.
    app: String,
    /// The page origin that it shows.
    page_origin: String,
    /// What it is for.
    note: String,
    /// Where it stands.
    state: PartnerLinkState,
    /// When it was made.
    created_at: Timestamp,
    /// Who made it.
    created_by: String,
    /// When it ends.
    expires_at: Timestamp,
    /// When it was revoked.
    revoked_at: Option<Timestamp>,
    /// Who revoked it; empty where no one did.
    revoked_by: String,
}

/// A link that was made, with what opens it. That is shown once: here is only its hash.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartnerLinkMade {
    #[serde(flatten)]
    link: PartnerLinkView,
    /// The secret, as `GET /partner/sli` takes it for a bearer token.
    secret: String,
    /// The path of the page that shows it; put the address of this server before it.
    path: String,
}

impl PartnerLinkView {
    fn of(row: PartnerLinkRow, now: UnixMillis) -> Self {
        Self {
            state: state(&row, now),
            id: row.id,
            app: row.app,
            page_origin: row.page_origin,
            note: row.note,
            created_at: Timestamp(row.created_at),
            created_by: row.created_by,
            expires_at: Timestamp(row.expires_at),
            revoked_at: row.revoked_at.map(Timestamp),
            revoked_by: row.revoked_by,
        }
    }
}

fn state(row: &PartnerLinkRow, now: UnixMillis) -> PartnerLinkState {
    match row.revoked_at {
        Some(_) => PartnerLinkState::Revoked,
        None if row.expires_at <= now => PartnerLinkState::Expired,
        None => PartnerLinkState::Active,
    }
}

/// The links of the apps that `caller` may see.
pub(crate) async fn list(
    caller: &Caller,
    shared: &Shared,
) -> Result<Vec<PartnerLinkView>, Problem> {
    caller.needs(Role::Admin)?;
    let now = shared.clock.now();
    let rows = shared.queries.partner_links().await?;
    let theirs = rows.into_iter().filter(|row| caller.may_see(&row.app));
    Ok(theirs.map(|row| PartnerLinkView::of(row, now)).collect())
}

/// Makes one.
pub(crate) async fn make(
    report: PartnerLinkReport,
    caller: &Caller,
    shared: &Shared,
) -> Result<PartnerLinkMade, Problem> {
    caller.needs(Role::Admin)?;
    let (page_origin, lifetime) = accept(&report, caller, shared)?;
    check_room(&shared.queries.partner_links().await?, &report.app, caller)?;
    let (secret, now) = (random_secret()?, shared.clock.now());
    let expires_at = now.plus(lifetime.as_millis());
    let row = PartnerLinkRow {
        id: random_id()?,
        version: now.0.unsigned_abs(),
        app: report.app,
        page_origin,
        sha256: hash(&secret),
        note: report.note,
        created_at: now,
        created_by: caller.name().to_owned(),
        expires_at,
        revoked_at: None,
        revoked_by: String::new(),
        keep_until: expires_at.plus(KEPT),
    };
    shared.queries.save_partner_link(&row).await?;
    tracing::info!(target: "audit", link = row.id, app = row.app, page_origin = row.page_origin, by = row.created_by, "partner link made");
    Ok(PartnerLinkMade {
        path: format!("{PAGE}#{secret}"),
        link: PartnerLinkView::of(row, now),
        secret,
    })
}

/// Refuses one more than are kept. Whoever is limited to some apps has a tenth for each, and takes nothing from others.
fn check_room(rows: &[PartnerLinkRow], app: &str, caller: &Caller) -> Result<(), Problem> {
    let most = MAX_PARTNER_LINKS as usize;
    let (most, kept) = match caller.needs_all_apps() {
        Ok(()) => (most, rows.len()),
        Err(_) => (most / 10, rows.iter().filter(|row| row.app == app).count()),
    };
    if kept < most && rows.len() < MAX_PARTNER_LINKS as usize {
        return Ok(());
    }
    let fault = Fault {
        field: "partner_links".into(),
        value: kept.to_string(),
        permitted: format!(
            "at most {most}, with those that were over in the last {} days",
            KEPT / 86_400_000
        ),
    };
    Err(Problem::faults(vec![fault]))
}

/// The page origin as it is stored, and how long the link lasts.
fn accept(
    report: &PartnerLinkReport,
    caller: &Caller,
    shared: &Shared,
) -> Result<(String, Span), Problem> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, value: &str, permitted: String| {
        faults.push(Fault {
            field: field.to_owned(),
            value: value.chars().take(200).collect(),
            permitted,
        });
    };
    let visible: Vec<&str> = shared
        .app_names()
        .filter(|name| caller.may_see(name))
        .collect();
    if !visible.contains(&report.app.as_str()) {
        fault("app", &report.app, words(visible.into_iter()));
    }
    let origin = web::Origin::parse(&report.page_origin);
    let origin = origin.filter(|origin| *origin != web::Origin::Opaque);
    if origin.is_none() {
        let permitted = "the origin of a page: https://partner.example, without a path";
        fault("page_origin", &report.page_origin, permitted.to_owned());
    }
    let lasts = report.lasts.as_deref();
    let lifetime = lasts.map_or(Some(DEFAULT_LIFETIME), |text| text.parse().ok());
    let lifetime = lifetime.filter(|lasts| (MIN_LIFETIME..=MAX_LIFETIME).contains(lasts));
    if lifetime.is_none() {
        fault(
            "lasts",
            lasts.unwrap_or_default(),
            "a span of 1m to 90d, such as 7d".to_owned(),
        );
    }
    if report.note.chars().count() > MAX_NOTE {
        fault(
            "note",
            &report.note,
            format!("at most {MAX_NOTE} characters"),
        );
    }
    match (origin, lifetime) {
        (Some(origin), Some(lifetime)) if faults.is_empty() => {
            Ok((origin.as_str().to_owned(), lifetime))
        }
        _ => Err(Problem::faults(faults)),
    }
}

/// Ends one. One that is revoked already stays so.
pub(crate) async fn revoke(id: &str, caller: &Caller, shared: &Shared) -> Result<(), Problem> {
    caller.needs(Role::Admin)?;
    let rows = shared.queries.partner_links().await?;
    let row = rows
        .into_iter()
        .find(|row| row.id == id && caller.may_see(&row.app));
    let Some(row) = row else {
        return Err(Problem::new(
            Code::NotFound,
            "no link of this id that you may revoke",
        ));
    };
    if row.revoked_at.is_some() {
        return Ok(());
    }
    let now = shared.clock.now();
    let row = PartnerLinkRow {
        version: now.0.unsigned_abs().max(row.version + 1),
        revoked_at: Some(now),
        revoked_by: caller.name().to_owned(),
        ..row
    };
    shared.queries.save_partner_link(&row).await?;
    tracing::info!(target: "audit", link = row.id, app = row.app, by = row.revoked_by, "partner link revoked");
    Ok(())
}

/// The link that a request shows, if it stands.
///
/// # Errors
/// Which says that a link is over, and nothing else of it.
pub(crate) async fn shown(headers: &HeaderMap, shared: &Shared) -> Result<PartnerLinkRow, Problem> {
    let unknown = || Problem::new(Code::Unauthenticated, "this link is not known");
    let secret = bearer(headers).ok_or_else(unknown)?;
    // By the hash of a secret of 256 bits: how long the store looks tells nothing of others.
    let row = shared.queries.partner_link(&hash(secret)).await?;
    let row = row.ok_or_else(unknown)?;
    match state(&row, shared.clock.now()) {
        // An app that is configured no longer shows nothing to anybody.
        PartnerLinkState::Active if shared.app_names().any(|name| name == row.app) => Ok(row),
        PartnerLinkState::Active => Err(unknown()),
        PartnerLinkState::Expired => Err(Problem::new(Code::LinkExpired, "this link has expired")),
        PartnerLinkState::Revoked => Err(Problem::new(Code::LinkRevoked, "this link was revoked")),
    }
}

fn hash(secret: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(secret.as_bytes()))
}
