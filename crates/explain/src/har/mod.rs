//! HAR files, as developer tools, test tools and proxies save them: every cross-origin request of the
//! file with how it ended and why.

mod chain;
pub(crate) mod completed;
mod csp;
mod entry;
pub(crate) mod failure;
mod file;
mod kind;
mod lenient;
pub(crate) mod message;
mod outcome;
mod page;
mod pairs;

use std::collections::HashSet;

use cors::{Exchange, Hop, Origin};
use url::Url;

use crate::fix::Policy;
use crate::verdict::Verdict;
use entry::Entry;
use file::Contents;
use kind::Kind;
use outcome::JudgedRequest;
pub use outcome::Outcome;
pub use page::PageSource;
use page::Pages;
use pairs::Index;

/// Why a file is not a HAR.
#[derive(Debug, thiserror::Error)]
pub enum BadHar {
    /// Not JSON, or without `log.entries`.
    #[error("not a HAR file: {0}")]
    Json(#[from] serde_json::Error),
    /// Not even a text.
    #[error("not a HAR file: {0}")]
    Form(&'static str),
}

/// A cross-origin request of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HarRequest {
    /// Index of the entry that carries the request, from 0.
    pub entry: usize,
    /// Line of the file at which the entry starts, from 1.
    pub line: usize,
    /// The entries that took part: redirects and preflights.
    pub entries: Vec<usize>,
    /// Method.
    pub method: String,
    /// URL.
    pub url: String,
    /// Origin of the page; `None` where nothing tells it.
    pub page_origin: Option<String>,
    /// What told the page's origin.
    pub page_source: Option<PageSource>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, and what to change.
    pub verdict: Verdict,
    /// Whether it was judged as one with credentials, though the file shows none.
    pub likely_credentialed: bool,
    /// The least that a server has to permit; `None` where it should not.
    pub policy: Option<Policy>,
}

/// An entry that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadEntry {
    /// Index, from 0.
    pub entry: usize,
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// How many requests ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct HarSummary {
    /// All of them.
    pub cross_origin: usize,
    /// The page got its response.
    pub allowed: usize,
    /// CORS blocked it.
    pub blocked: usize,
    /// Failed for another reason.
    pub other: usize,
    /// The file does not tell.
    pub untold: usize,
}

/// Entries in which CORS has no part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct LeftOut {
    /// Of the page's own origin.
    pub same_origin: usize,
    /// Documents.
    pub navigations: usize,
    /// Neither http nor https.
    pub other_schemes: usize,
    /// Answered, sent without Origin, and of a page that nothing tells.
    pub no_page: usize,
}

/// What a HAR file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HarReport {
    /// Its cross-origin requests, in the order of the file.
    pub requests: Vec<HarRequest>,
    /// Entries that cannot be read; the others are judged all the same.
    pub bad_entries: Vec<BadEntry>,
    /// The other entries.
    pub left_out: LeftOut,
}

impl HarReport {
    /// How many requests ended how.
    #[must_use]
    pub fn summary(&self) -> HarSummary {
        let mut summary = HarSummary::default();
        for request in &self.requests {
            summary.cross_origin += 1;
            *match request.outcome {
                Outcome::Allowed => &mut summary.allowed,
                Outcome::Blocked => &mut summary.blocked,
                Outcome::Other => &mut summary.other,
                Outcome::Untold => &mut summary.untold,
            } += 1;
        }
        summary
    }
}

/// Judges every cross-origin request of a HAR file.
///
/// # Errors
/// Where nothing of the file can be read. Entries that cannot be read are in the report.
pub fn explain(file: &[u8]) -> Result<HarReport, BadHar> {
    let text = file::decode(file)?;
    if let Ok(contents) = file::whole(&text) {
        return Ok(report(contents));
    }
    let mended = file::mend(&text);
    file::damaged(&mended).map(report)
}

