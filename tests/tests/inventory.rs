//! The inventory of policies: real servers with right and wrong policies, what pages call of them, and
//! what the API and the metrics say.

use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result, ensure};
use corswatch_tests::{KEY, Kind, Product, Settings, WebServer, eventually};
use serde_json::{Value, json};
use testkit::beacon::PAGE;
use testkit::{Beacon, port};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const OLD_PARTNER: &str = "https://old-partner.test";

const WILDCARD: &str =
    "add_header Access-Control-Allow-Origin * always;\nadd_header Timing-Allow-Origin * always;";

const REFLECTING: &str = "add_header Access-Control-Allow-Origin $http_origin;\nadd_header Access-Control-Allow-Credentials true;";

const LIST: &str = r#"
map $http_origin $allowed {
    default "";
    "https://shop.test" $http_origin;
    "https://old-partner.test" $http_origin;
}
# location
add_header Access-Control-Allow-Origin $allowed always;
add_header Timing-Allow-Origin $allowed always;
add_header Vary Origin always;
if ($request_method = OPTIONS) {
    add_header Access-Control-Allow-Origin $allowed always;
    add_header Access-Control-Allow-Methods "GET, PUT" always;
    add_header Access-Control-Allow-Headers "authorization, x-tenant" always;
    add_header Access-Control-Max-Age 172800 always;
    add_header Vary Origin always;
    return 204;
}"#;

/// A server that pages only write to: it lets the shop in and notes what it was asked.
struct Written {
    base: String,
    asked: Arc<Mutex<Vec<String>>>,
    _serving: tokio::task::JoinSet<()>,
}

impl Written {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("bound"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (noted, mut serving) = (Arc::clone(&asked), tokio::task::JoinSet::new());
        serving.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n")
                    && stream.read_buf(&mut head).await.is_ok_and(|n| n > 0)
                {}
                let head = String::from_utf8_lossy(&head).into_owned();
                let line = head.lines().next().unwrap_or_default().to_owned();
                let allowed = match head.contains(&format!("{PAGE}\r\n")) {
                    true => format!("access-control-allow-origin: {PAGE}\r\n"),
                    false => String::new(),
                };
                noted.lock().expect("not poisoned").push(line);
                let answer =
                    format!("HTTP/1.1 204 No Content\r\n{allowed}connection: close\r\n\r\n");
                // Who goes away before the answer concerns no one here.
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self {
            base,
            asked,
            _serving: serving,
        }
    }
}

struct Services {
    wildcard: WebServer,
    reflecting: WebServer,
    list: WebServer,
    written: Written,
    gone: String,
}

impl Services {
    async fn start() -> Self {
        Self {
            wildcard: WebServer::start(Kind::Nginx, WILDCARD).await,
            reflecting: WebServer::start(Kind::Nginx, REFLECTING).await,
            list: WebServer::start(Kind::Nginx, LIST).await,
            written: Written::start().await,
            gone: format!("http://127.0.0.1:{}", port::free()),
        }
    }

    fn bases(&self) -> [(&'static str, &str); 5] {
        [
            ("wildcard", &self.wildcard.base),
            ("reflecting", &self.reflecting.base),
            ("list", &self.list.base),
            ("written", &self.written.base),
            ("gone", &self.gone),
        ]
    }

    fn settings(&self) -> Settings {
        let bases = self.bases();
        let private: Vec<_> = bases
            .iter()
            .map(|(_, base)| format!("\"{base}\""))
            .collect();
        let mut toml = format!(
            "[inventory]\ntick = \"200ms\"\nagain_after = \"1s\"\nrequests_per_second = 1000\nlease = \"3s\"\n\
             [prober]\nsnapshot_every = \"10s\"\ndangerously_allow_private_networks = [{}]\n",
            private.join(", ")
        );
        for (name, base) in bases {
            toml.push_str(&format!(
                "[[services]]\nname = \"{name}\"\nallowed_origins = [\"{OLD_PARTNER}\"]\nmatch = [{{ origin = \"{base}\" }}]\n"
            ));
        }
        Settings::with_fixed_ports().and(&toml)
    }

    /// What pages of the shop do with all of them.
    fn beacon(&self) -> Beacon {
        let read = |base: &str| json!({"at": -50, "to": base, "ep": "/x", "st": 200, "l": [55, 1]});
        let written = json!({"at": -50, "to": self.written.base, "ep": "/cart/:id", "m": "PUT", "p": 1, "st": 204, "l": [55, 1]});
        Beacon::new(1)
            .row(read(&self.wildcard.base))
            .row(read(&self.reflecting.base))
            .row(read(&self.list.base))
            .row(read(&self.gone))
            .row(written)
    }
}

/// The inventory, once `is` so.
async fn inventory(product: &Product, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    let began = tokio::time::Instant::now();
    let found = eventually(what, async || -> Result<Value> {
        let all = product.private.json("/api/v1/inventory?app=test").await?;
        ensure!(is(&all), "not in {all:#}");
        Ok(all)
    })
    .await;
    println!("{what}: after {:?}", began.elapsed());
    found
}

fn of<'a>(all: &'a Value, service: &str) -> &'a Value {
    let targets = all["targets"].as_array().expect("a list");
    let found = targets.iter().find(|target| target["service"] == service);
    found.unwrap_or_else(|| panic!("no {service} in {all:#}"))
}

