//! Locations, and which of them a path belongs to (`ngx_http_core_find_location` of
//! `src/http/ngx_http_core_module.c`).

use std::sync::Arc;

use fancy_regex::Regex;

use super::code::{Code, Level, compile};
use super::conf::{Below, Conf, Handler};
use super::text::{Case, regex};
use super::tree::Directive;
use crate::place::{Problem, SourceLocation, problem};
use crate::template::example;

/// What a location's name says about paths.
#[derive(Debug)]
pub(crate) enum Name {
    /// `= /path`.
    Exact(String),
    /// `/path`, and `^~ /path`, behind which no regular expression is looked at.
    Prefix { path: String, no_regex: bool },
    /// `~` and `~*`.
    Regex(Box<Regex>),
    /// `@name`: for other directives to lead to.
    Named(String),
}

/// Methods that do not get the settings of their location.
#[derive(Debug)]
pub(crate) struct Limit {
    except: Vec<String>,
    pub(crate) conf: Arc<Conf>,
}

impl Limit {
    /// Whether a method is limited. GET stands for HEAD too.
    pub(crate) fn applies_to(&self, method: &str) -> bool {
        let listed = |name: &str| {
            self.except
                .iter()
                .any(|other| other.eq_ignore_ascii_case(name))
        };
        !(listed(method) || (method == "HEAD" && listed("GET")))
    }
}

/// A location with all that is in it.
#[derive(Debug)]
pub(crate) struct Location {
    pub(crate) name: Name,
    pub(crate) conf: Arc<Conf>,
    pub(crate) codes: Vec<Code>,
    pub(crate) inner: Vec<Location>,
    pub(crate) limit: Option<Limit>,
    pub(crate) place: SourceLocation,
}

impl Location {
    pub(crate) fn read(
        directive: &Directive,
        outer: &Conf,
        problems: &mut Vec<Problem>,
    ) -> Result<Self, String> {
        let name = name(directive)?;
        let inside = directive.inside();
        let mut conf = Conf::of(inside, outer, Below::Level, problems);
        conf.inherit_logins(inside, outer);
        let level = Level {
            conf: Some(&conf),
            in_if: false,
        };
        Ok(Self {
            name,
            codes: compile(inside, level, problems),
            inner: read_all(inside, &conf, problems),
            limit: inside
                .iter()
                .find(|directive| directive.name == "limit_except")
                .map(|directive| limit(directive, &conf, problems)),
            conf: Arc::new(conf),
            place: directive.place.clone(),
        })
    }

    /// A path that leads here, where the name tells one.
    pub(crate) fn path(&self) -> Option<String> {
        match &self.name {
            Name::Exact(path) | Name::Prefix { path, .. } => Some(path.clone()),
            Name::Regex(regex) => example(regex),
            Name::Named(_) => None,
        }
    }
}

/// The locations of a level.
pub(crate) fn read_all(
    directives: &[Directive],
    outer: &Conf,
    problems: &mut Vec<Problem>,
) -> Vec<Location> {
    let mut locations = Vec::new();
    for directive in directives
        .iter()
        .filter(|directive| directive.name == "location")
    {
        match Location::read(directive, outer, problems) {
            Ok(location) => locations.push(location),
            Err(reason) => problem(problems, &directive.place, reason),
        }
    }
    locations
}

fn limit(directive: &Directive, outer: &Conf, problems: &mut Vec<Problem>) -> Limit {
    let inside = directive.inside();
    let mut conf = Conf::of(inside, outer, Below::Condition, problems);
    conf.inherit_logins(inside, outer);
    Limit {
        except: directive.args.clone(),
        conf: Arc::new(conf),
    }
}

fn name(directive: &Directive) -> Result<Name, String> {
    let prefix = |path: &str, no_regex| Name::Prefix {
        path: path.to_owned(),
        no_regex,
    };
    let expression = |text: &str, case| Ok(Name::Regex(Box::new(regex(text, case)?)));
    // The modifier may stick to what follows it.
    let (modifier, rest) = match directive.args.as_slice() {
        [modifier, rest] => (modifier.as_str(), rest.as_str()),
        [one] => {
            let modifiers = ["~*", "^~", "~", "="];
            let found = modifiers
                .iter()
                .find(|modifier| one.starts_with(**modifier));
            let length = found.map_or(0, |modifier| modifier.len());
            one.split_at(length)
        }
        _ => return Err("`location` takes a modifier and a path".to_owned()),
    };
    match modifier {
        "" if rest.starts_with('@') => Ok(Name::Named(rest.to_owned())),
        "" => Ok(prefix(rest, false)),
        "^~" => Ok(prefix(rest, true)),
        "=" => Ok(Name::Exact(rest.to_owned())),
        "~" => expression(rest, Case::Kept),
        "~*" => expression(rest, Case::Ignored),
        other => Err(format!(
            "`{other}` is not a modifier of a location: = ~ ~* ^~"
        )),
    }
}

