//! The short run of `cargo xtask chaos`.

use corswatch_tests::chaos::{Plan, run};

/// Any seed will do; one that stays makes a failure repeatable.
const SEED: u64 = 20_261_122;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_killed_stopped_and_cut_every_acknowledged_beacon_counts_once() {
    let report = run(Plan::short(SEED)).await.expect("the ground holds");
    println!("{report}");
    assert!(report.is_kept(), "{report}");
    assert!(report.kills() >= 60, "{report}");
    assert!(report.findings.rows >= 2_000_000, "{report}");
}
