//! From what is written to the single requests: matrices, defaults, variables.

use std::collections::BTreeMap;
use std::ops::Range;

use cors::{Credentials, Headers, Mode, Request, RequestParts};
use url::Url;
use web::HeaderName;

use crate::case::{Case, Reach, is_preflighted, is_safe};
use crate::expect::{Expect, Verdict};
use crate::problem::{Lines, Problem};
use crate::vars::Vars;
use crate::written::{Defaults, RawRequest, Texts};

/// What a run says about all its contracts.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Asked instead of the `url` that the file names: the same contract before and after a deploy.
    pub target: Option<Url>,
    /// What `${NAME}` stands for.
    pub vars: Vars,
}

/// A file that has more holds a mistake.
pub(crate) const MOST_CASES: usize = 10_000;

/// One cell of a request's matrix, as texts.
struct Cell {
    origin: String,
    method: String,
    url: Url,
    verdict: Verdict,
}

/// The cases of a `[[request]]`, of which `room` at most, or what is wrong with it.
pub(crate) fn expand(
    written: &RawRequest,
    span: &Range<usize>,
    defaults: &Defaults,
    lines: Lines<'_>,
    options: &Options,
    room: usize,
) -> Result<Vec<Case>, Problem> {
    let request = Expanding {
        written,
        defaults,
        options,
        line: lines.of(span),
        lines,
        room,
    };
    request.cases()
}

struct Expanding<'a> {
    written: &'a RawRequest,
    defaults: &'a Defaults,
    options: &'a Options,
    line: usize,
    lines: Lines<'a>,
    room: usize,
}

