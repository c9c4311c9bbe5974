//! `corswatch gate` and `corswatch deploy`: what pipelines run.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};

use crate::api::{ApiError, Client, parsed};
use crate::cli::{Api, Deploy, Format, Gate};
use crate::exit::Failure;

/// A change that is worse ends the command with this code,
const WORSE: u8 = 1;
/// and one of which the data do not tell with this.
const INCONCLUSIVE: u8 = 3;
const ASK_EVERY: Duration = Duration::from_secs(10);

pub(crate) fn gate(args: &Gate) -> Result<ExitCode, Failure> {
    let watched = args.watched.to_string().replace(' ', "");
    let mut query = vec![
        ("app", args.app.as_str()),
        ("deploy", args.deploy.as_str()),
        ("for", watched.as_str()),
    ];
    if let Some(baseline) = &args.baseline {
        query.push(("baseline", baseline));
    }
    let verdict = ask(&args.api, async |client| {
        loop {
            let verdict: Value = parsed(&client.get("/api/v1/gate", &query).await?)?;
            let is_over = verdict["complete"] == true || verdict["verdict"] == "fail";
            if args.once || is_over {
                return Ok(verdict);
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    })?;
    match args.format {
        Format::Json => say!("{verdict:#}"),
        Format::Text => say!(
            "{}: {}",
            verdict["verdict"].as_str().unwrap_or_default(),
            verdict["reason"].as_str().unwrap_or_default()
        ),
    }
    Ok(match verdict["verdict"].as_str() {
        Some("pass") => ExitCode::SUCCESS,
        Some("fail") => ExitCode::from(WORSE),
        _ => ExitCode::from(INCONCLUSIVE),
    })
}

pub(crate) fn deploy(args: &Deploy) -> Result<ExitCode, Failure> {
    let report = json!({
        "app": args.app,
        "id": args.id,
        "service": args.service,
        "version": args.version,
        "environment": args.environment,
        "kind": args.kind,
        "reverts": args.reverts,
        "touches_cors": args.touches_cors,
        "author": args.author,
        "note": args.note,
        "link": args.link,
    });
    let recorded = ask(&args.api, async |client| {
        parsed(&client.post("/api/v1/deploys", &report).await?)
    })?;
    say!("{}", recorded["id"].as_str().unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}

fn ask(
    api: &Api,
    question: impl AsyncFnOnce(&Client) -> Result<Value, ApiError>,
) -> Result<Value, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let client = Client::of(api)?;
    Ok(runtime.block_on(question(&client))?)
}
