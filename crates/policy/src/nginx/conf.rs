//! What one level (http, server, location, `if`) says about answers, with what it inherits.

use std::sync::Arc;

use super::text::Text;
use super::tree::Directive;
use super::words::{Effect, effect};
use crate::doubt::Doubt;
use crate::place::{Problem, SourceLocation, problem};

/// A header that `add_header` adds.
#[derive(Debug, Clone)]
pub(crate) struct Added {
    pub(crate) name: String,
    pub(crate) value: Text,
    /// Without `always` only on statuses that nginx calls good.
    pub(crate) always: bool,
    pub(crate) place: SourceLocation,
}

/// A header that `more_set_headers` replaces, or takes away where its value is empty.
#[derive(Debug, Clone)]
pub(crate) struct More {
    pub(crate) name: String,
    pub(crate) value: Text,
    /// Only on these statuses; all where empty.
    pub(crate) statuses: Vec<u16>,
    pub(crate) place: SourceLocation,
}

/// What answers, once `return` and `rewrite` have had their say.
#[derive(Debug, Clone)]
pub(crate) enum Handler {
    /// A server behind.
    Upstream(String, SourceLocation),
    /// Something that the file does not tell.
    Opaque(Doubt),
}

/// Statuses that go to another page.
#[derive(Debug, Clone)]
pub(crate) struct ErrorPage {
    pub(crate) statuses: Vec<u16>,
    pub(crate) place: SourceLocation,
}

/// Who gets in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    /// Rules of `allow` and `deny`: those for `all`, and whether others stand before.
    pub(crate) denies_all: Option<SourceLocation>,
    pub(crate) depends_on_address: Option<SourceLocation>,
}

/// Everything a level says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conf {
    pub(crate) added: Arc<Vec<Added>>,
    pub(crate) more: Vec<More>,
    pub(crate) hidden: Vec<(String, SourceLocation)>,
    /// Headers of outer levels that an `add_header` here hides, with its line.
    pub(crate) shadowed: Vec<(Added, SourceLocation)>,
    pub(crate) error_pages: Vec<ErrorPage>,
    pub(crate) access: Access,
    pub(crate) basic: Option<SourceLocation>,
    pub(crate) request: Option<SourceLocation>,
    pub(crate) gates: Vec<Doubt>,
    pub(crate) filters: Vec<Doubt>,
    pub(crate) handler: Option<Handler>,
    pub(crate) try_files: Option<(Vec<String>, SourceLocation)>,
    pub(crate) internal: Option<SourceLocation>,
}

/// What a level hands to the levels in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Below {
    /// A server or a location: what answers is its own.
    Level,
    /// An `if` or a `limit_except`: what answers stays.
    Condition,
}

impl Conf {
    /// The settings of a level, with those that it inherits.
    pub(crate) fn of(
        directives: &[Directive],
        outer: &Self,
        below: Below,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut own = Self::default();
        let mut added = Vec::new();
        for directive in directives {
            own.take(directive, &mut added, problems);
        }
        own.added = Arc::new(added);
        own.inherit(outer, below);
        own
    }

    fn take(&mut self, directive: &Directive, added: &mut Vec<Added>, problems: &mut Vec<Problem>) {
        let place = &directive.place;
        match directive.name.as_str() {
            "add_header" => match add_header(directive) {
                Ok(header) => added.push(header),
                Err(reason) => problem(problems, place, reason),
            },
            "more_set_headers" | "more_clear_headers" => match more_headers(directive) {
                Ok(headers) => self.more.extend(headers),
                // Understood by nginx, perhaps: what it does to answers is open.
                Err(reason) => {
                    let reason = format!("`{}`: {reason}", directive.name);
                    self.filters.push(Doubt::at(reason, place));
                }
            },
            "error_page" => {
                let statuses = directive.args.iter().filter_map(|arg| arg.parse().ok());
                self.error_pages.push(ErrorPage {
                    statuses: statuses.collect(),
                    place: place.clone(),
                });
            }
            "auth_basic" if directive.arg(0) != "off" => self.basic = Some(place.clone()),
            "auth_request" if directive.arg(0) != "off" => self.request = Some(place.clone()),
            "auth_basic" | "auth_request" => {}
            "deny" if directive.arg(0) == "all" => self.access.denies_all = Some(place.clone()),
            "allow" if directive.arg(0) == "all" => {}
            "allow" | "deny" => self.access.depends_on_address = Some(place.clone()),
            "internal" => self.internal = Some(place.clone()),
            "try_files" => self.try_files = Some((directive.args.clone(), place.clone())),
            name if name.ends_with("_hide_header") => {
                let name = directive.arg(0).to_ascii_lowercase();
                self.hidden.push((name, place.clone()));
            }
            name if name.ends_with("_pass") && is_upstream(name) => {
                self.handler = Some(Handler::Upstream(
                    directive.arg(0).to_owned(),
                    place.clone(),
                ));
            }
            // Read elsewhere.
            "if" | "set" | "return" | "rewrite" | "break" | "location" | "server" | "map"
            | "http" | "limit_except" | "geo" | "split_clients" => {}
            _ => self.take_other(directive),
        }
    }

