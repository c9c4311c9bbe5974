//! `corswatch incident`: over the API of a corswatch that runs.

use std::process::ExitCode;

use anyhow::Context as _;
use incident::{Detail, Listed, markdown};
use printable::line;
use serde::Deserialize;

use crate::api::Client;
use crate::cli::{Api, Format, IncidentArgs, IncidentCommand, IncidentFormat};
use crate::exit::Failure;

#[derive(Debug, Deserialize)]
struct Answer {
    incidents: Vec<Listed>,
}

pub(crate) fn run(args: &IncidentArgs) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let text = runtime
        .block_on(answer(&args.command))
        .map_err(|error| Failure::Input(format!("{error:#}")))?;
    say!("{}", text.trim_end());
    Ok(ExitCode::SUCCESS)
}

async fn answer(command: &IncidentCommand) -> anyhow::Result<String> {
    match command {
        IncidentCommand::List {
            app,
            state,
            format,
            api,
        } => {
            let mut query = Vec::new();
            query.extend(app.clone().map(|app| ("app", app)));
            query.extend(state.clone().map(|state| ("state", state)));
            let text = Client::of(api)?.get("/api/v1/incidents", &query).await?;
            match format {
                Format::Json => Ok(text),
                Format::Text => list(&text),
            }
        }
        IncidentCommand::Show { id, format, api } => match format {
            Format::Json => one(api, id).await,
            Format::Text => Ok(show(&detail(&one(api, id).await?)?)),
        },
        IncidentCommand::Export { id, format, api } => match format {
            IncidentFormat::Json => one(api, id).await,
            IncidentFormat::Markdown => Ok(markdown(&detail(&one(api, id).await?)?)),
        },
        IncidentCommand::Close { id, reason, api } => {
            let path = format!("{}/close", path(id)?);
            let body = serde_json::json!({ "reason": reason });
            Client::of(api)?.post(&path, &body).await?;
            Ok(format!(
                "{id} is closed as soon as the evaluation hears of it"
            ))
        }
    }
}

/// An identity is hexadecimal: anything else would be another path.
fn path(id: &str) -> anyhow::Result<String> {
    anyhow::ensure!(
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "`{}` is not the identity of an incident: `corswatch incident list` has them",
        line(id)
    );
    Ok(format!("/api/v1/incidents/{id}"))
}

async fn one(api: &Api, id: &str) -> anyhow::Result<String> {
    let nothing: [(&str, &str); 0] = [];
    Ok(Client::of(api)?.get(&path(id)?, &nothing).await?)
}

fn detail(text: &str) -> anyhow::Result<Detail> {
    serde_json::from_str(text).context("not an incident as this version knows it")
}

fn list(text: &str) -> anyhow::Result<String> {
    let answer: Answer = serde_json::from_str(text).context("not a list of incidents")?;
    if answer.incidents.is_empty() {
        return Ok("no incidents".to_owned());
    }
    let row = |incident: &Listed| {
        let state = incident.closed_as.as_deref().unwrap_or(&incident.state);
        format!(
            "{}  {:<8} {:<6} {}  {}",
            incident.id,
            state,
            incident.severity,
            incident.opened_at,
            line(&incident.title)
        )
    };
    Ok(answer
        .incidents
        .iter()
        .map(row)
        .collect::<Vec<_>>()
        .join("\n"))
}

fn show(detail: &Detail) -> String {
    let listed = &detail.listed;
    let mut lines = vec![
        format!(
            "{} {} ({})",
            listed.id,
            line(&listed.title),
            listed.severity
        ),
        line(&detail.description),
    ];
    let optional = [
        ("owner", listed.owner.as_deref().unwrap_or_default()),
        ("runbook", listed.runbook_url.as_deref().unwrap_or_default()),
        ("diagnosis", &detail.evidence.diagnosis),
        ("fix", &detail.evidence.fix),
    ];
    let given = optional.iter().filter(|(_, text)| !text.is_empty());
    lines.extend(given.map(|(name, text)| format!("{name}: {}", line(text))));
    lines.extend(
        listed
            .endpoints
            .iter()
            .map(|endpoint| format!("  {}", line(endpoint))),
    );
    for step in &detail.runbook {
        let tick = if step.done { "x" } else { " " };
        lines.push(format!("[{tick}] {}", line(&step.text)));
    }
    for entry in &detail.timeline {
        lines.push(format!(
            "{}  {:<13} {}",
            entry.at,
            entry.what,
            line(&entry.text)
        ));
    }
    lines.join("\n")
}
