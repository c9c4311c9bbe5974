//! The shapes of requests: from a file, or from the private side of a corswatch that runs.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use policy::{Shape, Shapes};

use crate::cli::Seen;
use crate::exit::Failure;

/// Shapes are no larger.
const MOST_BYTES: u64 = 64 << 20;
/// How long the private side may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The shapes that count, and how much could not be read.
pub(crate) fn shapes(seen: &Seen) -> Result<(Shapes, usize), Failure> {
    let (mut shapes, unread) = match &seen.shapes {
        Some(file) => of_file(file)?,
        None => (asked(seen)?, 0),
    };
    if let Some(origin) = &seen.target_origin {
        shapes.shapes.retain(|shape| of_origin(shape, origin));
    }
    if let Some(service) = &seen.service {
        shapes.shapes.retain(|shape| shape.service == *service);
    }
    Ok((shapes, unread))
}

fn of_origin(shape: &Shape, origin: &cors::Origin) -> bool {
    cors::Origin::parse(&shape.target_origin).as_ref() == Some(origin)
}

fn of_file(file: &Path) -> Result<(Shapes, usize), Failure> {
    let name = file.display();
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        let input = std::io::stdin().take(MOST_BYTES);
        let read = { input }.read_to_string(&mut text);
        read.map(|_| text).map_err(|error| error.to_string())
    } else {
        crate::file::text(file, MOST_BYTES).map(|(text, _)| text)
    };
    let text = text.map_err(|error| Failure::Input(format!("{name}: {error}")))?;
    let (shapes, problems) = Shapes::read(&text)
        .map_err(|bad| Failure::Input(format!("{name}:{}: {}", bad.line, bad.reason)))?;
    for bad in &problems {
        complain!("{name}:{}: {}", bad.line, bad.reason);
    }
    Ok((shapes, problems.len()))
}

fn asked(seen: &Seen) -> Result<Shapes, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let text = runtime
        .block_on(ask(seen))
        .map_err(|error| Failure::Input(format!("{error:#}")))?;
    let shapes = Shapes::read(&text).map_err(|bad| {
        Failure::Input(format!(
            "{}: not the shapes of a corswatch: {}",
            seen.api, bad.reason
        ))
    })?;
    Ok(shapes.0)
}

async fn ask(seen: &Seen) -> anyhow::Result<String> {
    let mut url = seen.api.join("/api/v1/shapes").context("--api")?;
    {
        let mut query = url.query_pairs_mut();
        query.append_pair("window", &seen.last.to_string().replace(' ', ""));
        if let Some(app) = &seen.app {
            query.append_pair("app", app);
        }
        if let Some(service) = &seen.service {
            query.append_pair("service", service);
        }
    }
    let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
    let mut request = client.get(url.clone());
    if let Some(token) = std::env::vars_os().find(|(name, _)| *name == *seen.token_env) {
        let token = token
            .1
            .into_string()
            .map_err(|_| anyhow!("the token is not text"))?;
        request = request.bearer_auth(token);
    }
    let response = request.send().await.with_context(|| {
        format!(
            "{} does not answer (--api names the private side, --shapes a file)",
            seen.api
        )
    })?;
    let status = response.status();
    let text = response.text().await.context("reading the shapes")?;
    if !status.is_success() {
        let said: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        let detail = said["detail"]
            .as_str()
            .or(said["title"].as_str())
            .unwrap_or_default();
        let token = match status.as_u16() {
            401 | 403 => format!("; the token is taken from ${}", seen.token_env),
            _ => String::new(),
        };
        return Err(anyhow!("{url} answers {status}: {detail}{token}"));
    }
    Ok(text)
}
