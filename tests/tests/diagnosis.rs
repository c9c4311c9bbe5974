//! A failure that browsers report is replayed: the API names the rule, the header and the fix.

use anyhow::{Context as _, Result, ensure};
use corswatch_tests::{Product, eventually};
use serde_json::{Value, json};
use testkit::Beacon;
use testkit::http::Http;

const APP: &str = "demo-shop";
const KEY: &str = "demo-shop-key";

struct Shop {
    product: Product,
    control: Http,
    api: String,
    sent: u64,
    _data: tempfile::TempDir,
}

impl Shop {
    async fn open() -> Self {
        let data = tempfile::tempdir().expect("a directory");
        let product = Product::up(data.path(), &["--demo"]).await;
        let page = Http::new(product.shop.clone())
            .get("/")
            .await
            .expect("the shop");
        let page = page.text().await.expect("a page");
        let (_, rest) = page
            .split_once("\"api\":\"")
            .expect("the address of the API");
        let api = rest.split('"').next().unwrap_or_default().to_owned();
        Self {
            control: Http::new(product.shop.clone()),
            product,
            api,
            sent: 0,
            _data: data,
        }
    }

    async fn break_with(&self, failures: &[&str]) {
        let body = json!({"failures": failures}).to_string();
        let answer = self
            .control
            .post("/control", body)
            .await
            .expect("an answer");
        assert_eq!(answer.as_u16(), 200);
    }

    /// Sends what a browser reports of one request.
    async fn report(&mut self, mut row: Value) {
        row["to"] = json!(self.api);
        row["at"] = json!(-50);
        self.sent += 1;
        let beacon = Beacon::new(self.sent)
            .with("page", self.product.shop.as_str())
            .row(row);
        let status = self.product.edge.beacon(KEY, &beacon).await;
        assert_eq!(status.expect("an answer").as_u16(), 204);
    }

    async fn every_endpoint_shows_its_diagnosis(&self) {
        let path = format!("/api/v1/endpoints?app={APP}");
        let endpoints = self.product.private.json(&path).await.expect("endpoints");
        for row in endpoints["endpoints"].as_array().expect("a list") {
            assert_eq!(row["diagnosis"]["result"], "reproduced", "{row:#}");
        }
    }

    /// Waits for the diagnosis that is `wanted`.
    async fn diagnosis(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let began = tokio::time::Instant::now();
        let found = eventually(what, async || -> Result<Value> {
            let path = format!("/api/v1/diagnoses?app={APP}&platform=nginx");
            let all = self.product.private.json(&path).await?;
            let all = all["diagnoses"].as_array().context("a list")?;
            let found = all.iter().find(|one| wanted(one));
            found.cloned().with_context(|| format!("not in {all:#?}"))
        })
        .await;
        println!("{what}: visible after {:?}", began.elapsed());
        found
    }
}

fn cart(more: Value) -> Value {
    let mut row = json!({"ep": "/cart/:id", "m": "PUT", "p": 1, "o": "blocked",
        "stage": "preflight", "cf": "proven", "ev": "A+pre", "by": "content-type,x-tenant"});
    for (name, value) in more.as_object().expect("members") {
        row[name] = value.clone();
    }
    row
}

#[tokio::test]
async fn each_failure_is_replayed_and_its_rule_is_named() {
    let mut shop = Shop::open().await;
    let response = |endpoint: &str| json!({"ep": endpoint, "o": "blocked", "stage": "response", "cf": "proven"});
    let get = response("/items");
    let mut orders = response("/orders");
    orders["c"] = json!(1);
    let read = json!({"ep": "/items", "k": "header_read", "o": "blocked", "by": "x-total-count"});
    for (failure, row, cause, parameter, status) in [
        (
            "missing_header",
            get,
            json!("MissingAllowOriginHeader"),
            Value::Null,
            200,
        ),
        (
            "preflight_404",
            cart(json!({})),
            json!("PreflightMissingAllowOriginHeader"),
            Value::Null,
            404,
        ),
        (
            "wildcard_with_credentials",
            orders,
            json!("WildcardOriginNotAllowed"),
            Value::Null,
            401,
        ),
        (
            "header_not_exposed",
            read,
            Value::Null,
            json!("x-total-count"),
            200,
        ),
        (
            "preflight_500",
            cart(json!({"by": "content-type"})),
            json!("PreflightInvalidStatus"),
            Value::Null,
            500,
        ),
        (
            "header_not_allowed",
            cart(json!({"by": "x-tenant"})),
            json!("HeaderDisallowedByPreflightResponse"),
            json!("x-tenant"),
            204,
        ),
    ] {
        shop.break_with(&[failure]).await;
        let told = row.clone();
        shop.report(row).await;
        let found = shop
            .diagnosis(failure, |one| {
                one["endpoint"] == told["ep"]
                    && one["headers"] == told["by"]
                    && (told["k"] != "header_read") == (one["kind"] == "request")
            })
            .await;
        assert_eq!(found["result"], "reproduced", "{failure}: {found:#}");
        assert_eq!(found["cause"], cause, "{failure}: {found:#}");
        assert_eq!(found["parameter"], parameter, "{failure}: {found:#}");
        assert_eq!(found["status"], status, "{failure}: {found:#}");
        assert!(found["fixes"][0]["change"].is_string(), "{found:#}");
        assert!(found["snippet"].is_string(), "{found:#}");
    }
    shop.every_endpoint_shows_its_diagnosis().await;
}

#[tokio::test]
async fn a_change_at_the_target_is_told_with_its_times() {
    let mut shop = Shop::open().await;
    let mut good = cart(json!({"st": 204}));
    for member in ["o", "stage", "cf", "ev", "by"] {
        good.as_object_mut().expect("members").remove(member);
    }
    shop.report(good).await;
    eventually("a look at the target that works", async || {
        let metrics = shop.product.private.get("/metrics").await?.text().await?;
        let looked = metrics.contains("corswatch_prober_looks_total 1");
        ensure!(looked, "no look yet");
        Ok(())
    })
    .await;
    shop.break_with(&["header_not_allowed"]).await;
    shop.report(cart(json!({}))).await;
    let found = shop
        .diagnosis("a change", |one| one["endpoint"] == "/cart/:id")
        .await;
    let change = &found["changes"][0];
    let vanished = "x-tenant vanished from access-control-allow-headers";
    assert_eq!(change["what"], vanished, "{found:#}");
    let (from, to) = (change["from"].as_str(), change["to"].as_str());
    assert!(from.is_some() && from < to, "{change:#}");
    assert!(to <= found["at"].as_str(), "{change:#}");
}

#[tokio::test]
async fn a_target_that_is_not_allowed_is_refused_with_its_rule() {
    let mut shop = Shop::open().await;
    let row = json!({"ep": "/secret", "o": "blocked", "stage": "response"});
    shop.api = "http://169.254.169.254".to_owned();
    shop.report(row.clone()).await;
    shop.api = "https://api.not-ours.test".to_owned();
    shop.report(row).await;
    for target in ["http://169.254.169.254", "https://api.not-ours.test"] {
        let found = shop
            .diagnosis(target, |one| one["target_origin"] == target)
            .await;
        assert_eq!(found["result"], "refused", "{found:#}");
        assert_eq!(found["why"], "not_allowed");
        let expected = format!(
            "Not asked: no rule of `[[services]]` names {target}; `match = [{{ origin = \"{target}\" }}]` does."
        );
        assert_eq!(found["detail"], json!(expected));
        assert_eq!(found["remote"], Value::Null);
    }
}
