//! How a request of the file ended.

use cors::{Credentials, Exchange, Mode, Ruling, Stage};

use super::chain::Chain;
use super::completed::completed;
use super::entry::Entry;
use super::failure::{self, Failure};
use super::message::BlockMessage;
use super::page::Pages;
use super::pairs::Index;
use crate::reason::Reason;
use crate::verdict::{self, Verdict};

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The page got its response.
    Allowed,
    /// CORS blocked it.
    Blocked,
    /// It failed for another reason.
    Other,
    /// The file does not tell.
    Untold,
}

/// A verdict on a request, with what the file's own words add to the engine's.
pub(super) struct JudgedRequest {
    pub(super) outcome: Outcome,
    pub(super) verdict: Verdict,
    /// The exchange that was judged.
    pub(super) exchange: Exchange,
    /// Whether it was judged as one with credentials, though the file shows none.
    pub(super) likely_credentialed: bool,
    /// Whether the tool notes failures and noted none.
    pub(super) unnoted: bool,
}

impl JudgedRequest {
    fn new(outcome: Outcome, verdict: Verdict, exchange: Exchange) -> Self {
        Self {
            outcome,
            verdict,
            exchange,
            likely_credentialed: false,
            unnoted: false,
        }
    }

    /// The engine does not decide; the file's words do.
    fn because(
        outcome: Outcome,
        reason: Reason,
        text: String,
        exchange: &Exchange,
        mut verdict: Verdict,
    ) -> Self {
        let judgement = &mut verdict.judgement;
        judgement.ruling = match outcome {
            Outcome::Untold => Ruling::Incomplete,
            Outcome::Allowed => Ruling::Allowed,
            Outcome::Blocked | Outcome::Other => Ruling::Blocked,
        };
        judgement.error = None;
        judgement.stage = None;
        judgement.parameter = Vec::new();
        verdict.reason = Some(reason);
        verdict.explanation = text;
        verdict.fix = Vec::new();
        Self::new(outcome, verdict, exchange.clone())
    }
}

/// Judges a chain of entries.
pub(super) fn of(index: &Index<'_>, pages: &Pages, chain: &Chain) -> JudgedRequest {
    let exchange = &chain.exchange;
    let text = error_of(index, chain);
    let failure = failure::read(text.as_deref());
    let verdict = verdict::recorded(exchange);
    let last = chain.members.last().map(|at| &index.entries[*at]);
    if last.is_some_and(Entry::is_of_service_worker) {
        return by_a_service_worker(&failure, exchange, verdict);
    }
    let answered = last.is_some_and(|entry| entry.answer().is_some());
    if answered
        && exchange.request.mode() == Mode::NoCors
        && verdict.reason == Some(Reason::MixedContent)
    {
        // Images, sound and film over http are loaded by secure pages too.
        return passed(
            exchange,
            verdict,
            "The answer was loaded over http into a page that came over https, as browsers do with images and the like; it went without the CORS protocol.",
        );
    }
    if let (Failure::Other(reason), false) = (&failure, answered && verdict.reason.is_some()) {
        return for_another_reason(*reason, text.as_deref(), exchange, verdict);
    }
    if let (Failure::NotSent | Failure::None, false, None) = (&failure, answered, verdict.reason)
        && let Some(judged) = not_sent(&failure, pages, exchange, &verdict)
    {
        return judged;
    }
    match verdict.judgement.ruling {
        Ruling::Blocked if chain.revalidated_unseen && failure == Failure::None => JudgedRequest::because(
            Outcome::Untold,
            Reason::Unknown,
            "The file does not tell: the answer is a 304 to the browser's own question, and the answer that the browser has stored, whose headers count, is not in the file.".to_owned(),
            exchange,
            verdict,
        ),
        Ruling::Blocked if verdict.reason == Some(Reason::Cors) => {
            let mut judged = JudgedRequest::new(Outcome::Blocked, verdict, exchange.clone());
            judged.unnoted = answered && failure == Failure::None && index.notes_failures;
            judged
        }
        Ruling::Blocked => JudgedRequest::new(Outcome::Other, verdict, exchange.clone()),
        Ruling::Allowed if matches!(failure, Failure::None | Failure::NotSent) => {
            JudgedRequest::new(Outcome::Allowed, verdict, exchange.clone())
        }
        Ruling::Allowed | Ruling::Incomplete => {
            failed(failure, text.as_deref(), pages, exchange, verdict)
        }
    }
}

/// The page got its answer, whatever the engine makes of its headers.
fn passed(exchange: &Exchange, mut verdict: Verdict, text: &str) -> JudgedRequest {
    verdict.by_engine = Vec::new();
    let text = text.to_owned();
    let mut judged =
        JudgedRequest::because(Outcome::Allowed, Reason::Unknown, text, exchange, verdict);
    judged.verdict.reason = None;
    judged
}

