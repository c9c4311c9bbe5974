//! `corswatch doctor`: the whole way of an installation, checked against its configuration. Every check has
//! a time limit, changes nothing, and says what to do; the one beacon that it sends is kept apart from
//! those of pages.

mod beacon;
mod clock;
mod finding;
mod local;
mod network;
mod running;
mod scope;
mod services;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::anyhow;
use futures::future::{join_all, join3};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use runtime::Clock;
use rustls::pki_types::UnixTime;

use self::finding::{Check, Finding, Report, Status, within};
use self::scope::{Part, covers};
use crate::api::{Client, Trust, token};
use crate::cli::{Api, Doctor, Format};
use crate::config::{Config, Examined, Role, reached_at};
use crate::exit::Failure;

/// Something failed.
const FAILED: u8 = 1;

/// Checks, and prints what was found.
pub(crate) fn run(args: &Doctor) -> Result<ExitCode, Failure> {
    let (config, mut found) = configuration(args);
    if let Some(config) = config {
        let runtime = tokio::runtime::Runtime::new().map_err(anyhow::Error::from)?;
        found.extend(runtime.block_on(examine(&config, args))?);
        // A resolver that does not answer holds a thread, which no one waits for.
        runtime.shutdown_background();
    }
    let report = Report::of(found);
    match args.format {
        Format::Text => report.print_text(),
        Format::Json => report.print_json()?,
    }
    Ok(ExitCode::from(if report.has_failed() { FAILED } else { 0 }))
}

/// The configuration, where it can be used, and what is to be said about it.
fn configuration(args: &Doctor) -> (Option<Config>, Vec<Finding>) {
    let about = args.config.as_ref().map_or_else(
        || "the defaults".to_owned(),
        |file| file.display().to_string(),
    );
    let problem = |problem: &settings::Problem| {
        Finding::failed(Check::Config, &about, problem.to_string())
            .so("write what the text says; everything else was not looked at")
    };
    let Examined {
        config,
        mut problems,
        warnings,
        ..
    } = match Config::examine(args.config.as_deref()) {
        Ok(examined) => examined,
        Err(Failure::Config(problems)) => return (None, problems.iter().map(problem).collect()),
        Err(failure) => {
            let found = format!("cannot be read: {failure:?}");
            return (None, vec![Finding::failed(Check::Config, &about, found)]);
        }
    };
    if let (Some(config), Some(role)) = (&config, args.role) {
        problems.extend(config.role_problems(role));
    }
    let mut found: Vec<Finding> = problems.iter().map(problem).collect();
    found.extend(
        warnings
            .iter()
            .map(|warning| Finding::warning(Check::Config, &about, warning.to_string())),
    );
    let config = config.filter(|_| problems.is_empty()).map(|mut config| {
        if let Some(data) = args.data.clone() {
            config.move_data_to(data);
        }
        config
    });
    if found.is_empty() {
        found.push(Finding::ok(Check::Config, &about, "no problems"));
    }
    (config, found)
}

/// Everything but the configuration itself. Checks that do not wait for each other run together.
async fn examine(config: &Config, args: &Doctor) -> Result<Vec<Finding>, Failure> {
    let limit = Duration::from_secs(args.timeout.into());
    let clock = Clock::system();
    let servers = scope::servers(config, args.role);
    let mut found = local::disks(config, args.role);
    found.extend(local::engine(config, args.role));
    found.extend(local::certificate(config, clock.now()));
    let names = join_all(servers.iter().map(async |server| {
        within(limit, Check::Dns, &server.address(), network::name(server)).await
    }));
    let now = u64::try_from(clock.now().seconds()).unwrap_or_default();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
    let certificates = join_all(servers.iter().map(async |server| {
        let work = network::certificate(server, now);
        within(limit, Check::Tls, &server.address(), work).await
    }));
    let endpoints = scope::receivers(config, args.role);
    let receivers = join_all(endpoints.iter().map(async |endpoint| {
        let work = running::receiver(config, endpoint);
        within(limit, Check::Receiver, &endpoint.receiver, work).await
    }));
    let (names, certificates, receivers) = join3(names, certificates, receivers).await;
    found.extend(names.into_iter().chain(certificates).flatten());
    found.extend(services(config, args.role, limit, &clock).await);
    found.extend(processes(config, args, limit, &clock).await?);
    found.extend(receivers.into_iter().flatten());
    Ok(found)
}

