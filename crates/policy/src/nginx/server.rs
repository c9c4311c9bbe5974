//! Servers, and which of them a host belongs to (`ngx_http_find_virtual_server`).

use std::sync::Arc;

use fancy_regex::Regex;

use super::code::{Code, Level, compile};
use super::conf::{Below, Conf};
use super::location::{Location, read_all};
use super::text::{Case, regex};
use super::tree::Directive;
use crate::doubt::Doubt;
use crate::place::{Problem, SourceLocation, problem};

/// A `server` block.
#[derive(Debug)]
pub(crate) struct Server {
    ports: Vec<u16>,
    is_default: bool,
    names: Vec<Name>,
    pub(crate) conf: Arc<Conf>,
    pub(crate) codes: Vec<Code>,
    pub(crate) locations: Vec<Location>,
    pub(crate) place: SourceLocation,
}

#[derive(Debug)]
enum Name {
    Exact(String),
    /// `*.example.com`: the end with its dot.
    Head(String),
    /// `www.*`: the beginning with its dot.
    Tail(String),
    Regex(Box<Regex>),
    /// `_` and the empty name: whoever is not named elsewhere.
    Catch,
}

/// How well a name fits; the smaller the better.
type Rank = (u8, std::cmp::Reverse<usize>);

impl Server {
    pub(crate) fn read(directive: &Directive, outer: &Conf, problems: &mut Vec<Problem>) -> Self {
        let inside = directive.inside();
        let mut conf = Conf::of(inside, outer, Below::Level, problems);
        conf.inherit_logins(inside, outer);
        let level = Level {
            conf: None,
            in_if: false,
        };
        let mut server = Self {
            ports: Vec::new(),
            is_default: false,
            names: Vec::new(),
            codes: compile(inside, level, problems),
            locations: read_all(inside, &conf, problems),
            conf: Arc::new(conf),
            place: directive.place.clone(),
        };
        for directive in inside {
            match directive.name.as_str() {
                "listen" => server.listen(directive),
                "server_name" => server.name(directive, problems),
                _ => {}
            }
        }
        if server.ports.is_empty() {
            server.ports.push(80);
        }
        if server.names.is_empty() {
            server.names.push(Name::Catch);
        }
        server
    }

    fn listen(&mut self, directive: &Directive) {
        let address = directive.arg(0);
        let port = address.rsplit_once(':').map_or(address, |(_, port)| port);
        match port.parse() {
            Ok(port) => self.ports.push(port),
            // An address alone.
            Err(_) if !address.starts_with("unix:") => self.ports.push(80),
            Err(_) => {}
        }
        let flags = directive.args.iter().skip(1);
        self.is_default |= flags
            .into_iter()
            .any(|flag| matches!(flag.as_str(), "default_server" | "default"));
    }

    fn name(&mut self, directive: &Directive, problems: &mut Vec<Problem>) {
        for name in &directive.args {
            let lower = name.to_ascii_lowercase();
            if let Some(expression) = name.strip_prefix('~') {
                match regex(expression, Case::Ignored) {
                    Ok(regex) => self.names.push(Name::Regex(Box::new(regex))),
                    Err(reason) => problem(problems, &directive.place, reason),
                }
            } else if name.is_empty() || name == "_" {
                self.names.push(Name::Catch);
            } else if let Some(rest) = lower.strip_prefix("*.") {
                self.names.push(Name::Head(format!(".{rest}")));
            } else if let Some(rest) = lower.strip_suffix(".*") {
                self.names.push(Name::Tail(format!("{rest}.")));
            } else if let Some(rest) = lower.strip_prefix('.') {
                self.names.push(Name::Exact(rest.to_owned()));
                self.names.push(Name::Head(lower));
            } else {
                self.names.push(Name::Exact(lower));
            }
        }
    }

    fn rank(&self, host: &str) -> Option<Rank> {
        let ranks = self.names.iter().filter_map(|name| {
            let (class, length, fits) = match name {
                Name::Exact(name) => (0, name.len(), name == host),
                Name::Head(end) => (
                    1,
                    end.len(),
                    host.ends_with(end.as_str()) && host.len() > end.len(),
                ),
                Name::Tail(start) => (2, start.len(), host.starts_with(start.as_str())),
                Name::Regex(regex) => (3, 0, regex.is_match(host).unwrap_or(false)),
                Name::Catch => return None,
            };
            fits.then_some((class, std::cmp::Reverse(length)))
        });
        ranks.min()
    }

    /// The regular expression by which a host is its own, whose named groups are variables.
    pub(crate) fn expression(&self, host: &str) -> Option<&Regex> {
        if !matches!(self.rank(host), Some((3, _))) {
            return None;
        }
        self.names.iter().find_map(|name| match name {
            Name::Regex(regex) if regex.is_match(host).unwrap_or(false) => Some(regex.as_ref()),
            _ => None,
        })
    }

    fn catches(&self) -> bool {
        self.is_default || self.names.iter().any(|name| matches!(name, Name::Catch))
    }

    /// Host names that it answers for; `None` stands for any.
    pub(crate) fn hosts(&self) -> Vec<Option<String>> {
        self.names
            .iter()
            .filter_map(|name| match name {
                Name::Exact(name) => Some(Some(name.clone())),
                Name::Head(end) => Some(Some(format!("any{end}"))),
                Name::Catch => Some(None),
                Name::Tail(_) | Name::Regex(_) => None,
            })
            .collect()
    }

    /// What stands in `$server_name`.
    pub(crate) fn first_name(&self) -> &str {
        match self.names.first() {
            Some(Name::Exact(name)) => name,
            _ => "",
        }
    }
}

/// Finds the server of a host and port: among those that listen there, or among all where none does,
/// as behind something that ends TLS.
pub(crate) fn find<'a>(
    servers: &'a [Server],
    host: &str,
    port: u16,
) -> Result<Option<&'a Server>, Doubt> {
    let there: Vec<&Server> = servers
        .iter()
        .filter(|server| server.ports.contains(&port))
        .collect();
    let listens = !there.is_empty();
    let candidates = if listens {
        there
    } else {
        servers.iter().collect()
    };
    let best = candidates
        .iter()
        .filter_map(|server| server.rank(host))
        .min();
    let Some(best) = best else {
        let default = candidates.iter().find(|server| server.is_default);
        let default = default.or_else(|| candidates.iter().find(|server| server.catches()));
        return Ok(default.copied());
    };
    let mut named = candidates
        .iter()
        .filter(|server| server.rank(host) == Some(best));
    let first = named.next().copied();
    // Of two with one name and port nginx takes the first; with different ports both are meant.
    match (listens, first, named.next()) {
        (false, Some(first), Some(second)) if first.ports != second.ports => Err(Doubt::at(
            format!("`{host}` is the name of two servers, and none listens on port {port}"),
            &second.place,
        )),
        _ => Ok(first),
    }
}