/// What a service worker hands to the page is not checked; an opaque answer or an error of its own is
/// none for a request in mode `cors`.
fn by_a_service_worker(failure: &Failure, exchange: &Exchange, verdict: Verdict) -> JudgedRequest {
    if matches!(failure, Failure::None | Failure::NotSent) {
        return passed(
            exchange,
            verdict,
            "The page's service worker answered: what a worker hands out is not checked against CORS. What the worker itself asked for is another entry, and judged there.",
        );
    }
    let text = "The file does not tell why, because the page's service worker answered: with an error, or with an opaque answer, which is none for a request in mode cors. What the worker itself asked for is another entry, where it asked at all.".to_owned();
    JudgedRequest::because(Outcome::Untold, Reason::Unknown, text, exchange, verdict)
}

/// What the tool notes of the failure: with the request, or with its preflight.
fn error_of(index: &Index<'_>, chain: &Chain) -> Option<String> {
    let last = *chain.members.last()?;
    let own = index.entries[last].error();
    let preflight = index
        .preflight(last)
        .filter(|preflight| preflight.answer().is_none())
        .and_then(|preflight| preflight.error());
    match (own, preflight) {
        // The request's own word for a preflight that found no server is the general one.
        (Some(own), Some(preflight))
            if failure::read(Some(own)) == Failure::General && !preflight.is_empty() =>
        {
            Some(preflight.to_owned())
        }
        (Some(own), _) => Some(own.to_owned()),
        (None, preflight) => preflight.map(str::to_owned),
    }
}

fn for_another_reason(
    reason: Reason,
    text: Option<&str>,
    exchange: &Exchange,
    verdict: Verdict,
) -> JudgedRequest {
    let text = text.unwrap_or_default();
    let what = match reason {
        Reason::Csp => "the page's own Content-Security-Policy does not let it connect there",
        Reason::ClientBlocked => "an extension, a setting or an administrator of this browser",
        Reason::MixedContent => "a page that came over https asks nothing over http",
        Reason::LocalNetwork => {
            "Local Network Access: the page has no permission to reach this machine or a local network"
        }
        _ if text.to_ascii_lowercase().contains("abort") || text.contains("cancel") => {
            "it was cancelled, by the page or because the page was left"
        }
        _ if text.contains("ERR_BLOCKED_BY_RESPONSE") || text.contains("ERR_BLOCKED_BY_ORB") => {
            "the answer was withheld from the page by Cross-Origin-Resource-Policy, by Cross-Origin-Embedder-Policy, or as opaque"
        }
        _ => "the connection failed before CORS had a say",
    };
    let text = format!("Not a CORS error: {what} (`{text}`).");
    JudgedRequest::because(Outcome::Other, reason, text, exchange, verdict)
}

/// Chromium notes a failure without a reason where it sent nothing.
fn not_sent(
    failure: &Failure,
    pages: &Pages,
    exchange: &Exchange,
    verdict: &Verdict,
) -> Option<JudgedRequest> {
    let (page, url) = (exchange.request.page_origin(), exchange.request.url());
    if pages.forbid(page, url) {
        let text = format!(
            "Not a CORS error: nothing was sent, and the Content-Security-Policy of the page ({page}) does not list {} in connect-src.",
            url.origin().ascii_serialization()
        );
        let verdict = verdict.clone();
        return Some(JudgedRequest::because(
            Outcome::Other,
            Reason::Csp,
            text,
            exchange,
            verdict,
        ));
    }
    if *failure == Failure::None {
        return None;
    }
    let text = format!(
        "The file does not tell why, because the browser sent nothing to {} and noted no reason. Chromium does so for what the page's Content-Security-Policy or its own rules forbid; the console names it.",
        verdict.judgement.scene.url
    );
    let verdict = verdict.clone();
    Some(JudgedRequest::because(
        Outcome::Untold,
        Reason::Unknown,
        text,
        exchange,
        verdict,
    ))
}

