//! `POST /api/v1/deploys/hooks/{name}` and `POST /v2/change/enqueue`: deploys that other services report.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::hooks::{
    self, Delivery, DeployHook, HookKind, HookOutcome, is_authentic, record, unauthentic,
};
use crate::problem::{Code, Problem};
use crate::state::Shared;
use crate::view::deploy::Deploy;
use crate::view::words::one_of;

/// What came of a delivery.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HookBody {
    /// What came of it.
    #[schema(schema_with = outcomes)]
    outcome: HookOutcome,
    /// Why it is ignored; empty otherwise.
    reason: String,
    /// The deploy as it is recorded, for each app whose traffic it may change.
    deploys: Vec<Deploy>,
}

fn outcomes() -> utoipa::openapi::Object {
    let told = [
        HookOutcome::Recorded,
        HookOutcome::Repeated,
        HookOutcome::Ignored,
    ];
    one_of(told.iter().map(|outcome| outcome.as_str()))
}

/// What PagerDuty answers to a change event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeEventBody {
    /// `success`.
    status: &'static str,
    /// The same in words.
    message: &'static str,
}

/// Records the deploy that a webhook of GitHub, GitLab, Argo CD or a sender of PagerDuty change events reports, as
/// `dashboard.deploy_hooks` configures it. It needs no token but the signature or secret of its kind. What is
/// delivered again changes nothing.
#[utoipa::path(post, path = "/api/v1/deploys/hooks/{name}", tag = "operation", params(
    ("name" = String, Path, description = "name of the webhook in the configuration"),
), request_body(content = serde_json::Value, description = "as the caller sends it"), responses(
    (status = 201, description = "a deploy is recorded, or more is known of one", body = HookBody),
    (status = 200, description = "nothing new, or nothing about deploys", body = HookBody),
    (status = 400, description = "the body cannot be understood", body = Problem),
    (status = 401, description = "the signature, token or key is wrong", body = Problem),
    (status = 404, description = "no webhook has this name", body = Problem),
    (status = 413, description = "the body is larger than 1 MiB", body = Problem),
))]
pub(crate) async fn post(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<(StatusCode, Json<HookBody>), Problem> {
    let Some(hook) = shared.hooks.named(&name) else {
        shared.hooks.count(None, HookOutcome::BadSignature);
        let detail = "no webhook has this name: add it to `dashboard.deploy_hooks`";
        return Err(Problem::new(Code::NotFound, detail));
    };
    let body = receive(&shared, hook, &headers, &bytes).await?;
    let status = match body.outcome {
        HookOutcome::Recorded => StatusCode::CREATED,
        _ => StatusCode::OK,
    };
    Ok((status, Json(body)))
}

/// Records a change event of PagerDuty's Events API v2, so that what sends those needs another host and nothing
/// else. `routing_key` is the secret of a webhook of kind `pagerduty`.
#[utoipa::path(post, path = "/v2/change/enqueue", tag = "operation", request_body(
    content = serde_json::Value, description = "a change event of PagerDuty's Events API v2",
), responses(
    (status = 202, description = "recorded, now or before", body = ChangeEventBody),
    (status = 400, description = "the event cannot be understood", body = Problem),
    (status = 401, description = "no webhook has this routing key", body = Problem),
    (status = 413, description = "the body is larger than 1 MiB", body = Problem),
))]
pub(crate) async fn enqueue(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<(StatusCode, Json<ChangeEventBody>), Problem> {
    let Some(hook) = shared.hooks.of_key(&bytes) else {
        shared.hooks.count(None, HookOutcome::BadSignature);
        return Err(unauthentic(None));
    };
    receive(&shared, hook, &headers, &bytes).await?;
    let body = ChangeEventBody {
        status: "success",
        message: "Change event processed",
    };
    Ok((StatusCode::ACCEPTED, Json(body)))
}

async fn receive(
    shared: &Shared,
    hook: &DeployHook,
    headers: &HeaderMap,
    bytes: &[u8],
) -> Result<HookBody, Problem> {
    let count = |outcome| shared.hooks.count(Some(hook), outcome);
    if !is_authentic(hook, headers, bytes) {
        count(HookOutcome::BadSignature);
        tracing::warn!(hook = hook.name, "a delivery is not authentic");
        let kind: HookKind = hook.kind;
        return Err(unauthentic(Some(kind)));
    }
    let read = hooks::read(hook, headers, bytes, shared.clock.now());
    let reported = match read {
        Ok(Delivery::Deploy(reported)) => reported,
        Ok(Delivery::Ignored(reason)) => {
            count(HookOutcome::Ignored);
            return Ok(HookBody {
                outcome: HookOutcome::Ignored,
                reason,
                deploys: Vec::new(),
            });
        }
        Err(unreadable) => {
            count(HookOutcome::Invalid);
            tracing::warn!(hook = hook.name, error = %unreadable, "a delivery cannot be understood");
            return Err(unreadable.into());
        }
    };
    let recorded = match record(&shared.hooks, hook, &reported, shared).await {
        Ok(recorded) => recorded,
        Err(error) => {
            count(HookOutcome::Failed);
            return Err(error.into());
        }
    };
    let outcome = if recorded.is_news {
        HookOutcome::Recorded
    } else {
        HookOutcome::Repeated
    };
    count(outcome);
    Ok(HookBody {
        outcome,
        reason: String::new(),
        deploys: recorded.rows.into_iter().map(Deploy::from).collect(),
    })
}
