//! Matchers: sets of conditions that all hold.

use fancy_regex::Regex;

use super::token::Line;
use crate::ask::Ask;
use crate::doubt::Doubt;
use crate::nginx::{Case, regex};
use crate::place::SourceLocation;

/// Conditions on a request. None fit every request.
#[derive(Debug, Clone)]
pub(crate) struct Matcher {
    pub(crate) all: Vec<Condition>,
    pub(crate) place: SourceLocation,
}

/// One condition.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    /// One of these paths; `*` at an end stands for anything.
    Path(Vec<String>),
    PathRegexp(String, Box<Regex>),
    Method(Vec<String>),
    Host(Vec<String>),
    /// One of these values of a header; `!` in front of the name is that there is none, no values that
    /// there is one.
    Header(String, Vec<String>),
    HeaderRegexp(String, String, Box<Regex>),
    Query(Vec<String>),
    Protocol(String),
    Not(Vec<Self>),
    /// Not followed.
    Open(String),
}

/// What a request says of a matcher: whether it fits, and what regular expressions captured.
pub(crate) type Captures = Vec<(String, Vec<String>)>;

impl Matcher {
    pub(crate) fn everything(place: &SourceLocation) -> Self {
        Self {
            all: Vec::new(),
            place: place.clone(),
        }
    }

    /// Whether both say the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        format!("{:?}", self.all) == format!("{:?}", other.all)
    }

    /// The length of the path, where the matcher has just one (`sortRoutes`).
    pub(crate) fn path_length(&self) -> usize {
        let mut paths = self.all.iter().filter_map(|one| match one {
            Condition::Path(paths) => Some(paths),
            _ => None,
        });
        match paths.next() {
            Some(paths) if paths.len() == 1 => paths[0].len(),
            _ => 0,
        }
    }

    pub(crate) fn fits(
        &self,
        ask: &Ask<'_>,
        path: &str,
        captures: &mut Captures,
    ) -> Result<bool, Doubt> {
        for condition in &self.all {
            if !condition.holds(ask, path, captures, &self.place)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Paths that it names.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut found = Vec::new();
        for condition in self.all.iter().flat_map(Condition::alternatives) {
            match condition {
                Condition::Path(paths) => {
                    found.extend(paths.iter().map(|path| path.replace('*', "")));
                }
                Condition::PathRegexp(_, regex) => found.extend(crate::template::example(regex)),
                _ => {}
            }
        }
        found.retain(|path| path.starts_with('/'));
        found
    }

    /// Origins that it names.
    pub(crate) fn origins(&self) -> Vec<String> {
        let of = |condition: &Condition| match condition {
            Condition::Header(name, values) if name == "origin" => values.clone(),
            Condition::HeaderRegexp(_, name, regex) if name == "origin" => {
                vec![format!("~{}", regex.as_str())]
            }
            _ => Vec::new(),
        };
        let all = self.all.iter().flat_map(Condition::alternatives);
        all.flat_map(of).collect()
    }

    /// Adds the condition that a line of a matcher says.
    pub(crate) fn add(&mut self, words: &[String], block: &[Line]) -> Result<(), String> {
        let name = words.first().map_or("", String::as_str);
        let rest = words.get(1..).unwrap_or_default();
        let condition = condition(name, rest, block, &self.place)?;
        // Lines of one kind are one condition, which one of their values fits.
        for before in &mut self.all {
            match (before, &condition) {
                (Condition::Header(one, values), Condition::Header(other, more))
                    if one == other && !values.is_empty() =>
                {
                    values.extend(more.iter().cloned());
                    return Ok(());
                }
                (Condition::Path(values), Condition::Path(more))
                | (Condition::Method(values), Condition::Method(more))
                | (Condition::Host(values), Condition::Host(more))
                | (Condition::Query(values), Condition::Query(more)) => {
                    values.extend(more.iter().cloned());
                    return Ok(());
                }
                _ => {}
            }
        }
        self.all.push(condition);
        Ok(())
    }
}

fn condition(
    name: &str,
    rest: &[String],
    block: &[Line],
    place: &SourceLocation,
) -> Result<Condition, String> {
    let named = |texts: &[String]| -> Result<(String, Box<Regex>), String> {
        let (name, text) = match texts {
            [text] => (String::new(), text),
            [name, text, ..] => (name.clone(), text),
            [] => return Err(format!("`{name}` lacks a regular expression")),
        };
        Ok((name, Box::new(regex(text, Case::Kept)?)))
    };
    Ok(match name {
        "path" => Condition::Path(rest.iter().map(|path| path.to_lowercase()).collect()),
        "path_regexp" => {
            let (name, regex) = named(rest)?;
            Condition::PathRegexp(name, regex)
        }
        "method" => Condition::Method(rest.iter().map(|name| name.to_uppercase()).collect()),
        "host" => Condition::Host(rest.iter().map(|name| name.to_lowercase()).collect()),
        "header" => {
            let name = rest.first().ok_or("`header` lacks a name")?;
            Condition::Header(name.to_ascii_lowercase(), rest[1..].to_vec())
        }
        "header_regexp" => {
            let (own, name, text) = match rest {
                [name, text] => ("", name, text),
                [own, name, text, ..] => (own.as_str(), name, text),
                _ => return Err("`header_regexp` has a header and a regular expression".to_owned()),
            };
            let regex = Box::new(regex(text, Case::Kept)?);
            Condition::HeaderRegexp(own.to_owned(), name.to_ascii_lowercase(), regex)
        }
        "query" => Condition::Query(rest.to_vec()),
        "protocol" => Condition::Protocol(rest.first().cloned().unwrap_or_default()),
        "not" if block.is_empty() => {
            let mut inner = Matcher::everything(place);
            inner.add(rest, block)?;
            Condition::Not(inner.all)
        }
        "not" => {
            let mut inner = Matcher::everything(place);
            for line in block {
                inner.add(&line.words, line.inside())?;
            }
            Condition::Not(inner.all)
        }
        other => Condition::Open(other.to_owned()),
    })
}

