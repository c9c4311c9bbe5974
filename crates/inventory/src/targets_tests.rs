use super::*;

fn called(service: &str, endpoint: &str, method: &str, weight: u64) -> CalledRow {
    CalledRow {
        app: "shop".to_owned(),
        service: service.to_owned(),
        target_origin: format!("https://{service}.test"),
        endpoint: endpoint.to_owned(),
        method: method.to_owned(),
        last_seen: UnixMillis(0),
        weight,
    }
}

fn add(traffic: &mut Traffic, rows: Vec<CalledRow>) {
    traffic.add_called(rows, &KnownPaths::default());
}

fn select(traffic: &Traffic, known: &[Target], config: &Config) -> Vec<Target> {
    let known = known.iter().map(|target| target.key.clone()).collect();
    let app = AppConfig {
        name: "shop".to_owned(),
        endpoints: vec!["/named".to_owned()],
        ..AppConfig::default()
    };
    traffic.select(&known, &Choice::new(config, KnownPaths::default(), &[app]))
}

fn endpoints(targets: &[Target]) -> Vec<String> {
    let line = |target: &Target| format!("{} {}", target.method, target.place.url);
    targets.iter().map(line).collect()
}

#[test]
fn what_is_read_comes_first_and_only_what_is_read_is_asked_with_get() {
    let mut traffic = Traffic::default();
    add(
        &mut traffic,
        vec![
            called("api", "/cart/:id", "PUT", 900),
            called("api", "/cart/:id", "DELETE", 1),
            called("api", "/items/:id", "GET", 500),
            called("api", "/items", "GET", 50),
            called("api", "/orders", "POST", 50),
            called("api", "/orders", "HEAD", 1),
            called("api", "/__other__", "GET", 10_000),
        ],
    );
    let config = Config {
        endpoints_per_origin: 4,
        ..Config::default()
    };
    let chosen = select(&traffic, &[], &config);
    assert_eq!(
        endpoints(&chosen),
        [
            "GET https://api.test/orders",
            "GET https://api.test/items",
            "GET https://api.test/items/1",
            "PUT https://api.test/cart/1",
        ]
    );
}

#[test]
fn operations_of_graphql_are_one_target_at_the_path_that_they_are_sent_to() {
    let mut traffic = Traffic::default();
    let rows = vec![
        called("api", "/graphql/GetCart", "POST", 5),
        called("api", "/graphql/AddToCart", "POST", 7),
        called("api", "/graphql/schema", "GET", 1),
    ];
    add(&mut traffic, rows);
    let config = Config {
        endpoints_per_origin: 5,
        ..Config::default()
    };
    let expected = [
        "GET https://api.test/graphql/schema",
        "POST https://api.test/graphql",
    ];
    assert_eq!(endpoints(&select(&traffic, &[], &config)), expected);
}

#[test]
fn what_no_browser_sends_is_not_audited() {
    let mut traffic = Traffic::default();
    let rows = vec![
        called("api", "/cart/../admin", "GET", 900),
        called("api", "/cart/%2e%2e/admin", "GET", 900),
        called("api", "/cart", "GET", 1),
    ];
    add(&mut traffic, rows);
    let found = endpoints(&select(&traffic, &[], &Config::default()));
    assert_eq!(found, ["GET https://api.test/cart"]);
}

#[test]
fn what_is_known_stays_and_every_service_gets_its_turn() {
    let mut traffic = Traffic::default();
    let busy = |n: u64| called("busy", &format!("/{n}"), "GET", 100 + n);
    add(&mut traffic, (0..9).map(busy).collect());
    add(&mut traffic, vec![called("quiet", "/", "GET", 1)]);
    let config = Config {
        targets: 3,
        endpoints_per_origin: 5,
        ..Config::default()
    };
    let first = select(&traffic, &[], &config);
    let urls = ["GET https://busy.test/8", "GET https://quiet.test/"];
    assert_eq!(endpoints(&first)[..2], urls);
    add(&mut traffic, vec![called("busy", "/new", "GET", 1_000_000)]);
    let mut again = select(&traffic, &first, &config);
    let mut same = first.clone();
    same.sort_by(|a, b| a.key.cmp(&b.key));
    again.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(again, same);
    // What the configuration names is there, whatever else is called.
    add(&mut traffic, vec![called("busy", "/named", "GET", 1)]);
    let urls = endpoints(&select(&traffic, &first, &config));
    assert_eq!(urls[0], "GET https://busy.test/named");
    assert_eq!(urls.len(), 3);
}

