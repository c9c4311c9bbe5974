//! Beacons that one network makes up reach the real edge, and page nobody: not by their number, and not where the server
//! indeed blocks what they claim. An outage beside them, that users of many networks see, pages all the same.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context as _, Result, ensure};
use corswatch_tests::{Product, Receiver, Settings, Visit, Visitors, eventually};
use demo::{DemoConfig, DemoError, Failure, Switches};
use runtime::Stop;
use serde_json::{Value, json};
use testkit::Beacon;
use testkit::http::Http;
use tokio::task::JoinSet;

const FORGED: u64 = 10_000;
/// Name, how many networks use it, and how many page loads each of them has.
const APPS: [(&str, u8, u64); 2] = [("busy", 40, 12), ("small", 3, 6)];
const ATTACKER: [u8; 3] = [203, 0, 113];

/// A server that answers as it should until it is broken, and the page origin that it lets read.
struct Server {
    page: String,
    api: String,
    switches: Switches,
    _stop: Stop,
    /// Ends with the server.
    _task: JoinSet<Result<(), DemoError>>,
}

impl Server {
    async fn start() -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let config = DemoConfig {
            shop_addr: any,
            api_addr: any,
            edge_url: String::new(),
            script_path: String::new(),
            integrity: None,
            key: String::new(),
            dashboard_url: String::new(),
        };
        let listeners = config.bind().await.expect("free ports");
        let (page, api) = (listeners.shop_origin(), listeners.api_origin());
        let (switches, stop) = (Switches::default(), Stop::new());
        let mut task = JoinSet::new();
        task.spawn(demo::serve(
            config,
            listeners,
            switches.clone(),
            stop.clone(),
        ));
        Self {
            page: page.expect("bound"),
            api: api.expect("bound"),
            switches,
            _stop: stop,
            _task: task,
        }
    }

    fn beacon(&self, number: u64, rows: &[Value]) -> Beacon {
        let start = Beacon::new(number).with("page", self.page.as_str());
        rows.iter().fold(start, |beacon, row| {
            let mut row = row.clone();
            row["to"] = json!(self.api);
            beacon.row(row)
        })
    }
}

fn settings(receiver: &Receiver, servers: &[&Server]) -> Settings {
    let list = |texts: Vec<&String>| json!(texts).to_string();
    let pages = list(servers.iter().map(|server| &server.page).collect());
    let apis = list(servers.iter().map(|server| &server.api).collect());
    let mut toml = format!(
        "[collector.limits]\nclient_rate = 10000\nclient_burst = 100000\nnetwork_bytes_burst = \"1GiB\"\n\
         [prober]\ndangerously_allow_private_networks = {apis}\nper_target_per_minute = 600\n\
         [alert]\ndangerously_allow_private_networks = true\n{}",
        receiver.webhook("oncall")
    );
    for (name, server) in ["attacked", "beside"].iter().zip(servers) {
        toml.push_str(&format!(
            "[[services]]\nname = \"{name}\"\nmatch = [{{ origin = \"{}\" }}]\n",
            server.api
        ));
    }
    for (name, ..) in APPS {
        toml.push_str(&format!(
            "[[apps]]\nname = \"{name}\"\nkeys = [\"{name}-key-1\"]\nquota = 100000\npage_origins = {pages}\n"
        ));
    }
    Settings::with_fixed_ports().behind_a_proxy().and(&toml)
}

/// What users of every network report: all is well, or the `broken` server blocks what it is asked.
fn honest(app: usize, round: u64, servers: &[&Server], broken: Option<&Server>) -> Vec<Visit> {
    let (name, networks, loads) = APPS[app];
    let mut visits = Vec::new();
    for load in 0..loads {
        for network in 0..networks {
            for server in servers {
                let number = 1_000_000 * (app as u64 + 1) + 10_000 * round + visits.len() as u64;
                let passed = [
                    json!({"at": -200, "ep": "/items", "st": 200, "n": 4}),
                    json!({"at": -150, "ep": "/cart/:id", "m": "PUT", "p": 1, "st": 204}),
                ];
                let blocked = [
                    json!({"at": -100, "ep": "/items", "o": "blocked", "stage": "response", "cf": "proven"}),
                ];
                let fails = broken.is_some_and(|broken| broken.api == server.api);
                let rows = if fails { &blocked[..] } else { &passed[..] };
                let from = Ipv4Addr::new(10, 1, network, u8::try_from(load).expect("few") + 1);
                visits.push(visit(name, from, server.beacon(number, rows)));
            }
        }
    }
    visits
}

