//! Routes: what they match, and what they do.

use super::cors::Policy;
use super::text::{Format, Matcher};
use crate::ask::Ask;
use crate::doubt::Doubt;
use crate::nginx::Case;
use crate::place::SourceLocation;
use crate::template::example;
use crate::yaml::Node;

/// How particular a route is, where that counts.
pub(crate) type Rank = (u8, usize, bool, usize, usize);

/// A route.
#[derive(Debug)]
pub(crate) struct Route {
    /// The greater is tried first; those of one rank in order.
    pub(crate) rank: Rank,
    /// One of these.
    pub(crate) matches: Vec<Match>,
    pub(crate) action: Action,
    /// The nearest first.
    pub(crate) policies: Vec<Policy>,
    pub(crate) changes: Vec<Change>,
    pub(crate) place: SourceLocation,
}

/// What a route does.
#[derive(Debug)]
pub(crate) enum Action {
    /// Passes the request on.
    Cluster,
    Direct(u16),
    Redirect(u16, Target),
    /// Something that is not followed.
    Opaque(String),
}

impl Action {
    /// What a node answers by itself, with the status in a member; `name` is what the node is called.
    pub(super) fn direct(node: &Node, status: &str, name: &str) -> Self {
        let status = node.text_of(status).parse();
        status.map_or_else(|_| Self::Opaque(name.to_owned()), Self::Direct)
    }
}

/// Where a redirect leads.
#[derive(Debug, Default)]
pub(crate) struct Target {
    pub(crate) scheme: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) path: Option<String>,
}

impl Target {
    pub(crate) fn of(&self, ask: &Ask<'_>) -> String {
        let url = ask.url;
        let scheme = self.scheme.as_deref().unwrap_or(url.scheme());
        let own = match url.port() {
            Some(port) => format!("{}:{port}", ask.host()),
            None => ask.host().to_owned(),
        };
        let host = self.host.as_deref().unwrap_or(&own);
        match &self.path {
            Some(path) => format!("{scheme}://{host}{path}"),
            None => {
                let query = url
                    .query()
                    .map(|query| format!("?{query}"))
                    .unwrap_or_default();
                format!("{scheme}://{host}{}{query}", url.path())
            }
        }
    }
}

/// A change of the headers of an answer.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Add(String, Format, SourceLocation),
    Set(String, Format, SourceLocation),
    /// Where there is none.
    Default(String, Format, SourceLocation),
    Remove(String),
}

/// A `RouteMatch`, or an entry of Istio's `match`.
#[derive(Debug)]
pub(crate) struct Match {
    pub(crate) path: Option<PathMatch>,
    pub(crate) headers: Vec<HeaderMatch>,
    pub(crate) query: Vec<(String, Option<Matcher>)>,
    /// Something that is not known here.
    pub(crate) open: Option<String>,
}

#[derive(Debug)]
pub(crate) enum PathMatch {
    Text(Matcher),
    /// Whole segments.
    Below(String, Case),
}

/// A condition on a header of the request, or on `:method`, `:path`, `:authority`, `:scheme`.
#[derive(Debug)]
pub(crate) struct HeaderMatch {
    pub(crate) name: String,
    /// `None`: that it is there.
    pub(crate) matcher: Option<Matcher>,
    pub(crate) inverted: bool,
}

impl PathMatch {
    fn fits(&self, path: &str) -> bool {
        match self {
            Self::Text(matcher) => matcher.matches(path),
            Self::Below(own, case) => {
                let fold = |text: &str| match case {
                    Case::Ignored => text.to_ascii_lowercase(),
                    Case::Kept => text.to_owned(),
                };
                let path = fold(path);
                path.strip_prefix(&fold(own))
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
        }
    }

    fn example(&self) -> Option<String> {
        match self {
            Self::Text(Matcher::Exact(path, _) | Matcher::Prefix(path, _))
            | Self::Below(path, _) => Some(path.clone()),
            Self::Text(Matcher::Regex(regex, _)) => example(regex),
            Self::Text(_) => None,
        }
    }
}

impl HeaderMatch {
    fn fits(&self, ask: &Ask<'_>, place: &SourceLocation) -> Result<bool, Doubt> {
        let authority = || match ask.url.port() {
            Some(port) => format!("{}:{port}", ask.host()),
            None => ask.host().to_owned(),
        };
        let value = match self.name.as_str() {
            ":method" => Some(ask.method.to_owned()),
            ":scheme" => Some(ask.url.scheme().to_owned()),
            ":authority" | "host" => Some(authority()),
            ":path" => {
                let query = ask.url.query().map(|query| format!("?{query}"));
                Some(format!("{}{}", ask.url.path(), query.unwrap_or_default()))
            }
            name => ask.header(name).map(str::to_owned),
        };
        let Some(value) = value else {
            let reason = format!(
                "the route depends on the request header `{}`, whose value is not known",
                self.name
            );
            return Err(Doubt::at(reason, place));
        };
        let is_there = !value.is_empty();
        let fits = match &self.matcher {
            None => is_there,
            // A header that is missing fits nothing, inverted or not.
            Some(_) if !is_there => return Ok(false),
            Some(matcher) => matcher.matches(&value),
        };
        Ok(fits != self.inverted)
    }
}

impl Match {
    /// Everything there is.
    pub(crate) fn everything() -> Self {
        Self {
            path: None,
            headers: Vec::new(),
            query: Vec::new(),
            open: None,
        }
    }

    fn fits(&self, ask: &Ask<'_>, place: &SourceLocation) -> Result<bool, Doubt> {
        if self
            .path
            .as_ref()
            .is_some_and(|path| !path.fits(ask.url.path()))
        {
            return Ok(false);
        }
        for header in &self.headers {
            if !header.fits(ask, place)? {
                return Ok(false);
            }
        }
        for (name, matcher) in &self.query {
            let mut pairs = ask.url.query_pairs();
            let fits = |value: &str| matcher.as_ref().is_none_or(|own| own.matches(value));
            if !pairs.any(|(other, value)| other == *name && fits(&value)) {
                return Ok(false);
            }
        }
        match &self.open {
            Some(name) => Err(Doubt::at(
                format!("whether `{name}` fits is not known"),
                place,
            )),
            None => Ok(true),
        }
    }
}

impl Route {
    pub(crate) fn fits(&self, ask: &Ask<'_>) -> Result<bool, Doubt> {
        for one in &self.matches {
            if one.fits(ask, &self.place)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A path that it is about.
    pub(crate) fn door(&self) -> Option<String> {
        match &self.matches.first()?.path {
            None => Some("/".to_owned()),
            Some(path) => path.example(),
        }
    }
}
