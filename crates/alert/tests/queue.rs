//! The queues between those who evaluate and the receivers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use alert::{
    AlertId, Answer, Config, Dispatcher, Notification, Notifier, NotifyError, Outcome, Overflow,
    Status,
};
use observation::UnixMillis;
use runtime::Stop;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Takes a notification for every permit.
struct Gate {
    name: &'static str,
    permits: Semaphore,
    taken: Mutex<Vec<u64>>,
}

impl Gate {
    fn new(name: &'static str, permits: usize) -> Arc<Self> {
        let permits = Semaphore::new(permits);
        Arc::new(Self {
            name,
            permits,
            taken: Mutex::default(),
        })
    }
}

#[async_trait::async_trait]
impl Notifier for Gate {
    fn name(&self) -> &str {
        self.name
    }

    async fn notify(&self, notification: &Notification) -> Result<Answer, NotifyError> {
        self.permits.acquire().await.expect("never closed").forget();
        self.taken
            .lock()
            .expect("not poisoned")
            .push(notification.sequence);
        Ok(Answer::default())
    }
}

/// Never takes anything now.
struct Down;

#[async_trait::async_trait]
impl Notifier for Down {
    fn name(&self) -> &'static str {
        "down"
    }

    async fn notify(&self, _: &Notification) -> Result<Answer, NotifyError> {
        Err(NotifyError::Later {
            reason: "down".to_owned(),
            after: None,
        })
    }
}

fn notification(sequence: u64) -> Notification {
    Notification {
        alert: AlertId::of("slo", "rule", []),
        sequence,
        status: Status::Firing,
        occasion: alert::Occasion::Opened,
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        starts_at: UnixMillis(0),
        ends_at: None,
        generator_url: String::new(),
    }
}

fn line(receiver: &str, outcome: &str, count: u64) -> String {
    format!(
        "corswatch_alert_notifications_total{{receiver=\"{receiver}\",outcome=\"{outcome}\"}} {count}"
    )
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_takes_nothing_for_anybody_and_is_counted() {
    let (slow, quick) = (Gate::new("slow", 0), Gate::new("quick", 1000));
    let metrics = runtime::Metrics::default();
    let config = Config {
        queue: 2,
        ..Config::default()
    };
    let receivers: Vec<Arc<dyn Notifier>> = vec![quick.clone(), slow.clone()];
    let (dispatcher, mut outbox) = Dispatcher::with(receivers, &config, &metrics);
    assert_eq!(outbox.offer(notification(1)), Ok(()));
    assert_eq!(outbox.offer(notification(2)), Ok(()));
    assert_eq!(outbox.offer(notification(3)), Err(Overflow));
    let mut running = JoinSet::new();
    running.spawn(dispatcher.run(Stop::new()));
    slow.permits.add_permits(2);
    for sequence in [1, 2] {
        let receipt = outbox.receipt().await;
        assert_eq!(
            (receipt.sequence, receipt.outcome),
            (sequence, Outcome::Delivered)
        );
    }
    assert_eq!(outbox.offer(notification(3)), Ok(()));
    slow.permits.add_permits(1);
    assert_eq!(outbox.receipt().await.sequence, 3);
    for gate in [&slow, &quick] {
        assert_eq!(
            *gate.taken.lock().expect("not poisoned"),
            [1, 2, 3],
            "{}",
            gate.name
        );
    }
    let text = metrics.encode();
    for expected in [line("quick", "delivered", 3), line("quick", "overflow", 1)] {
        assert!(
            text.lines().any(|found| found == expected),
            "{expected} in {text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn one_receiver_that_is_down_does_not_hold_up_another() {
    let quick = Gate::new("quick", 1000);
    let metrics = runtime::Metrics::default();
    let receivers: Vec<Arc<dyn Notifier>> = vec![Arc::new(Down), quick.clone()];
    let (dispatcher, mut outbox) = Dispatcher::with(receivers, &Config::default(), &metrics);
    let mut running = JoinSet::new();
    running.spawn(dispatcher.run(Stop::new()));
    let before = tokio::time::Instant::now();
    outbox.offer(notification(1)).expect("room");
    let receipt = outbox.receipt().await;
    assert_eq!(receipt.outcome, Outcome::GaveUp);
    let waited = before.elapsed();
    let give_up_after = Config::default().give_up_after.duration();
    assert!(
        waited <= give_up_after && waited + Duration::from_secs(60) >= give_up_after,
        "{waited:?}"
    );
    assert_eq!(*quick.taken.lock().expect("not poisoned"), [1]);
    let text = metrics.encode();
    for expected in [
        line("down", "gave_up", 1),
        line("quick", "delivered", 1),
        line("quick", "refused", 0),
    ] {
        assert!(
            text.lines().any(|found| found == expected),
            "{expected} in {text}"
        );
    }
}
