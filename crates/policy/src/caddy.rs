//! Caddyfiles, and the JSON that they are translated to: sites, their directives in the order in which Caddy runs them, and matchers.
//!
//! Facts from caddyserver/caddy (v2.6): the order of directives and of their matchers from
//! `caddyconfig/httpcaddyfile/directives.go`, what `header` does and when from
//! `modules/caddyhttp/headers`, matchers from `modules/caddyhttp/matchers.go`, errors from
//! `modules/caddyhttp/server.go`.

pub(crate) mod json;
mod matcher;
mod read;
mod run;
mod step;
mod token;

use self::step::Step;
use crate::ask::Ask;
use crate::form::Answers;
use crate::grant::{Grant, Kind};
use crate::place::{EntryUrl, SourceLocation};
use crate::prediction::{Prediction, Upstream};

pub(crate) use self::read::read;

/// The sites of a file.
#[derive(Debug, Default)]
pub(crate) struct Sites(Vec<Site>);

#[derive(Debug)]
struct Site {
    addresses: Vec<Address>,
    steps: Vec<Step>,
    place: SourceLocation,
}

/// An address of a site; what it does not say fits everything.
#[derive(Debug, Default, PartialEq, Eq)]
struct Address {
    host: String,
    port: Option<u16>,
}

impl Address {
    fn fit(&self, ask: &Ask<'_>) -> Option<(u8, usize)> {
        if self.port.is_some() && self.port != ask.url.port_or_known_default() {
            return None;
        }
        let host = ask.host();
        match self.host.strip_prefix('*') {
            _ if self.host.is_empty() => Some((0, 0)),
            // One label.
            Some(end) => host
                .strip_suffix(end)
                .is_some_and(|label| !label.is_empty() && !label.contains('.'))
                .then_some((1, end.len())),
            None => self.host.eq_ignore_ascii_case(host).then_some((2, 0)),
        }
    }
}

impl Answers for Sites {
    fn answer(&self, ask: &Ask<'_>, upstream: &Upstream) -> Prediction {
        let rank = |site: &Site| site.addresses.iter().filter_map(|one| one.fit(ask)).max();
        let Some(best) = self.0.iter().filter_map(rank).max() else {
            return Prediction::Uncovered;
        };
        let mut sites = self.0.iter();
        match sites.find(|site| rank(site) == Some(best)) {
            Some(site) => run::Run::new(ask, upstream)
                .go(&site.steps, &site.place)
                .into(),
            None => Prediction::Uncovered,
        }
    }

    fn grants(&self) -> Vec<Grant> {
        let mut grants = Vec::new();
        for site in &self.0 {
            step::each(&site.steps, &mut |step| granted(step, &mut grants));
        }
        grants
    }

    fn doors(&self) -> Vec<EntryUrl> {
        let mut doors = Vec::new();
        for site in &self.0 {
            let mut paths = vec![("/".to_owned(), site.place.clone())];
            step::each(&site.steps, &mut |step| {
                paths.extend(
                    step.matcher
                        .paths()
                        .into_iter()
                        .map(|path| (path, step.place.clone())),
                );
            });
            for address in &site.addresses {
                let host = (!address.host.is_empty()).then(|| address.host.replace("*.", "any."));
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

fn granted(step: &Step, grants: &mut Vec<Grant>) {
    for value in step.matcher.origins() {
        grants.push(Grant {
            kind: Kind::Origin,
            value,
            place: step.matcher.place.clone(),
        });
    }
    for (name, value, place) in step.written() {
        match Kind::of_header(name) {
            Some(kind) => grants.extend(Grant::list(kind, value, place)),
            None if name.eq_ignore_ascii_case("access-control-allow-origin")
                && !value.contains('{') =>
            {
                grants.extend(Grant::list(Kind::Origin, value, place));
            }
            None => {}
        }
    }
}
