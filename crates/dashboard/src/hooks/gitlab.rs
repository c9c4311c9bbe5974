//! GitLab: deployment events (docs.gitlab.com, "Webhook events").

use store::DeployState;

use super::delivery::{
    Delivery, Reported, Unreadable, link, object, required, text, time, title, version,
};

/// What a delivery says.
pub(crate) fn read(bytes: &[u8]) -> Result<Delivery, Unreadable> {
    let body = object(bytes)?;
    let kind = text(&body, &["/object_kind"]);
    if kind != "deployment" {
        return Ok(Delivery::Ignored(format!("event {kind:?}")));
    }
    let word = required(&body, &["/status"])?;
    let state = match word.as_str() {
        "created" | "blocked" => DeployState::Requested,
        "running" => DeployState::Started,
        "success" => DeployState::Succeeded,
        "failed" => DeployState::Failed,
        "canceled" | "skipped" => DeployState::Cancelled,
        _ => return Ok(Delivery::Ignored(format!("status {word:?}"))),
    };
    let address = text(&body, &["/commit_url"]);
    let commit = address.rsplit('/').next().unwrap_or_default();
    let commit = match commit.len() {
        40 | 64 => commit.to_owned(),
        _ => text(&body, &["/short_sha"]),
    };
    Ok(Delivery::Deploy(Reported {
        id: required(&body, &["/deployment_id"])?,
        subject: required(&body, &["/project/path_with_namespace", "/project/name"])?,
        environment: text(&body, &["/environment"]),
        version: version(&text(&body, &["/ref"]), commit),
        state,
        at: time(&body, &["/status_changed_at"])?,
        author: text(&body, &["/user/username", "/user/name"]),
        title: title(&body, &["/commit_title"]),
        link: link(
            &body,
            &["/deployable_url", "/commit_url", "/project/web_url"],
        ),
        ..Reported::default()
    }))
}

#[cfg(test)]
mod tests {
    use observation::UnixMillis;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_deployment_event_as_gitlab_sends_it_is_a_deploy() {
        let body = json!({
            "object_kind": "deployment",
            "status": "success",
            "status_changed_at": "2021-04-28 21:50:00 +0200",
            "deployment_id": 15,
            "deployable_id": 796,
            "deployable_url": "https://gitlab.test/acme/cart/-/jobs/796",
            "environment": "production",
            "environment_tier": "production",
            "project": {"id": 30, "name": "cart", "path_with_namespace": "acme/cart",
                "web_url": "https://gitlab.test/acme/cart"},
            "ref": "main",
            "short_sha": "279484c0",
            "user": {"name": "Ada", "username": "ada"},
            "commit_url": "https://gitlab.test/acme/cart/-/commit/279484c09fbe69ededfced8c1bb6e6d24616b468",
            "commit_title": "Revert \"Allow x-tenant\""
        });
        let expect = Reported {
            id: "15".to_owned(),
            subject: "acme/cart".to_owned(),
            environment: "production".to_owned(),
            version: "279484c09fbe69ededfced8c1bb6e6d24616b468".to_owned(),
            state: DeployState::Succeeded,
            at: Some(UnixMillis(1_619_639_400_000)),
            author: "ada".to_owned(),
            title: "Revert \"Allow x-tenant\"".to_owned(),
            link: "https://gitlab.test/acme/cart/-/jobs/796".to_owned(),
            ..Reported::default()
        };
        let found = read(body.to_string().as_bytes());
        assert_eq!(found, Ok(Delivery::Deploy(expect)));
        let push = read(br#"{"object_kind":"push"}"#);
        assert_eq!(push, Ok(Delivery::Ignored("event \"push\"".to_owned())));
        assert!(read(br#"{"object_kind":"deployment"}"#).is_err());
    }
}
