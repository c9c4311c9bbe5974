//! What was asked of one URL, and what came back: everything the checks look at.

use cors::{Answer, Headers, Origin};
use url::Url;

use crate::origins::{self, Trial};
use crate::server::{Server, Silence};

/// What is audited.
#[derive(Debug, Clone)]
pub struct Target {
    /// The URL; asked with GET and OPTIONS only.
    pub url: Url,
    /// Origins of pages that are meant to read it. Without any, nothing can be said about those who
    /// are allowed.
    pub page_origins: Vec<Origin>,
    /// Response headers that those pages read.
    pub reads: Vec<String>,
}

/// The answers to one origin.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    /// What stood in `Origin`.
    pub(crate) origin: String,
    /// To GET.
    pub(crate) response: Answer,
    /// To OPTIONS.
    pub(crate) preflight: Answer,
}

/// A trial that was trusted.
#[derive(Debug, Clone)]
pub(crate) struct Trusted {
    pub(crate) trial: Trial,
    pub(crate) answer: Answer,
}

/// Everything that was asked of one URL.
#[derive(Debug)]
pub(crate) struct Look<'a> {
    pub(crate) target: &'a Target,
    /// GET without `Origin`.
    pub(crate) plain: Answer,
    /// An origin that nobody can know.
    pub(crate) stranger: Pair,
    /// The origins that are meant to read.
    pub(crate) pages: Vec<Pair>,
    /// The same GETs with a query that no cache has seen; beside each of `pages`.
    pub(crate) uncached: Vec<Answer>,
    /// A stranger's preflight that asks to be let into the private network; `None` where it is not
    /// answered. Servers that do not know it may refuse it, which says nothing of other preflights
    /// (Starlette answers 400).
    pub(crate) local_network: Option<Answer>,
    /// A preflight that asks for `Authorization`.
    pub(crate) authorization: Answer,
    /// GET of a path that does not exist.
    pub(crate) missing: Answer,
    /// Odd origins that were answered with themselves, one for each rule.
    pub(crate) trusted: Vec<Trusted>,
}

/// The origins that look-alikes are made of; more would only repeat what these say.
const MOST_BASES: usize = 3;

impl<'a> Look<'a> {
    /// Asks everything. The order matters to caches: nobody in particular first, then the pages.
    pub(crate) async fn at(server: &impl Server, target: &'a Target) -> Result<Self, Silence> {
        let asking = Asking { server, target };
        let plain = asking.get(None).await?;
        let mut pages = Vec::new();
        let mut uncached = Vec::new();
        for origin in &target.page_origins {
            pages.push(asking.pair(origin.as_str()).await?);
            uncached.push(asking.fresh(origin.as_str()).await?);
        }
        let stranger = asking.pair(&origins::stranger()).await?;
        let first = pages.first().unwrap_or(&stranger).origin.clone();
        let trusted = asking.trials(&stranger).await?;
        let into_network = asking.preflight(&stranger.origin, ALSO_INTO_NETWORK);
        Ok(Self {
            local_network: into_network.await.ok(),
            authorization: asking.preflight(&first, ALSO_AUTHORIZATION).await?,
            missing: asking.missing(&first).await?,
            target,
            plain,
            stranger,
            pages,
            uncached,
            trusted,
        })
    }

    /// The answers to those who are allowed, or to the stranger where nobody is known to be.
    pub(crate) fn readers(&self) -> Vec<&Pair> {
        if self.pages.is_empty() {
            vec![&self.stranger]
        } else {
            self.pages.iter().collect()
        }
    }

    /// Every answer, with a word for what was asked.
    pub(crate) fn answers(&self) -> Vec<(&'static str, &Answer)> {
        let mut all = vec![("GET without Origin", &self.plain)];
        for pair in self.pages.iter().chain([&self.stranger]) {
            all.push(("GET", &pair.response));
            all.push(("OPTIONS", &pair.preflight));
        }
        all
    }
}

const NO_SUCH_PATH: &str = "corswatch-audit-no-such-path";

/// Whether a URL is one that [`no_such_path`] makes.
pub(crate) fn is_no_such_path(url: &Url) -> bool {
    url.path().ends_with(NO_SUCH_PATH)
}

/// A URL below another where nothing is.
pub(crate) fn no_such_path(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push(NO_SUCH_PATH);
    }
    url
}

/// What a preflight asks besides.
const ALSO_AUTHORIZATION: Option<(&str, &str)> =
    Some(("Access-Control-Request-Headers", "authorization"));
const ALSO_INTO_NETWORK: Option<(&str, &str)> =
    Some(("Access-Control-Request-Private-Network", "true"));

struct Asking<'a, S> {
    server: &'a S,
    target: &'a Target,
}

