//! The demo as a browser meets it: two origins, and an API that breaks as told.

use std::collections::BTreeSet;

use demo::{DemoConfig, Failure, Switches};
use reqwest::{Client, Method, Response, StatusCode};
use runtime::Stop;

struct Demo {
    shop: String,
    api: String,
    switches: Switches,
    stop: Stop,
    client: Client,
}

impl Demo {
    async fn start() -> Self {
        let config = DemoConfig {
            shop_addr: "127.0.0.1:0".parse().expect("an address"),
            api_addr: "127.0.0.1:0".parse().expect("an address"),
            edge_url: "http://edge.test".to_owned(),
            script_path: "/v1/s/demo.js".to_owned(),
            integrity: None,
            key: "demo".to_owned(),
            dashboard_url: "http://dashboard.test".to_owned(),
        };
        let listeners = config.bind().await.expect("free ports");
        let demo = Self {
            shop: listeners.shop_origin().expect("bound"),
            api: listeners.api_origin().expect("bound"),
            switches: Switches::default(),
            stop: Stop::new(),
            client: testkit::http::client(),
        };
        let (switches, stop) = (demo.switches.clone(), demo.stop.clone());
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(demo::serve(config, listeners, switches, stop));
        tasks.detach_all();
        demo
    }

    fn switch(&self, failures: &[Failure]) {
        self.switches.set(failures.iter().copied().collect());
    }

    async fn ask(&self, method: Method, path: &str) -> reqwest::Result<Response> {
        let request = self.client.request(method, format!("{}{path}", self.api));
        request.header("origin", &self.shop).send().await
    }

    async fn preflight(&self, path: &str) -> reqwest::Result<Response> {
        let url = format!("{}{path}", self.api);
        let request = self.client.request(Method::OPTIONS, url);
        request
            .header("origin", &self.shop)
            .header("access-control-request-method", "PUT")
            .header("access-control-request-headers", "x-tenant")
            .send()
            .await
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok())
}

#[tokio::test]
async fn a_healthy_api_lets_the_shop_read_everything() {
    let demo = Demo::start().await;
    let items = demo.ask(Method::GET, "/items").await.expect("answered");
    assert_eq!(items.status(), StatusCode::OK);
    let shop = Some(demo.shop.as_str());
    assert_eq!(header(&items, "access-control-allow-origin"), shop);
    assert_eq!(
        header(&items, "access-control-expose-headers"),
        Some("x-total-count")
    );
    assert_eq!(header(&items, "x-total-count"), Some("6"));
    assert_eq!(header(&items, "timing-allow-origin"), Some("*"));
    let preflight = demo.preflight("/cart/1").await.expect("answered");
    assert_eq!(preflight.status(), StatusCode::NO_CONTENT);
    let allowed = header(&preflight, "access-control-allow-headers");
    assert_eq!(allowed, Some("content-type, x-tenant"));
}

#[tokio::test]
async fn orders_need_the_cookie_of_a_login() {
    let demo = Demo::start().await;
    let stranger = demo.ask(Method::GET, "/orders").await.expect("answered");
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    let shop = Some(demo.shop.as_str());
    assert_eq!(header(&stranger, "access-control-allow-origin"), shop);
    let login = demo.ask(Method::POST, "/login").await.expect("answered");
    let cookie = header(&login, "set-cookie").expect("a cookie");
    let cookie = cookie.split(';').next().expect("its value");
    let url = format!("{}/orders", demo.api);
    let orders = demo
        .client
        .get(url)
        .header("cookie", format!("other=1; {cookie}"));
    let orders = orders.send().await.expect("answered");
    assert_eq!(orders.status(), StatusCode::OK);
    assert_eq!(header(&orders, "x-total-count"), Some("2"));
}

#[tokio::test]
async fn each_failure_is_seen_on_the_wire_and_gone_when_healed() {
    let demo = Demo::start().await;
    let shop = Some(demo.shop.as_str());
    let cases: &[(Failure, &str, Option<&str>, StatusCode)] = &[
        (
            Failure::MissingHeader,
            "access-control-allow-origin",
            None,
            StatusCode::NO_CONTENT,
        ),
        (
            Failure::Preflight404,
            "access-control-allow-origin",
            None,
            StatusCode::NOT_FOUND,
        ),
        (
            Failure::Preflight500,
            "access-control-allow-origin",
            shop,
            StatusCode::INTERNAL_SERVER_ERROR,
        ),
        (
            Failure::WildcardWithCredentials,
            "access-control-allow-origin",
            Some("*"),
            StatusCode::NO_CONTENT,
        ),
        (
            Failure::HeaderNotAllowed,
            "access-control-allow-headers",
            Some("content-type"),
            StatusCode::NO_CONTENT,
        ),
    ];
    for (failure, name, expected, status) in cases {
        demo.switch(&[*failure]);
        let broken = demo.preflight("/cart/1").await.expect("answered");
        assert_eq!(broken.status(), *status, "{failure:?}");
        assert_eq!(header(&broken, name), *expected, "{failure:?}");
        demo.switch(&[]);
        let healed = demo.preflight("/cart/1").await.expect("answered");
        assert_eq!(healed.status(), StatusCode::NO_CONTENT, "{failure:?}");
        assert_eq!(
            header(&healed, "access-control-allow-origin"),
            shop,
            "{failure:?}"
        );
    }
}

