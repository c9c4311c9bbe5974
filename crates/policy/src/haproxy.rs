//! HAProxy's configuration: rules of frontends and backends in order, ACLs, captures and variables.
//!
//! Facts from the configuration manual (2.6): sections 4.2 (`http-request`, `http-response`,
//! `http-after-response`), 7 (ACLs and samples, and in which of them a sample is available), and from
//! haproxy/haproxy, `src/http_ana.c` for the order in which rules of backends and frontends are run.

mod condition;
mod read;
mod rule;
mod run;
mod sample;

use self::condition::Acl;
use self::rule::{Rule, Switch};
use crate::ask::Ask;
use crate::doubt::Doubt;
use crate::form::Answers;
use crate::grant::{Grant, Kind};
use crate::place::{EntryUrl, SourceLocation};
use crate::prediction::{Prediction, Upstream};

pub(crate) use self::read::read;

/// The proxies of a file.
#[derive(Debug, Default)]
pub(crate) struct Config {
    proxies: Vec<Proxy>,
}

/// What a proxy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Frontend,
    Backend,
    Listen,
}

/// A frontend, a backend, or both in one.
#[derive(Debug)]
struct Proxy {
    role: Role,
    name: String,
    ports: Vec<u16>,
    acls: Vec<Acl>,
    request: Vec<Rule>,
    response: Vec<Rule>,
    after: Vec<Rule>,
    /// Names of headers by their slot.
    captures: Vec<String>,
    switches: Vec<Switch>,
    default: Option<(String, SourceLocation)>,
    has_server: bool,
    place: SourceLocation,
}

impl Config {
    fn frontend(&self, ask: &Ask<'_>) -> Result<Option<&Proxy>, Doubt> {
        let takes = |one: &&Proxy| one.role != Role::Backend && !one.ports.is_empty();
        let all: Vec<&Proxy> = self.proxies.iter().filter(takes).collect();
        let port = ask.url.port_or_known_default().unwrap_or(80);
        let by_port = all.iter().find(|one| one.ports.contains(&port)).copied();
        if by_port.is_some() {
            return Ok(by_port);
        }
        match all.as_slice() {
            // Rules without a frontend are a piece of one.
            [] => Ok(self.proxies.first()),
            [only] => Ok(Some(only)),
            [first, ..] => {
                let reason =
                    format!("there are several frontends, and none is bound to the port {port}");
                Err(Doubt::at(reason, &first.place))
            }
        }
    }

    fn backend(&self, name: &str) -> Option<&Proxy> {
        let mut proxies = self.proxies.iter();
        proxies.find(|one| one.role != Role::Frontend && one.name == name)
    }
}

impl Answers for Config {
    fn answer(&self, ask: &Ask<'_>, upstream: &Upstream) -> Prediction {
        let frontend = match self.frontend(ask) {
            Ok(Some(frontend)) => frontend,
            Ok(None) => return Prediction::Uncovered,
            Err(doubt) => return doubt.into(),
        };
        run::Run::new(self, frontend, ask, upstream).go().into()
    }

    fn grants(&self) -> Vec<Grant> {
        let mut grants = Vec::new();
        for proxy in &self.proxies {
            for acl in &proxy.acls {
                grants.extend(acl.origins());
            }
            let rules = proxy
                .request
                .iter()
                .chain(&proxy.response)
                .chain(&proxy.after);
            for rule in rules {
                for acl in rule.condition.anonymous() {
                    grants.extend(acl.origins());
                }
                for (name, value) in rule.action.headers() {
                    match Kind::of_header(name) {
                        Some(kind) if !value.contains("%[") => {
                            grants.extend(Grant::list(kind, value, &rule.place));
                        }
                        None if name.eq_ignore_ascii_case("access-control-allow-origin")
                            && !value.contains('%') =>
                        {
                            grants.extend(Grant::list(Kind::Origin, value, &rule.place));
                        }
                        _ => {}
                    }
                }
            }
        }
        grants
    }

    fn doors(&self) -> Vec<EntryUrl> {
        let mut doors = Vec::new();
        for proxy in &self.proxies {
            let hosts: Vec<String> = proxy.acls.iter().flat_map(Acl::hosts).collect();
            let hosts: Vec<Option<String>> = if hosts.is_empty() {
                vec![None]
            } else {
                hosts.into_iter().map(Some).collect()
            };
            let mut paths: Vec<String> = proxy.acls.iter().flat_map(Acl::paths).collect();
            paths.push("/".to_owned());
            for host in hosts {
                doors.extend(paths.iter().map(|path| EntryUrl {
                    host: host.clone(),
                    path: path.clone(),
                    place: proxy.place.clone(),
                }));
            }
        }
        doors
    }
}
