//! Whatever a log holds, it is refused or what is accepted is within the bounds, whoever asked it.
//!
//! From `crates/intake`: `cargo +nightly fuzz run access_log -- -max_len=4096`, or on a stable compiler
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run -s none access_log -- -max_len=4096`.
#![no_main]

use std::sync::LazyLock;

use intake::access_log::{AccessLog, MAX_LINES};
use intake::{Arrival, Catalog, CatalogConfig, LogKeyState, Plausibility, Slots, Source};
use libfuzzer_sys::fuzz_target;
use observation::{Entry, UnixMillis};

const KEY: &str = "a-secret-of-a-gateway";
const CONFIG: &str = r#"
    [[apps]]
    name = "shop"
    dangerously_any_page_origin = true
    endpoints = ["/cart/:id"]
    [[apps.log_keys]]
    key = "a-secret-of-a-gateway"
"#;

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let config: CatalogConfig = toml::from_str(CONFIG).expect("a configuration");
    Catalog::build(&config).expect("without problems")
});

fuzz_target!(|body: &[u8]| {
    let LogKeyState::Active { app, source, .. } = CATALOG.log_key(KEY.as_bytes()) else {
        panic!("an active key");
    };
    let slots = Slots::new(CATALOG.apps().len());
    let plausibility = Plausibility::new(CATALOG.apps().len());
    let arrival = Arrival {
        app,
        catalog: &CATALOG,
        received_at: UnixMillis(1_795_000_000_000),
        network: 7,
        cardinality: &slots,
        plausibility: &plausibility,
    };
    if let Ok(accepted) = (AccessLog { source }).parse(body, &arrival) {
        let rows = &accepted.envelope.observations;
        let requests: u32 = rows.iter().map(|row| row.count).sum();
        assert!(requests as usize <= MAX_LINES);
        let entry = Entry::Beacon(accepted.envelope);
        let read = Entry::decode(&entry.encode()).expect("own bytes");
        // What is borrowed and what is owned print alike.
        assert_eq!(format!("{read:?}"), format!("{entry:?}"));
    }
});
