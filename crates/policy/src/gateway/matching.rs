//! Which requests a rule is about, and which of several rules gets one.

use fancy_regex::Regex;

use crate::ask::Ask;
use crate::template::example;

/// One entry of `matches`.
#[derive(Debug)]
pub(crate) struct Match {
    pub(crate) path: Path,
    pub(crate) method: Option<String>,
    pub(crate) headers: Vec<(String, Expected)>,
    pub(crate) query: Vec<(String, Expected)>,
}

/// What a path is compared with.
#[derive(Debug)]
pub(crate) enum Path {
    Exact(String),
    /// Whole segments.
    Prefix(String),
    Regex(Box<Regex>, usize),
}

/// What a value is compared with.
#[derive(Debug)]
pub(crate) enum Expected {
    Exact(String),
    Regex(Box<Regex>),
}

impl Expected {
    fn fits(&self, value: &str) -> bool {
        match self {
            Self::Exact(text) => text == value,
            Self::Regex(regex) => regex.is_match(value).unwrap_or(false),
        }
    }
}

/// How particular a match is: the greater gets the request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    path: (u8, usize),
    method: bool,
    headers: usize,
    query: usize,
    /// The match is by the method that a preflight asks for, not by its own.
    pub(crate) only_meant: bool,
}

impl Match {
    /// Everything there is.
    pub(crate) fn everything() -> Self {
        Self {
            path: Path::Prefix("/".to_owned()),
            method: None,
            headers: Vec::new(),
            query: Vec::new(),
        }
    }

    /// A path that fits, where one is written out.
    pub(crate) fn path(&self) -> Option<String> {
        match &self.path {
            Path::Exact(path) | Path::Prefix(path) => Some(path.clone()),
            Path::Regex(regex, _) => example(regex),
        }
    }

    /// How well it fits a request; `None` where it does not.
    pub(crate) fn rank(&self, ask: &Ask<'_>) -> Result<Option<Rank>, String> {
        let asked = ask.url.path();
        let path = match &self.path {
            Path::Exact(path) if path == asked => (2, path.len()),
            Path::Regex(regex, length) if regex.is_match(asked).unwrap_or(false) => (1, *length),
            Path::Prefix(path) if is_below(path, asked) => (0, path.len()),
            _ => return Ok(None),
        };
        let mut only_meant = false;
        if let Some(method) = &self.method
            && method != ask.method
        {
            let meant = ask.header("access-control-request-method");
            if !ask.is_preflight() || meant != Some(method) {
                return Ok(None);
            }
            only_meant = true;
        }
        for (name, expected) in &self.headers {
            match ask.header(name) {
                Some(value) if !value.is_empty() && expected.fits(value) => {}
                Some(_) => return Ok(None),
                None => {
                    return Err(format!(
                        "the rule depends on the value of the request header `{name}`, which is not known"
                    ));
                }
            }
        }
        for (name, expected) in &self.query {
            let mut pairs = ask.url.query_pairs();
            if !pairs.any(|(other, value)| other == *name && expected.fits(&value)) {
                return Ok(None);
            }
        }
        Ok(Some(Rank {
            path,
            method: self.method.is_some(),
            headers: self.headers.len(),
            query: self.query.len(),
            only_meant,
        }))
    }
}

fn is_below(prefix: &str, path: &str) -> bool {
    let bare = prefix.trim_end_matches('/');
    path.strip_prefix(bare)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
