//! What a page gets of an answer and what to change, in the words of `corswatch explain`.

use cors::{Answer, Credentials, Exchange, Hop, Mode, Request, RequestParts};
use explain::Verdict;
use explain::fix::{Action, FixTarget};
use url::Url;

use crate::look::Look;

/// What a page asks for, as far as it matters to the answers that are at hand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page<'a> {
    pub(crate) origin: &'a str,
    pub(crate) url: &'a Url,
    pub(crate) credentials: Credentials,
}

/// Why a page does not get a response; `None` where it does.
pub(super) fn of_response(page: Page<'_>, response: &Answer) -> Option<Verdict> {
    blocked(page, "GET", None, Some(response))
}

/// Why a preflight fails, whatever it asks for: what it would have to list is not part of the repair.
pub(super) fn of_preflight(page: Page<'_>, preflight: &Answer) -> Option<Verdict> {
    // A method that no server lists by chance; the audit itself asks for GET.
    let mut verdict = blocked(page, "PUT", Some(preflight), None)?;
    verdict.fix.retain(|fix| {
        fix.on == FixTarget::Preflight
            && match &fix.action {
                Action::Status(_) => true,
                _ => !matches!(
                    fix.header(),
                    Some("access-control-allow-methods" | "access-control-allow-headers")
                ),
            }
    });
    Some(verdict)
}

/// What to change so that preflights of a page pass, whatever they ask for; nothing where they do.
#[must_use]
pub fn preflight_fixes(page_origin: &str, url: &str, preflight: &Answer) -> Vec<String> {
    let verdict = Url::parse(url).ok().and_then(|url| {
        let page = Page {
            origin: page_origin,
            url: &url,
            credentials: Credentials::SameOrigin,
        };
        of_preflight(page, preflight)
    });
    let fixes = verdict.iter().flat_map(|verdict| &verdict.fix);
    fixes.map(ToString::to_string).collect()
}

fn blocked(
    page: Page<'_>,
    method: &str,
    preflight: Option<&Answer>,
    response: Option<&Answer>,
) -> Option<Verdict> {
    let request = Request::new(RequestParts {
        page_origin: page.origin,
        url: page.url.as_str(),
        method,
        mode: Mode::Cors,
        credentials: page.credentials,
        headers: cors::Headers::new(),
    });
    let exchange = Exchange {
        request: request.ok()?,
        hops: vec![Hop {
            url: page.url.to_string(),
            preflight: preflight.cloned(),
            response: response.cloned(),
        }],
    };
    let verdict = explain::explain(&exchange);
    (verdict.judgement.ruling == cors::Ruling::Blocked).then_some(verdict)
}

/// The changes, a line each; `otherwise` where no page is known to be meant, for which they could be.
pub(super) fn lines(look: &Look<'_>, verdict: Option<&Verdict>, otherwise: &str) -> Vec<String> {
    let known = verdict.filter(|verdict| !look.pages.is_empty() && !verdict.fix.is_empty());
    match known {
        Some(verdict) => verdict.fix.iter().map(ToString::to_string).collect(),
        None => vec![otherwise.to_owned()],
    }
}
