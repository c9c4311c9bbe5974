//! `corswatch partner-link`: over the API of a corswatch that runs.

use std::process::ExitCode;

use printable::line;
use serde::Deserialize;
use serde_json::json;

use crate::api::{ApiError, Client, parsed};
use crate::cli::{Format, PartnerLinkCommand, PartnerLinks};
use crate::exit::Failure;

#[derive(Debug, Deserialize)]
struct Answer {
    partner_links: Vec<Link>,
}

#[derive(Debug, Deserialize)]
struct Link {
    id: String,
    app: String,
    page_origin: String,
    state: String,
    expires_at: String,
    created_by: String,
    note: String,
}

#[derive(Debug, Deserialize)]
struct Made {
    path: String,
}

pub(crate) fn run(args: &PartnerLinks) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let text = runtime.block_on(answer(&args.command))?;
    say!("{}", text.trim_end());
    Ok(ExitCode::SUCCESS)
}

async fn answer(command: &PartnerLinkCommand) -> Result<String, ApiError> {
    match command {
        PartnerLinkCommand::Create {
            app,
            page_origin,
            lasts,
            note,
            api,
        } => {
            let report =
                json!({"app": app, "page_origin": page_origin, "lasts": lasts, "note": note});
            let made = Client::of(api)?
                .post("/api/v1/partner-links", &report)
                .await?;
            let made: Made = parsed(&made)?;
            let base = api.api.as_str().trim_end_matches('/');
            Ok(format!("{base}{}", made.path))
        }
        PartnerLinkCommand::List { format, api } => {
            let nothing: [(&str, &str); 0] = [];
            let text = Client::of(api)?
                .get("/api/v1/partner-links", &nothing)
                .await?;
            match format {
                Format::Json => Ok(text),
                Format::Text => Ok(list(&parsed(&text)?)),
            }
        }
        PartnerLinkCommand::Revoke { id, api } => {
            let path = format!("/api/v1/partner-links/{}", crate::api::segment(id)?);
            Client::of(api)?.delete(&path).await?;
            Ok(format!("{} is revoked", line(id)))
        }
    }
}

fn list(answer: &Answer) -> String {
    if answer.partner_links.is_empty() {
        return "no links".to_owned();
    }
    let row = |link: &Link| {
        format!(
            "{}  {:<8} {}  {}  {}  {}  {}",
            link.id,
            link.state,
            link.expires_at,
            line(&link.app),
            line(&link.page_origin),
            line(&link.created_by),
            line(&link.note)
        )
    };
    let rows: Vec<String> = answer.partner_links.iter().map(row).collect();
    rows.join("\n")
}
