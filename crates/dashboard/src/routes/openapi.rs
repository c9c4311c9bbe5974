//! `GET /openapi.json`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::IntoResponse;
use http::header;
use serde_json::Value;

use crate::middleware::peer;
use crate::state::Shared;

/// The description of this API. For a caller that may see data, `app` names the apps that it may see.
#[utoipa::path(get, path = "/openapi.json", tag = "health", responses(
    (status = 200, description = "OpenAPI 3.1", content_type = "application/json"),
))]
pub(crate) async fn get(State(shared): State<Arc<Shared>>, request: Request) -> impl IntoResponse {
    // No token is needed here, and who has none learns no names.
    let caller = shared
        .front
        .gate
        .identify(&request, peer(&request), shared.clock.now());
    let body = match caller {
        Ok(caller) => {
            let apps = shared.app_names().filter(|name| caller.may_see(name));
            described_for(&shared.openapi, &apps.collect::<Vec<_>>()).into()
        }
        Err(_) => shared.openapi.clone(),
    };
    ([(header::CONTENT_TYPE, "application/json")], body)
}

/// The description with the permitted values of every `app`.
fn described_for(openapi: &[u8], apps: &[&str]) -> Vec<u8> {
    let mut api: Value = serde_json::from_slice(openapi).unwrap_or_default();
    if apps.is_empty() {
        return openapi.to_vec();
    }
    let paths = api["paths"].as_object_mut().into_iter().flatten();
    for (_, item) in paths {
        let operations = item.as_object_mut().into_iter().flatten();
        for (_, operation) in operations {
            let parameters = operation["parameters"].as_array_mut();
            let named = parameters.into_iter().flatten();
            for parameter in named.filter(|parameter| parameter["name"] == "app") {
                parameter["schema"]["enum"] = apps.into();
            }
        }
    }
    api["components"]["schemas"]["DeployReport"]["properties"]["app"]["enum"] = apps.into();
    serde_json::to_vec(&api).unwrap_or_else(|_| openapi.to_vec())
}