impl Expanding<'_> {
    fn problem(&self, reason: impl Into<String>) -> Problem {
        Problem {
            line: self.line,
            reason: reason.into(),
        }
    }

    fn problem_at(&self, span: &Range<usize>, reason: impl Into<String>) -> Problem {
        Problem {
            line: self.lines.of(span),
            reason: reason.into(),
        }
    }

    fn fill(&self, text: &str) -> Result<String, Problem> {
        self.options
            .vars
            .fill(text)
            .map_err(|reason| self.problem(reason))
    }

    fn cases(&self) -> Result<Vec<Case>, Problem> {
        let expect = match &self.written.expect {
            Some(written) => written
                .as_ref()
                .clone()
                .read()
                .map_err(|reason| self.problem_at(&written.span(), reason))?,
            None => Default::default(),
        };
        let headers = self.headers()?;
        let cells = self.cells(expect.verdict)?;
        let single = cells.len() == 1;
        let cases: Vec<Case> = cells
            .into_iter()
            .map(|cell| self.case(cell, &headers, &expect, single))
            .collect::<Result<_, _>>()?;
        self.has_a_preflight(&cases)?;
        Ok(cases)
    }

    fn headers(&self) -> Result<Headers, Problem> {
        let mut merged: BTreeMap<String, &String> = BTreeMap::new();
        for (name, value) in self.defaults.headers.iter().chain(&self.written.headers) {
            let name = HeaderName::read(name).map_err(|error| self.problem(error.to_string()))?;
            merged.insert(name.into_text().into_owned(), value);
        }
        merged
            .into_iter()
            .map(|(name, value)| Ok((name, self.fill(value)?)))
            .collect()
    }

    fn cells(&self, verdict: Verdict) -> Result<Vec<Cell>, Problem> {
        let urls = self.urls()?;
        let methods = match &self.written.method {
            Some(methods) => methods.as_ref().0.clone(),
            None => vec!["GET".to_owned()],
        };
        let mut cells = Vec::new();
        for (origin, verdict) in self.origins(verdict)? {
            for method in &methods {
                for url in &urls {
                    if cells.len() == self.room {
                        return Err(self.problem(format!(
                            "with this request the file has more than {MOST_CASES} cases"
                        )));
                    }
                    cells.push(Cell {
                        origin: origin.clone(),
                        method: method.clone(),
                        url: url.clone(),
                        verdict,
                    });
                }
            }
        }
        Ok(cells)
    }

    /// Origins with what must come of a request from there.
    fn origins(&self, verdict: Verdict) -> Result<Vec<(String, Verdict)>, Problem> {
        let written = self.written;
        let mut origins = Vec::new();
        let named = written.origin.as_ref().or(self.defaults.origin.as_ref());
        if named.is_none() && written.blocked_origin.is_none() {
            return Err(self.problem("`origin` is missing: where is the page?"));
        }
        for origin in named.iter().flat_map(|texts| &texts.as_ref().0) {
            origins.push((self.fill(origin)?, verdict));
        }
        if let Some(texts) = &written.blocked_origin {
            if verdict != Verdict::Allowed {
                return Err(self.problem_at(
                    &texts.span(),
                    "`blocked_origin` stands beside origins that are allowed; here `verdict` is \"blocked\" already",
                ));
            }
            for origin in &texts.as_ref().0 {
                origins.push((self.fill(origin)?, Verdict::Blocked(None)));
            }
        }
        Ok(origins)
    }

    fn urls(&self) -> Result<Vec<Url>, Problem> {
        let written = self.written;
        if let (Some(url), Some(_)) = (&written.url, &written.path) {
            return Err(self.problem_at(&url.span(), "`url` and `path` exclude each other"));
        }
        let (texts, span): (&Texts, _) = match (&written.url, &written.path) {
            (Some(texts), _) | (None, Some(texts)) => (texts.as_ref(), texts.span()),
            (None, None) => return Ok(vec![self.base()?]),
        };
        texts
            .0
            .iter()
            .map(|text| {
                let text = self.fill(text)?;
                let url = if written.path.is_some() {
                    join(&self.base()?, &text)
                } else {
                    Url::parse(&text).ok().map(|url| self.moved(url))
                };
                url.filter(|url| matches!(url.scheme(), "http" | "https"))
                    .ok_or_else(|| {
                        self.problem_at(&span, format!("`{text}` is not an http or https URL"))
                    })
            })
            .collect()
    }

    /// What paths are joined to.
    fn base(&self) -> Result<Url, Problem> {
        if let Some(target) = &self.options.target {
            return Ok(target.clone());
        }
        let Some(url) = &self.defaults.url else {
            return Err(self.problem("`url` is missing: at the top of the file, or in the request"));
        };
        let text = self.fill(url.as_ref())?;
        settings::web_url(&text)
            .map_err(|reason| self.problem_at(&url.span(), format!("`{text}` {reason}")))
    }

    /// An absolute URL, at the run's target where there is one.
    fn moved(&self, mut url: Url) -> Url {
        if let Some(target) = &self.options.target {
            let moved = url.set_scheme(target.scheme()).is_ok()
                && url.set_host(target.host_str()).is_ok()
                && url.set_port(target.port()).is_ok();
            debug_assert!(moved, "both are http or https");
        }
        url
    }

    fn case(
        &self,
        cell: Cell,
        headers: &Headers,
        expect: &Expect,
        single: bool,
    ) -> Result<Case, Problem> {
        let written = self.written;
        let credentials = written.credentials.or(self.defaults.credentials);
        let request = Request::new(RequestParts {
            page_origin: &cell.origin,
            url: cell.url.as_str(),
            method: &cell.method,
            mode: Mode::Cors,
            credentials: credentials.unwrap_or(Credentials::SameOrigin),
            headers: headers.clone(),
        })
        .map_err(|error| self.problem(error.to_string()))?;
        let reach = if written.send || is_safe(request.method()) {
            Reach::Whole
        } else {
            Reach::PreflightOnly
        };
        let mut expect = Expect {
            verdict: cell.verdict,
            ..expect.clone()
        };
        if cell.verdict != Verdict::Allowed {
            expect.status = None;
            expect.readable.clear();
        }
        self.can_be_sent(&request)?;
        self.can_be_seen(&request, reach, &expect)?;
        Ok(Case {
            name: name(written, &request, single),
            line: self.line,
            request,
            reach,
            expect,
        })
    }

    /// A browser sends what the contract says: what it drops would be asked for without effect.
    fn can_be_sent(&self, request: &Request) -> Result<(), Problem> {
        let Some(name) = request.dropped_headers().first() else {
            return Ok(());
        };
        let instead = match name.as_str() {
            "cookie" => {
                "; a session that the server also takes from another header can be named there"
            }
            "origin" | "referer" => ": `origin` says where the page is",
            _ => "",
        };
        Err(self.problem(format!(
            "no page can set the header `{name}`, and browsers leave it out{instead}"
        )))
    }

    /// An answer to a preflight is only looked at where one is sent, by some cell at least.
    fn has_a_preflight(&self, cases: &[Case]) -> Result<(), Problem> {
        let expects = cases.first().and_then(|case| {
            let expect = &case.expect;
            let of_age = expect.max_age_min.or(expect.max_age_max).map(|_| "max_age");
            of_age.or(expect.preflight_within.map(|_| "preflight_within"))
        });
        match expects {
            Some(member) if !cases.iter().any(|case| is_preflighted(&case.request)) => {
                let method = cases[0].request.method();
                Err(self.problem(format!(
                    "`{member}` is about the preflight, and a browser sends this {method} without one: name the header or the method that makes it necessary"
                )))
            }
            _ => Ok(()),
        }
    }

    /// Nothing is expected that the run cannot see.
    fn can_be_seen(&self, request: &Request, reach: Reach, expect: &Expect) -> Result<(), Problem> {
        if reach == Reach::Whole {
            return Ok(());
        }
        let method = request.method();
        if !is_preflighted(request) {
            return Err(self.problem(format!(
                "a browser sends this {method} without a preflight, so only sending it shows the outcome: set `send = true` if that is safe"
            )));
        }
        if expect.status.is_some() || !expect.readable.is_empty() {
            return Err(self.problem(format!(
                "`status` and `readable` need the response, and {method} is only preflighted: set `send = true` if sending does no harm"
            )));
        }
        Ok(())
    }
}

/// A path below the base; the base's own path stays in front.
fn join(base: &Url, path: &str) -> Option<Url> {
    let mut folder = base.clone();
    if !folder.path().ends_with('/') {
        folder.set_path(&format!("{}/", folder.path()));
    }
    let url = folder.join(path.trim_start_matches('/')).ok()?;
    (url.origin() == base.origin()).then_some(url)
}

fn name(written: &RawRequest, request: &Request, single: bool) -> String {
    let (method, url) = (request.method(), request.url());
    let cell = match url.query() {
        Some(query) => format!(
            "{method} {}?{query} from {}",
            url.path(),
            request.page_origin()
        ),
        None => format!("{method} {} from {}", url.path(), request.page_origin()),
    };
    match &written.name {
        Some(name) if single => name.as_ref().clone(),
        Some(name) => format!("{}: {cell}", name.as_ref()),
        None => cell,
    }
}
