//! Sends the reports of weeks and months by mail, once each: the process that leads does, and the delivery log says what
//! has been sent, also by another process or before a restart.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aggregator::Records;
use alert::{
    Dispatcher, DueReport, Notification, Outbox, Outcome, Receipt, ReportConfig, ReportPeriod,
};
use async_trait::async_trait;
use dashboard::{Interval, Reporter, State, Stored};
use observation::UnixMillis;
use runtime::{Causes as _, Clock, Metrics, RoundFailed, Rounds, Stop, Tasks, Tick, run_rounds};
use store::{Claim, DeliveryFilter, Store};
use tokio::task::JoinSet;

use super::private::{app, slos};
use super::{Context, task_error};
use crate::config::Config;
use crate::exit::Failure;
use crate::reload::{self, Generation, Handover, Rebuild, Reload, Replace, Successor};

const DRAIN: Duration = Duration::from_secs(10);
/// The lease of the one that sends.
const LEASE: &str = "reports";
const LEASE_FOR: Duration = Duration::from_secs(30);
const TICK: Tick = Tick {
    every: Duration::from_secs(10),
    longest: Duration::from_secs(120),
};
/// What no receiver took is sent again after this, beyond what the receiver's queue tries by itself.
const AGAIN_AFTER: i64 = 3_600_000;

/// Spawns what sends reports on schedule.
pub(crate) fn reporting(
    config: &Config,
    ground: &Context,
    store: &Store,
    (tasks, reload): (&mut Tasks, &mut Reload),
) -> Result<(), Failure> {
    let (ground, store) = (ground.clone(), store.clone());
    let first = generation(config, &ground, &store)?;
    let successor = reload::spawn(tasks, ("reports", DRAIN), Handover::Successive, first);
    reload.add(Reporting {
        ground,
        store,
        successor,
    });
    Ok(())
}

/// Schedules, and the receivers of mail.
struct Reporting {
    ground: Context,
    store: Store,
    successor: Successor,
}

#[async_trait]
impl Rebuild for Reporting {
    async fn build(&self, config: &Config) -> Result<Replace, Failure> {
        let next = generation(config, &self.ground, &self.store)?;
        reload::replacing(&self.successor, next).await
    }
}

fn generation(config: &Config, ground: &Context, store: &Store) -> Result<Generation, Failure> {
    let mail = config.alert.mail_alone();
    // What is counted of alerts is not mixed with reports.
    let built = Dispatcher::build(&mail, config.owners(), &ground.clock, &Metrics::default());
    let (mut dispatcher, outbox) = built.map_err(|error| Failure::Missing(error.into()))?;
    let records = Records::new(store.clone(), &mut dispatcher);
    let sender = Sender {
        mails: mail.mail_names(),
        schedules: mail.reports,
        reporter: Reporter::new(state(config, ground, store)),
        store: store.clone(),
        claim: Claim::new(LEASE, LEASE_FOR),
        clock: ground.clock.clone(),
        outbox,
        looked_after: BTreeMap::new(),
    };
    Ok(Generation {
        start: Box::new(move |stop| Box::pin(run(sender, dispatcher, records, stop))),
        metrics: ground.metrics.unpublished(),
    })
}

/// What reports are written from.
fn state(config: &Config, ground: &Context, store: &Store) -> State {
    State {
        queries: Arc::new(Stored::new(store.clone())),
        partitions: config.journal.partitions(),
        apps: config.apps.iter().map(app).collect(),
        edge: None,
        slos: slos(config),
        owners: config.owners(),
        silences: config.alert.configured_silences().unwrap_or_default(),
        own_labels: std::collections::BTreeSet::new(),
        demo_url: None,
        book: dashboard::Book {
            tag: "",
            files: &[],
        },
        backtests: None,
        log_ends: None,
        parts: Vec::new(),
        metrics: Metrics::default(),
        clock: ground.clock.clone(),
    }
}

async fn run(
    mut sender: Sender,
    dispatcher: Dispatcher,
    records: Records,
    stop: Stop,
) -> Result<(), runtime::TaskError> {
    if sender.schedules.is_empty() {
        stop.cancelled().await;
        return Ok(());
    }
    let halt = Stop::new();
    let mut delivering = JoinSet::new();
    delivering.spawn(dispatcher.run(halt.clone()));
    let recording = records.run(halt.clone());
    let sending = async {
        let ended = run_rounds(&mut sender, TICK, &stop).await;
        halt.cancel();
        while delivering.join_next().await.is_some() {}
        sender.claim.release(&sender.store).await;
        ended.map_err(task_error)
    };
    let (ended, ()) = tokio::join!(sending, recording);
    ended
}