fn glob(pattern: &str, text: &str) -> Option<bool> {
    let inner = pattern.trim_matches('*');
    if inner.contains(['*', '?', '[']) {
        return None;
    }
    Some(match (pattern.starts_with('*'), pattern.ends_with('*')) {
        _ if pattern == "*" => true,
        (true, true) => text.contains(inner),
        (true, false) => text.ends_with(inner),
        (false, true) => text.starts_with(inner),
        (false, false) => text == pattern,
    })
}

/// Whether a name, perhaps with a wildcard for one label, is that of `host`.
fn is_host(name: &str, host: &str) -> bool {
    let Some(end) = name.strip_prefix("*.") else {
        return name == host;
    };
    let label = host
        .strip_suffix(end)
        .and_then(|rest| rest.strip_suffix('.'));
    label.is_some_and(|label| !label.is_empty() && !label.contains('.'))
}

impl Condition {
    /// One of several sets of conditions: not that none of them holds.
    pub(super) fn any(sets: Vec<Vec<Self>>) -> Self {
        Self::Not(sets.into_iter().map(Self::Not).collect())
    }

    /// The conditions of the sets of which one has to hold; otherwise itself.
    fn alternatives(&self) -> Vec<&Self> {
        let Self::Not(sets) = self else {
            return vec![self];
        };
        let set = |set: &'_ Self| matches!(set, Self::Not(_));
        if !sets.iter().all(set) {
            return vec![self];
        }
        let inner = sets.iter().filter_map(|set| match set {
            Self::Not(all) => Some(all),
            _ => None,
        });
        inner.flatten().collect()
    }

    fn holds(
        &self,
        ask: &Ask<'_>,
        path: &str,
        captures: &mut Captures,
        place: &SourceLocation,
    ) -> Result<bool, Doubt> {
        let open = |what: &str| Doubt::at(format!("whether `{what}` fits is not known"), place);
        let capture = |captures: &mut Captures, name: &str, regex: &Regex, text: &str| {
            let Ok(Some(found)) = regex.captures(text) else {
                return false;
            };
            let groups = found
                .iter()
                .map(|group| group.map_or_else(String::new, |group| group.as_str().to_owned()));
            captures.push((name.to_owned(), groups.collect()));
            true
        };
        Ok(match self {
            Self::Path(paths) => {
                let path = path.to_lowercase();
                for pattern in paths {
                    if glob(pattern, &path).ok_or_else(|| open(pattern))? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::PathRegexp(name, regex) => capture(captures, name, regex, path),
            Self::Method(names) => names.iter().any(|name| name == ask.method),
            Self::Host(names) => names.iter().any(|name| is_host(name, ask.host())),
            Self::Header(name, values) => {
                let (negated, name) = match name.strip_prefix('!') {
                    Some(name) => (true, name),
                    None => (false, name.as_str()),
                };
                let value = ask
                    .header(name)
                    .ok_or_else(|| open(&format!("header {name}")))?;
                if value.is_empty() || negated || values.is_empty() {
                    return Ok(value.is_empty() == negated);
                }
                if values.iter().any(|value| value.contains('{')) {
                    return Err(open(&format!("header {name}")));
                }
                values
                    .iter()
                    .any(|pattern| glob(pattern, value).unwrap_or(pattern.as_str() == value))
            }
            Self::HeaderRegexp(own, name, regex) => {
                let value = ask
                    .header(name)
                    .ok_or_else(|| open(&format!("header_regexp {name}")))?;
                !value.is_empty() && capture(captures, own, regex, value)
            }
            Self::Query(pairs) => pairs.iter().any(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, "*"));
                let mut query = ask.url.query_pairs();
                query.any(|(other, found)| other == name && (value == "*" || found == value))
            }),
            Self::Protocol(scheme) => match scheme.as_str() {
                "http" | "https" => ask.url.scheme() == scheme,
                _ => return Err(open("protocol")),
            },
            Self::Not(all) => {
                let mut holds = true;
                for one in all {
                    holds = holds && one.holds(ask, path, &mut Vec::new(), place)?;
                }
                !holds
            }
            Self::Open(name) => return Err(open(name)),
        })
    }
}