fn report(contents: Contents<'_>) -> HarReport {
    let pages = Pages::new(&contents.pages, &contents.entries);
    let mut reader = Reader {
        index: Index::new(contents.entries),
        pages,
        used: HashSet::new(),
        report: HarReport {
            bad_entries: contents.bad,
            ..HarReport::default()
        },
    };
    for at in 0..reader.index.entries.len() {
        reader.entry(at);
    }
    let mut report = reader.report;
    report.requests.sort_by_key(|request| request.entry);
    report.bad_entries.sort_by_key(|bad| bad.entry);
    report
}

struct Reader<'a> {
    index: Index<'a>,
    pages: Pages,
    /// Entries that are part of a request that was judged.
    used: HashSet<usize>,
    report: HarReport,
}

impl Reader<'_> {
    fn entry(&mut self, at: usize) {
        if self.used.contains(&at) {
            return;
        }
        let entry = &self.index.entries[at];
        if entry.is_preflight() {
            return self.lone_preflight(at);
        }
        let left_out = &mut self.report.left_out;
        let kind = kind::of(entry, self.index.preflight(at).is_some());
        match kind {
            Kind::NotHttp => left_out.other_schemes += 1,
            Kind::Navigation => left_out.navigations += 1,
            Kind::Cors | Kind::NoCors | Kind::Unknown => self.request(at, kind),
        }
    }

    fn request(&mut self, at: usize, kind: Kind) {
        let answered = self.index.entries[at].answer().is_some();
        let Some((page_origin, source)) = self.pages.origin_of(&self.index, at) else {
            if kind == Kind::Cors && !answered {
                return self.without_page(at);
            }
            self.report.left_out.no_page += 1;
            return;
        };
        // A CORS request says Origin on the wire; what was answered without it was another.
        let kind = match kind {
            Kind::Unknown if answered => Kind::NoCors,
            other => other,
        };
        match chain::request(&self.index, at, &page_origin, kind) {
            Ok(request) => self.judge(at, request, &page_origin, source),
            Err(reason) => self.bad(at, reason),
        }
    }

    fn judge(&mut self, at: usize, request: cors::Request, page: &Origin, source: PageSource) {
        let own = page.is_same(request.url());
        let redirected = self.index.entries[at]
            .answer()
            .is_some_and(|answer| answer.redirect().is_some());
        if own && !redirected {
            self.report.left_out.same_origin += 1;
            return;
        }
        let chain = chain::follow(request, at, &self.index, &self.used);
        let judged = outcome::of(&self.index, &self.pages, &chain);
        if own && !is_foreign(&judged.verdict, page) {
            self.report.left_out.same_origin += 1;
            return;
        }
        self.used.extend(&chain.members);
        let mut judged = judged;
        self.note(&chain, source, &mut judged);
        self.push(at, &chain.members, Some((page, source)), judged);
    }

    /// Caveats that lie in the file.
    fn note(&self, chain: &chain::Chain, source: PageSource, judged: &mut JudgedRequest) {
        let caveats = &mut judged.verdict.caveats;
        let entry = &self.index.entries[*chain.members.last().unwrap_or(&chain.members[0])];
        if matches!(source, PageSource::Referer | PageSource::Page) {
            caveats.push(format!(
                "The page's origin is inferred from the {}: the entry has no Origin.",
                if source == PageSource::Referer {
                    "Referer"
                } else {
                    "page that the entry refers to"
                }
            ));
        }
        if chain.assumed_preflight {
            caveats.push("The file has no preflight for this request, which needs one: the browser was taken to have a permission in its cache.".to_owned());
        }
        let blocked = judged.outcome == Outcome::Blocked;
        if blocked && judged.unnoted {
            caveats.push("The file notes no failure of this request, as browsers do where they block one: the page may not have been bound by CORS (an extension, a setting), or the recorded headers are not those that the browser saw.".to_owned());
        }
        if let (Some(cache), true) = (entry.browser_cache(), blocked) {
            caveats.push(format!(
                "The answer came from the browser's {cache}: it may have been stored for a request without Origin (an image, a style sheet). `Vary: Origin` on every answer keeps the two apart; reload without the cache to see the server's own answer."
            ));
        }
    }

    /// A preflight that no request of the file waited for: proxies record nothing else of a request
    /// that failed at it.
    fn lone_preflight(&mut self, at: usize) {
        if self.index.is_claimed(at) {
            return;
        }
        let preflight = &self.index.entries[at];
        let Some(page_origin) = preflight.origin() else {
            return self.bad(
                at,
                "a preflight without an Origin that can be read".to_owned(),
            );
        };
        let answer = preflight.answer();
        match chain::asked_request(preflight, &page_origin) {
            Ok(request) => {
                let exchange = Exchange {
                    request,
                    hops: vec![Hop {
                        url: preflight.request.url.to_string(),
                        preflight: answer,
                        response: None,
                    }],
                };
                let judged = outcome::of_preflight(exchange, preflight.error());
                self.push(
                    at,
                    &[at],
                    Some((&page_origin, PageSource::Preflight)),
                    judged,
                );
            }
            Err(reason) => self.bad(at, reason),
        }
    }

    /// A request that failed, of a page that nothing tells.
    fn without_page(&mut self, at: usize) {
        match chain::request(&self.index, at, &Origin::Opaque, Kind::Cors) {
            Ok(request) => {
                let chain = chain::follow(request, at, &self.index, &self.used);
                let mut judged = outcome::of(&self.index, &self.pages, &chain);
                if judged.outcome != Outcome::Other {
                    judged.outcome = Outcome::Untold;
                    judged.verdict.judgement.ruling = cors::Ruling::Incomplete;
                    judged.verdict.judgement.error = None;
                    judged.verdict.reason = Some(crate::Reason::Unknown);
                    "The file does not tell why, because nothing in it names the page: no Origin, no preflight, no Referer, no page.".clone_into(&mut judged.verdict.explanation);
                    judged.verdict.fix = Vec::new();
                }
                self.push(at, &chain.members, None, judged);
            }
            Err(reason) => self.bad(at, reason),
        }
    }

    fn push(
        &mut self,
        at: usize,
        members: &[usize],
        page: Option<(&Origin, PageSource)>,
        judged: JudgedRequest,
    ) {
        let entry = &self.index.entries[at];
        let preflights = members
            .iter()
            .filter_map(|member| self.index.preflight(*member))
            .map(|preflight| preflight.index);
        let mut entries: Vec<usize> = members
            .iter()
            .map(|member| self.index.entries[*member].index)
            .chain(preflights)
            .collect();
        entries.sort_unstable();
        entries.dedup();
        let judgement = &judged.verdict.judgement;
        self.report.requests.push(HarRequest {
            entry: entry.index,
            line: entry.line,
            entries,
            method: judged.exchange.request.method().to_owned(),
            url: entry.request.url.to_string(),
            page_origin: page.map(|(origin, _)| origin.as_str().to_owned()),
            page_source: page.map(|(_, source)| source),
            outcome: judged.outcome,
            policy: (judged.outcome == Outcome::Blocked)
                .then(|| Policy::of(&judged.exchange, judgement))
                .flatten(),
            likely_credentialed: judged.likely_credentialed,
            verdict: judged.verdict,
        });
    }

    fn bad(&mut self, at: usize, reason: String) {
        let entry: &Entry<'_> = &self.index.entries[at];
        self.report.bad_entries.push(BadEntry {
            entry: entry.index,
            line: entry.line,
            reason,
        });
    }
}

/// Whether a request of the page's own origin was led to another.
fn is_foreign(verdict: &Verdict, page: &Origin) -> bool {
    let scene = &verdict.judgement.scene;
    let led = |url: &str| Url::parse(url).is_ok_and(|url| !page.is_same(&url));
    scene.cross_origin || led(&scene.url) || scene.location.as_deref().is_some_and(led)
}
