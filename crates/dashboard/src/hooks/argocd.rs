//! Argo CD notifications: the body is what a template of the installation makes. Read are the members that
//! `docs/deploys.md` proposes, and an `Application` as a whole (`{{toJson .app}}`).

use serde_json::Value;
use store::DeployState;

use super::delivery::{
    Delivery, Reported, Unreadable, link, object, required, text, time, title, version,
};

/// What a delivery says.
pub(crate) fn read(bytes: &[u8]) -> Result<Delivery, Unreadable> {
    let body = object(bytes)?;
    let whole = if body["metadata"].is_object() {
        &body
    } else {
        &body["app"]
    };
    if whole["metadata"].is_object() {
        return application(whole, &body);
    }
    let subject = required(&body, &["/application", "/app"])?;
    let word = required(&body, &["/phase"])?;
    let Some(state) = phase(&word) else {
        return Ok(Delivery::Ignored(format!("phase {word:?}")));
    };
    let revision = required(&body, &["/revision"])?;
    let started = text(&body, &["/started_at"]);
    Ok(Delivery::Deploy(Reported {
        id: identity(&subject, &revision, &started),
        subject,
        service: text(&body, &["/service"]),
        environment: text(&body, &["/environment"]),
        version: match text(&body, &["/version"]) {
            stated if stated.is_empty() => version("", revision),
            stated => stated,
        },
        state,
        at: since(state, &body, "/started_at", "/finished_at")?,
        author: text(&body, &["/author"]),
        title: title(&body, &["/message"]),
        link: link(&body, &["/link"]),
        rollback: false,
    }))
}

/// An `Application` of argoproj.io/v1alpha1.
fn application(app: &Value, body: &Value) -> Result<Delivery, Unreadable> {
    let operation = "/status/operationState";
    let at = |rest: &str| format!("{operation}{rest}");
    let word = required(app, &[&at("/phase")])?;
    let Some(state) = phase(&word) else {
        return Ok(Delivery::Ignored(format!("phase {word:?}")));
    };
    let subject = required(app, &["/metadata/name"])?;
    let revision = required(
        app,
        &[
            &at("/syncResult/revision"),
            &at("/syncResult/revisions/0"),
            &at("/operation/sync/revision"),
            "/status/sync/revision",
            "/status/sync/revisions/0",
        ],
    )?;
    let started = text(app, &[&at("/startedAt")]);
    let label = |name: &str| text(app, &[&format!("/metadata/labels/{name}")]);
    // `~1` stands for a slash in a JSON pointer (RFC 6901, section 3).
    let tag = label("app.kubernetes.io~1version");
    Ok(Delivery::Deploy(Reported {
        id: identity(&subject, &revision, &started),
        subject,
        service: text(body, &["/service"]),
        environment: match text(body, &["/environment"]) {
            stated if stated.is_empty() => label("environment"),
            stated => stated,
        },
        version: version(&tag, revision),
        state,
        at: since(state, app, &at("/startedAt"), &at("/finishedAt"))?,
        author: text(app, &[&at("/operation/initiatedBy/username")]),
        title: title(app, &[&at("/message")]),
        link: link(body, &["/link"]),
        rollback: false,
    }))
}

/// Of a sync that lasts its start, else its end.
fn since(
    state: DeployState,
    of: &Value,
    started: &str,
    finished: &str,
) -> Result<Option<observation::UnixMillis>, Unreadable> {
    // What a sync changes it changes from its start on.
    match state {
        DeployState::Requested => time(of, &[started]),
        _ => time(of, &[started, finished]),
    }
}

/// A sync of the same revision at another time is another one.
fn identity(application: &str, revision: &str, started: &str) -> String {
    let short: String = revision.chars().take(12).collect();
    if started.is_empty() {
        return format!("{application}-{short}");
    }
    format!("{application}-{short}-{started}")
}

fn phase(word: &str) -> Option<DeployState> {
    match word {
        "Running" | "Terminating" => Some(DeployState::Started),
        "Succeeded" => Some(DeployState::Succeeded),
        "Failed" | "Error" => Some(DeployState::Failed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use observation::UnixMillis;
    use serde_json::json;

    use super::*;

    fn deploy(body: &Value) -> Reported {
        match read(body.to_string().as_bytes()) {
            Ok(Delivery::Deploy(found)) => found,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_template_and_a_whole_application_say_the_same() {
        let of_template = deploy(&json!({
            "application": "cart", "environment": "production", "phase": "Succeeded",
            "revision": "7d1f0c2ab34e", "started_at": "2026-11-01T10:00:00Z",
            "finished_at": "2026-11-01T10:02:00Z", "link": "https://argocd.test/applications/cart"
        }));
        let whole = deploy(&json!({
            "environment": "production", "link": "https://argocd.test/applications/cart",
            "app": {
                "metadata": {"name": "cart"},
                "status": {"operationState": {
                    "phase": "Succeeded", "startedAt": "2026-11-01T10:00:00Z",
                    "finishedAt": "2026-11-01T10:02:00Z", "syncResult": {"revision": "7d1f0c2ab34e"}
                }}
            }
        }));
        assert_eq!(of_template, whole);
        assert_eq!(whole.at, Some(UnixMillis(1_793_527_200_000)));
        assert_eq!(whole.id, "cart-7d1f0c2ab34e-2026-11-01T10:00:00Z");
    }

    #[test]
    fn a_running_sync_and_its_end_are_one_deploy() {
        let of = |phase: &str| {
            deploy(
                &json!({"application": "cart", "phase": phase, "revision": "7d1f",
                "started_at": "2026-11-01T10:00:00Z"}),
            )
        };
        assert_eq!(of("Running").id, of("Failed").id);
        assert_eq!(of("Running").state, DeployState::Started);
        assert!(read(br#"{"application":"cart","phase":"Running"}"#).is_err());
    }
}
