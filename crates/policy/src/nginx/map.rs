//! `map` blocks: a variable whose value depends on another.

use fancy_regex::Regex;

use super::text::{Case, Text, regex};
use super::tree::Directive;
use crate::grant::{Grant, Kind};
use crate::place::{Problem, SourceLocation, problem};

/// One `map`.
#[derive(Debug)]
pub(crate) struct Map {
    pub(crate) source: Text,
    exact: Vec<Entry>,
    /// `*.example.com` as `.example.com`.
    heads: Vec<Entry>,
    /// `www.*` as `www.`.
    tails: Vec<Entry>,
    regexes: Vec<(Regex, Entry)>,
    default: Entry,
}

/// A line of a map.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    key: String,
    pub(crate) value: Text,
    pub(crate) place: SourceLocation,
}

impl Map {
    /// Reads a map; the name of its variable is beside it.
    pub(crate) fn read(
        directive: &Directive,
        problems: &mut Vec<Problem>,
    ) -> Result<(String, Self), String> {
        let [source, name] = directive.args.as_slice() else {
            return Err("`map` takes a value to look at and a variable".to_owned());
        };
        let name = name
            .strip_prefix('$')
            .ok_or_else(|| format!("`{name}` is not a variable"))?;
        let mut map = Self {
            source: Text::read(source)?,
            exact: Vec::new(),
            heads: Vec::new(),
            tails: Vec::new(),
            regexes: Vec::new(),
            default: Entry {
                key: "default".to_owned(),
                value: Text::default(),
                place: directive.place.clone(),
            },
        };
        let inside = directive.inside();
        let hostnames = inside
            .iter()
            .any(|d| d.name == "hostnames" && d.args.is_empty());
        for entry in inside {
            if let Err(reason) = map.take(entry, hostnames) {
                problem(problems, &entry.place, reason);
            }
        }
        // The longest wins.
        map.heads
            .sort_by_key(|entry| std::cmp::Reverse(entry.key.len()));
        map.tails
            .sort_by_key(|entry| std::cmp::Reverse(entry.key.len()));
        Ok((name.to_ascii_lowercase(), map))
    }

    fn take(&mut self, written: &Directive, hostnames: bool) -> Result<(), String> {
        let name = written.name.as_str();
        if written.args.is_empty() && matches!(name, "hostnames" | "volatile") {
            return Ok(());
        }
        let [value] = written.args.as_slice() else {
            return Err(format!(
                "`{}`: an entry of a map is a key and a value",
                written.text()
            ));
        };
        let entry = |key: &str| -> Result<Entry, String> {
            Ok(Entry {
                key: key.to_owned(),
                value: Text::read(value)?,
                place: written.place.clone(),
            })
        };
        if name == "default" {
            self.default = entry(name)?;
            return Ok(());
        }
        if let Some(expression) = name.strip_prefix('~') {
            let regex = match expression.strip_prefix('*') {
                Some(expression) => regex(expression, Case::Ignored)?,
                None => regex(expression, Case::Kept)?,
            };
            self.regexes.push((regex, entry(name)?));
            return Ok(());
        }
        let key = name.strip_prefix('\\').unwrap_or(name).to_ascii_lowercase();
        match (hostnames, key.strip_prefix("*."), key.strip_suffix(".*")) {
            (true, Some(rest), _) => self.heads.push(entry(&format!(".{rest}"))?),
            (true, None, Some(rest)) => self.tails.push(entry(&format!("{rest}."))?),
            (true, ..) if key.starts_with('.') => {
                self.exact.push(entry(&key[1..])?);
                self.heads.push(entry(&key)?);
            }
            _ => self.exact.push(entry(&key)?),
        }
        Ok(())
    }

    /// Looks a value up: letters of either case are the same in keys. With the regular expression
    /// where one was needed: the value may use what it captures.
    pub(crate) fn find(&self, value: &str) -> (&Entry, Option<&Regex>) {
        let lower = value.to_ascii_lowercase();
        let longer = |entry: &&Entry| lower.len() > entry.key.len();
        let heads = self.heads.iter().filter(longer);
        let tails = self.tails.iter().filter(longer);
        let plain = self
            .exact
            .iter()
            .find(|entry| entry.key == lower)
            .or_else(|| heads.clone().find(|entry| lower.ends_with(&entry.key)))
            .or_else(|| tails.clone().find(|entry| lower.starts_with(&entry.key)));
        if let Some(entry) = plain {
            return (entry, None);
        }
        let fits = |(regex, _): &&(Regex, Entry)| regex.is_match(value).unwrap_or(false);
        match self.regexes.iter().find(fits) {
            Some((regex, entry)) => (entry, Some(regex)),
            None => (&self.default, None),
        }
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        let regexes = self.regexes.iter().map(|(_, entry)| entry);
        let plain = self.exact.iter().chain(&self.heads).chain(&self.tails);
        plain.chain(regexes).chain([&self.default])
    }

    /// Origins among its keys.
    pub(crate) fn origins(&self) -> Vec<Grant> {
        self.entries()
            .filter(|entry| entry.key.contains("://"))
            .map(|entry| Grant {
                kind: Kind::Origin,
                value: entry.key.clone(),
                place: entry.place.clone(),
            })
            .collect()
    }

    /// The elements of the lists among its values.
    pub(crate) fn lists(&self, kind: Kind) -> Vec<Grant> {
        let values = self
            .entries()
            .filter_map(|entry| Some((entry.value.literal()?, &entry.place)));
        values
            .flat_map(|(list, place)| Grant::list(kind, list, place))
            .collect()
    }
}
