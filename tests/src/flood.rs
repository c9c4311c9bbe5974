//! Numbered beacons, each sent until the edge has it, as the SDK does.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use testkit::Beacon;
use testkit::http::Http;

use crate::settings::KEY;

/// How often one beacon is tried: a minute's worth.
const ATTEMPTS: u64 = 600;
const PAUSE: Duration = Duration::from_millis(100);

/// Sends the beacons 0 to `count`, each with one blocked request and one good one; every third is
/// sent again after its acknowledgement. `sent` grows with every acknowledged beacon.
///
/// # Errors
/// When a beacon is refused, or not acknowledged within a minute.
pub async fn flood(edge: &Http, senders: u64, count: u64, sent: &AtomicU64) -> Result<()> {
    let senders = (0..senders).map(|first| async move {
        for n in (first..count).step_by(usize::try_from(senders)?) {
            let beacon = Beacon::new(n).ok("/items", 1).blocked("PUT", "/cart");
            send(edge, &beacon).await?;
            if n % 3 == 0 {
                send(edge, &beacon.with("age", 1000)).await?;
            }
            sent.fetch_add(1, Ordering::Relaxed);
        }
        Ok::<_, anyhow::Error>(())
    });
    futures::future::try_join_all(senders).await?;
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
