//! Whatever a body holds, it is refused or what is accepted is within the bounds.
//!
//! From `crates/intake`: `cargo +nightly fuzz run beacon -- -max_len=4096`, or on a stable compiler
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run -s none beacon -- -max_len=4096`; the examples in
//! `schemas/beacon/examples` are good seeds.
#![no_main]

use std::sync::LazyLock;

use intake::beacon::{Beacon, MAX_ROWS};
use intake::{Arrival, Catalog, CatalogConfig, KeyState, Plausibility, Slots, Source};
use libfuzzer_sys::fuzz_target;
use observation::{Entry, UnixMillis};

const CONFIG: &str = r#"
    [[apps]]
    name = "shop"
    keys = ["shop-key-1"]
    dangerously_any_page_origin = true
    [[services]]
    name = "api"
    [[services.match]]
    origin = "https://*.shop.test"
    path = "/cart/"
"#;

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let config: CatalogConfig = toml::from_str(CONFIG).expect("a configuration");
    Catalog::build(&config).expect("without problems")
});

fuzz_target!(|body: &[u8]| {
    let KeyState::Active { app, .. } = CATALOG.key("shop-key-1") else {
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
    let beacon = Beacon {
        origin: None,
        user_agent: "",
    };
    if let Ok(accepted) = beacon.parse(body, &arrival) {
        assert!((1..=MAX_ROWS).contains(&accepted.envelope.observations.len()));
        let entry = Entry::Beacon(accepted.envelope);
        let read = Entry::decode(&entry.encode()).expect("own bytes");
        // What is borrowed and what is owned print alike.
        assert_eq!(format!("{read:?}"), format!("{entry:?}"));
    }
});
