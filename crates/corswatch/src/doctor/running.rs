//! The processes of the installation, and the receivers of its alerts.

use std::net::SocketAddr;

use runtime::Clock;
use serde_json::Value;
use tokio::net::TcpStream;

use super::clock;
use super::finding::{Check, Finding};
use crate::config::{Config, Role};

/// What a process answers, and when.
struct Answer {
    status: u16,
    body: String,
    /// How far its clock is ahead, and how uncertain that is.
    clock: Option<(i64, i64)>,
}

async fn get(client: &reqwest::Client, url: &str, clock: &Clock) -> Result<Answer, reqwest::Error> {
    let before = clock.now();
    let response = client.get(url).send().await?;
    let after = clock.now();
    // The header has whole seconds: the middle of that second is its best guess.
    let date = response.headers().get(reqwest::header::DATE);
    let date = date.and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    let date = date.and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok());
    let middle = i64::midpoint(before.0, after.0);
    let clock = date.and_then(|date| {
        let millis = i64::try_from(date.as_millis()).ok()?;
        Some((millis + 500 - middle, after.0 - before.0 + 500))
    });
    Ok(Answer {
        status: response.status().as_u16(),
        clock,
        body: response.text().await.unwrap_or_default(),
    })
}

fn nothing_there(check: Check, url: &str, error: &reqwest::Error, action: &str) -> Finding {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    Finding::failed(check, url, format!("does not answer: {cause}")).so(action)
}

/// Whether the edge at `url` serves the script.
pub(super) async fn edge(client: &reqwest::Client, url: &str, now: &Clock) -> Vec<Finding> {
    let action = "start `corswatch up` or `corswatch collector`, or correct `collector.listen`; --edge names \
                  another address";
    match get(client, &format!("{url}/v1/corswatch.js"), now).await {
        Err(error) => vec![nothing_there(Check::Edge, url, &error, action)],
        Ok(answer) => {
            let mut found = vec![match answer.status {
                200..=399 => Finding::ok(Check::Edge, url, "serves the script"),
                status => Finding::failed(
                    Check::Edge,
                    url,
                    format!("answers {status} to a question for the script"),
                )
                .so("something else listens there: correct the address, or the proxy before it"),
            }];
            found.extend(
                answer
                    .clock
                    .map(|(ahead, by)| clock::judged(url, ahead, by)),
            );
            found
        }
    }
}

/// What the process at `url` says of its parts.
pub(super) async fn readiness(
    client: &reqwest::Client,
    (check, about): (Check, &str),
    url: &str,
    now: &Clock,
) -> Vec<Finding> {
    let action = match check {
        Check::Api => {
            "start `corswatch up` or `corswatch dashboard`, or correct `dashboard.listen`; --api names another \
             address"
        }
        _ => "start the role, or correct its address below `[health]`",
    };
    let answer = match get(client, &format!("{url}/readyz"), now).await {
        Err(error) => return vec![nothing_there(check, about, &error, action)],
        Ok(answer) => answer,
    };
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let mut found = match body["parts"].as_array() {
        Some(parts) => of_parts(check, about, parts),
        None => {
            let detail = body["detail"].as_str().unwrap_or("no corswatch answers so");
            vec![
                Finding::failed(check, about, format!("answers {}: {detail}", answer.status))
                    .so("correct the address, or the proxy before it"),
            ]
        }
    };
    found.extend(
        answer
            .clock
            .map(|(ahead, by)| clock::judged(about, ahead, by)),
    );
    found
}

fn of_parts(check: Check, about: &str, parts: &[Value]) -> Vec<Finding> {
    let troubled: Vec<Finding> = parts
        .iter()
        .filter_map(|part| {
            let text = |name: &str| part[name].as_str().unwrap_or_default();
            let why = match text("detail") {
                "" => "why is told to those with a token (--token-file)",
                why => why,
            };
            let found = format!("{}: {why}", text("part"));
            let finding = match text("condition") {
                "ready" => return None,
                "degraded" => Finding::warning(check, about, found),
                _ => Finding::failed(check, about, found),
            };
            Some(finding.so("do what the text says; the log of the process has more"))
        })
        .collect();
    match troubled.is_empty() {
        true => vec![Finding::ok(
            check,
            about,
            format!("ready, {} parts", parts.len()),
        )],
        false => troubled,
    }
}

/// Where the roles without a web UI tell how they are.
pub(super) fn roles(config: &Config, role: Option<Role>) -> Vec<(&'static str, SocketAddr)> {
    let health = &config.health;
    let all = [
        (Role::Collector, "collector", health.collector),
        (Role::Loader, "loader", health.loader),
        (Role::Aggregator, "aggregator", health.aggregator),
        (Role::Prober, "prober", health.prober),
    ];
    let wanted = all.into_iter().filter(|(one, ..)| match role {
        Some(role) => role == *one,
        // `up` tells it on `dashboard.listen`.
        None => !config.store.url.is_empty(),
    });
    wanted.map(|(_, name, address)| (name, address)).collect()
}

/// Whether the receivers accept connections. No alert is sent.
pub(super) async fn receiver(config: &Config, endpoint: &alert::Endpoint) -> Vec<Finding> {
    let about = format!(
        "{} ({}:{})",
        endpoint.receiver, endpoint.host, endpoint.port
    );
    let addresses = match config.alert.resolved(endpoint).await {
        Ok(addresses) => addresses,
        Err(error) => {
            return vec![
                Finding::failed(Check::Receiver, &about, error.to_string())
                    .so("correct the address of the receiver, or this machine's resolver"),
            ];
        }
    };
    vec![match TcpStream::connect(addresses.as_slice()).await {
        Ok(_) => Finding::ok(
            Check::Receiver,
            &about,
            "accepts connections; `corswatch alert test` sends it a test",
        ),
        Err(error) => Finding::failed(Check::Receiver, &about, error.to_string())
            .so("start the receiver, permit this machine a way out to it, or correct its address"),
    }]
}
