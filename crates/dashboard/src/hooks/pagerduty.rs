//! Change events in the form of PagerDuty's Events API v2 (`POST /v2/change/enqueue`).

use observation::UnixMillis;
use sha2::{Digest as _, Sha256};
use store::DeployState;

use super::delivery::{Delivery, Reported, Unreadable, link, object, required, text, time, title};

/// An event without time and identity that comes again within this time is the same event.
const REPEATED_WITHIN: i64 = 60 * 60_000;

/// The key in an event, whatever else it says.
pub(crate) fn routing_key(bytes: &[u8]) -> String {
    object(bytes)
        .map(|body| text(&body, &["/routing_key"]))
        .unwrap_or_default()
}

/// What a delivery at `now` says.
pub(crate) fn read(bytes: &[u8], now: UnixMillis) -> Result<Delivery, Unreadable> {
    let body = object(bytes)?;
    required(&body, &["/payload/summary"])?;
    let details = "/payload/custom_details";
    let detail = |names: &[&str]| {
        let paths: Vec<_> = names
            .iter()
            .map(|name| format!("{details}/{name}"))
            .collect();
        let paths: Vec<_> = paths.iter().map(String::as_str).collect();
        text(&body, &paths)
    };
    let at = time(&body, &["/payload/timestamp"])?;
    let id = match detail(&["id", "deployment_id", "build_number"]) {
        stated if stated.is_empty() => digest(bytes, at, now),
        stated => stated,
    };
    Ok(Delivery::Deploy(Reported {
        id,
        subject: text(&body, &["/payload/source"]),
        service: detail(&["service"]),
        environment: detail(&["environment", "env"]),
        version: detail(&["version", "revision", "commit", "sha"]),
        state: DeployState::Succeeded,
        at,
        author: detail(&["author", "user"]),
        title: title(&body, &["/payload/summary"]),
        link: link(&body, &["/links/0/href", "/links/1/href"]),
        rollback: false,
    }))
}

/// Events have no identity: what is the same, byte by byte and at the same time, is one.
fn digest(bytes: &[u8], at: Option<UnixMillis>, now: UnixMillis) -> String {
    let mut hash = Sha256::new();
    hash.update(bytes);
    if at.is_none() {
        hash.update(now.0.div_euclid(REPEATED_WITHIN).to_be_bytes());
    }
    let digest = hash.finalize();
    digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_as_pagerduty_documents_it_is_a_deploy() {
        let body = json!({
            "routing_key": "samplekeyhere",
            "payload": {
                "summary": "Build Success - Increase snapshot create timeout to 30 seconds",
                "timestamp": "2020-07-17T08:42:58.315+0000",
                "source": "acme-build-pipeline-tool-default-i-9999",
                "custom_details": {"build_state": "passed", "build_number": "2", "run_time": "1236s",
                    "environment": "production"}
            },
            "links": [{"href": "https://acme.pagerduty.dev/build/2", "text": "View more details"}]
        });
        let Ok(Delivery::Deploy(found)) = read(body.to_string().as_bytes(), UnixMillis(0)) else {
            panic!("a deploy")
        };
        assert_eq!(found.id, "2");
        assert_eq!(found.at, Some(UnixMillis(1_594_975_378_315)));
        assert_eq!(found.link, "https://acme.pagerduty.dev/build/2");
        assert_eq!(found.environment, "production");
        assert_eq!(routing_key(body.to_string().as_bytes()), "samplekeyhere");
        assert!(read(br#"{"payload":{}}"#, UnixMillis(0)).is_err());
    }

    #[test]
    fn without_an_identity_what_is_the_same_is_one() {
        let id = |body: &serde_json::Value, now: i64| match read(
            body.to_string().as_bytes(),
            UnixMillis(now),
        ) {
            Ok(Delivery::Deploy(found)) => found.id,
            other => panic!("{other:?}"),
        };
        let timed = json!({"payload": {"summary": "s", "timestamp": "2020-07-17T08:42:58Z"}});
        assert_eq!(id(&timed, 0), id(&timed, 99 * REPEATED_WITHIN));
        let bare = json!({"payload": {"summary": "s"}});
        assert_eq!(id(&bare, 0), id(&bare, 60_000));
        assert_ne!(id(&bare, 0), id(&bare, 2 * REPEATED_WITHIN));
    }
}
