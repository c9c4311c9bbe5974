//! Routes: what they match, and which of several is taken.

use fancy_regex::Regex;

use super::plugin::Plugin;
use crate::ask::Ask;
use crate::doubt::Doubt;
use crate::place::{EntryUrl, SourceLocation};
use crate::prediction::{Lost, PredictedResponse};
use crate::template::example;

/// A route, with the plugin that its requests meet.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) hosts: Vec<String>,
    pub(crate) paths: Vec<Path>,
    pub(crate) methods: Vec<String>,
    pub(crate) regex_priority: i64,
    /// Something else that a request has to have.
    pub(crate) open: Option<String>,
    pub(crate) plugin: Option<Plugin>,
    pub(crate) place: SourceLocation,
}

/// A path of a route.
#[derive(Debug)]
pub(crate) enum Path {
    Prefix(String),
    /// Behind a `~`.
    Expression(Box<Regex>),
}

impl Path {
    fn fits(&self, path: &str) -> bool {
        match self {
            Self::Prefix(own) => path.starts_with(own.as_str()),
            Self::Expression(regex) => regex.is_match(path).unwrap_or(false),
        }
    }
}

/// The greater is taken.
pub(crate) type Rank = (usize, bool, i64, usize);

impl Route {
    fn has_host(&self, host: &str) -> Option<bool> {
        if self.hosts.is_empty() {
            return Some(false);
        }
        let plain = self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host));
        let fits = |own: &String| match (own.strip_prefix('*'), own.strip_suffix('*')) {
            (Some(end), _) => host.ends_with(end),
            (_, Some(start)) => host.starts_with(start),
            _ => false,
        };
        (plain || self.hosts.iter().any(fits)).then_some(plain)
    }

    fn has_path(&self, path: &str) -> bool {
        self.paths.is_empty() || self.paths.iter().any(|own| own.fits(path))
    }

    /// Whether host and path fit, whatever the method.
    pub(crate) fn is_about(&self, ask: &Ask<'_>) -> bool {
        self.has_host(ask.host()).is_some() && self.has_path(ask.url.path())
    }

    pub(crate) fn fits(&self, ask: &Ask<'_>) -> Result<bool, Doubt> {
        let mut methods = self.methods.iter();
        let has_method = self.methods.is_empty() || methods.any(|own| own == ask.method);
        if !self.is_about(ask) || !has_method {
            return Ok(false);
        }
        match &self.open {
            Some(name) => {
                let reason = format!("whether `{name}` of the route fits is not known");
                Err(Doubt::at(reason, &self.place))
            }
            None => Ok(true),
        }
    }

    /// How particular it is: more kinds of conditions, a plain host, expressions before prefixes, and
    /// the longest of those.
    pub(crate) fn rank(&self, ask: &Ask<'_>) -> Rank {
        let kinds = [
            self.hosts.is_empty(),
            self.paths.is_empty(),
            self.methods.is_empty(),
        ];
        let kinds = kinds.into_iter().filter(|is_empty| !is_empty).count();
        let plain = self.has_host(ask.host()).unwrap_or(false);
        let fitting = self.paths.iter().filter(|own| own.fits(ask.url.path()));
        let (priority, length) = fitting
            .map(|path| match path {
                Path::Prefix(text) => (i64::MIN, text.len()),
                Path::Expression(_) => (self.regex_priority, 0),
            })
            .max()
            .unwrap_or((i64::MIN, 0));
        (kinds, plain, priority, length)
    }

    /// What a request gets that only its method keeps out of every route.
    pub(crate) fn missed(&self, ask: &Ask<'_>) -> PredictedResponse {
        let lost = self.plugin.as_ref().map(|plugin| Lost {
            header: "Access-Control-Allow-Origin".to_owned(),
            reason: format!(
                "the route {} does not list the method {}, so that no plugin sees it: add it to `methods`, or leave `methods` out",
                self.place, ask.method
            ),
            place: plugin.place.clone(),
        });
        PredictedResponse {
            status: 404,
            by: Some(self.place.clone()),
            lost: lost.into_iter().collect(),
            ..PredictedResponse::default()
        }
    }

    pub(crate) fn doors(&self) -> Vec<EntryUrl> {
        let mut hosts: Vec<Option<String>> = self
            .hosts
            .iter()
            .map(|host| Some(host.replace("*.", "any.").replace(".*", ".test")))
            .collect();
        if hosts.is_empty() {
            hosts.push(None);
        }
        let mut paths: Vec<String> = self
            .paths
            .iter()
            .filter_map(|path| match path {
                Path::Prefix(text) => Some(text.clone()),
                Path::Expression(regex) => example(regex),
            })
            .collect();
        if paths.is_empty() {
            paths.push("/".to_owned());
        }
        let door = |host: &Option<String>, path: &String| EntryUrl {
            host: host.clone(),
            path: path.clone(),
            place: self.place.clone(),
        };
        hosts
            .iter()
            .flat_map(|host| paths.iter().map(move |path| door(host, path)))
            .collect()
    }
}
