//! nginx's configuration: what a server with it answers.
//!
//! What is followed: the choice of server and location, the rewrite module (`if`, `set`, `return`,
//! `rewrite`, `break`), `map`, `add_header` with its inheritance and `always`, headers-more,
//! `limit_except`, logins, files and upstreams. What could change an answer and is not followed makes
//! the answer unknown, with its line.

mod answer;
mod code;
mod conf;
mod location;
mod lost;
mod map;
mod run;
mod server;
mod text;
mod token;
mod tree;
mod value;
mod words;

use std::collections::{HashMap, HashSet};

use self::code::{Code, Condition, Wanted};
use self::conf::{Below, Conf};
use self::location::Location;
use self::map::Map;
use self::server::Server;
use self::text::Part;
pub(crate) use self::text::{Case, regex};
pub(crate) use self::tree::Directive;
use crate::ask::Ask;
use crate::form::Answers;
use crate::grant::{Grant, Kind};
use crate::place::{EntryUrl, Problem, problem};
use crate::prediction::{Prediction, Upstream};
use crate::source::Source;

/// Everything that a file says.
#[derive(Debug)]
pub(crate) struct Config {
    servers: Vec<Server>,
    maps: HashMap<String, Map>,
    /// Variables that are set somewhere: elsewhere they are empty.
    declared: HashSet<String>,
    grants: Vec<Grant>,
}

/// Reads a whole configuration, what stands in `http`, what stands in `server`, or what stands in
/// `location`: a piece is taken for the one server that everything meets.
pub(crate) fn read(source: &Source<'_>, problems: &mut Vec<Problem>) -> Config {
    let directives = tree::read(source, problems);
    of(&directives, problems)
}

/// The directives of a piece.
pub(crate) fn directives(source: &Source<'_>, problems: &mut Vec<Problem>) -> Vec<Directive> {
    tree::read(source, problems)
}

/// The same from directives.
pub(crate) fn of(directives: &[Directive], problems: &mut Vec<Problem>) -> Config {
    let http: Vec<Directive> = match directives.iter().find(|directive| directive.name == "http") {
        Some(http) => http.inside().to_vec(),
        None => directives.to_vec(),
    };
    let mut config = Config {
        servers: Vec::new(),
        maps: HashMap::new(),
        declared: HashSet::new(),
        grants: Vec::new(),
    };
    declare(&http, &mut config.declared);
    for directive in http.iter().filter(|directive| directive.name == "map") {
        match Map::read(directive, problems) {
            Ok((name, map)) => {
                config.grants.extend(map.origins());
                config.maps.insert(name, map);
            }
            Err(reason) => problem(problems, &directive.place, reason),
        }
    }
    let servers: Vec<&Directive> = http
        .iter()
        .filter(|directive| directive.name == "server")
        .collect();
    if servers.is_empty() {
        config.servers.extend(piece(&http, problems));
    } else {
        let conf = Conf::of(&http, &Conf::default(), Below::Level, problems);
        let servers = servers
            .iter()
            .map(|server| Server::read(server, &conf, problems));
        config.servers = servers.collect();
    }
    let mut grants = Vec::new();
    for server in &config.servers {
        granted(&config.maps, &server.conf, &server.codes, &mut grants);
        for location in &server.locations {
            granted_in(&config.maps, location, &mut grants);
        }
    }
    config.grants.extend(grants);
    config
}

/// Finds every variable that some `set` or the name of a group sets.
fn declare(directives: &[Directive], declared: &mut HashSet<String>) {
    for directive in directives {
        if directive.name == "set"
            && let Some(name) = directive.arg(0).strip_prefix('$')
        {
            declared.insert(name.to_ascii_lowercase());
        }
        for word in directive.args.iter().chain([&directive.name]) {
            let groups = word.split("(?<").chain(word.split("(?P<")).skip(1);
            let names = groups.filter_map(|rest| rest.split_once('>'));
            declared.extend(names.map(|(name, _)| name.to_ascii_lowercase()));
        }
        declare(directive.inside(), declared);
    }
}

/// What a piece leaves to the configuration around it.
const ELSEWHERE: &str = "the rest of the server";

