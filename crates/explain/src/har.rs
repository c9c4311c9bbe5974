//! HAR files as the developer tools of Chromium, Firefox and Safari save them.

use std::collections::HashSet;

use cors::{
    Answer, Credentials, Exchange, Headers, Hop, Mode, Origin, Request, RequestParts, Ruling,
    Stage, judge,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::fix::Policy;
use crate::verdict::{self, Verdict};

/// Why a file is not a HAR.
#[derive(Debug, thiserror::Error)]
pub enum BadHar {
    /// Not JSON, or without `log.entries`.
    #[error("not a HAR file: {0}")]
    Json(#[from] serde_json::Error),
}

/// A cross-origin request of the file that the browser blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HarFinding {
    /// Index of the entry that carries the request, from 0.
    pub entry: usize,
    /// Line of the file at which the entry starts, from 1.
    pub line: usize,
    /// Method.
    pub method: String,
    /// URL.
    pub url: String,
    /// Origin of the page.
    pub page_origin: String,
    /// Why it is blocked and what to change.
    pub verdict: Verdict,
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

/// What a HAR file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HarReport {
    /// Cross-origin requests that were judged.
    pub judged: usize,
    /// Those that are blocked.
    pub findings: Vec<HarFinding>,
    /// Entries that cannot be read; the others are judged all the same.
    pub bad_entries: Vec<BadEntry>,
}

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    log: Log<'a>,
}

#[derive(Deserialize)]
struct Log<'a> {
    #[serde(borrow)]
    entries: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Entry {
    /// Line of the file; not a member of the entry.
    #[serde(skip)]
    line: usize,
    request: HarRequest,
    response: HarResponse,
    #[serde(rename = "_resourceType", default)]
    resource_type: Option<String>,
}

#[derive(Deserialize)]
struct HarRequest {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<HarHeader>,
}

#[derive(Deserialize)]
struct HarResponse {
    status: i32,
    #[serde(default)]
    headers: Vec<HarHeader>,
}

#[derive(Deserialize)]
struct HarHeader {
    name: String,
    value: String,
}

impl Entry {
    fn header(&self, name: &str) -> Option<&str> {
        self.request
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value.as_str())
    }

    fn is_preflight(&self) -> bool {
        self.request.method == "OPTIONS" && self.header("access-control-request-method").is_some()
    }

    /// The page's origin, where the browser made a CORS request for it.
    fn page_origin(&self) -> Option<Origin> {
        let cors = self
            .header("sec-fetch-mode")
            .is_none_or(|mode| mode == "cors");
        let fetched = self
            .resource_type
            .as_deref()
            .is_none_or(|kind| kind != "document");
        let origin = Origin::parse(self.header("origin")?)?;
        (cors && fetched).then_some(origin)
    }

    /// What was answered; status 0 (or less) stands for nothing.
    fn answer(&self) -> Option<Answer> {
        let status = u16::try_from(self.response.status)
            .ok()
            .filter(|status| *status >= 200)?;
        Some(Answer {
            status,
            headers: headers(&self.response.headers),
        })
    }
}

/// Header texts are one character a byte where they can be, UTF-8 where a tool has decoded them.
fn bytes(text: &str) -> Vec<u8> {
    let latin1: Result<Vec<u8>, _> = text.chars().map(|c| u8::try_from(u32::from(c))).collect();
    latin1.unwrap_or_else(|_| text.as_bytes().to_vec())
}

fn headers(list: &[HarHeader]) -> Headers {
    // Pseudo-headers of HTTP/2 stand among the others in Chromium's files; Firefox joins lines of
    // one name with line feeds.
    list.iter()
        .filter(|header| !header.name.starts_with(':'))
        .flat_map(|header| {
            header
                .value
                .split('\n')
                .map(|line| (bytes(&header.name), bytes(line)))
        })
        .collect()
}

/// Reads the entries of a file; those that cannot be read go into the report.
fn read<'a>(file: &'a [u8], report: &mut HarReport) -> Result<Vec<(usize, Entry)>, BadHar> {
    let parsed: File<'a> = serde_json::from_slice(file)?;
    let (mut counted, mut line) = (0, 1);
    let mut entries = Vec::new();
    for (index, raw) in parsed.log.entries.into_iter().enumerate() {
        // Entries lie in the file itself, one behind the other.
        let start = raw.get().as_ptr().addr() - file.as_ptr().addr();
        line += file[counted..start]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        counted = start;
        match serde_json::from_str::<Entry>(raw.get()) {
            Ok(entry) => entries.push((index, Entry { line, ..entry })),
            Err(error) => {
                let text = error.to_string();
                let reason = text.split(" at line ").next().unwrap_or(&text);
                report.bad_entries.push(BadEntry {
                    entry: index,
                    line: line + error.line().saturating_sub(1),
                    reason: reason.to_owned(),
                });
            }
        }
    }
    Ok(entries)
}

