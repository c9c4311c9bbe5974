//! From the POST of a beacon to its number in the API.

use std::time::Duration;

use anyhow::{Context as _, Result};
use corswatch_tests::{Product, Settings};
use hdrhistogram::Histogram;
use testkit::Beacon;
use tokio::time::Instant;

const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Sends one beacon after the other, each as soon as the one before is visible.
pub(crate) async fn run(samples: u64) -> Result<()> {
    let data = tempfile::tempdir()?;
    let product = Product::start(data.path(), &Settings::with_fixed_ports()).await;
    let mut millis: Histogram<u64> = Histogram::new(3)?;
    for n in 0..samples {
        let sent = Instant::now();
        let beacon = Beacon::new(n).ok("/items", 1);
        let status = product.edge.beacon(corswatch_tests::KEY, &beacon).await?;
        anyhow::ensure!(status.as_u16() == 204, "the edge refused a beacon");
        while product.sli("test", "block_rate").await.context("an SLI")?.1 <= n {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        millis.record(u64::try_from(sent.elapsed().as_millis())?)?;
    }
    println!(
        "POST to visible in /api/v1/sli, {samples} samples: p50 {} ms, p99 {} ms, max {} ms",
        millis.value_at_quantile(0.5),
        millis.value_at_quantile(0.99),
        millis.max(),
    );
    Ok(())
}