#[tokio::test]
async fn a_header_that_is_not_exposed_is_still_sent() {
    let demo = Demo::start().await;
    demo.switch(&[Failure::HeaderNotExposed]);
    let items = demo.ask(Method::GET, "/items").await.expect("answered");
    assert_eq!(header(&items, "access-control-expose-headers"), None);
    assert_eq!(header(&items, "x-total-count"), Some("6"));
}

#[tokio::test]
async fn a_dead_network_answers_nothing_but_its_control() {
    let demo = Demo::start().await;
    demo.ask(Method::GET, "/items")
        .await
        .expect("alive, on a connection that is kept");
    demo.switch(&[Failure::DeadNetwork]);
    for path in ["/items", "/orders", "/cart/1"] {
        let error = demo.ask(Method::GET, path).await.expect_err("hung up");
        assert!(error.status().is_none(), "{error:?}");
        demo.preflight(path).await.expect_err("hung up");
    }
    let control = format!("{}/control", demo.shop);
    let healed = demo.client.post(control).body(r#"{"failures":[]}"#);
    let healed = healed.send().await.expect("answered");
    assert_eq!(healed.status(), StatusCode::OK);
    demo.ask(Method::GET, "/items").await.expect("alive again");
}

#[tokio::test]
async fn the_page_switches_failures_and_unknown_ones_are_refused() {
    let demo = Demo::start().await;
    let url = format!("{}/control", demo.shop);
    let body = r#"{"failures":["preflight_404","slow_api"]}"#;
    let set = demo.client.post(&url).body(body).send().await;
    assert_eq!(set.expect("answered").status(), StatusCode::OK);
    let expected = BTreeSet::from([Failure::Preflight404, Failure::SlowApi]);
    assert_eq!(demo.switches.on(), expected);
    let shown = demo.client.get(&url).send().await.expect("answered");
    assert_eq!(shown.text().await.expect("text"), body);
    let wrong = demo.client.post(&url).body(r#"{"failures":["f9"]}"#);
    let wrong = wrong.send().await.expect("answered");
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
    assert_eq!(demo.switches.on(), expected);
}

#[tokio::test]
async fn pages_of_other_origins_may_read_nothing() {
    let demo = Demo::start().await;
    let request = demo.client.get(format!("{}/items", demo.api));
    let items = request.header("origin", "http://shop.test").send().await;
    let items = items.expect("answered");
    assert_eq!(header(&items, "access-control-allow-origin"), None);
    assert_eq!(header(&items, "vary"), Some("origin"));
}

#[tokio::test]
async fn the_page_loads_what_it_names() {
    let demo = Demo::start().await;
    let page = demo.client.get(&demo.shop).send().await.expect("answered");
    let page = page.text().await.expect("text");
    assert!(page.contains("src=\"http://edge.test/v1/s/demo.js\""));
    assert!(page.contains(&format!("\"api\":\"{}\"", demo.api)));
    for path in [
        "/shop.css",
        "/shop.js",
        "/traffic.js",
        "/switches.js",
        "/log.js",
    ] {
        let url = format!("{}{path}", demo.shop);
        let file = demo.client.get(url).send().await.expect("answered");
        assert_eq!(file.status(), StatusCode::OK, "{path}");
    }
    for failure in Failure::ALL {
        let name = serde_json::to_string(failure).expect("a name");
        let switches = include_str!("../src/page/switches.js");
        assert!(switches.contains(&name), "no switch for {name}");
    }
}

#[tokio::test]
async fn stopping_ends_the_server() {
    let demo = Demo::start().await;
    demo.ask(Method::GET, "/items").await.expect("alive");
    demo.stop.cancel();
    let deadline = tokio::time::Duration::from_secs(5);
    let gone = tokio::time::timeout(deadline, async {
        while testkit::http::client().get(&demo.shop).send().await.is_ok() {
            tokio::task::yield_now().await;
        }
    });
    gone.await.expect("the port is closed in time");
}