/// Looks what is due.
struct Sender {
    schedules: Vec<ReportConfig>,
    mails: Vec<String>,
    reporter: Reporter,
    store: Store,
    claim: Claim,
    clock: Clock,
    outbox: Outbox,
    /// By identity and receiver: what is sent, or on its way, and when it is looked at again where it failed.
    looked_after: BTreeMap<(String, String), Option<UnixMillis>>,
}

impl Rounds for Sender {
    type Event = Receipt;
    type Error = std::convert::Infallible;

    async fn event(&mut self) -> Receipt {
        self.outbox.receipt().await
    }

    async fn handle(&mut self, receipt: Receipt) -> Result<(), Self::Error> {
        if receipt.outcome != Outcome::Delivered {
            let alert = receipt.alert.to_string();
            tracing::error!(report = alert, outcome = %receipt.outcome, "a report was not taken; it is tried again in an hour");
            let again = Some(self.clock.now().plus(AGAIN_AFTER));
            let same = self.looked_after.iter_mut();
            for (_, at) in same.filter(|((of, _), _)| *of == alert) {
                *at = again;
            }
        }
        Ok(())
    }

    async fn round(&mut self) -> Result<(), RoundFailed> {
        match self.send_due().await {
            Ok(()) => Ok(()),
            Err(error) => {
                tracing::warn!(error = %error, "reports could not be sent; it is tried again");
                Err(RoundFailed)
            }
        }
    }
}

impl Sender {
    async fn send_due(&mut self) -> Result<(), String> {
        let leads = self.claim.check(&self.store).await;
        if leads
            .map_err(|error| error.with_causes().to_string())?
            .is_none()
        {
            return Ok(());
        }
        let now = self.clock.now();
        for schedule in self.schedules.clone() {
            let Some(due) = schedule.due(now) else {
                continue;
            };
            let owed = self.owed(&schedule, due, now).await?;
            if !owed.is_empty() {
                self.send(&schedule, due, owed).await?;
            }
        }
        Ok(())
    }

    /// The receivers that have not taken it, as far as the delivery log knows.
    async fn owed(
        &mut self,
        schedule: &ReportConfig,
        due: DueReport,
        now: UnixMillis,
    ) -> Result<Vec<String>, String> {
        let all = if schedule.receivers.is_empty() {
            &self.mails
        } else {
            &schedule.receivers
        };
        let alert = notification(schedule, due, "").alert.to_string();
        let mut owed = Vec::new();
        for receiver in all.clone() {
            let key = (alert.clone(), receiver.clone());
            let rests = |again: &Option<UnixMillis>| again.is_none_or(|again| again > now);
            if self.looked_after.get(&key).is_some_and(rests) {
                continue;
            }
            let filter = DeliveryFilter {
                alert: alert.clone(),
                receiver: receiver.clone(),
                outcome: Outcome::Delivered.as_str().to_owned(),
                ..DeliveryFilter::default()
            };
            let reader = self.store.reader();
            let sent = reader.deliveries(&filter, (due.at, now.plus(1)), 1).await;
            if sent
                .map_err(|error| error.with_causes().to_string())?
                .is_empty()
            {
                owed.push(receiver);
            } else {
                self.looked_after.insert(key, None);
            }
        }
        Ok(owed)
    }

    async fn send(
        &mut self,
        schedule: &ReportConfig,
        due: DueReport,
        receivers: Vec<String>,
    ) -> Result<(), String> {
        let within = Interval {
            from: due.from,
            to: due.to,
        };
        let period = match schedule.period {
            ReportPeriod::Week => "week",
            ReportPeriod::Month => "month",
        };
        let title = schedule.title(due);
        let text = self
            .reporter
            .markdown(&schedule.app, &title, (period, within));
        let text = text.await.map_err(|error| error.to_string())?;
        for receiver in receivers {
            let report = notification(schedule, due, &text);
            let key = (report.alert.to_string(), receiver.clone());
            self.outbox
                .offer_to(&receiver, report)
                .map_err(|error| error.to_string())?;
            tracing::info!(app = schedule.app, receiver, title, "a report is sent");
            self.looked_after.insert(key, None);
        }
        Ok(())
    }
}

fn notification(schedule: &ReportConfig, due: DueReport, text: &str) -> Notification {
    Notification::report(&schedule.app, &schedule.title(due), text, due.at)
}