fn rules(target: &Value) -> Vec<&str> {
    let findings = target["findings"].as_array().expect("a list");
    let mut rules: Vec<_> = findings
        .iter()
        .filter_map(|one| one["rule"].as_str())
        .collect();
    rules.sort_unstable();
    rules
}

fn unused(target: &Value) -> Vec<&str> {
    let origins = target["origins"].as_array().expect("a list");
    let unused = origins.iter().filter(|tried| tried["unused"] == true);
    unused
        .filter_map(|tried| tried["origin"].as_str())
        .collect()
}

async fn metric(product: &Product, line: &str) -> Result<()> {
    let metrics = product.private.get("/metrics").await?.text().await?;
    let (name, _) = line.split_once(['{', ' ']).context("a name")?;
    let said: Vec<_> = metrics
        .lines()
        .filter(|said| said.starts_with(name))
        .collect();
    ensure!(said.contains(&line), "{line} is not in {said:#?}");
    Ok(())
}

async fn the_metrics_say_the_same(product: &Product) {
    for line in [
        "corswatch_inventory_services{stance=\"wildcard\"} 1",
        "corswatch_inventory_services{stance=\"credentialed_reflecting\"} 1",
        "corswatch_inventory_services{stance=\"unknown\"} 1",
        "corswatch_inventory_targets{state=\"no_answer\"} 1",
        "corswatch_inventory_findings{rule=\"vary-origin-missing\"} 1",
        "corswatch_inventory_unused_origins 1",
        "corswatch_inventory_leads 1",
    ] {
        metric(product, line).await.expect(line);
    }
}

fn the_summary_counts(all: &Value) {
    let summary = &all["summary"];
    for (number, expected) in [
        ("services", 5),
        ("targets", 5),
        ("wildcard", 1),
        ("credentialed_reflecting", 1),
        ("list", 2),
        ("unknown", 1),
        ("vary_missing", 1),
        ("max_age_too_long", 1),
        ("unused_entries", 1),
        ("unanswered", 1),
    ] {
        assert_eq!(summary[number], expected, "{number}: {all:#}");
    }
}

