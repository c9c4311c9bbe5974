//! What was asked of one URL, and what came back: everything the checks look at.

use cors::{Answer, Credentials, Headers, Origin};
use url::Url;

use crate::checks::Page;
use crate::origins::{self, Trial};
use crate::server::{NoResponse, Server};

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
    /// An origin that no one can know.
    pub(crate) stranger: Pair,
    /// The origins that are meant to read.
    pub(crate) pages: Vec<Pair>,
    /// The same GETs with a query that no cache has seen; beside each of `pages`.
    pub(crate) uncached: Vec<Option<Answer>>,
    /// A stranger's preflight that asks to be let into the private network; `None` where it is not
    /// answered. Servers that do not know it may refuse it, which says nothing of other preflights
    /// (Starlette answers 400).
    pub(crate) local_network: Option<Answer>,
    /// A preflight that asks for `Authorization`, where it is answered.
    pub(crate) authorization: Option<Answer>,
    /// What was asked to meet errors.
    pub(crate) provoked: Vec<Provoked>,
    /// Odd origins that were answered with themselves, one for each rule.
    pub(crate) trusted: Vec<Trusted>,
}

/// A GET that a server may answer with an error, and what it answered.
#[derive(Debug, Clone)]
pub(crate) struct Provoked {
    /// What was asked.
    pub(crate) what: &'static str,
    pub(crate) url: Url,
    pub(crate) answer: Answer,
}

/// After so many origins without an answer no more are tried: something on the way drops them.
const MOST_SILENT: usize = 3;

/// The origins that look-alikes are made of; more would only repeat what these say.
const MOST_BASES: usize = 3;

impl<'a> Look<'a> {
    /// Asks everything. The order matters to caches: no one in particular first, then the pages.
    pub(crate) async fn at(server: &impl Server, target: &'a Target) -> Result<Self, NoResponse> {
        let asking = Asking { server, target };
        let plain = asking.get(None).await?;
        let mut pages = Vec::new();
        let mut uncached = Vec::new();
        for origin in &target.page_origins {
            pages.push(asking.pair(origin.as_str()).await?);
            uncached.push(asking.fresh(origin.as_str()).await.ok());
        }
        let stranger = asking.pair(&origins::stranger()).await?;
        let first = pages.first().unwrap_or(&stranger).origin.clone();
        let trusted = asking.trials(&stranger).await;
        let into_network = asking.preflight(&stranger.origin, ALSO_INTO_NETWORK);
        Ok(Self {
            local_network: into_network.await.ok(),
            authorization: asking.preflight(&first, ALSO_AUTHORIZATION).await.ok(),
            provoked: asking.provoke(&first).await,
            target,
            plain,
            stranger,
            pages,
            uncached,
            trusted,
        })
    }

    /// The answers to those who are allowed, or to the stranger where no one is known to be.
    pub(crate) fn readers(&self) -> Vec<&Pair> {
        if self.pages.is_empty() {
            vec![&self.stranger]
        } else {
            self.pages.iter().collect()
        }
    }

    /// What a page of an origin asks: the target, without cookies.
    pub(crate) fn asked_by<'b>(&'b self, origin: &'b str) -> Page<'b> {
        Page {
            origin,
            url: &self.target.url,
            credentials: Credentials::SameOrigin,
        }
    }

