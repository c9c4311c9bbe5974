//! What a real Chromium makes of the demo.

use demo::{DemoConfig, Switches};
use runtime::Stop;
use serde_json::{Value, json};

/// Serves the demo on free ports and lets a Chromium shop in it.
fn shop_in_chromium() -> Value {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let stop = Stop::new();
    let (shop, serving) = runtime.block_on(async {
        let config = DemoConfig {
            shop_addr: "127.0.0.1:0".parse().expect("an address"),
            api_addr: "127.0.0.1:0".parse().expect("an address"),
            // No edge: the shop must work where the SDK cannot be loaded.
            edge_url: "http://127.0.0.1:1".to_owned(),
            script_path: "/v1/s/demo.js".to_owned(),
            integrity: None,
            key: "demo".to_owned(),
            dashboard_url: "http://127.0.0.1:1".to_owned(),
        };
        let listeners = config.bind().await.expect("free ports");
        let shop = listeners.shop_origin().expect("bound");
        (
            shop,
            demo::serve(config, listeners, Switches::default(), stop.clone()),
        )
    });
    let served = runtime.handle().clone();
    let server = std::thread::spawn(move || served.block_on(serving));
    let script = "crates/demo/tests/browser.mjs";
    let seen = testkit::node::json(script, &[&shop, testkit::node::chromium()]);
    stop.cancel();
    server.join().expect("no panic").expect("served to the end");
    seen
}

#[test]
fn chromium_names_each_failure_by_its_own_error_while_the_page_is_told_the_same() {
    let seen = shop_in_chromium();
    assert_eq!(seen["scriptErrors"], json!([]));
    assert_eq!(seen["healthy"], json!({"200": 10, "204": 4}));
    assert_eq!(seen["healed"], json!({"200": 5, "204": 2}));
    assert_eq!(seen["clicked"], json!(["missing_header"]));
    let told = json!({"TypeError: Failed to fetch": 1});
    let cases = [
        ("missing_header", "MissingAllowOriginHeader"),
        ("preflight_404", "PreflightMissingAllowOriginHeader"),
        ("preflight_500", "PreflightInvalidStatus"),
        ("wildcard_with_credentials", "WildcardOriginNotAllowed"),
        ("header_not_allowed", "HeaderDisallowedByPreflightResponse"),
        ("dead_network", "net::ERR_EMPTY_RESPONSE"),
    ];
    for (failure, error) in cases {
        assert_eq!(seen["broken"][failure]["seen"], told, "{failure}");
        assert_eq!(
            seen["broken"][failure]["errors"],
            json!([error]),
            "{failure}"
        );
    }
    let unexposed = &seen["broken"]["header_not_exposed"];
    assert_eq!(
        *unexposed,
        json!({"seen": {"200, x-total-count: null": 1}, "errors": []})
    );
}