/// A request that failed though the recorded answers let it pass, or without an answer that decides.
fn failed(
    failure: Failure,
    text: Option<&str>,
    pages: &Pages,
    exchange: &Exchange,
    verdict: Verdict,
) -> JudgedRequest {
    if matches!(failure, Failure::General | Failure::Cors(_))
        && let Some(judged) = with_credentials(exchange)
    {
        return judged;
    }
    if let Failure::Cors(message) = failure {
        return by_the_browsers_word(&message, text.unwrap_or_default(), exchange, verdict);
    }
    let (page, url) = (exchange.request.page_origin(), exchange.request.url());
    let local = pages.reaches_into_local(page, url)
        || verdict
            .caveats
            .iter()
            .any(|caveat| caveat.starts_with("Local Network Access"));
    if failure == Failure::General && local {
        return for_another_reason(Reason::LocalNetwork, text, exchange, verdict);
    }
    let because = why_untold(&failure, &verdict);
    let noted = match text {
        Some(text) if failure == Failure::General => format!(
            " It notes `{text}`, as browsers do for every request that CORS blocks, but also for others. Test tools keep neither preflights nor blocked answers: export the file from DevTools, or give the answers of curl to `explain --dump`."
        ),
        Some(text) if !text.is_empty() => format!(" It notes `{text}`."),
        _ => String::new(),
    };
    let text = format!("The file does not tell why, because {because}.{noted}");
    JudgedRequest::because(Outcome::Untold, Reason::Unknown, text, exchange, verdict)
}

/// Cookies may have been taken out of the file: does the exchange fail with them?
fn with_credentials(exchange: &Exchange) -> Option<JudgedRequest> {
    let request = &exchange.request;
    if request.credentials() == Credentials::Include {
        return None;
    }
    let exchange = Exchange {
        request: request.with_credentials(Credentials::Include),
        hops: exchange.hops.clone(),
    };
    let mut verdict = verdict::recorded(&exchange);
    // The browser has followed the redirects whose targets are in the file.
    let is_followed = verdict.judgement.hop + 1 < exchange.hops.len();
    if verdict.reason != Some(Reason::Cors) || is_followed {
        return None;
    }
    verdict.caveats.push("Likely credentialed: the file shows no cookies (exports leave them out unless told otherwise), and without credentials these answers would let the request pass; the browser recorded a failure.".to_owned());
    let mut judged = JudgedRequest::new(Outcome::Blocked, verdict, exchange);
    judged.likely_credentialed = true;
    Some(judged)
}

/// The browser says that it was CORS, and the answers do not show it.
fn by_the_browsers_word(
    message: &BlockMessage,
    text: &str,
    exchange: &Exchange,
    verdict: Verdict,
) -> JudgedRequest {
    let completed = completed(message, exchange);
    let rest = match completed {
        Some(_) => {
            "The answer that it speaks of is not in the file; what to change is said for one as the message describes it"
        }
        None => {
            "The answers in the file do not show why; compare them with what the server sends now"
        }
    };
    let words = format!("The browser blocked it: `{text}`. {rest}.");
    let verdict = completed.as_ref().map_or(verdict, verdict::recorded);
    let (fix, stage, parameter) = (
        verdict.fix.clone(),
        verdict.judgement.stage,
        verdict.judgement.parameter.clone(),
    );
    let exchange = completed.as_ref().unwrap_or(exchange);
    let mut judged =
        JudgedRequest::because(Outcome::Blocked, Reason::Cors, words, exchange, verdict);
    judged.verdict.judgement.error = message.error;
    if completed.is_some() {
        judged.verdict.fix = fix;
        judged.verdict.judgement.stage = stage;
        judged.verdict.judgement.parameter = parameter;
    }
    judged
}

fn why_untold(failure: &Failure, verdict: &Verdict) -> String {
    let scene = &verdict.judgement.scene;
    match (verdict.judgement.ruling, scene.missing) {
        (Ruling::Allowed, _) => {
            "the recorded answers let the request pass, with and without credentials, and the browser names no other reason".to_owned()
        }
        (_, Some(Stage::Preflight)) => format!(
            "it has neither the preflight that the browser sends to {} first nor an answer{}",
            scene.url,
            if *failure == Failure::General { "; most likely the preflight failed" } else { "" }
        ),
        (_, Some(_)) if scene.question.is_some() => format!(
            "the preflight was answered well, and the answer of {} itself is not in the file", scene.url
        ),
        _ => format!("the answer of {} is not in the file", scene.url),
    }
}

/// What becomes of a request that nothing but its preflight shows.
pub(super) fn of_preflight(exchange: Exchange, error: Option<&str>) -> JudgedRequest {
    let verdict = verdict::recorded(&exchange);
    if verdict.judgement.ruling == Ruling::Blocked {
        let outcome = match verdict.reason {
            Some(Reason::Cors) => Outcome::Blocked,
            _ => Outcome::Other,
        };
        return JudgedRequest::new(outcome, verdict, exchange);
    }
    match failure::read(error) {
        Failure::Other(reason) => for_another_reason(reason, error, &exchange, verdict),
        failure => {
            let because = why_untold(&failure, &verdict);
            let text = format!("The file does not tell the end, because {because}.");
            JudgedRequest::because(Outcome::Untold, Reason::Unknown, text, &exchange, verdict)
        }
    }
}
