//! `corswatch report`: a week or a month, printed or sent by mail.

use std::process::ExitCode;

use alert::{Notification, Outcome};

use super::sending::{Sending, lead_to};
use crate::api::{ApiError, Client};
use crate::cli::{Report, ReportStyle};
use crate::config::Config;
use crate::exit::Failure;

pub(crate) fn report(args: Report) -> Result<ExitCode, Failure> {
    let period = if args.month { "month" } else { "week" };
    let format = match (args.format, &args.mail) {
        (ReportStyle::Json, None) => "json",
        (ReportStyle::Html, None) => "html",
        _ => "markdown",
    };
    let query = [
        ("app", args.app.as_str()),
        ("period", period),
        ("format", format),
    ];
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let client = Client::of(&args.api)?;
    let text = runtime.block_on(async {
        let text = client.get("/api/v1/report", &query).await?;
        Ok::<_, ApiError>(text)
    })?;
    let Some(file) = args.mail else {
        say!("{}", text.trim_end());
        return Ok(ExitCode::SUCCESS);
    };
    let (config, _) = Config::load(Some(&file))?;
    // The first line is its title.
    let title = text.lines().next().unwrap_or_default();
    let title = title.trim_start_matches(['#', ' ']).to_owned();
    let title = title.replace('\\', "");
    runtime.block_on(mail(config, &args.app, &title, &text))
}

/// Sends through the mail receivers alone, whatever the routes say: code 1 where one does not take it.
async fn mail(mut config: Config, app: &str, title: &str, text: &str) -> Result<ExitCode, Failure> {
    let receivers = config.alert.mail_names();
    if receivers.is_empty() {
        let text = "the configuration has no [[alert.email]] to send it through";
        return Err(Failure::Input(text.to_owned()));
    }
    lead_to(&mut config, receivers);
    let mut sending = Sending::start(&mut config)?;
    let notification = Notification::report(app, title, text, sending.clock.now());
    let deliveries = sending.send(notification).await?;
    let mut failed = 0;
    for delivery in deliveries {
        failed += u32::from(delivery.outcome != Outcome::Delivered);
        say!(
            "{}: {} ({})",
            delivery.receiver,
            delivery.outcome,
            delivery.answer
        );
    }
    sending.end().await;
    Ok(ExitCode::from(u8::from(failed > 0)))
}
