//! A journal on disk that is smaller than the run of records that the loader sums up together.

use anyhow::{Result, ensure};
use corswatch_tests::{KEY, Product, Settings, eventually};
use testkit::Beacon;

/// Several times what the journal has room for, and far fewer than a chunk of the loader has.
const BEACONS: u64 = 300;
/// Endpoints of a beacon; with their length they are most of a record.
const ROWS: u64 = 50;
const LENGTH: usize = 2_000;

/// A beacon whose record is as large as its text, which does not compress well.
fn large(number: u64) -> Beacon {
    (0..ROWS).fold(Beacon::new(number), |beacon, row| {
        let mut state = row + 1;
        let text = std::iter::repeat_with(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            char::from(b'a' + u8::try_from((state >> 33) % 26).expect("a letter"))
        });
        let endpoint: String = text.take(LENGTH).collect();
        beacon.ok(&format!("/{endpoint}"), 1)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_makes_room_whatever_is_open_of_a_chunk_and_counts_once_after_a_kill() {
    let data = tempfile::tempdir().expect("a folder");
    let settings = Settings::with_fixed_ports().and(
        "[journal.disk]\nmax_size = \"16MiB\"\n\
         [collector.limits]\nnetwork_bytes = \"1GiB\"\nnetwork_bytes_burst = \"1GiB\"\n",
    );
    let mut product = Product::start(data.path(), &settings).await;
    for number in 0..BEACONS {
        let beacon = large(number);
        // Refused at times, as the SDK is, and taken again once the loader has read on.
        eventually("the journal has room again", async || -> Result<()> {
            let status = product.edge.beacon(KEY, &beacon).await?;
            ensure!(status == 204, "{status}");
            Ok(())
        })
        .await;
        if number == BEACONS * 2 / 3 {
            // The start of the chunk is gone: it goes on from what is stored of it.
            product.process.kill();
            product = Product::start(data.path(), &settings).await;
        }
    }
    eventually("all beacons are counted", async || -> Result<()> {
        let found = product.sli("test", "block_rate").await?;
        ensure!(found == (0, BEACONS * ROWS), "{found:?}");
        Ok(())
    })
    .await;
    let ledger = product
        .private
        .json("/api/v1/ledger")
        .await
        .expect("a ledger");
    assert_eq!(ledger["lost"], 0, "{ledger}");
}