#[test]
fn a_few_calls_of_what_is_read_take_no_place_from_what_is_called_often_and_only_written_to() {
    let config = Config {
        endpoints_per_origin: 3,
        ..Config::default()
    };
    let forged = (0..3).map(|n| called("api", &format!("/forged/{n}"), "GET", 40));
    let mut traffic = Traffic::default();
    add(&mut traffic, forged.collect());
    let before = select(&traffic, &[], &config);
    assert_eq!(before.len(), 3, "{before:?}");
    let real = vec![
        called("api", "/cart/:id", "PUT", 9_000),
        called("api", "/pay", "POST", 5_000),
        called("api", "/items/:id", "GET", 6_000),
    ];
    add(&mut traffic, real);
    let mut chosen = endpoints(&select(&traffic, &before, &config));
    chosen.sort();
    let expected = [
        "GET https://api.test/items/1",
        "POST https://api.test/pay",
        "PUT https://api.test/cart/1",
    ];
    assert_eq!(chosen, expected);
}

#[test]
fn looks_that_overlap_do_not_make_an_endpoint_heavier() {
    let mut traffic = Traffic::default();
    add(
        &mut traffic,
        vec![
            called("api", "/often", "GET", 50),
            called("api", "/seldom", "GET", 20),
        ],
    );
    for _ in 0..9 {
        add(&mut traffic, vec![called("api", "/seldom", "GET", 8)]);
    }
    let chosen = select(&traffic, &[], &Config::default());
    let urls = ["GET https://api.test/often", "GET https://api.test/seldom"];
    assert_eq!(endpoints(&chosen), urls);
}

#[test]
fn pages_are_remembered_from_their_first_to_their_last_call() {
    let mut traffic = Traffic::default();
    let seen = |first, last| OriginSeenRow {
        app: "shop".to_owned(),
        service: "api".to_owned(),
        target_origin: "https://api.test".to_owned(),
        page_origin: "https://shop.test".to_owned(),
        first_seen: UnixMillis(first),
        last_seen: UnixMillis(last),
    };
    traffic.add_seen(vec![seen(50, 60)]);
    traffic.add_seen(vec![seen(40, 55), seen(52, 70)]);
    let key = Key {
        service: "api".to_owned(),
        target_origin: "https://api.test".to_owned(),
        endpoint: "/any".to_owned(),
    };
    let expected = CallTimes {
        first: UnixMillis(40),
        last: UnixMillis(70),
    };
    assert_eq!(traffic.pages(&key)["https://shop.test"], expected);
}

#[test]
fn a_target_is_tried_with_pages_of_its_own_apps_and_used_by_pages_of_all() {
    let mut traffic = Traffic::default();
    add(&mut traffic, vec![called("api", "/a", "GET", 5)]);
    let seen = |app: &str, origin: &str| OriginSeenRow {
        app: app.to_owned(),
        service: "api".to_owned(),
        target_origin: "https://api.test".to_owned(),
        page_origin: origin.to_owned(),
        first_seen: UnixMillis(1),
        last_seen: UnixMillis(2),
    };
    traffic.add_seen(vec![
        seen("shop", "https://shop.test"),
        seen("beta", "https://secret-partner.test"),
        seen("beta", "https://shop.test"),
    ]);
    let target = &select(&traffic, &[], &Config::default())[0];
    assert_eq!(target.apps, ["shop"]);
    let own = traffic.own_pages(target);
    assert_eq!(own.into_keys().collect::<Vec<_>>(), ["https://shop.test"]);
    let all = traffic.pages(&target.key);
    assert!(all.contains_key("https://secret-partner.test"));
}

#[test]
fn endpoints_that_somebody_made_up_do_not_stay_before_those_that_are_called() {
    let config = Config {
        endpoints_per_origin: 3,
        ..Config::default()
    };
    let mut traffic = Traffic::default();
    let made_up: Vec<_> = (0..3)
        .map(|n| called("api", &format!("/made-up/{n}x"), "GET", 1))
        .collect();
    add(&mut traffic, made_up);
    let before = select(&traffic, &[], &config);
    assert_eq!(before.len(), 3, "nothing else is known yet");
    let real: Vec<_> = (0..3)
        .map(|n| called("api", &format!("/real/{n}x"), "GET", 10 + n))
        .collect();
    add(&mut traffic, real);
    let paths: Vec<_> = select(&traffic, &before, &config)
        .into_iter()
        .map(|target| target.key.endpoint)
        .collect();
    assert!(
        paths.iter().all(|path| path.starts_with("/real/")),
        "{paths:?}"
    );
    // All calls of an endpoint are disputed, however many they are.
    add(&mut traffic, vec![called("api", "/disputed", "GET", 0)]);
    let chosen = select(
        &traffic,
        &[],
        &Config {
            endpoints_per_origin: 7,
            ..config
        },
    );
    assert_eq!(
        chosen.last().map(|target| &*target.key.endpoint),
        Some("/disputed")
    );
}