/// One that follows no redirect, and sends its token with every question.
fn client_of(
    trust: Trust<'_>,
    token: Option<&str>,
    limit: Duration,
) -> Result<reqwest::Client, Failure> {
    let mut headers = HeaderMap::new();
    if let Some(token) = token {
        let value = HeaderValue::try_from(format!("Bearer {token}"));
        let mut value = value.map_err(|_| anyhow!("the token is no text of a header"))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    let builder = trust.client(limit)?.default_headers(headers);
    let client = builder.redirect(reqwest::redirect::Policy::none()).build();
    Ok(client.map_err(anyhow::Error::from)?)
}

async fn services(
    config: &Config,
    role: Option<Role>,
    limit: Duration,
    clock: &Clock,
) -> Vec<Finding> {
    let mut found = Vec::new();
    if config.journal.kind == journal::Kind::Kafka && covers(role, Part::Kafka) {
        // It asks several questions, each within the limit.
        let brokers = &config.journal.kafka.brokers;
        let work = services::kafka(config, limit);
        found.extend(within(limit * 4, Check::Kafka, brokers, work).await);
    }
    if !config.store.url.is_empty() && covers(role, Part::Store) {
        let work = services::clickhouse(config, clock);
        found.extend(within(limit, Check::Clickhouse, &config.store.url, work).await);
    }
    found
}

/// The processes, and a beacon through all of them.
async fn processes(
    config: &Config,
    args: &Doctor,
    limit: Duration,
    clock: &Clock,
) -> Result<Vec<Finding>, Failure> {
    let edge = edge(config, args);
    let (api, trust) = api(config, args);
    let token = token(args.token_file.as_deref(), &args.token_env)?;
    let client = &client_of(Trust::Authorities(args.ca_file.as_deref()), None, limit)?;
    let api_client = &client_of(trust, token.as_deref(), limit)?;
    let role_client = &client_of(Trust::of_own(config), token.as_deref(), limit)?;
    let (is_edge, is_api) = (covers(args.role, Part::Edge), covers(args.role, Part::Api));
    let edge_work = async {
        match (&edge, is_edge) {
            (_, false) => Vec::new(),
            (Some(url), true) => {
                within(limit, Check::Edge, url, running::edge(client, url, clock)).await
            }
            (None, true) => vec![nowhere(Check::Edge, "collector.listen", "--edge")],
        }
    };
    let api_work = async {
        match (&api, is_api) {
            (_, false) => Vec::new(),
            (Some(url), true) => {
                let work = running::readiness(api_client, (Check::Api, url), url, clock);
                within(limit, Check::Api, url, work).await
            }
            (None, true) => vec![nowhere(Check::Api, "dashboard.listen", "--api")],
        }
    };
    let roles = running::roles(config, args.role);
    let roles = join_all(roles.iter().map(async |(name, address)| {
        role(
            config,
            (role_client, limit),
            (name, *address),
            args.role.is_some(),
            clock,
        )
        .await
    }));
    let (edges, apis, roles) = join3(edge_work, api_work, roles).await;
    let works = |found: &[Finding]| found.iter().all(|one| one.status != Status::Failed);
    let is_up = works(&edges) && works(&apis) && is_edge && is_api;
    let mut found: Vec<Finding> = [edges, apis].concat();
    found.extend(roles.into_iter().flatten());
    if args.no_beacon || args.role.is_some() {
        return Ok(found);
    }
    let (Some(edge), Some(api), true) = (&edge, &api, is_up) else {
        let text = "edge and API have to work first";
        found.push(Finding::skipped(Check::Beacon, "edge to API", text));
        return Ok(found);
    };
    let way = beacon::Way {
        http: client,
        edge,
        api: &Client::believing(
            trust,
            &Api {
                api: url::Url::parse(api).map_err(anyhow::Error::from)?,
                token_env: args.token_env.clone(),
                token_file: args.token_file.clone(),
                ca_file: args.ca_file.clone(),
            },
        )?,
        wait: Duration::from_secs(args.wait.into()),
    };
    let most = way.wait + limit * 2;
    let work = beacon::sent(config, &way, clock);
    found.extend(within(most, Check::Beacon, edge, work).await);
    Ok(found)
}

/// One that runs elsewhere is no failure, unless it was asked for.
async fn role(
    config: &Config,
    (client, limit): (&reqwest::Client, Duration),
    (name, address): (&str, std::net::SocketAddr),
    was_asked_for: bool,
    clock: &Clock,
) -> Vec<Finding> {
    let Some(url) = own(config.own_url(address)) else {
        return vec![nowhere(
            Check::Role,
            &format!("health.{name}"),
            "--role is of no use then;",
        )];
    };
    let about = format!("{name} at {url}");
    let is_there = tokio::time::timeout(limit, tokio::net::TcpStream::connect(address)).await;
    if !was_asked_for && !matches!(is_there, Ok(Ok(_))) {
        let text = format!("does not run on this machine; --role {name} expects it here");
        return vec![Finding::skipped(Check::Role, &about, text)];
    }
    let work = running::readiness(client, (Check::Role, &about), &url, clock);
    within(limit, Check::Role, &about, work).await
}

fn nowhere(check: Check, setting: &str, option: &str) -> Finding {
    let text = "the system chooses its port, which no one else knows";
    Finding::skipped(check, setting, text).so(format!("{option} names the address"))
}

/// Where the edge is: as was asked for, or on this machine, or where browsers reach it.
fn edge(config: &Config, args: &Doctor) -> Option<String> {
    let given = args
        .edge
        .as_ref()
        .map(|url| url.as_str().trim_end_matches('/').to_owned());
    let local = || own(reached_at("http", config.collector.listen));
    let public = || {
        config
            .public_edge()
            .filter(|_| !config.store.url.is_empty() && args.role.is_none())
    };
    given.or_else(public).or_else(local)
}

fn own(url: Option<url::Url>) -> Option<String> {
    url.map(|url| url.as_str().trim_end_matches('/').to_owned())
}

/// Where the API is, likewise, and whose certificate it may show.
fn api<'a>(config: &'a Config, args: &'a Doctor) -> (Option<String>, Trust<'a>) {
    let given = args.api.as_ref().map(url::Url::as_str);
    let people = Some(config.alert.external_url.as_str());
    let people =
        people.filter(|url| !url.is_empty() && !config.store.url.is_empty() && args.role.is_none());
    match given.or(people) {
        Some(url) => (
            Some(url.trim_end_matches('/').to_owned()),
            Trust::Authorities(args.ca_file.as_deref()),
        ),
        None => (
            own(config.own_url(config.dashboard.listen)),
            Trust::of_own(config),
        ),
    }
}