    /// Every answer, with a word for what was asked; those to pages that are meant to read come first.
    pub(crate) fn answers(&self) -> Vec<(&'static str, &Answer)> {
        let mut all = Vec::new();
        for pair in self.pages.iter().chain([&self.stranger]) {
            all.push(("GET", &pair.response));
            all.push(("OPTIONS", &pair.preflight));
        }
        all.push(("GET without Origin", &self.plain));
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

/// The same resource with nonsense in place of identifiers and values; `None` where it has none.
fn nonsense(url: &Url) -> Option<Url> {
    const NONSENSE: &str = "corswatch-audit";
    let mut changed = url.clone();
    let names: Vec<String> = url
        .query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect();
    if !names.is_empty() {
        let pairs = names.iter().map(|name| (name, NONSENSE));
        changed.query_pairs_mut().clear().extend_pairs(pairs);
    }
    let is_identifier = |segment: &str| segment.bytes().any(|byte| byte.is_ascii_digit());
    let segments: Vec<&str> = url.path_segments()?.collect();
    // A version (`v1`) names another resource, and so does what begins the path.
    if segments.len() > 1
        && segments.last().is_some_and(|last| is_identifier(last))
        && let Ok(mut path) = changed.path_segments_mut()
    {
        path.pop().push(NONSENSE);
    }
    (changed != *url).then_some(changed)
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
    async fn get(&self, origin: Option<&str>) -> Result<Answer, NoResponse> {
        let headers: Headers = origin
            .map(|origin| ("Origin", origin))
            .into_iter()
            .collect();
        self.server.ask("GET", &self.target.url, &headers).await
    }

    async fn pair(&self, origin: &str) -> Result<Pair, NoResponse> {
        Ok(Pair {
            origin: origin.to_owned(),
            response: self.get(Some(origin)).await?,
            preflight: self.preflight(origin, None).await?,
        })
    }

    /// A preflight for GET: what a server that allows anything at all allows.
    async fn preflight(
        &self,
        origin: &str,
        also: Option<(&str, &str)>,
    ) -> Result<Answer, NoResponse> {
        let mut headers = Headers::new();
        headers.push("Origin", origin);
        headers.push("Access-Control-Request-Method", "GET");
        if let Some((name, value)) = also {
            headers.push(name, value);
        }
        self.server.ask("OPTIONS", &self.target.url, &headers).await
    }

    async fn fresh(&self, origin: &str) -> Result<Answer, NoResponse> {
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

    /// Asks what may be answered with an error and changes nothing: each is a GET.
    async fn provoke(&self, origin: &str) -> Vec<Provoked> {
        let target = &self.target.url;
        let mut asked = vec![
            (
                "GET of a path below that does not exist",
                no_such_path(target),
            ),
            ("GET with an Accept that nothing fits", target.clone()),
        ];
        if let Some(url) = nonsense(target) {
            asked.push(("GET with nonsense for its parameters", url));
        }
        let mut provoked = Vec::new();
        for (what, url) in asked {
            let mut headers = Headers::new();
            headers.push("Origin", origin);
            if url == *target {
                headers.push("Accept", "application/vnd.corswatch-audit");
            }
            match self.server.ask("GET", &url, &headers).await {
                Ok(answer) => provoked.push(Provoked { what, url, answer }),
                // What a policy file says of the URL itself is all that is known of those below it.
                Err(silence) if silence.is_unclear() => {
                    if let Ok(answer) = self.get(Some(origin)).await {
                        let url = target.clone();
                        provoked.push(Provoked { what, url, answer });
                    }
                }
                Err(_) => {}
            }
        }
        provoked
    }

    /// Tries odd origins, each rule until one is trusted. Where a stranger is trusted, all are.
    async fn trials(&self, stranger: &Pair) -> Vec<Trusted> {
        if reflects(&stranger.response, &stranger.origin) {
            return Vec::new();
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
        let mut silent = 0;
        for trial in trials {
            if silent == MOST_SILENT {
                break;
            }
            let is_settled = |t: &Trusted| t.trial.rule == trial.rule || t.trial.explains(&trial);
            if is_meant(&trial.origin) || trusted.iter().any(is_settled) {
                continue;
            }
            // A filter that drops odd origins trusts none of them.
            let Ok(answer) = self.get(Some(&trial.origin)).await else {
                silent += 1;
                continue;
            };
            if reflects(&answer, &trial.origin) {
                trusted.push(Trusted { trial, answer });
            }
        }
        trusted
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
