//! `corswatch report`: a week or a month, printed or sent by mail.

use std::process::ExitCode;

use alert::{Dispatcher, Match, Notification, Outcome, RouteConfig};
use runtime::{Clock, Stop};
use tokio::task::JoinSet;

use crate::api::{ApiError, Client};
use crate::cli::{Report, ReportStyle};
use crate::config::Config;
use crate::exit::Failure;

pub(crate) fn report(args: Report) -> Result<ExitCode, Failure> {
    let period = if args.month { "month" } else { "week" };
    let format = match (args.format, &args.mail) {
        (ReportStyle::Json, None) => "json",
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
    let alert = &mut config.alert;
    let receivers = alert.mail_names();
    if receivers.is_empty() {
        let text = "the configuration has no [[alert.email]] to send it through";
        return Err(Failure::Input(text.to_owned()));
    }
    alert.silences.clear();
    alert.maintenance.clear();
    alert.routes = vec![RouteConfig {
        matches: Match::default(),
        receivers,
        continues: false,
    }];
    let (clock, metrics) = (Clock::system(), runtime::Metrics::default());
    let built = Dispatcher::build(&config.alert, config.owners(), &clock, &metrics);
    let (mut dispatcher, mut outbox) = built.map_err(|error| Failure::Missing(error.into()))?;
    let deliveries = dispatcher.deliveries();
    let mut deliveries = deliveries.ok_or_else(|| anyhow::anyhow!("the delivery log is taken"))?;
    let stop = Stop::new();
    let mut running = JoinSet::new();
    running.spawn(dispatcher.run(stop.clone()));
    let notification = Notification::report(app, title, text, clock.now());
    outbox.offer(notification).map_err(anyhow::Error::from)?;
    outbox.receipt().await;
    let mut failed = 0;
    while let Ok(delivery) = deliveries.try_recv() {
        failed += u32::from(delivery.outcome != Outcome::Delivered);
        say!(
            "{}: {} ({})",
            delivery.receiver,
            delivery.outcome,
            delivery.answer
        );
    }
    stop.cancel();
    while running.join_next().await.is_some() {}
    Ok(ExitCode::from(u8::from(failed > 0)))
}
