//! The configuration that `explain --fix-for` prints, written unchanged into the file of the server that it is
//! meant for: what a real Chromium was refused it gets afterwards, and a stranger's page does not.

#[path = "fixes/scenarios.rs"]
mod scenarios;

use std::fmt::Write as _;

use browse::{
    Addresses, BrowsePolicy, Client, Limits, Methods, Names, TargetPolicy, Values, browse,
};
use cors::{Exchange, Request, RequestParts, Ruling};
use corswatch_tests::tower::{self, App};
use corswatch_tests::{Application, Content, Kind, WebServer};
use explain::fix::{FixTarget, Platform, Policy, snippet};
use futures::future::join_all;
use scenarios::{Scenario, Site};
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::{checkout, node};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use web::{OriginPattern, Schemes};

/// A page that no server is to let read.
const STRANGER: &str = "http://evil.test";

/// What the page asks of a server at `base`.
fn request(scenario: &Scenario, base: &str) -> Request {
    let url = format!("{base}{}", scenario.path);
    let parts = RequestParts {
        page_origin: scenario.page,
        url: &url,
        method: scenario.method,
        mode: cors::Mode::Cors,
        credentials: scenario.credentials,
        headers: scenario.headers.iter().copied().collect(),
    };
    Request::new(parts).expect("a request")
}

/// What the server answers before it is mended.
async fn recorded(scenario: &Scenario, base: &str) -> Exchange {
    let rule = OriginPattern::read(base, Schemes::Web).expect("an origin");
    let policy = TargetPolicy::default().allow(rule, Addresses::Private);
    let client = Client::new(policy, Names::default(), Limits::default());
    let manner = BrowsePolicy {
        methods: Methods::Any,
        values: Values::Known,
    };
    browse(&client, &request(scenario, base), manner)
        .await
        .exchange
}

/// A scenario with what is printed for it.
struct Mended {
    scenario: &'static Scenario,
    /// For the server's file.
    text: String,
    /// The request after what the page is told to change.
    request: Request,
}

fn mend(scenario: &'static Scenario, platform: Platform, exchange: &Exchange) -> Mended {
    let verdict = explain::recorded(exchange);
    let name = scenario.name;
    let ruling = verdict.judgement.ruling;
    assert_eq!(
        ruling,
        Ruling::Blocked,
        "{platform:?}, {name}: {exchange:#?}"
    );
    let policy = Policy::of(exchange, &verdict.judgement).expect("an origin");
    let mut changed = exchange.clone();
    let of_page =
        |fix: &&explain::fix::Fix| fix.on == FixTarget::Page && !fix.change.starts_with("Or");
    for fix in verdict.fix.iter().filter(of_page) {
        fix.apply(&mut changed).expect("a change of the page");
    }
    Mended {
        scenario,
        text: snippet(platform, &policy),
        request: changed.request,
    }
}

/// How a request ended in the browser.
#[derive(Deserialize)]
struct Seen {
    ok: bool,
    error: Option<String>,
}

/// Requests for the browser, each to a host of its own.
struct Plan {
    folder: tempfile::TempDir,
    hosts: String,
    requests: Vec<Value>,
}

impl Plan {
    fn new(pages: u16) -> Self {
        Self {
            folder: tempfile::tempdir().expect("a directory"),
            hosts: format!("app.test={pages},evil.test={pages}"),
            requests: Vec::new(),
        }
    }

    fn add(&mut self, page: &str, request: &Request, port: u16) {
        let host = format!("s{}.test", self.requests.len());
        write!(self.hosts, ",{host}={port}").expect("written");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers: Vec<_> = request
            .headers()
            .iter()
            .map(|(name, value)| [name.clone(), text(value)])
            .collect();
        self.requests.push(json!({
            "page_origin": page,
            "url": format!("http://{host}{}", request.url().path()),
            "method": request.method(),
            "credentials": request.credentials(),
            "headers": headers,
        }));
    }

    fn run(&self) -> Vec<Seen> {
        let file = self.folder.path().join("requests.json");
        std::fs::write(&file, json!(self.requests).to_string()).expect("written");
        let file = file.to_str().expect("a path of ASCII");
        let seen = node::json(
            "tests/browser/requests.mjs",
            &[node::chromium(), &self.hosts, file],
        );
        serde_json::from_value(seen).expect("what was seen")
    }
}

/// The server of a kind, before its application or with answers of its own.
async fn start(kind: Kind, scenario: &Scenario, text: &str, pages: u16) -> WebServer {
    let content = match (kind, scenario.site) {
        (Kind::Express | Kind::FastApi, _) => Content::Own,
        (_, Site::Login) => Content::BehindLogin(pages),
        _ => Content::Behind(pages),
    };
    WebServer::with(kind, text, content).await
}

/// A scenario's server before and after: what the browser may and may not read.
struct Trial<'a> {
    mended: &'a Mended,
    before: u16,
    after: u16,
}

