//! `corswatch slo backtest`.

use std::process::ExitCode;
use std::time::Duration;

use aggregator::{Report, SloConfig};
use anyhow::Context as _;
use observation::UnixMillis;
use runtime::Clock;

use super::{StoredBacktests, print, read};
use crate::api::{ApiError, Client, Trust, parsed};
use crate::cli::{Backtest, ExitOn, ReportFormat};
use crate::config::Config;
use crate::exit::Failure;
use crate::parts::{Context, Storage, embedded_data, storage};

/// How long a replay may take; the server's own limit is lower.
const TIMEOUT: Duration = Duration::from_secs(150);
/// An alert that should not have fired ends the command with this code.
const FIRED: u8 = 1;

pub(super) fn run(args: Backtest) -> Result<ExitCode, Failure> {
    let now = Clock::system().now();
    let span = (args.from.before(now), args.to.before(now));
    if span.1.0 - span.0.0 < 60_000 {
        let text = "--from must lie at least a minute before --to".to_owned();
        return Err(Failure::Input(text));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let report = runtime.block_on(report(&args, span))?;
    match args.format {
        ReportFormat::Json => say!("{}", print::json(&report)),
        ReportFormat::Junit => say!("{}", print::junit(&report, args.exit_code)),
        ReportFormat::Text => print::text(&report),
    }
    Ok(match args.exit_code {
        Some(ExitOn::Page) if report.pages > 0 => ExitCode::from(FIRED),
        Some(ExitOn::Ticket) if report.pages + report.tickets > 0 => ExitCode::from(FIRED),
        _ => ExitCode::SUCCESS,
    })
}

async fn report(args: &Backtest, span: (UnixMillis, UnixMillis)) -> Result<Report, Failure> {
    let (token, ca) = (args.token_file.as_deref(), args.ca_file.as_deref());
    if let Some(url) = &args.url {
        let file = args.slo.as_ref().or(args.config.as_ref());
        let slos = file.map(|file| read(file, None)).transpose()?;
        let slos = slos.map(|objectives| objectives.slos);
        let slos = slos.filter(|slos| args.slo.is_some() || !slos.is_empty());
        let client = Client::at(url.clone(), token, Trust::Authorities(ca), TIMEOUT)?;
        return Ok(asked(&client, slos.as_deref(), span).await?);
    }
    let (mut config, _) = Config::load(args.config.as_deref())?;
    if let Some(data) = args.data.clone() {
        config.move_data_to(data);
    }
    let apps: Vec<String> = config.apps.iter().map(|app| app.name.clone()).collect();
    if let Some(file) = &args.slo {
        let read = read(file, Some(&apps))?;
        config.slo = read.slos;
        if !read.flows.is_empty() {
            config.flows = read.flows;
        }
    }
    let _data = match embedded_data(&config, "slo backtest") {
        Ok(data) => data,
        Err(in_use) => return running(args, &config, span, in_use).await,
    };
    let ground = Context::new();
    let storage = storage(&config, &ground).await?;
    let backtests = StoredBacktests::new(&config, storage.store.clone(), &ground);
    let report = backtests.replay(config.objectives(), span).await;
    Storage::end(storage).await;
    Ok(report.context("replaying the history")?)
}

/// The embedded store serves one process: the one that holds it is asked.
async fn running(
    args: &Backtest,
    config: &Config,
    span: (UnixMillis, UnixMillis),
    in_use: Failure,
) -> Result<Report, Failure> {
    let Some(base) = config.own_url(config.dashboard.listen) else {
        return Err(in_use);
    };
    let token = args.token_file.as_deref();
    let client = Client::at(base, token, Trust::of_own(config), TIMEOUT)?;
    let slos = (!config.slo.is_empty()).then_some(config.slo.as_slice());
    match asked(&client, slos, span).await {
        Err(ApiError::Unreachable { .. }) => Err(in_use),
        report => Ok(report?),
    }
}

async fn asked(
    client: &Client,
    slos: Option<&[SloConfig]>,
    (from, to): (UnixMillis, UnixMillis),
) -> Result<Report, ApiError> {
    let question = serde_json::json!({
        "slos": slos,
        "from": alert::rfc3339(from),
        "to": alert::rfc3339(to),
    });
    parsed(&client.post("/api/v1/slos/backtest", &question).await?)
}
