//! Numbered beacons, each sent until the edge has it, as the SDK does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use testkit::Beacon;
use testkit::http::Http;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::settings::KEY;

/// How often one beacon is tried: a minute's worth.
const ATTEMPTS: u64 = 600;
const PAUSE: Duration = Duration::from_millis(100);
/// Beacons that follow those a test waits for, so that what it does then meets traffic.
const AHEAD: u64 = 100;
const TIMEOUT: Duration = Duration::from_secs(90);

/// The beacons 0 to `count`, each with one blocked request and one good one; every third is sent
/// again after its acknowledgement. They flow as far as the test asks, however fast the machine is.
#[derive(Debug)]
pub struct Flood {
    count: u64,
    below: watch::Sender<u64>,
    acknowledged: Arc<AtomicU64>,
    senders: JoinSet<Result<()>>,
}

impl Flood {
    /// So many senders wait for what [`Self::reaches`] or [`Self::ends`] asks for.
    #[must_use]
    pub fn new(edge: &Http, senders: u64, count: u64) -> Self {
        Self::beyond(0, edge, senders, count)
    }

    /// The same with the beacons from `base` on: none of those that a store has already.
    #[must_use]
    pub fn beyond(base: u64, edge: &Http, senders: u64, count: u64) -> Self {
        let (below, _) = watch::channel(0);
        let acknowledged = Arc::default();
        let mut tasks = JoinSet::new();
        for first in 0..senders {
            let (edge, below) = (edge.clone(), below.subscribe());
            let acknowledged = Arc::clone(&acknowledged);
            tasks.spawn(async move {
                let numbers = (first..count).step_by(usize::try_from(senders)?);
                send_all((&edge, base), numbers, below, &acknowledged).await
            });
        }
        Self {
            count,
            below,
            acknowledged,
            senders: tasks,
        }
    }

    /// Waits until so many are acknowledged, and lets a few more follow.
    ///
    /// # Panics
    /// When they are not within 90 seconds.
    pub async fn reaches(&self, count: u64) {
        self.below
            .send_modify(|below| *below = (count + AHEAD).max(*below));
        testkit::wait_until("beacons are acknowledged", TIMEOUT, || {
            std::future::ready(self.acknowledged.load(Ordering::Relaxed) >= count)
        })
        .await;
    }

    /// Sends the rest.
    ///
    /// # Panics
    /// When a beacon is refused, or not acknowledged within a minute.
    pub async fn ends(self) {
        self.below.send_replace(self.count);
        for sent in self.senders.join_all().await {
            sent.expect("every beacon is acknowledged");
        }
    }
}

async fn send_all(
    (edge, base): (&Http, u64),
    numbers: impl Iterator<Item = u64>,
    mut below: watch::Receiver<u64>,
    acknowledged: &AtomicU64,
) -> Result<()> {
    for n in numbers {
        below.wait_for(|below| n < *below).await?;
        let beacon = Beacon::new(base + n)
            .ok("/items", 1)
            .blocked("PUT", "/cart");
        send(edge, &beacon).await?;
        if n % 3 == 0 {
            send(edge, &beacon.with("age", 1000)).await?;
        }
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

async fn send(edge: &Http, beacon: &Beacon) -> Result<()> {
    for _ in 0..ATTEMPTS {
        match edge.beacon(KEY, beacon).await.map(|status| status.as_u16()) {
            Ok(204) => return Ok(()),
            Ok(429 | 503) | Err(_) => tokio::time::sleep(PAUSE).await,
            Ok(status) => bail!("the edge answered {status}"),
        }
    }
    bail!("the edge did not acknowledge a beacon")
}