    fn take_other(&mut self, directive: &Directive) {
        let name = &directive.name;
        let doubt = |what: &str| Doubt::at(format!("`{name}` {what}"), &directive.place);
        match effect(name) {
            Some(Effect::None | Effect::Variable(_)) => {}
            Some(Effect::Content) => {
                let doubt = doubt("answers, and the file does not tell what");
                self.handler = Some(Handler::Opaque(doubt));
            }
            Some(Effect::Gate) => self.gates.push(doubt("may refuse the request")),
            Some(Effect::Filter) => self.filters.push(doubt("may change the headers")),
            None => self
                .filters
                .push(doubt("is not a directive that is understood here")),
        }
    }

    /// What nginx takes over from the level around: most lists only where a level has none of its
    /// own (`ngx_http_headers_merge_conf` and others), those of headers-more always.
    fn inherit(&mut self, outer: &Self, below: Below) {
        if self.added.is_empty() {
            self.added = Arc::clone(&outer.added);
            self.shadowed.clone_from(&outer.shadowed);
        } else if let Some(first) = self.added.first() {
            let shadowed = outer.added.iter().cloned();
            self.shadowed = shadowed.map(|added| (added, first.place.clone())).collect();
        }
        let own = std::mem::replace(&mut self.more, outer.more.clone());
        self.more.extend(own);
        if self.hidden.is_empty() {
            self.hidden.clone_from(&outer.hidden);
        }
        if self.error_pages.is_empty() {
            self.error_pages.clone_from(&outer.error_pages);
        }
        if self.access.denies_all.is_none() && self.access.depends_on_address.is_none() {
            self.access = outer.access.clone();
        }
        self.filters.extend(outer.filters.iter().cloned());
        self.gates.extend(outer.gates.iter().cloned());
        if below == Below::Condition {
            self.handler = self.handler.take().or_else(|| outer.handler.clone());
            self.internal = outer.internal.clone();
        }
    }

    /// `auth_basic off` takes back what an outer level wants, so these are inherited with a look at
    /// the directives.
    pub(crate) fn inherit_logins(&mut self, directives: &[Directive], outer: &Self) {
        let says = |name: &str| directives.iter().any(|directive| directive.name == name);
        if !says("auth_basic") {
            self.basic.clone_from(&outer.basic);
        }
        if !says("auth_request") {
            self.request.clone_from(&outer.request);
        }
    }
}

fn is_upstream(name: &str) -> bool {
    [
        "proxy_pass",
        "fastcgi_pass",
        "uwsgi_pass",
        "scgi_pass",
        "grpc_pass",
        "memcached_pass",
    ]
    .contains(&name)
}

fn add_header(directive: &Directive) -> Result<Added, String> {
    let always = match directive.args.len() {
        2 => false,
        3 if directive.arg(2) == "always" => true,
        3 => {
            let odd = directive.arg(2);
            return Err(format!(
                "`add_header` takes a name, a value and `always`, not `{odd}`"
            ));
        }
        _ => {
            return Err(
                "`add_header` takes a name and a value; one with blanks needs quotes".to_owned(),
            );
        }
    };
    Ok(Added {
        name: directive.arg(0).to_owned(),
        value: Text::read(directive.arg(1))?,
        always,
        place: directive.place.clone(),
    })
}

/// Reads `more_set_headers [-s 'codes'] [-t types] 'Name: value' ..` of the headers-more module.
fn more_headers(directive: &Directive) -> Result<Vec<More>, String> {
    let mut statuses = Vec::new();
    let mut headers = Vec::new();
    let mut args = directive.args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-s" => {
                let list = args.next().ok_or("`-s` has no statuses behind it")?;
                let read = |code: &str| {
                    code.parse()
                        .map_err(|_| format!("`{code}` is not a status"))
                };
                statuses = list
                    .split_whitespace()
                    .map(read)
                    .collect::<Result<_, _>>()?;
            }
            "-t" => return Err("`-t` makes headers depend on the type of the response".to_owned()),
            "-a" => return Err("`-a` is not understood".to_owned()),
            header => headers.push(header),
        }
    }
    let clears = directive.name == "more_clear_headers";
    headers
        .into_iter()
        .map(|header| {
            let (name, value) = header.split_once(':').unwrap_or((header, ""));
            let value = if clears { "" } else { value.trim() };
            Ok(More {
                name: name.trim().to_owned(),
                value: Text::read(value)?,
                statuses: statuses.clone(),
                place: directive.place.clone(),
            })
        })
        .collect()
}