/// Every kind of lie, each at first as a success: a question that passed before and does not any more is believed
/// soonest. Every page load reports once.
fn forged(app: usize, server: &Server) -> Vec<Visit> {
    let (name, ..) = APPS[app];
    let lies = |n: u64| {
        let made_up = format!("/internal/{}", n % 7);
        [
            // Works for everybody else.
            json!({"ep": "/items", "o": "blocked", "stage": "response", "cf": "proven"}),
            // The server indeed allows neither: a replay shows what is claimed.
            json!({"ep": "/cart/:id", "m": "PUT", "p": 1, "o": "blocked", "stage": "preflight", "cf": "proven", "by": "x-forged"}),
            json!({"ep": "/items", "m": "DELETE", "p": 1, "o": "blocked", "stage": "preflight", "cf": "proven"}),
            // Nobody else asks there.
            json!({"ep": made_up, "o": "blocked", "stage": "response", "cf": "proven"}),
            json!({"ep": "/orders", "c": 1, "o": "blocked", "stage": "response", "cf": "proven"}),
            json!({"ep": "/items", "o": "unknown"}),
            json!({"ep": "/items", "k": "header_read", "o": "blocked", "by": "x-forged"}),
        ]
    };
    let one = |n: u64| {
        let of_kind = lies(n);
        let mut row = of_kind[n as usize % of_kind.len()].clone();
        // The first are successes half an hour ago, the rest lies up to now.
        if n < FORGED / 20 && row["o"] == "blocked" && row["k"].is_null() {
            row["st"] = json!(200);
            row["at"] = json!(-1_800_000 - 1_000 * (n as i64 % 600));
            for member in ["o", "stage", "cf"] {
                row.as_object_mut().expect("members").remove(member);
            }
        } else {
            row["at"] = json!(-100 - 1_000 * (n as i64 % 900));
        }
        let [a, b, c] = ATTACKER;
        let from = Ipv4Addr::new(a, b, c, (n % 250) as u8 + 1);
        let number = 100_000_000 * (app as u64 + 1) + n;
        visit(
            name,
            from,
            server.beacon(number, &[row]).with("rel", "6.6.6"),
        )
    };
    (0..FORGED).map(one).collect()
}

fn visit(app: &str, from: Ipv4Addr, beacon: Beacon) -> Visit {
    Visit {
        key: format!("{app}-key-1"),
        from,
        beacon,
    }
}

/// Honest visits among the forged, evenly.
fn among(forged: Vec<Visit>, honest: Vec<Visit>) -> Vec<Visit> {
    let every = forged.len() / honest.len().max(1) + 1;
    let mut honest = honest.into_iter();
    let mut all = Vec::new();
    for (n, visit) in forged.into_iter().enumerate() {
        if n % every == 0 {
            all.extend(honest.next());
        }
        all.push(visit);
    }
    all.extend(honest);
    all
}

/// The lies about what the server does not allow were tried, and are true of the server.
async fn lies_are_replayed(private: &Http) {
    for (app, ..) in APPS {
        eventually("the lies are replayed", async || -> Result<()> {
            let all = private
                .json(&format!("/api/v1/diagnoses?app={app}"))
                .await?;
            let all = all["diagnoses"].as_array().context("a list")?;
            let shown =
                |one: &&Value| one["result"] == "reproduced" && one["headers"] == "x-forged";
            ensure!(all.iter().any(|one| shown(&one)), "not in {all:#?}");
            Ok(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_forged_beacons_of_one_network_page_nobody_and_an_outage_beside_them_does() {
    let (attacked, beside) = (Server::start().await, Server::start().await);
    let servers = [&attacked, &beside];
    let receiver = Receiver::start().await;
    let data = tempfile::tempdir().expect("a directory");
    let product = Product::start(data.path(), &settings(&receiver, &servers)).await;
    let visitors = Visitors::of(&product.edge);
    for (app, (name, ..)) in APPS.iter().enumerate() {
        visitors.come(honest(app, 0, &servers, None)).await;
        let (taken, limited) = visitors
            .come(among(
                forged(app, &attacked),
                honest(app, 1, &servers, None),
            ))
            .await;
        println!("{name}: {taken} taken, {limited} over their rate");
        assert!(taken as u64 > FORGED, "the edge takes what is forged");
    }
    lies_are_replayed(&product.private).await;

    beside
        .switches
        .set(BTreeSet::from([Failure::MissingHeader]));
    for app in 0..APPS.len() {
        visitors.come(honest(app, 2, &servers, Some(&beside))).await;
    }
    let pages = eventually("the outage pages", async || {
        let pages = receiver.told("page");
        ensure!(!pages.is_empty(), "{:#?}", receiver.messages());
        Ok(pages)
    })
    .await;
    let incidents = incidents(&product.private).await.expect("incidents");
    let of = |pages: &[Value]| -> Vec<String> {
        let target = |page: &Value| {
            page["target_origin"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        pages.iter().map(target).collect()
    };
    assert_eq!(
        of(&pages),
        *std::slice::from_ref(&beside.api),
        "{pages:#?} {incidents:#?}"
    );
    let paged: Vec<Value> = incidents
        .iter()
        .filter(|one| one["severity"] == "page")
        .cloned()
        .collect();
    assert_eq!(
        of(&paged),
        *std::slice::from_ref(&beside.api),
        "{incidents:#?}"
    );
    assert_eq!(paged[0]["cause"], "MissingAllowOriginHeader", "{paged:#?}");
}

async fn incidents(private: &Http) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    for (app, ..) in APPS {
        let of_app = private
            .json(&format!("/api/v1/incidents?app={app}"))
            .await?;
        for one in of_app["incidents"].as_array().context("a list")? {
            if !all.iter().any(|known: &Value| known["id"] == one["id"]) {
                all.push(one.clone());
            }
        }
    }
    Ok(all)
}
