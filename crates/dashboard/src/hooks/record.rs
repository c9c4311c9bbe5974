//! From a delivery to the rows of deploys.

use observation::UnixMillis;
use store::{DeployKind, DeployRow, StoreError};

use super::Hooks;
use super::config::DeployHook;
use super::delivery::Reported;
use crate::rollback;
use crate::state::Shared;

/// A clock that is ahead makes no deploy of the future.
const MAX_AHEAD_MS: i64 = 60_000;

/// What was known of a deploy before a delivery, and is now.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// A row for each app.
    pub rows: Vec<DeployRow>,
    /// Whether the delivery said anything new.
    pub is_news: bool,
}

/// Writes what a delivery says of a deploy, for each app of the webhook.
pub(crate) async fn record(
    hooks: &Hooks,
    hook: &DeployHook,
    reported: &Reported,
    shared: &Shared,
) -> Result<Recorded, StoreError> {
    let _one = hooks.one.lock().await;
    let now = shared.clock.now();
    let mut recorded = Recorded {
        rows: Vec::new(),
        is_news: false,
    };
    let apps = shared
        .app_names()
        .filter(|app| hook.apps.is_empty() || hook.apps.iter().any(|known| known == app));
    for app in apps {
        let row = row(hook, reported, app, shared, now);
        let known = shared.queries.deploy(app, &row.id).await?;
        let mut row = match known {
            None => row,
            Some(known) => match merged(&known, row) {
                Some(row) => row,
                None => {
                    recorded.rows.push(known);
                    continue;
                }
            },
        };
        let earlier = shared.queries.deploys_before(&row).await?;
        rollback::mark(&mut row, &reported.title, &earlier);
        shared.queries.save_deploy(&row).await?;
        tracing::info!(id = row.id, app, hook = hook.name, state = %row.state, "deploy recorded");
        recorded.is_news = true;
        recorded.rows.push(row);
    }
    Ok(recorded)
}

fn row(
    hook: &DeployHook,
    reported: &Reported,
    app: &str,
    shared: &Shared,
    now: UnixMillis,
) -> DeployRow {
    let at = reported.at.unwrap_or(now);
    let environment = hook.environments.get(&reported.environment);
    let note: Vec<_> = [reported.subject.as_str(), reported.title.as_str()]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    DeployRow {
        id: format!("{}-{}", hook.name, reported.id),
        at: at.min(now.plus(MAX_AHEAD_MS)),
        app: app.to_owned(),
        service: service(hook, reported, shared),
        kind: if reported.rollback {
            DeployKind::Rollback
        } else {
            DeployKind::Deploy
        },
        reverts: String::new(),
        touches_cors: hook.touches_cors,
        author: reported.author.clone(),
        note: note.join(": "),
        created_at: now,
        recorded_by: hook.name.clone(),
        version: reported.version.clone(),
        environment: environment.unwrap_or(&reported.environment).clone(),
        link: reported.link.clone(),
        source: hook.kind.source(),
        state: reported.state,
        rollback_rule: None,
    }
}

/// The service as the settings name it, else as the delivery does, else a configured one of this name.
fn service(hook: &DeployHook, reported: &Reported, shared: &Shared) -> String {
    if let Some(service) = hook.services.get(&reported.subject) {
        return service.clone();
    }
    if !reported.service.is_empty() {
        return reported.service.clone();
    }
    let name = reported.subject.rsplit('/').next().unwrap_or_default();
    let known = shared.owners.of(name);
    known.map_or_else(String::new, |_| name.to_owned())
}

/// What is known of a deploy after another delivery about it, in whatever order they come; nothing where it says
/// nothing new. It takes effect at the first of the times at which it may have.
fn merged(known: &DeployRow, new: DeployRow) -> Option<DeployRow> {
    let at = match (known.state.took_effect(), new.state.took_effect()) {
        (true, false) => known.at,
        (false, true) => new.at,
        _ => known.at.min(new.at),
    };
    let or = |known: &String, new: String| {
        if known.is_empty() { new } else { known.clone() }
    };
    let row = DeployRow {
        at,
        // Later is further: the words are in this order.
        state: known.state.max(new.state),
        service: or(&known.service, new.service),
        version: or(&known.version, new.version),
        environment: or(&known.environment, new.environment),
        author: or(&known.author, new.author),
        note: or(&known.note, new.note),
        link: or(&known.link, new.link),
        ..known.clone()
    };
    (row != *known).then(|| DeployRow {
        created_at: new.created_at.max(known.created_at.plus(1)),
        ..row
    })
}