impl<S: Server> Asking<'_, S> {
    async fn get(&self, origin: Option<&str>) -> Result<Answer, Silence> {
        let headers: Headers = origin
            .map(|origin| ("Origin", origin))
            .into_iter()
            .collect();
        self.server.ask("GET", &self.target.url, &headers).await
    }

    async fn pair(&self, origin: &str) -> Result<Pair, Silence> {
        Ok(Pair {
            origin: origin.to_owned(),
            response: self.get(Some(origin)).await?,
            preflight: self.preflight(origin, None).await?,
        })
    }

    /// A preflight for GET: what a server that allows anything at all allows.
    async fn preflight(&self, origin: &str, also: Option<(&str, &str)>) -> Result<Answer, Silence> {
        let mut headers = Headers::new();
        headers.push("Origin", origin);
        headers.push("Access-Control-Request-Method", "GET");
        if let Some((name, value)) = also {
            headers.push(name, value);
        }
        self.server.ask("OPTIONS", &self.target.url, &headers).await
    }

    async fn fresh(&self, origin: &str) -> Result<Answer, Silence> {
        let mut url = self.target.url.clone();
        // Not random: the same audit asks the same, and the origin is part of what is asked.
        let value: u64 = origin
            .bytes()
            .fold(7, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte));
        url.query_pairs_mut()
            .append_pair("corswatch-audit", &value.to_string());
        let headers: Headers = [("Origin", origin)].into_iter().collect();
        self.server.ask("GET", &url, &headers).await
    }

    async fn missing(&self, origin: &str) -> Result<Answer, Silence> {
        let url = no_such_path(&self.target.url);
        let headers: Headers = [("Origin", origin)].into_iter().collect();
        match self.server.ask("GET", &url, &headers).await {
            Err(silence) if silence.is_unclear() => self.get(Some(origin)).await,
            answer => answer,
        }
    }

    /// Tries odd origins, each rule until one is trusted. Where a stranger is trusted, all are.
    async fn trials(&self, stranger: &Pair) -> Result<Vec<Trusted>, Silence> {
        if reflects(&stranger.response, &stranger.origin) {
            return Ok(Vec::new());
        }
        let own = Origin::of(&self.target.url);
        let mut bases: Vec<&str> = self
            .target
            .page_origins
            .iter()
            .map(Origin::as_str)
            .collect();
        bases.push(own.as_str());
        bases.truncate(MOST_BASES);
        let mut trials = origins::unrelated();
        for base in bases {
            trials.extend(origins::siblings(base));
            trials.extend(origins::look_alikes(base));
        }
        let is_meant = |origin: &str| {
            self.target
                .page_origins
                .iter()
                .any(|o| o.as_str() == origin)
        };
        let mut trusted: Vec<Trusted> = Vec::new();
        for trial in trials {
            let is_settled = |t: &Trusted| t.trial.rule == trial.rule || t.trial.explains(&trial);
            if is_meant(&trial.origin) || trusted.iter().any(is_settled) {
                continue;
            }
            let answer = self.get(Some(&trial.origin)).await?;
            if reflects(&answer, &trial.origin) {
                trusted.push(Trusted { trial, answer });
            }
        }
        Ok(trusted)
    }
}

/// Whether an answer names the origin that asked.
pub(crate) fn reflects(answer: &Answer, origin: &str) -> bool {
    answer
        .headers
        .joined("access-control-allow-origin")
        .is_some_and(|value| *value == *origin.as_bytes())
}

/// Whether an answer permits credentials.
pub(crate) fn with_credentials(answer: &Answer) -> bool {
    answer
        .headers
        .joined("access-control-allow-credentials")
        .is_some_and(|value| *value == *b"true")
}

/// The value of a header as text.
pub(crate) fn text(answer: &Answer, name: &str) -> Option<String> {
    answer
        .headers
        .joined(name)
        .map(|value| String::from_utf8_lossy(&value).into_owned())
}

/// The elements of a list header.
pub(crate) fn list(answer: &Answer, name: &str) -> Vec<String> {
    let value = text(answer, name).unwrap_or_default();
    value
        .split(',')
        .map(|element| element.trim().to_owned())
        .filter(|element| !element.is_empty())
        .collect()
}

/// Signs that a response is meant for its reader alone.
pub(crate) fn looks_private(answer: &Answer) -> Option<&'static str> {
    let control = text(answer, "cache-control")
        .unwrap_or_default()
        .to_ascii_lowercase();
    if answer.headers.all("set-cookie").next().is_some() {
        Some("it sets a cookie")
    } else if matches!(answer.status, 401 | 403) {
        Some("it asks who is there")
    } else if control.contains("private") || control.contains("no-store") {
        Some("its Cache-Control keeps it out of shared caches")
    } else if text(answer, "vary").is_some_and(|v| {
        let v = v.to_ascii_lowercase();
        v.contains("cookie") || v.contains("authorization")
    }) {
        Some("it depends on who asks")
    } else {
        None
    }
}
