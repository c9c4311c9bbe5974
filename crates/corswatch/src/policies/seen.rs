//! The shapes of requests: from a file, or from the admin server of a corswatch that runs.

use std::io::Read as _;
use std::path::Path;

use anyhow::anyhow;
use policy::{Shape, Shapes};

use crate::api::Client;
use crate::cli::ShapeSource;
use crate::exit::Failure;

/// Shapes are no larger.
const MOST_BYTES: u64 = 64 << 20;

/// The shapes that count, and how much could not be read.
pub(crate) fn shapes(seen: &ShapeSource) -> Result<(Shapes, usize), Failure> {
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

fn asked(seen: &ShapeSource) -> Result<Shapes, Failure> {
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
            seen.api.api, bad.reason
        ))
    })?;
    Ok(shapes.0)
}

async fn ask(seen: &ShapeSource) -> anyhow::Result<String> {
    let mut query = vec![("window", seen.last.to_string().replace(' ', ""))];
    query.extend(seen.app.clone().map(|app| ("app", app)));
    query.extend(seen.service.clone().map(|service| ("service", service)));
    let answer = Client::of(&seen.api)?.get("/api/v1/shapes", &query).await;
    answer.map_err(|error| {
        let error = anyhow::Error::from(error);
        anyhow!("{error:#}; --shapes takes them from a file")
    })
}