/// A piece of a server, or of a location in one.
fn piece(directives: &[Directive], problems: &mut Vec<Problem>) -> Option<Server> {
    const OF_SERVER: [&str; 7] = [
        "location",
        "if",
        "return",
        "add_header",
        "rewrite",
        "set",
        "more_set_headers",
    ];
    let first = directives
        .iter()
        .find(|directive| OF_SERVER.contains(&directive.name.as_str()))?;
    let place = &first.place;
    let block = |name: &str, args: &[&str], inside: Vec<Directive>| Directive {
        name: name.to_owned(),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        block: Some(inside),
        place: place.clone(),
    };
    let elsewhere = Directive {
        block: None,
        ..block("proxy_pass", &[ELSEWHERE], Vec::new())
    };
    // An `if` with headers stands in a location.
    let in_location = directives.iter().any(|directive| {
        let mut inside = directive.inside().iter();
        let sets =
            |inner: &Directive| matches!(inner.name.as_str(), "add_header" | "more_set_headers");
        directive.name.ends_with("_pass") || (directive.name == "if" && inside.any(sets))
    });
    let passes_on = directives
        .iter()
        .any(|directive| directive.name.ends_with("_pass"));
    let has_root = directives
        .iter()
        .any(|directive| directive.name == "location" && directive.arg(0) == "/");
    let of_piece = directives
        .iter()
        .filter(|directive| directive.name != "map");
    let mut own: Vec<Directive> = of_piece.cloned().collect();
    if in_location {
        if !passes_on {
            own.push(elsewhere);
        }
        own = vec![block("location", &["/"], own)];
    } else if !has_root {
        own.push(block("location", &["/"], vec![elsewhere]));
    }
    Some(Server::read(
        &block("server", &[], own),
        &Conf::default(),
        problems,
    ))
}

type Maps = HashMap<String, Map>;

fn granted_in(maps: &Maps, location: &Location, grants: &mut Vec<Grant>) {
    granted(maps, &location.conf, &location.codes, grants);
    for inner in &location.inner {
        granted_in(maps, inner, grants);
    }
}

fn granted(maps: &Maps, conf: &Conf, codes: &[Code], grants: &mut Vec<Grant>) {
    let added = conf
        .added
        .iter()
        .map(|added| (&added.name, &added.value, &added.place));
    let more = conf
        .more
        .iter()
        .map(|more| (&more.name, &more.value, &more.place));
    for (name, value, place) in added.chain(more) {
        if let ([Part::Variable(variable)], Some(kind)) =
            (value.0.as_slice(), Kind::of_header(name))
        {
            grants.extend(
                maps.get(variable)
                    .into_iter()
                    .flat_map(|map| map.lists(kind)),
            );
        }
        let Some(value) = value.literal() else {
            continue;
        };
        match Kind::of_header(name) {
            Some(kind) => grants.extend(Grant::list(kind, value, place)),
            None if name.eq_ignore_ascii_case("access-control-allow-origin") => {
                grants.push(Grant {
                    kind: Kind::Origin,
                    value: value.to_owned(),
                    place: place.clone(),
                })
            }
            None => {}
        }
    }
    for code in codes {
        if let Code::If(condition, conf, codes, place) = code {
            let origin = match condition {
                Condition::Equal(_, value, Wanted::Yes) => value.literal().map(str::to_owned),
                Condition::Fits(_, regex, Wanted::Yes) => Some(format!("~*{}", regex.as_str())),
                _ => None,
            };
            let origin = origin.filter(|origin| origin.contains("://") || origin.contains("http"));
            grants.extend(origin.map(|value| Grant {
                kind: Kind::Origin,
                value,
                place: place.clone(),
            }));
            if let Some(conf) = conf {
                granted(maps, conf, codes, grants);
            }
        }
    }
}

impl Config {
    /// Says which origins are allowed by some lines, where that is known better than from regular expressions.
    pub(crate) fn let_in(&mut self, origins: Vec<Grant>) {
        let is_known = |grant: &Grant| origins.iter().any(|origin| origin.place == grant.place);
        self.grants
            .retain(|grant| grant.kind != Kind::Origin || !is_known(grant));
        self.grants.extend(origins);
    }
}

impl Answers for Config {
    fn answer(&self, ask: &Ask<'_>, upstream: &Upstream) -> Prediction {
        answer::answer(self, ask, upstream)
    }

    fn grants(&self) -> Vec<Grant> {
        self.grants.clone()
    }

    fn doors(&self) -> Vec<EntryUrl> {
        let mut doors = Vec::new();
        for server in &self.servers {
            let mut paths = Vec::new();
            collect(&server.locations, &mut paths);
            if paths.is_empty() {
                paths.push(("/".to_owned(), server.place.clone()));
            }
            for host in server.hosts() {
                doors.extend(paths.iter().map(|(path, place)| EntryUrl {
                    host: host.clone(),
                    path: path.clone(),
                    place: place.clone(),
                }));
            }
        }
        doors
    }
}

fn collect(locations: &[Location], paths: &mut Vec<(String, crate::place::SourceLocation)>) {
    for location in locations {
        if let Some(path) = location.path() {
            paths.push((path, location.place.clone()));
        }
        collect(&location.inner, paths);
    }
}