/// Judges every cross-origin request of a HAR file.
pub fn explain(file: &[u8]) -> Result<HarReport, BadHar> {
    let mut report = HarReport::default();
    let entries = read(file, &mut report)?;
    let mut used = HashSet::new();
    for at in 0..entries.len() {
        let (index, entry) = &entries[at];
        let Some(page_origin) = entry.page_origin() else {
            continue;
        };
        if entry.is_preflight() || used.contains(&at) {
            continue;
        }
        match request(entry, &entries, &page_origin) {
            Ok(request)
                if !page_origin.is_same(request.url())
                    || entry.answer().is_some_and(|a| a.redirect().is_some()) =>
            {
                report.judged += 1;
                let exchange = follow(request, at, &entries, &mut used);
                let verdict = verdict::explain(&exchange);
                if verdict.judgement.ruling == Ruling::Blocked {
                    report.findings.push(HarFinding {
                        entry: *index,
                        line: entry.line,
                        policy: Policy::of(&exchange, &verdict.judgement),
                        method: entry.request.method.clone(),
                        url: entry.request.url.clone(),
                        page_origin: page_origin.as_str().to_owned(),
                        verdict,
                    });
                }
            }
            Ok(_) => {}
            Err(reason) => report.bad_entries.push(BadEntry {
                entry: *index,
                line: entry.line,
                reason,
            }),
        }
    }
    Ok(report)
}

/// Headers the browser itself adds; whether a script set one of them does not show in a HAR file.
const BROWSERS_OWN: [&str; 9] = [
    "accept",
    "accept-language",
    "cache-control",
    "if-modified-since",
    "if-none-match",
    "pragma",
    "priority",
    "range",
    "upgrade-insecure-requests",
];

/// The request behind an entry. The preflight says which headers the browser asked for; without one
/// everything counts that a browser does not send by itself.
fn request(
    entry: &Entry,
    entries: &[(usize, Entry)],
    page_origin: &Origin,
) -> Result<Request, String> {
    let asked: Option<Vec<String>> = preflight(entry, entries)
        .and_then(|preflight| preflight.header("access-control-request-headers"))
        .map(|list| {
            list.split(',')
                .map(|name| name.trim().to_ascii_lowercase())
                .collect()
        });
    let headers = entry
        .request
        .headers
        .iter()
        .filter(|header| !header.name.starts_with(':'))
        .filter(|header| {
            let name = header.name.to_ascii_lowercase();
            match &asked {
                Some(asked) => asked.contains(&name),
                None => !BROWSERS_OWN.contains(&name.as_str()),
            }
        })
        .map(|header| (bytes(&header.name), bytes(&header.value)))
        .collect();
    let credentials = if entry.header("cookie").is_some() {
        Credentials::Include
    } else {
        Credentials::SameOrigin
    };
    Request::new(RequestParts {
        page_origin: page_origin.as_str(),
        url: &entry.request.url,
        method: &entry.request.method,
        mode: Mode::Cors,
        credentials,
        headers,
    })
    .map_err(|error| error.to_string())
}

fn preflight<'a>(entry: &Entry, entries: &'a [(usize, Entry)]) -> Option<&'a Entry> {
    entries.iter().map(|(_, other)| other).find(|other| {
        other.is_preflight()
            && other.request.url == entry.request.url
            && other.header("access-control-request-method") == Some(entry.request.method.as_str())
    })
}

/// The exchange that starts at an entry, along its redirects.
fn follow(
    request: Request,
    start: usize,
    entries: &[(usize, Entry)],
    used: &mut HashSet<usize>,
) -> Exchange {
    let mut exchange = Exchange {
        request,
        hops: Vec::new(),
    };
    let mut at = start;
    loop {
        let (_, entry) = &entries[at];
        used.insert(at);
        exchange.hops.push(Hop {
            url: entry.request.url.clone(),
            preflight: preflight(entry, entries).and_then(Entry::answer),
            response: entry.answer(),
        });
        assume_cached_preflight(&mut exchange);
        let judgement = judge(&exchange);
        let next = (judgement.ruling == Ruling::Incomplete && judgement.hop == exchange.hops.len())
            .then(|| find_hop(&judgement.scene.url, at, entries, used))
            .flatten();
        match next {
            Some(next) => at = next,
            None => return exchange,
        }
    }
}

fn find_hop(
    url: &str,
    after: usize,
    entries: &[(usize, Entry)],
    used: &HashSet<usize>,
) -> Option<usize> {
    let bare = |url: &str| url.split('#').next().unwrap_or_default().to_owned();
    (after + 1..entries.len()).find(|at| {
        let (_, entry) = &entries[*at];
        !used.contains(at) && !entry.is_preflight() && bare(&entry.request.url) == bare(url)
    })
}

/// A request that was answered without a preflight in the file had its permission in the cache.
fn assume_cached_preflight(exchange: &mut Exchange) {
    let judgement = judge(exchange);
    let last = exchange.hops.len() - 1;
    if judgement.scene.missing != Some(Stage::Preflight) || judgement.hop != last {
        return;
    }
    let Some(question) = judgement.scene.question else {
        return;
    };
    let hop = &mut exchange.hops[last];
    if hop.response.is_some() {
        let mut headers = Headers::new();
        headers.push("access-control-allow-origin", judgement.scene.origin);
        headers.push("access-control-allow-credentials", "true");
        headers.push("access-control-allow-methods", question.method);
        headers.push(
            "access-control-allow-headers",
            question.headers.unwrap_or_default(),
        );
        hop.preflight = Some(Answer {
            status: 204,
            headers,
        });
    }
}
