//! GitHub: `deployment` and `deployment_status` (docs.github.com, "Webhook events and payloads").

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use store::DeployState;

use super::delivery::{
    Delivery, Reported, Unreadable, link, object, required, text, time, title, version,
};

/// Whether `signature` (`sha256=` and hexadecimal digits) is that of the body.
pub(crate) fn is_signed(secret: &str, signature: &str, body: &[u8]) -> bool {
    let Some(given) = signature
        .strip_prefix("sha256=")
        .and_then(crate::config::digest)
    else {
        return false;
    };
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    mac.verify_slice(&given).is_ok()
}

/// What a delivery of `event` says. GitHub sends JSON, or JSON as a field of a form.
pub(crate) fn read(event: &str, is_form: bool, bytes: &[u8]) -> Result<Delivery, Unreadable> {
    if !matches!(event, "deployment" | "deployment_status") {
        return Ok(Delivery::Ignored(format!("event {event:?}")));
    }
    let body = if is_form {
        let mut fields = url::form_urlencoded::parse(bytes);
        let payload = fields.find(|(name, _)| name == "payload");
        let payload = payload.ok_or_else(|| Unreadable::new("payload", "is missing"))?;
        object(payload.1.as_bytes())?
    } else {
        object(bytes)?
    };
    let (state, since) = match event {
        "deployment_status" => {
            let word = required(&body, &["/deployment_status/state"])?;
            let Some(state) = state(&word) else {
                return Ok(Delivery::Ignored(format!("state {word:?}")));
            };
            let since = time(
                &body,
                &[
                    "/deployment_status/created_at",
                    "/deployment_status/updated_at",
                ],
            )?;
            (state, since)
        }
        // It is created, and nothing has changed yet.
        _ => (
            DeployState::Requested,
            time(&body, &["/deployment/created_at"])?,
        ),
    };
    let commit = text(&body, &["/deployment/sha"]);
    let stated = payload(&body);
    let named = |name: &str| stated[name].as_str().unwrap_or_default().to_owned();
    let task = text(&body, &["/deployment/task"]);
    Ok(Delivery::Deploy(Reported {
        id: required(&body, &["/deployment/id"])?,
        subject: required(&body, &["/repository/full_name"])?,
        service: named("service"),
        environment: text(
            &body,
            &["/deployment_status/environment", "/deployment/environment"],
        ),
        version: match named("version") {
            stated if stated.is_empty() => version(&text(&body, &["/deployment/ref"]), commit),
            stated => stated,
        },
        state,
        at: since,
        author: text(&body, &["/deployment/creator/login", "/sender/login"]),
        title: title(
            &body,
            &[
                "/deployment/description",
                "/workflow_run/display_title",
                "/deployment/ref",
            ],
        ),
        link: address(&body),
        rollback: task.to_ascii_lowercase().contains("rollback"),
    }))
}

fn state(word: &str) -> Option<DeployState> {
    match word {
        "pending" | "queued" | "waiting" => Some(DeployState::Requested),
        "in_progress" => Some(DeployState::Started),
        "success" => Some(DeployState::Succeeded),
        "failure" | "error" => Some(DeployState::Failed),
        // A later one has taken its place, which reports itself.
        _ => None,
    }
}

/// What whoever made the deployment wrote beside it: an object, or the text of one.
fn payload(body: &Value) -> Value {
    match &body["deployment"]["payload"] {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        other => other.clone(),
    }
}

fn address(body: &Value) -> String {
    let found = link(
        body,
        &[
            "/deployment_status/log_url",
            "/deployment_status/target_url",
            "/workflow_run/html_url",
        ],
    );
    match link(body, &["/repository/html_url"]) {
        page if found.is_empty() && !page.is_empty() => format!("{page}/deployments"),
        _ => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_githubs_documentation() {
        // docs.github.com, "Validating webhook deliveries": values for testing.
        let (secret, body) = ("It's a Secret to Everybody", b"Hello, World!");
        let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert!(is_signed(secret, signature, body));
        assert!(!is_signed("another", signature, body));
        assert!(!is_signed(secret, signature, b"Hello, World?"));
        assert!(!is_signed(secret, &signature[7..], body));
        assert!(!is_signed(secret, "sha256=75", body));
        assert!(!is_signed(secret, "", body));
    }

    #[test]
    fn states_that_change_nothing_are_no_deploys() {
        let read = |state: &str| {
            let body = serde_json::json!({
                "deployment_status": {"state": state},
                "deployment": {"id": 7, "ref": "v1.2.0", "payload": "{\"service\":\"cart\"}"},
                "repository": {"full_name": "acme/cart", "html_url": "https://github.test/acme/cart"},
            });
            super::read("deployment_status", false, body.to_string().as_bytes())
        };
        let Ok(Delivery::Deploy(found)) = read("in_progress") else {
            panic!("a deploy")
        };
        assert_eq!(found.state, DeployState::Started);
        assert_eq!(
            (found.version.as_str(), found.service.as_str()),
            ("v1.2.0", "cart")
        );
        assert_eq!(found.link, "https://github.test/acme/cart/deployments");
        assert!(matches!(read("inactive"), Ok(Delivery::Ignored(_))));
        let ping = super::read("ping", false, b"{}");
        assert_eq!(ping, Ok(Delivery::Ignored("event \"ping\"".to_owned())));
    }
}
