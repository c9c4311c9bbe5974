//! One beacon from a page to a number: what all other checks are for.

use std::time::Duration;

use observation::{BeaconId, SessionId};
use runtime::Clock;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::finding::{Check, Finding};
use crate::api::{ApiError, Client};
use crate::config::Config;

/// How often the API is asked whether the beacon is counted.
const POLL: Duration = Duration::from_millis(250);
/// The host of the request that the beacon reports: no name that anybody can register (RFC 2606).
const TARGET: &str = "https://corswatch-doctor.invalid";

/// Where the beacon is sent to, and where its number is read.
pub(super) struct Way<'a> {
    pub(super) http: &'a reqwest::Client,
    pub(super) edge: &'a str,
    pub(super) api: &'a Client,
    /// How long it may take until it is counted.
    pub(super) wait: Duration,
}

/// Sends a beacon of an automated browser, which is kept apart from what pages send, and waits until the
/// ledger has it.
pub(super) async fn sent(config: &Config, way: &Way<'_>, clock: &Clock) -> Vec<Finding> {
    let Some((key, page)) = sender(config) else {
        return vec![
            Finding::skipped(Check::Beacon, way.edge, "no app may send").so(
                "add `[[apps]]` with `name`, `keys` and `page_origins`: `corswatch init` writes one",
            ),
        ];
    };
    let before = match stored(way.api).await {
        Ok(stored) => stored,
        Err(finding) => return vec![*finding],
    };
    let started = Instant::now();
    let url = format!("{}/v1/b/{key}", way.edge);
    let request = way.http.post(url).header("origin", &page);
    let request = request
        .header("content-type", "text/plain;charset=UTF-8")
        .body(body(&page, clock).to_string());
    let status = match request.send().await {
        Err(error) => return vec![Finding::failed(Check::Beacon, way.edge, error.to_string())],
        Ok(response) if response.status() == reqwest::StatusCode::NO_CONTENT => started.elapsed(),
        Ok(response) => {
            let status = response.status();
            let text = response.text().await.unwrap_or_default();
            return vec![
                Finding::failed(Check::Beacon, way.edge, format!("answers {status}: {text}"))
                    .so("the reason is explained in docs/troubleshooting.md; 503: look at the journal above"),
            ];
        }
    };
    vec![counted(way, before, status, started).await]
}

/// Waits until the ledger has one beacon more.
async fn counted(way: &Way<'_>, before: u64, taken: Duration, started: Instant) -> Finding {
    let deadline = started + way.wait;
    loop {
        match stored(way.api).await {
            Err(finding) => return *finding,
            Ok(now) if now > before => {
                let found = format!(
                    "durable after {} ms, counted after {} ms: the ledger had {before} and has {now}",
                    taken.as_millis(),
                    started.elapsed().as_millis()
                );
                return Finding::ok(Check::Beacon, way.edge, found);
            }
            Ok(_) if Instant::now() >= deadline => {
                let found = format!(
                    "durable after {} ms, and not counted within {} s: the ledger stays at {before}",
                    taken.as_millis(),
                    way.wait.as_secs()
                );
                return Finding::failed(Check::Beacon, way.edge, found).so(
                    "start a loader (`corswatch up` has one), and read its log; edge and API may belong to two \
                     installations: compare `journal` and `store` of both",
                );
            }
            Ok(_) => tokio::time::sleep(POLL).await,
        }
    }
}

/// How many beacons the ledger has stored.
async fn stored(api: &Client) -> Result<u64, Box<Finding>> {
    let nothing: [(&str, &str); 0] = [];
    let answer = api.get("/api/v1/ledger", &nothing).await;
    let text = answer.map_err(|error| {
        let action = match &error {
            ApiError::Refused { status, .. } if matches!(status.as_u16(), 401 | 403) => {
                "give a token that is not limited to apps: --token-file, or $CORSWATCH_TOKEN"
            }
            _ => "start `corswatch up` or `corswatch dashboard`; --api names another address",
        };
        let finding = Finding::failed(Check::Beacon, "/api/v1/ledger", error.to_string());
        Box::new(finding.so(action))
    })?;
    let ledger: Value = serde_json::from_str(&text).unwrap_or_default();
    ledger["stored"].as_u64().ok_or_else(|| {
        let found = "the answer is not a ledger of corswatch";
        Box::new(Finding::failed(Check::Beacon, "/api/v1/ledger", found))
    })
}

/// A key, and a page that may send with it.
fn sender(config: &Config) -> Option<(String, String)> {
    config.apps.iter().find_map(|app| {
        let key = app.keys.first()?;
        let page = app
            .page_origins
            .first()
            .map(|origin| origin.replace("*.", "corswatch-doctor."));
        let any = app.dangerously_any_page_origin.then(|| TARGET.to_owned());
        Some((key.clone(), page.or(any)?))
    })
}

fn body(page: &str, clock: &Clock) -> Value {
    let mut random = [0; 12];
    // The time serves where the system has no random numbers: the ledger only has to see one beacon more.
    if getrandom::fill(&mut random).is_err() {
        random[4..].copy_from_slice(&clock.now().0.to_be_bytes());
    }
    let session = u64::from_be_bytes([
        0, 0, random[0], random[1], random[2], random[3], random[4], random[5],
    ]);
    json!({
        "v": 1,
        "id": BeaconId(random).to_string(),
        "age": 0,
        "s": SessionId(session).to_string(),
        "page": page,
        "sdk": env!("CARGO_PKG_VERSION"),
        "lab": true,
        "rows": [{"at": -100, "to": TARGET, "ep": "/corswatch-doctor", "st": 200, "n": 1, "l": [55, 1]}],
    })
}
