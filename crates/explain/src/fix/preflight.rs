//! Objections to a preflight's answer: status, methods and headers.

use cors::{Answer, CorsError, Judgement, is_token};

use super::bench::Bench;
use super::change::{Action, Fix, FixTarget};
use super::{access, names, words};

const ALLOW_METHODS: &str = "access-control-allow-methods";
const ALLOW_HEADERS: &str = "access-control-allow-headers";

pub(super) fn mend(bench: &mut Bench, judgement: &Judgement, error: CorsError) {
    let refused = bench
        .answer(judgement, FixTarget::Preflight)
        .is_some_and(|answer| !(200..=299).contains(&answer.status));
    if refused && redirected_by_the_browser(bench, judgement) {
        return;
    }
    if refused {
        status(bench, judgement);
    }
    let asked = bench.exchange.request.headers().len();
    page_sends_what_answers_carry(bench);
    avoidable(bench, judgement);
    if bench.exchange.request.headers().len() < asked {
        // What is left of the request may be permitted as it is.
        return;
    }
    match error {
        CorsError::PreflightDisallowedRedirect | CorsError::PreflightInvalidStatus => {}
        CorsError::InvalidAllowMethodsPreflightResponse
        | CorsError::MethodDisallowedByPreflightResponse => methods(bench, judgement),
        CorsError::InvalidAllowHeadersPreflightResponse
        | CorsError::HeaderDisallowedByPreflightResponse => headers(bench, judgement),
        _ => access::mend(bench, judgement, error, FixTarget::Preflight),
    }
}

/// Where a server asked for https in an earlier answer (HSTS), the browser redirects by itself: no server has
/// seen the preflight.
fn redirected_by_the_browser(bench: &mut Bench, judgement: &Judgement) -> bool {
    let secure = bench
        .answer(judgement, FixTarget::Preflight)
        .filter(|answer| {
            let reason = answer.headers.joined("non-authoritative-reason");
            reason.is_some_and(|reason| reason.eq_ignore_ascii_case(b"hsts"))
        })
        .and_then(Answer::redirect)
        .map(|location| String::from_utf8_lossy(location).into_owned());
    let Some(url) = secure.filter(|_| judgement.hop == 0) else {
        return false;
    };
    let text = format!(
        "Ask `{url}` in the first place. The browser itself redirects http to https for this server, which asked for that in an earlier answer (HSTS), and a preflight must not be redirected; the server has not seen it."
    );
    bench.change(Fix::page(Action::Url(url), text));
    bench.forget_answers(judgement.hop);
    true
}

/// Whoever refuses OPTIONS stands before what would answer it.
pub(super) fn status(bench: &mut Bench, judgement: &Judgement) {
    let text = words::status(
        bench.answer(judgement, FixTarget::Preflight),
        &judgement.scene.url,
    );
    bench.change(Fix::new(
        FixTarget::Preflight,
        judgement.hop,
        Action::Status(204),
        text,
    ));
}

/// Takes headers of answers out of the request.
fn page_sends_what_answers_carry(bench: &mut Bench) {
    let names: Vec<String> = bench
        .exchange
        .request
        .headers()
        .iter()
        .map(|(name, _)| name.clone())
        .collect();
    for name in names
        .into_iter()
        .filter(|name| names::is_of_responses(name))
    {
        let text = format!(
            "Take `{name}` out of the page's request: it is a header of answers, which the server sets; in a request it only makes a preflight ask for it."
        );
        bench.change(Fix::page(Action::Remove { header: name }, text));
    }
}

/// Notes which headers the page could leave out to go without the preflight, or without what it
/// refuses.
fn avoidable(bench: &mut Bench, judgement: &Judgement) {
    let Some(question) = &judgement.scene.question else {
        return;
    };
    let method = judgement.scene.method.as_str();
    let asked: Vec<&str> = question
        .headers
        .as_deref()
        .unwrap_or_default()
        .split(',')
        .filter(|name| !name.is_empty())
        .collect();
    let simple_method = matches!(method, "GET" | "HEAD" | "POST");
    let listed = list(bench, judgement, ALLOW_HEADERS);
    let all = simple_method
        && asked
            .iter()
            .all(|name| names::without(name, method).is_some());
    for name in asked {
        let refused = !listed
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(name));
        if let Some(text) = names::without(name, method).filter(|_| all || refused) {
            let header = name.to_owned();
            bench.or(Fix::page(Action::Remove { header }, text));
        }
    }
}

/// The tokens of a list that the preflight's answer has, also where the list as a whole is void.
fn list(bench: &Bench, judgement: &Judgement, name: &str) -> Vec<String> {
    let value = bench
        .answer(judgement, FixTarget::Preflight)
        .and_then(|answer| answer.headers.joined(name))
        .map(|value| String::from_utf8_lossy(&value).into_owned())
        .unwrap_or_default();
    let mut tokens: Vec<String> = Vec::new();
    for token in value.split(|c: char| c == ',' || c == ';' || c.is_whitespace()) {
        let token = token.trim_matches(['"', '\'', '[', ']']);
        // With credentials `*` is a name like any other, and none that anybody sends.
        if is_token(token.as_bytes()) && token != "*" && !tokens.iter().any(|t| t == token) {
            tokens.push(token.to_owned());
        }
    }
    tokens
}

fn methods(bench: &mut Bench, judgement: &Judgement) {
    let method = bench.exchange.request.method().to_owned();
    let upper = method.to_ascii_uppercase();
    let mut listed = list(bench, judgement, ALLOW_METHODS);
    let is_written_low = method != upper && judgement.scene.method == method;
    if is_written_low && (upper == "PATCH" || listed.contains(&upper)) {
        bench.change(Fix::page(
            Action::Method(upper.clone()),
            format!("Write `{upper}` in the page: fetch and XHR put only GET, HEAD, POST, PUT, DELETE and OPTIONS into upper case, and servers know methods in upper case."),
        ));
        return;
    }
    if !listed.contains(&judgement.scene.method) {
        listed.push(judgement.scene.method.clone());
    }
    bench.change(Fix::set(
        FixTarget::Preflight,
        judgement.hop,
        ALLOW_METHODS,
        listed.join(", "),
        "List the method in the case in which it is sent, next to those the endpoint has, separated by commas.",
    ));
}

fn headers(bench: &mut Bench, judgement: &Judgement) {
    let kept = bench
        .exchange
        .request
        .headers()
        .iter()
        .map(|(name, _)| name.clone())
        .collect::<Vec<_>>();
    let asked = judgement
        .scene
        .question
        .as_ref()
        .and_then(|question| question.headers.clone())
        .unwrap_or_default();
    let mut listed = list(bench, judgement, ALLOW_HEADERS);
    for name in asked
        .split(',')
        .filter(|name| kept.iter().any(|other| other == name))
    {
        if !listed.iter().any(|other| other.eq_ignore_ascii_case(name)) {
            listed.push(name.to_owned());
        }
    }
    bench.change(Fix::set(
        FixTarget::Preflight,
        judgement.hop,
        ALLOW_HEADERS,
        listed.join(", "),
        "List every header the page sends beyond the safelisted ones, by name, separated by commas.",
    ));
}
