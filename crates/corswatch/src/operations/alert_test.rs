//! `corswatch alert test`: a test through routes, queues and receivers.

use std::process::ExitCode;

use alert::{Dispatcher, Match, Notification, Outcome, RouteConfig};
use runtime::{Clock, Stop};
use settings::Span;
use tokio::task::JoinSet;

use crate::cli::AlertTest;
use crate::config::Config;
use crate::exit::Failure;

/// Sends a test and its end, and prints what each receiver answered: exit code 1 where one did not take
/// it, or where no route leads to any.
pub(crate) async fn alert_test(mut config: Config, args: AlertTest) -> Result<ExitCode, Failure> {
    let alert = &mut config.alert;
    // Whoever runs a test waits for it: it is not silenced, and does not wait long.
    alert.silences.clear();
    alert.maintenance.clear();
    alert.give_up_after = alert.give_up_after.min(Span::secs(args.timeout.into()));
    if let Some(name) = &args.receiver {
        let names = alert.receiver_names();
        if !names.contains(name) {
            let names = match names.join(", ").as_str() {
                "" => "none is configured; add one, such as `[[alert.slack]]`".to_owned(),
                names => format!("permitted: {names}"),
            };
            let text = format!("no receiver has the name {name:?}; {names}");
            return Err(Failure::Input(text));
        }
        alert.routes = vec![RouteConfig {
            matches: Match::default(),
            receivers: vec![name.clone()],
            continues: false,
        }];
    }
    let (clock, metrics) = (Clock::system(), runtime::Metrics::default());
    let built = Dispatcher::build(&config.alert, config.owners(), &clock, &metrics);
    let (mut dispatcher, mut outbox) = built.map_err(|error| Failure::Missing(error.into()))?;
    let deliveries = dispatcher.deliveries();
    let mut deliveries = deliveries.ok_or_else(|| anyhow::anyhow!("the delivery log is taken"))?;
    let stop = Stop::new();
    let mut running = JoinSet::new();
    running.spawn(dispatcher.run(stop.clone()));
    let labels = args.route.into_iter().collect();
    let starts_at = clock.now();
    let (mut count, mut failed) = (0, 0);
    for ends_at in [None, Some(clock.now())] {
        let notification = Notification::test(&labels, starts_at, ends_at);
        outbox.offer(notification).map_err(anyhow::Error::from)?;
        // Receivers give up in time, and with them this wait ends.
        outbox.receipt().await;
        while let Ok(delivery) = deliveries.try_recv() {
            count += 1;
            failed += u32::from(delivery.outcome != Outcome::Delivered);
            say!(
                "{} {}: {} after {} ms, {} attempts ({})",
                delivery.receiver,
                delivery.status.as_str(),
                delivery.outcome,
                delivery.millis,
                delivery.attempts,
                delivery.answer
            );
        }
    }
    stop.cancel();
    while running.join_next().await.is_some() {}
    if count == 0 {
        complain!(
            "no receiver hears of an alert with these labels: configure a receiver, such as \
             `[[alert.slack]]`, or a route in `[[alert.routes]]` that matches them"
        );
    }
    Ok(ExitCode::from(u8::from(count == 0 || failed > 0)))
}