/// Asks all servers in one browser: before, after, and after from a page that no one allowed.
fn check(platform: Platform, pages: u16, trials: &[Trial<'_>]) {
    let mut plan = Plan::new(pages);
    for trial in trials {
        let (scenario, after) = (trial.mended.scenario, &trial.mended.request);
        let before = request(scenario, "http://before.test");
        plan.add(scenario.page, &before, trial.before);
        plan.add(scenario.page, after, trial.after);
        plan.add(STRANGER, after, trial.after);
    }
    let seen = plan.run();
    let mut wrong = String::new();
    for (trial, seen) in trials.iter().zip(seen.chunks(3)) {
        let passed = [seen[0].ok, seen[1].ok, seen[2].ok];
        if passed != [false, true, false] {
            let (name, text) = (trial.mended.scenario.name, &trial.mended.text);
            let errors: Vec<_> = seen.iter().map(|seen| seen.error.as_deref()).collect();
            write!(wrong, "{name}: {passed:?} {errors:?}\n{text}\n").expect("written");
        }
    }
    assert!(
        wrong.is_empty(),
        "{platform:?} (before, after, a stranger):\n{wrong}"
    );
    assert!(trials.len() >= 16, "{platform:?}: {}", trials.len());
}

/// Starts the server of each scenario as it is, and again with what is printed for what it does.
async fn each_is_mended(kind: Kind, platform: Platform) {
    let application = Application::start().await;
    let pages = application.port;
    let chosen: Vec<_> = scenarios::of(Some(kind)).collect();
    let before = join_all(chosen.iter().map(async |scenario| {
        let piece = scenario.piece(kind);
        start(kind, scenario, piece, pages).await
    }))
    .await;
    let mut mended = Vec::new();
    for (scenario, server) in chosen.iter().zip(&before) {
        let exchange = recorded(scenario, &server.base).await;
        mended.push(mend(scenario, platform, &exchange));
    }
    let after = join_all(
        mended
            .iter()
            .map(async |mended| start(kind, mended.scenario, &mended.text, pages).await),
    )
    .await;
    let trials: Vec<_> = mended
        .iter()
        .zip(before.iter().zip(&after))
        .map(|(mended, (before, after))| Trial {
            mended,
            before: before.port(),
            after: after.port(),
        })
        .collect();
    check(platform, pages, &trials);
}

#[tokio::test]
async fn what_is_printed_for_nginx_mends_each() {
    each_is_mended(Kind::Nginx, Platform::Nginx).await;
}

#[tokio::test]
async fn what_is_printed_for_caddy_mends_each() {
    each_is_mended(Kind::Caddy, Platform::Caddy).await;
}

#[tokio::test]
async fn what_is_printed_for_apache_mends_each() {
    each_is_mended(Kind::Apache, Platform::Apache).await;
}

#[tokio::test]
async fn what_is_printed_for_haproxy_mends_each() {
    each_is_mended(Kind::HaProxy, Platform::HaProxy).await;
}

#[tokio::test]
async fn what_is_printed_for_traefik_mends_each() {
    each_is_mended(Kind::Traefik, Platform::Traefik).await;
}

#[tokio::test]
async fn what_is_printed_for_envoy_mends_each() {
    each_is_mended(Kind::Envoy, Platform::Envoy).await;
}

#[tokio::test]
async fn what_is_printed_for_express_mends_each() {
    each_is_mended(Kind::Express, Platform::Express).await;
}

#[tokio::test]
async fn what_is_printed_for_fastapi_mends_each() {
    each_is_mended(Kind::FastApi, Platform::FastApi).await;
}

/// The source of `tests/src/tower/printed.rs`: each text as it is printed, in a function of its own.
fn source(mended: &[Mended]) -> String {
    let mut text = String::from(
        "//! What `explain --fix-for tower-http` prints for each scenario, as it is: written by\n\
         //! `UPDATE_PRINTED=1 cargo test --workspace --test fixes tower`.\n\
         #![allow(clippy::all, clippy::pedantic)]\n\nuse super::App;\n",
    );
    for (n, mended) in mended.iter().enumerate() {
        let (name, printed) = (mended.scenario.name, &mended.text);
        write!(
            text,
            "\n// {name}\n#[rustfmt::skip]\nfn number_{n}(app: App) -> App {{\n{printed}app\n}}\n"
        )
        .expect("written");
    }
    let names: Vec<_> = (0..mended.len()).map(|n| format!("number_{n}")).collect();
    write!(
        text,
        "\n/// The functions, in the order of the scenarios.\n#[rustfmt::skip]\npub const ALL: [fn(App) -> App; {}] = [{}];\n",
        names.len(),
        names.join(", ")
    )
    .expect("written");
    text
}

/// Serves an application until the tasks are dropped.
async fn serve(app: App, tasks: &mut JoinSet<()>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tasks.spawn(app.serve(listener));
    port
}

// The application runs here while the browser is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_for_tower_http_is_what_is_compiled_here_and_mends_each() {
    let application = Application::start().await;
    let pages = application.port;
    let mut tasks = JoinSet::new();
    let before = serve(App::default(), &mut tasks).await;
    let mut mended = Vec::new();
    for scenario in scenarios::of(None) {
        let exchange = recorded(scenario, &format!("http://127.0.0.1:{before}")).await;
        mended.push(mend(scenario, Platform::TowerHttp, &exchange));
    }
    let source = source(&mended);
    if std::env::var_os("UPDATE_PRINTED").is_some() {
        let file = checkout::root().join("tests/src/tower/printed.rs");
        std::fs::write(file, source).expect("written");
        return;
    }
    let compiled = include_str!("../src/tower/printed.rs");
    assert_eq!(compiled, source, "run the test with UPDATE_PRINTED=1");
    let mut trials = Vec::new();
    for (mended, configure) in mended.iter().zip(tower::printed::ALL) {
        let after = serve(configure(App::default()), &mut tasks).await;
        trials.push(Trial {
            mended,
            before,
            after,
        });
    }
    check(Platform::TowerHttp, pages, &trials);
}