/// Where a path leads.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Leads<'a> {
    /// To no location: the server itself.
    Nowhere,
    /// To a location, by a regular expression in the second case.
    To(&'a Location),
    /// To the same path with a slash behind it, by a location that passes on.
    Slash(&'a Location),
}

/// How a search ended, as nginx has it.
enum Search {
    Ok,
    Again,
    Declined,
}

/// Finds the location of a path.
pub(crate) fn find<'a>(locations: &'a [Location], path: &str) -> Leads<'a> {
    let mut found = Leads::Nowhere;
    search(locations, path, &mut found);
    found
}

fn search<'a>(locations: &'a [Location], path: &str, found: &mut Leads<'a>) -> Search {
    let exact = locations
        .iter()
        .find(|location| matches!(&location.name, Name::Exact(name) if name == path));
    if let Some(location) = exact {
        *found = Leads::To(location);
        return Search::Ok;
    }
    let mut longest: Option<(&'a Location, &str, bool)> = None;
    for location in locations {
        if let Name::Prefix {
            path: name,
            no_regex,
        } = &location.name
            && path.starts_with(name.as_str())
            && longest.is_none_or(|(_, other, _)| name.len() > other.len())
        {
            longest = Some((location, name, *no_regex));
        }
    }
    if let Some(location) = slash(locations, path) {
        *found = Leads::Slash(location);
        return Search::Ok;
    }
    let mut ended = Search::Declined;
    let mut no_regex = false;
    if let Some((location, _, stops)) = longest {
        *found = Leads::To(location);
        no_regex = stops;
        ended = match search(&location.inner, path, found) {
            Search::Ok => return Search::Ok,
            _ => Search::Again,
        };
    }
    if !no_regex {
        for location in locations {
            if let Name::Regex(regex) = &location.name
                && regex.is_match(path).unwrap_or(false)
            {
                *found = Leads::To(location);
                search(&location.inner, path, found);
                return Search::Ok;
            }
        }
    }
    ended
}

/// A location that passes on and whose name is the path with a slash behind it: nginx redirects
/// there.
fn slash<'a>(locations: &'a [Location], path: &str) -> Option<&'a Location> {
    locations.iter().find(|location| {
        let passes_on = matches!(location.conf.handler, Some(Handler::Upstream(..)));
        let name = match &location.name {
            Name::Exact(name) | Name::Prefix { path: name, .. } => name,
            Name::Regex(_) | Name::Named(_) => return false,
        };
        passes_on && name.strip_suffix('/') == Some(path) && name.len() > 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nginx::tree;

    fn place_of(config: &str, path: &str) -> usize {
        let source = crate::Source {
            name: "nginx.conf",
            text: config,
            load: &|_| Ok(Vec::new()),
        };
        let mut problems = Vec::new();
        let directives = tree::read(&source, &mut problems);
        let locations = read_all(&directives, &Conf::default(), &mut problems);
        assert_eq!(problems, []);
        match find(&locations, path) {
            Leads::Nowhere => 0,
            Leads::To(location) => location.place.line,
            Leads::Slash(location) => 100 + location.place.line,
        }
    }

    #[test]
    fn a_path_leads_to_the_location_that_nginx_takes() {
        let config = "location / {\n  location /a/in/ { }\n  location ~ deep$ { }\n}\nlocation = /a { }\nlocation ^~ /a/fixed/ { }\n\
                      location /a/ { }\nlocation ~* \\.PNG$ { }\nlocation ~ ^/a/(\\d+)$ { }\nlocation /api/ { proxy_pass http://x; }\nlocation ~ deep$ { }\n";
        let cases = [
            ("/", 1),
            ("/other", 1),
            ("/a", 5),
            ("/a/", 7),
            ("/a/x", 7),
            ("/a/7", 9),
            ("/a/fixed/7.png", 6),
            ("/a/x.png", 8),
            ("/x/deep", 3),
            ("/a/deep", 11),
            ("/a/in/x", 7),
            ("/api", 110),
            ("/api/x", 10),
        ];
        for (path, expected) in cases {
            assert_eq!(place_of(config, path), expected, "{path}");
        }
    }
}
