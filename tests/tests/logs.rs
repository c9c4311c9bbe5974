//! Access logs of real servers, counted end to end: edge, journal, engine, API.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use corswatch_tests::{Kind, Product, Settings, WebServer, eventually};
use serde_json::Value;
use testkit::checkout;

const KEY: &str = "a-secret-of-the-gateway";
const PAGE: &str = "https://shop.test";
const APP: &str = "[[apps]]\nname = \"logged\"\npage_origins = [\"https://shop.test\"]\n\
    [[apps.log_keys]]\nkey = \"a-secret-of-the-gateway\"\n\
    [[slo]]\napp = \"logged\"\nsli = \"preflight_failure_rate\"\nsource = \"gateway\"\n";

/// What the documentation has for nginx: the part of `http`, and the directive that logs. The server of the
/// tests logs nothing at the level of `http`, so the directive stands in the location.
fn documented_nginx(log: &Path) -> (String, String) {
    let docs = std::fs::read_to_string(checkout::root().join("docs/logs.md")).expect("readable");
    let block = docs
        .split("```nginx file=corswatch-log.conf\n")
        .nth(1)
        .expect("a block for nginx");
    let block = block.split("```").next().expect("its end");
    let documented = "/var/log/nginx/corswatch.ndjson";
    let at = block.find("access_log ").expect("it logs");
    let directive = block[at..].replace(documented, log.to_str().expect("a path of ASCII"));
    assert!(!directive.contains(documented));
    (block[..at].to_owned(), directive)
}

/// Allows one page everything but the header `x-tenant`, except below `/silent`, where it forgets.
const LOCATION: &str = "\
    if ($uri ~ ^/silent) { add_header X-Other 1; return 200; }\n\
    if ($uri ~ ^/private) { return 403; }\n\
    add_header Access-Control-Allow-Origin $http_origin always;\n\
    add_header Access-Control-Allow-Methods PUT always;\n\
    add_header Access-Control-Allow-Headers content-type always;\n\
    if ($request_method = OPTIONS) { return 204; }\n\
    try_files $uri /x =404;\n";

async fn ask(base: &str, method: &str, path: &str, headers: &[(&str, &str)]) {
    let method = method.parse().expect("a method");
    let mut request = testkit::http::client().request(method, format!("{base}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.expect("an answer");
}

/// Calls the server as browsers do.
async fn browse(base: &str) {
    let page = ("origin", PAGE);
    let put = ("access-control-request-method", "PUT");
    let preflight = |headers| ("access-control-request-headers", headers);
    for path in ["/cart/1", "/cart/22"] {
        ask(base, "GET", path, &[page]).await;
    }
    ask(base, "GET", "/silent", &[page]).await;
    ask(
        base,
        "OPTIONS",
        "/cart/1",
        &[page, put, preflight("content-type")],
    )
    .await;
    ask(
        base,
        "OPTIONS",
        "/cart/1",
        &[page, put, preflight("content-type,x-tenant")],
    )
    .await;
    ask(base, "OPTIONS", "/private", &[page, put]).await;
    // Not about pages of the application.
    ask(base, "GET", "/cart/1", &[]).await;
    ask(
        base,
        "GET",
        "/cart/1",
        &[("origin", "https://stranger.test")],
    )
    .await;
    let bytes = reqwest::header::HeaderValue::from_bytes(b"\xff\xfe").expect("a value");
    let request = testkit::http::client().get(format!("{base}/x"));
    request
        .header("origin", bytes)
        .send()
        .await
        .expect("an answer");
}

async fn send(product: &Product, log: Vec<u8>) -> reqwest::StatusCode {
    let client = testkit::http::client();
    let request = client.post(format!("{}/v1/logs", product.edge.base()));
    let request = request
        .bearer_auth(KEY)
        .header("content-type", "application/x-ndjson")
        .body(log);
    request.send().await.expect("an answer").status()
}

#[expect(
    clippy::too_many_lines,
    reason = "one story, from the log to every answer"
)]
#[tokio::test(flavor = "multi_thread")]
async fn what_nginx_logs_as_documented_is_counted_once_with_the_browsers_name_of_the_error() {
    let folder = tempfile::tempdir().expect("a directory");
    let log = folder.path().join("log.ndjson");
    let (http, directive) = documented_nginx(&log);
    let piece = format!("{http}# location\n{directive}\n{LOCATION}");
    let server = WebServer::start(Kind::Nginx, &piece).await;
    let product = Product::start(folder.path(), &Settings::with_fixed_ports().and(APP)).await;
    browse(&server.base).await;
    let lines = eventually("the server logs", async || {
        let text = std::fs::read(&log)?;
        let lines = text.iter().filter(|byte| **byte == b'\n').count();
        ensure!(lines >= 9, "{lines}");
        Ok(text)
    })
    .await;

    // A shipper that got no answer sends the same bytes again.
    for _ in 0..2 {
        assert_eq!(send(&product, lines.clone()).await, 204);
    }
    let question = "app=logged&window=1h&source=gateway";
    let sli = eventually("it is counted", async || -> Result<Value> {
        let sli = product
            .private
            .json(&format!("/api/v1/sli?{question}"))
            .await?;
        ensure!(sli["block_rate"]["total"] == 3, "{sli}");
        Ok(sli)
    })
    .await;
    assert_eq!(sli["block_rate"]["bad"], 1, "{sli}");
    let preflights = &sli["preflight_failure_rate"];
    assert_eq!(
        (&preflights["bad"], &preflights["total"]),
        (&1.into(), &3.into()),
        "{sli}"
    );

    let failing = product
        .private
        .json(&format!("/api/v1/endpoints?{question}"))
        .await
        .expect("rows");
    let found: Vec<_> = failing["endpoints"]
        .as_array()
        .expect("a list")
        .iter()
        .collect();
    let cause = |endpoint: &str, cause: &str| {
        let known = found.iter().any(|row| {
            row["endpoint"] == endpoint && row["cause"] == cause && row["outcome"] == "blocked"
        });
        assert!(known, "{endpoint} {cause}: {failing:#}");
    };
    cause("/silent", "MissingAllowOriginHeader");
    for row in &found {
        let (sessions, browsers) = (&row["affected_sessions"], &row["browsers"]);
        assert_eq!(
            (sessions, browsers),
            (&Value::Null, &serde_json::json!([])),
            "no page reports: {row}"
        );
    }
    cause("/cart/:id", "HeaderDisallowedByPreflightResponse");

    let by = product
        .private
        .json(&format!("/api/v1/breakdown?{question}&by=page_origin"))
        .await;
    let by = by.expect("parts");
    assert!(by.to_string().contains(PAGE), "{by}");
    let of_pages = product
        .private
        .json("/api/v1/sli?app=logged&window=1h")
        .await
        .expect("numbers");
    assert_eq!(
        of_pages["block_rate"]["total"], 0,
        "no page has reported: {of_pages}"
    );

    let slos = product
        .private
        .json("/api/v1/slos")
        .await
        .expect("objectives");
    let all = slos["slos"].as_array().expect("a list");
    let name = "logged-preflight_failure_rate-gateway";
    assert!(all.iter().any(|slo| slo["name"] == name), "{slos}");

    eventually("every record ends in one place", async || -> Result<()> {
        let ledger = product.private.json("/api/v1/ledger").await?;
        let duplicates = ledger["duplicate"].as_u64().context("a number")?;
        ensure!(
            duplicates == 1 && ledger["verdict"] == "balanced",
            "{ledger}"
        );
        Ok(())
    })
    .await;
}
