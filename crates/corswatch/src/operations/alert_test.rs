//! `corswatch alert test`: a test through routes, queues and receivers.

use std::process::ExitCode;

use alert::{Notification, Outcome};
use settings::Span;

use super::sending::{Sending, lead_to};
use crate::cli::AlertTest;
use crate::config::Config;
use crate::exit::Failure;

/// Sends a test and its end, and prints what each receiver answered: exit code 1 where one did not take
/// it, or where no route leads to any.
pub(crate) async fn alert_test(mut config: Config, args: AlertTest) -> Result<ExitCode, Failure> {
    let alert = &mut config.alert;
    // Whoever runs a test does not wait long.
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
        lead_to(&mut config, vec![name.clone()]);
    }
    let mut sending = Sending::start(&mut config)?;
    let labels = args.route.into_iter().collect();
    let starts_at = sending.clock.now();
    let (mut count, mut failed) = (0, 0);
    for ends_at in [None, Some(sending.clock.now())] {
        let notification = Notification::test(&labels, starts_at, ends_at);
        for delivery in sending.send(notification).await? {
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
    sending.end().await;
    if count == 0 {
        complain!(
            "no receiver hears of an alert with these labels: configure a receiver, such as \
             `[[alert.slack]]`, or a route in `[[alert.routes]]` that matches them"
        );
    }
    Ok(ExitCode::from(u8::from(count == 0 || failed > 0)))
}