fn each_is_told_as_it_is(all: &Value, services: &Services) {
    for (service, stance, vary, found) in [
        (
            "reflecting",
            json!("credentialed_reflecting"),
            json!("missing"),
            vec![
                "errors-without-cors",
                "origin-reflected",
                "preflight-refused",
                "timing-allow-origin-missing",
                "vary-origin-missing",
            ],
        ),
        (
            "wildcard",
            json!("wildcard"),
            json!("not_needed"),
            vec!["preflight-refused"],
        ),
        (
            "list",
            json!("list"),
            json!("right"),
            vec!["max-age", "unused-origin"],
        ),
        ("written", json!("list"), json!("not_needed"), vec![]),
        ("gone", Value::Null, Value::Null, vec![]),
    ] {
        let target = of(all, service);
        assert_eq!(target["stance"], stance, "{target:#}");
        assert_eq!(target["vary"], vary, "{target:#}");
        assert_eq!(rules(target), found, "{target:#}");
    }
    let worst = all["targets"][0]["service"].as_str();
    assert_eq!(worst, Some("reflecting"), "the worst comes first");

    let list = of(all, "list");
    assert_eq!(unused(list), [OLD_PARTNER]);
    assert_eq!(list["max_age"], 172_800);
    let shop = &list["origins"].as_array().expect("a list")[1];
    assert_eq!(
        (&shop["origin"], &shop["grant"]),
        (&json!(PAGE), &json!("plain"))
    );
    assert!(shop["last_seen"].is_string(), "{shop}");

    let gone = of(all, "gone");
    assert_eq!(gone["state"], "no_answer");
    let reason = gone["reason"].as_str().expect("a reason");
    assert!(reason.contains("unreachable"), "{reason}");

    let written = of(all, "written");
    assert_eq!(
        (&written["method"], &written["made_up"]),
        (&json!("PUT"), &json!(true))
    );
    let asked = services.written.asked.lock().expect("not poisoned");
    assert!(!asked.is_empty());
    for line in &*asked {
        assert_eq!(line, "OPTIONS /cart/1 HTTP/1.1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_policy_is_told_as_it_is_and_a_change_is_followed() {
    let mut services = Services::start().await;
    let data = tempfile::tempdir().expect("a directory");
    let product = Product::start(data.path(), &services.settings()).await;
    let empty = product
        .private
        .json("/api/v1/inventory")
        .await
        .expect("an answer");
    assert_eq!(
        (&empty["targets"], &empty["summary"]["as_of"]),
        (&json!([]), &Value::Null)
    );
    let status = product.edge.beacon(KEY, &services.beacon()).await;
    assert_eq!(status.expect("an answer").as_u16(), 204);

    let all = inventory(&product, "every target is audited", |all| {
        all["summary"]["targets"] == 5
    })
    .await;
    the_summary_counts(&all);
    each_is_told_as_it_is(&all, &services);
    the_metrics_say_the_same(&product).await;

    // What targets answer is known before it changes.
    eventually("the prober has looked", async || {
        metric(&product, "corswatch_prober_looks_total 5").await
    })
    .await;
    services.wildcard.restart(Kind::Nginx, LIST).await;
    let all = inventory(&product, "the change is followed", |all| {
        of(all, "wildcard")["stance"] == "list"
    })
    .await;
    let changed = of(&all, "wildcard");
    assert_eq!(rules(changed), ["max-age", "unused-origin"]);
    assert!(changed["since"].as_str() > of(&all, "list")["since"].as_str());
    assert_eq!(
        (&all["summary"]["wildcard"], &all["summary"]["list"]),
        (&json!(0), &json!(3))
    );
    metric(
        &product,
        "corswatch_inventory_services{stance=\"wildcard\"} 0",
    )
    .await
    .expect("followed");
    let before = of(&all, "list")["since"].as_str().expect("a time");
    let then = format!("/api/v1/inventory?at={before}");
    let then = product.private.json(&then).await.expect("an answer");
    assert_ne!(then["targets"], all["targets"], "as it was known then");
    let days = product
        .private
        .json("/api/v1/inventory/history?days=2")
        .await;
    let days = days.expect("an answer");
    let last = days["points"]
        .as_array()
        .expect("a list")
        .last()
        .expect("today");
    assert_eq!(
        (&last["wildcard"], &last["list"]),
        (&json!(0), &json!(3)),
        "{days:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_goes_down_keeps_what_it_answered_and_nothing_else_is_lost() {
    let services = Services::start().await;
    let data = tempfile::tempdir().expect("a directory");
    let settings = services.settings();
    let mut product = Product::start(data.path(), &settings).await;
    let status = product.edge.beacon(KEY, &services.beacon()).await;
    assert_eq!(status.expect("an answer").as_u16(), 204);
    let before = inventory(&product, "every target is audited", |all| {
        all["summary"]["targets"] == 5
    })
    .await;
    let Services {
        reflecting, list, ..
    } = services;
    drop(list);
    // What is known survives a restart; it is due again because its method of asking changes.
    product.process.kill();
    let settings = settings.and(&format!(
        "[[prober.samples]]\nendpoint = \"/x\"\norigin = \"{}\"\npath = \"/x?again\"\n",
        before["targets"]
            .as_array()
            .and_then(|all| all.iter().find(|target| target["service"] == "list"))
            .and_then(|target| target["target_origin"].as_str())
            .expect("an origin")
    ));
    let product = Product::start(data.path(), &settings).await;
    let after = inventory(&product, "the silence is told", |all| {
        of(all, "list")["state"] == "no_answer"
    })
    .await;
    let silent = of(&after, "list");
    assert_eq!(silent["stance"], "list");
    assert_eq!(silent["answered_at"], of(&before, "list")["answered_at"]);
    assert_eq!(rules(silent), rules(of(&before, "list")));
    assert_eq!(after["summary"]["unanswered"], 2);
    assert_eq!(
        of(&after, "reflecting")["since"],
        of(&before, "reflecting")["since"]
    );
    drop(reflecting);
}
