//! The shop's page.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::json;

use crate::policy::TOTAL_COUNT;
use crate::{DemoConfig, Switches, control};

const PAGE: &str = include_str!("page/index.html");
const SCRIPTS: [(&str, &str); 4] = [
    ("/shop.js", include_str!("page/shop.js")),
    ("/traffic.js", include_str!("page/traffic.js")),
    ("/switches.js", include_str!("page/switches.js")),
    ("/log.js", include_str!("page/log.js")),
];
/// A person who watches the dashboard does not wait for the default interval.
const FLUSH_MS: u32 = 3_000;
const STYLE: &str = include_str!("page/shop.css");

/// The page, its files, and the control on the page's own origin.
pub(crate) fn router(config: &DemoConfig, api_url: &str, switches: &Switches) -> Router {
    let page = page(config, api_url);
    let mut router = Router::new()
        .route("/", get(async move || file("text/html", page)))
        .route("/shop.css", get(async || file("text/css", STYLE)))
        .route("/control", get(control::get).post(control::post));
    for (path, script) in SCRIPTS {
        router = router.route(path, get(async move || file("text/javascript", script)));
    }
    router.with_state(switches.clone())
}

fn file(kind: &'static str, body: impl IntoResponse) -> impl IntoResponse {
    let kind = format!("{kind}; charset=utf-8");
    let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache".to_owned())];
    (headers, body)
}

/// The page with the script tag that every customer's page has, and what the demo itself needs.
fn page(config: &DemoConfig, api_url: &str) -> String {
    let integrity = config.integrity.as_ref().map_or_else(String::new, |hash| {
        format!(
            " integrity=\"{}\" crossorigin=\"anonymous\"",
            attribute(hash)
        )
    });
    let script = format!("{}{}", config.edge_url, config.script_path);
    let options = json!({
        "key": config.key,
        "url": config.edge_url,
        "release": env!("CARGO_PKG_VERSION"),
        "environment": "demo",
        "flushInterval": FLUSH_MS,
        "expectHeaders": [{"origin": api_url, "path": "/items", "names": [TOTAL_COUNT.as_str()]},
                          {"origin": api_url, "path": "/orders", "names": [TOTAL_COUNT.as_str()]}],
    });
    let demo = json!({"api": api_url, "dashboard": config.dashboard_url});
    PAGE.replace("{{options}}", &in_script(&options))
        .replace("{{demo}}", &in_script(&demo))
        .replace("{{script}}", &attribute(&script))
        .replace("{{integrity}}", &integrity)
        .replace("{{dashboard}}", &attribute(&config.dashboard_url))
}

/// JSON that cannot end the script element it stands in.
fn in_script(value: &serde_json::Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

fn attribute(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> DemoConfig {
        DemoConfig {
            shop_addr: DemoConfig::SHOP,
            api_addr: DemoConfig::API,
            edge_url: "http://edge.test".to_owned(),
            script_path: "/v1/corswatch.abc.js".to_owned(),
            integrity: Some("sha384-x".to_owned()),
            key: "k</script>".to_owned(),
            dashboard_url: "http://dash.test/\"".to_owned(),
        }
    }

    #[test]
    fn the_page_carries_the_tag_of_the_sdk_and_no_text_breaks_out_of_its_place() {
        let page = page(&config(), "http://api.test");
        let tag = "<script src=\"http://edge.test/v1/corswatch.abc.js\" integrity=\"sha384-x\" \
                   crossorigin=\"anonymous\"></script>";
        assert!(page.contains(tag), "{page}");
        assert!(page.contains("k\\u003c/script>"));
        assert!(page.contains("href=\"http://dash.test/&quot;\""));
        assert!(!page.contains("{{"), "a placeholder is left");
    }

    #[test]
    fn a_script_whose_content_can_change_has_no_integrity() {
        let config = DemoConfig {
            integrity: None,
            ..config()
        };
        assert!(!page(&config, "http://api.test").contains("integrity"));
    }
}
