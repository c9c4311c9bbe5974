//! Rules of routers: ``Host(`api.test`) && !PathPrefix(`/admin`)``.

use fancy_regex::Regex;

use crate::ask::Ask;
use crate::doubt::Doubt;
use crate::nginx::{Case, regex};
use crate::place::SourceLocation;
use crate::template::example;

/// Parts of a rule stand no deeper in each other.
const DEPTH: usize = 32;

#[derive(Debug)]
pub(crate) enum Rule {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Host(Vec<String>),
    HostRegexp(Box<Regex>),
    Path(String),
    Prefix(String),
    PathRegexp(Box<Regex>),
    Method(String),
    Header(String, Option<String>),
    HeaderRegexp(String, Box<Regex>),
    Query(String, Option<String>),
    /// By the address of the client, or something that is not known here.
    Open(String),
}

struct Reader<'a> {
    rest: &'a str,
}

impl Rule {
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text.trim() };
        let rule = reader.any(0)?;
        if reader.rest.is_empty() {
            Ok(rule)
        } else {
            Err(format!("`{}` is not understood in the rule", reader.rest))
        }
    }

    /// Whether a request is the rule's.
    pub(crate) fn fits(&self, ask: &Ask<'_>, place: &SourceLocation) -> Result<bool, Doubt> {
        let path = ask.url.path();
        let is = |regex: &Regex, text: &str| regex.is_match(text).unwrap_or(false);
        let header = |name: &str| {
            ask.header(name).ok_or_else(|| {
                let reason = format!(
                    "the rule depends on the request header `{name}`, whose value is not known"
                );
                Doubt::at(reason, place)
            })
        };
        Ok(match self {
            Self::All(rules) => {
                for rule in rules {
                    if !rule.fits(ask, place)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Any(rules) => {
                for rule in rules {
                    if rule.fits(ask, place)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::Not(rule) => !rule.fits(ask, place)?,
            Self::Host(names) => names.iter().any(|name| is_host(name, ask.host())),
            Self::HostRegexp(regex) => is(regex, ask.host()),
            Self::Path(own) => own == path,
            Self::Prefix(own) => path.starts_with(own.as_str()),
            Self::PathRegexp(regex) => is(regex, path),
            Self::Method(method) => method.eq_ignore_ascii_case(ask.method),
            Self::Header(name, None) => !header(name)?.is_empty(),
            Self::Header(name, Some(value)) => header(name)? == value,
            Self::HeaderRegexp(name, regex) => {
                let value = header(name)?;
                !value.is_empty() && is(regex, value)
            }
            Self::Query(name, value) => ask.url.query_pairs().any(|(other, found)| {
                other == *name && value.as_ref().is_none_or(|value| found == *value)
            }),
            Self::Open(name) => {
                return Err(Doubt::at(
                    format!("whether `{name}` fits is not known"),
                    place,
                ));
            }
        })
    }

    /// Whether it says anything about a host.
    pub(crate) fn is_about(&self, host: &str) -> bool {
        match self {
            Self::Host(names) => names.iter().any(|name| is_host(name, host)),
            Self::HostRegexp(regex) => regex.is_match(host).unwrap_or(false),
            Self::All(rules) => rules.iter().all(|rule| rule.is_about(host)),
            Self::Any(rules) => rules.iter().any(|rule| rule.is_about(host)),
            _ => true,
        }
    }

    /// The names of hosts in it.
    pub(crate) fn hosts(&self) -> Vec<Option<String>> {
        match self {
            Self::Host(names) => names.iter().cloned().map(Some).collect(),
            Self::All(rules) | Self::Any(rules) => rules.iter().flat_map(Self::hosts).collect(),
            _ => Vec::new(),
        }
    }

    /// A path that fits, for each of its parts about paths.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut paths = self.written_paths();
        if paths.is_empty() {
            paths.push("/".to_owned());
        }
        paths
    }

    fn written_paths(&self) -> Vec<String> {
        match self {
            Self::Path(path) | Self::Prefix(path) => vec![path.clone()],
            Self::PathRegexp(regex) => example(regex).into_iter().collect(),
            Self::All(rules) | Self::Any(rules) => {
                rules.iter().flat_map(Self::written_paths).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// A host against a name; `*` alone is every host, in front it is one label (since Traefik 3.7).
fn is_host(name: &str, host: &str) -> bool {
    match name.strip_prefix('*') {
        Some("") => true,
        Some(end) => host
            .find('.')
            .is_some_and(|dot| host[dot..].eq_ignore_ascii_case(end)),
        None => name.eq_ignore_ascii_case(host),
    }
}

impl Reader<'_> {
    fn take(&mut self, mark: &str) -> bool {
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn any(&mut self, depth: usize) -> Result<Rule, String> {
        let mut rules = vec![self.all(depth)?];
        while self.take("||") {
            rules.push(self.all(depth)?);
        }
        Ok(one_or(rules, Rule::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Rule, String> {
        let mut rules = vec![self.one(depth)?];
        while self.take("&&") {
            rules.push(self.one(depth)?);
        }
        Ok(one_or(rules, Rule::All))
    }

    fn one(&mut self, depth: usize) -> Result<Rule, String> {
        if depth > DEPTH {
            return Err("the parts of the rule stand too deep in each other".to_owned());
        }
        if self.take("!") {
            return Ok(Rule::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.take("(") {
            let rule = self.any(depth + 1)?;
            return match self.take(")") {
                true => Ok(rule),
                false => Err("a `)` is missing in the rule".to_owned()),
            };
        }
        let (name, rest) = self.rest.split_once('(').ok_or_else(|| {
            format!(
                "`{}` is not a matcher such as Host(`api.example`)",
                self.rest
            )
        })?;
        self.rest = rest.trim_start();
        let mut args = Vec::new();
        while !self.take(")") {
            args.push(self.arg()?);
            self.take(",");
        }
        matcher(name.trim(), args)
    }

    fn arg(&mut self) -> Result<String, String> {
        let quote = self.rest.chars().next().filter(|c| "`'\"".contains(*c));
        let missing = || "an argument of a matcher stands in back quotes".to_owned();
        let quote = quote.ok_or_else(missing)?;
        let (text, rest) = self.rest[1..].split_once(quote).ok_or_else(missing)?;
        self.rest = rest.trim_start();
        Ok(text.to_owned())
    }
}

fn one_or(mut rules: Vec<Rule>, many: fn(Vec<Rule>) -> Rule) -> Rule {
    if rules.len() == 1 {
        rules.remove(0)
    } else {
        many(rules)
    }
}

fn matcher(name: &str, args: Vec<String>) -> Result<Rule, String> {
    let arg = |n: usize| {
        let missing = || format!("the matcher `{name}` lacks an argument");
        args.get(n).cloned().ok_or_else(missing)
    };
    let expression = |text: String, case: Case| regex(&text, case).map(Box::new);
    let many =
        |rule: fn(String) -> Rule| one_or(args.iter().cloned().map(rule).collect(), Rule::Any);
    Ok(match name {
        "Host" => Rule::Host(args),
        "HostRegexp" => Rule::HostRegexp(expression(arg(0)?, Case::Ignored)?),
        "Path" => many(Rule::Path),
        "PathPrefix" => many(Rule::Prefix),
        "PathRegexp" => Rule::PathRegexp(expression(arg(0)?, Case::Kept)?),
        "Method" => many(Rule::Method),
        "Header" | "Headers" => Rule::Header(arg(0)?.to_ascii_lowercase(), args.get(1).cloned()),
        "HeaderRegexp" | "HeadersRegexp" => Rule::HeaderRegexp(
            arg(0)?.to_ascii_lowercase(),
            expression(arg(1)?, Case::Kept)?,
        ),
        "Query" => match arg(0)?.split_once('=') {
            Some((name, value)) => Rule::Query(name.to_owned(), Some(value.to_owned())),
            None => Rule::Query(arg(0)?, args.get(1).cloned()),
        },
        "ClientIP" | "QueryRegexp" | "HostSNI" | "HostHeader" => Rule::Open(name.to_owned()),
        other => return Err(format!("`{other}` is not a matcher that Traefik has")),
    })
}
