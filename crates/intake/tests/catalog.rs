//! The catalog of applications and services.

use intake::{Catalog, CatalogConfig, KeyState};

fn problems(config: &str) -> Vec<String> {
    let config: CatalogConfig = toml::from_str(config).expect("readable");
    let found = Catalog::build(&config).expect_err("with problems");
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn keys_are_active_disabled_or_unknown() {
    let config: CatalogConfig = toml::from_str(
        r#"
        [[apps]]
        name = "shop"
        keys = ["shop-key-1", "shop-key-2"]
        disabled_keys = ["shop-key-0"]
        page_origins = ["https://shop.test", "https://*.shop.test", "capacitor://localhost"]
        quota = 10
        "#,
    )
    .expect("readable");
    let catalog = Catalog::build(&config).expect("no problems");
    assert!(
        matches!(catalog.key("shop-key-2"), KeyState::Active { app, .. } if app.name() == "shop")
    );
    assert!(matches!(catalog.key("shop-key-0"), KeyState::Disabled(app) if app.quota() == 10));
    assert!(matches!(catalog.key("shop-key-"), KeyState::Unknown));
    assert_eq!(catalog.key_count(), 3);
    for (origin, allowed) in [
        ("https://shop.test", true),
        ("https://a.b.shop.test", true),
        ("capacitor://localhost", true),
        ("https://shop.test.evil.test", false),
        ("null", false),
    ] {
        assert_eq!(catalog.apps()[0].allows(origin), allowed, "{origin}");
    }
}

const MISTAKES: &str = r#"
        [[apps]]
        name = "shop"
        keys = ["twice-used", "short"]
        page_origins = ["https://shop.test/", "*", "https://*.com", "null"]
        endpoints = ["cart", "/a?b"]
        quota = 0
        [[apps]]
        name = "shop"
        keys = ["twice-used", "has space here"]
        environment = ""
        [[apps]]
        page_origins = ["https://a.test"]
        [[services]]
        name = "api"
        runbook = "wiki"
        [[services.match]]
        origin = "https://api.test"
        path = "cart"
        [[services]]
        name = "api"
        [[services.match]]
        origin = "https://api.test"
        path = "/x/"
        [[services.match]]
        origin = "https://api.test"
        path = "/x"
        [[services]]
        name = "empty"
        "#;

#[test]
fn every_mistake_is_reported_at_once_with_its_place() {
    let found = problems(MISTAKES);
    let places: Vec<&str> = found
        .iter()
        .map(|text| text.split(" = ").next().expect("a path"))
        .collect();
    assert_eq!(
        places,
        [
            "apps[0].keys[1]",
            "apps[0].page_origins[0]",
            "apps[0].page_origins[1]",
            "apps[0].page_origins[2]",
            "apps[0].page_origins[3]",
            "apps[0].endpoints[0]",
            "apps[0].endpoints[1]",
            "apps[0].quota",
            "apps[1].name",
            "apps[1].keys[1]",
            "apps[1].page_origins",
            "apps[1].environment",
            "apps[1].keys[0]",
            "apps[2].name",
            "apps[2].keys",
            "services[0].runbook",
            "services[0].match[0].path",
            "services[1].name",
            "services[1].match[1].path",
            "services[2].match",
        ],
        "{found:#?}"
    );
    assert!(
        found[2].contains("dangerously_any_page_origin"),
        "{}",
        found[2]
    );
    assert!(
        found[8].contains("is there already in apps[0]"),
        "{}",
        found[8]
    );
}

#[test]
fn what_no_browser_sends_or_nobody_owns_is_a_mistake_that_says_what_to_write() {
    for (origin, path, endpoint, expected) in [
        ("http://127.1", "", "/x", "write `http://127.0.0.1`"),
        (
            "http://0x7f000001:81",
            "",
            "/x",
            "write `http://127.0.0.1:81`",
        ),
        ("http://127.0.0.1.", "", "/x", "write `http://127.0.0.1`"),
        ("https://API.test", "", "/x", "write `https://api.test`"),
        ("https://api.test:443", "", "/x", "write `https://api.test`"),
        ("https://me@api.test", "", "/x", "names a user"),
        ("https://*.com", "", "/x", "admits everybody"),
        ("https://*.co.uk", "", "/x", "admits everybody"),
        ("https://*.pages.dev", "", "/x", "admits everybody"),
        ("https://api.test", "/cart/..", "/x", "dot segment"),
        ("https://api.test", "/cart/%2E%2e/x", "/x", "dot segment"),
        ("https://api.test", "/cart\\x", "/x", "backslash"),
        ("https://api.test", "/cart", "/a/../b", "dot segment"),
    ] {
        let found = problems(&format!(
            r#"
            [[apps]]
            name = "shop"
            keys = ["shop-key-1"]
            page_origins = ["https://shop.test"]
            endpoints = ['{endpoint}']
            [[services]]
            name = "api"
            [[services.match]]
            origin = "{origin}"
            path = '{path}'
            "#
        ));
        assert_eq!(found.len(), 1, "{origin} {path} {endpoint}: {found:#?}");
        assert!(found[0].contains(expected), "{}", found[0]);
    }
}

#[test]
fn the_parameters_of_a_rule_cover_templates_and_paths() {
    let config = r#"
        [[services]]
        name = "carts"
        [[services.match]]
        origin = "https://api.test"
        path = "/shops/:shop/carts"
        [[services]]
        name = "rest"
        [[services.match]]
        origin = "https://api.test"
        "#;
    let config: CatalogConfig = toml::from_str(config).expect("a configuration");
    let catalog = Catalog::build(&config).expect("no mistakes");
    for (endpoint, expected) in [
        ("/shops/:id/carts/:id", "carts"),
        ("/shops/berlin/carts", "carts"),
        ("/shops/:id", "rest"),
        ("/shops/:id/orders", "rest"),
    ] {
        let found = catalog.service_of("https://api.test", endpoint);
        assert_eq!(
            found.map(|service| service.name.as_str()),
            Some(expected),
            "{endpoint}"
        );
    }
}
