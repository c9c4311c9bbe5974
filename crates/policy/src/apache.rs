//! Apache httpd: `Header`, `SetEnvIf`, `RewriteRule` and the sections around them.
//!
//! Facts from the documentation of mod_headers, mod_setenvif, mod_rewrite and "Configuration Sections"
//! (2.4), and from apache/httpd: `modules/metadata/mod_headers.c` keeps two tables, of which errors
//! and redirects of the server's own send only that of `always`; `modules/http/http_request.c`
//! (`ap_die`) and `http_protocol.c` (`ap_send_error_response`) say which answers those are.

mod condition;
mod directive;
mod header;
mod order;
mod rewrite;
mod run;
mod section;
mod write;

use self::directive::Directive;
use self::section::Section;
use crate::ask::Ask;
use crate::form::Answers;
use crate::grant::{Grant, Kind};
use crate::place::{EntryUrl, Problem, SourceLocation};
use crate::prediction::{Prediction, Upstream};
use crate::source::Source;

/// The configuration of a file.
#[derive(Debug)]
pub(crate) struct Config {
    /// What stands outside of virtual hosts.
    main: Section,
    hosts: Vec<Host>,
    place: SourceLocation,
}

#[derive(Debug)]
struct Host {
    names: Vec<String>,
    port: Option<u16>,
    section: Section,
    place: SourceLocation,
}

pub(crate) fn read(source: &Source<'_>, problems: &mut Vec<Problem>) -> Config {
    let directives = directive::read(source, problems);
    let (hosts, main): (Vec<Directive>, Vec<Directive>) = directives
        .into_iter()
        .partition(|one| one.is_section("VirtualHost"));
    let level = if source.name.ends_with(".htaccess") {
        section::Level::Folder
    } else {
        section::Level::Server
    };
    let hosts = hosts.iter().map(|one| Host::read(one, problems)).collect();
    Config {
        main: Section::read(&main, level, problems),
        hosts,
        place: source.place(1),
    }
}

impl Host {
    fn read(directive: &Directive, problems: &mut Vec<Problem>) -> Self {
        let mut names = Vec::new();
        for inner in &directive.inside {
            if inner.is("ServerName") || inner.is("ServerAlias") {
                names.extend(inner.args.iter().map(|name| bare(name)));
            }
        }
        let port = directive
            .args
            .first()
            .and_then(|address| address.rsplit_once(':'));
        Self {
            names,
            port: port.and_then(|(_, port)| port.parse().ok()),
            section: Section::read(&directive.inside, section::Level::Server, problems),
            place: directive.place.clone(),
        }
    }

    fn fits(&self, ask: &Ask<'_>) -> bool {
        let host = ask.host();
        let by_name = self.names.iter().any(|name| match name.strip_prefix("*.") {
            Some(end) => host
                .strip_suffix(end)
                .is_some_and(|rest| rest.ends_with('.')),
            None => name == host,
        });
        by_name || self.names.is_empty()
    }
}

/// A name without scheme and port.
fn bare(name: &str) -> String {
    let name = name.split_once("://").map_or(name, |(_, rest)| rest);
    let name = name.rsplit_once(':').map_or(name, |(name, _)| name);
    name.to_ascii_lowercase()
}

impl Answers for Config {
    fn answer(&self, ask: &Ask<'_>, upstream: &Upstream) -> Prediction {
        let mut sections = vec![&self.main];
        let mut place = &self.place;
        if !self.hosts.is_empty() {
            let port = ask.url.port_or_known_default();
            let fitting: Vec<&Host> = self.hosts.iter().filter(|host| host.fits(ask)).collect();
            let by_port = fitting.iter().find(|host| host.port == port);
            // Another port is often mapped in front.
            let Some(host) = by_port.or(fitting.first()) else {
                return Prediction::Uncovered;
            };
            sections.push(&host.section);
            place = &host.place;
        }
        match run::Run::new(ask, upstream, &sections).go(place) {
            Ok(predicted) => Prediction::Response(predicted),
            Err(doubt) => doubt.into(),
        }
    }

    fn grants(&self) -> Vec<Grant> {
        let mut grants = Vec::new();
        let sections =
            std::iter::once(&self.main).chain(self.hosts.iter().map(|host| &host.section));
        for section in sections {
            section.each(&mut |section| granted(section, &mut grants));
        }
        grants
    }

    fn doors(&self) -> Vec<EntryUrl> {
        let mut doors = Vec::new();
        let mut of = |host: Option<String>, section: &Section, place: &SourceLocation| {
            let mut paths = vec![("/".to_owned(), place.clone())];
            section.each(&mut |inner| paths.extend(inner.path()));
            doors.extend(paths.into_iter().map(|(path, place)| EntryUrl {
                host: host.clone(),
                path,
                place,
            }));
        };
        if self.hosts.is_empty() {
            of(None, &self.main, &self.place);
        }
        for host in &self.hosts {
            for name in &host.names {
                of(Some(name.replace("*.", "any.")), &host.section, &host.place);
            }
        }
        doors
    }
}

fn granted(section: &Section, grants: &mut Vec<Grant>) {
    for header in &section.headers {
        match Kind::of_header(&header.name) {
            Some(kind) => grants.extend(Grant::list(kind, &header.value, &header.place)),
            None if header
                .name
                .eq_ignore_ascii_case("access-control-allow-origin")
                && !header.value.contains('%')
                && header.action.gives() =>
            {
                grants.extend(Grant::list(Kind::Origin, &header.value, &header.place));
            }
            None => {}
        }
    }
    for setting in &section.settings {
        grants.extend(setting.origins().into_iter().map(|value| Grant {
            kind: Kind::Origin,
            value,
            place: setting.place.clone(),
        }));
    }
}
