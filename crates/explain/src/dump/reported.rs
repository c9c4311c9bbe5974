//! A dump beside the message that the browser wrote about the same request.

use cors::{Answer, Exchange, Headers, Hop, Ruling, judge};

use super::Dump;
use super::console::ConsoleMessage;
use super::error::BadDump;
use crate::har::completed::completed;
use crate::har::failure::Failure;

/// Whether a message is about what a server can change.
pub(super) fn is_of_cors(message: &ConsoleMessage) -> Result<(), BadDump> {
    match &message.failure {
        Failure::Other(reason) => Err(BadDump::NotCors {
            text: message.text.clone(),
            reason: reason.as_str(),
        }),
        _ => Ok(()),
    }
}

/// The exchange with the answer that a message of the console speaks of, where the dump does not show it.
pub(super) fn as_the_browser_says(message: &ConsoleMessage, mut dump: Dump) -> Dump {
    let text = &message.text;
    let Failure::Cors(cors) = &message.failure else {
        return dump;
    };
    if message.others > 0 {
        let others = message.others;
        dump.notes.push(format!(
            "The text has {others} more message(s) like this; only the first is explained."
        ));
    }
    let judgement = judge(&dump.exchange);
    if judgement.ruling == Ruling::Blocked {
        let differs = cors.error.is_some() && cors.error != judgement.error;
        if differs {
            dump.notes.push(format!(
                "The browser's message is about another answer: `{text}`."
            ));
        }
        return dump;
    }
    let exchange = match (&message.redirected_to, dump.exchange.hops.is_empty()) {
        (Some(location), true) => redirected(&dump.exchange, location),
        _ => dump.exchange.clone(),
    };
    match completed(cors, &exchange) {
        Some(exchange) => {
            dump.explanation = Some(format!(
                "The browser blocked it: `{text}`. The answer that it speaks of is not in the text; what to change is said for one as the message describes it."
            ));
            if exchange.request.is_always_preflighted() {
                dump.notes.push("The message does not tell what made the preflight necessary: give --method and --header, so that the fix lists them.".to_owned());
            }
            dump.exchange = exchange;
        }
        None => dump.notes.push(format!(
            "The browser says `{text}`; the answers in the text do not show it."
        )),
    }
    dump
}

/// The exchange with a redirect that the page was allowed to follow.
fn redirected(exchange: &Exchange, location: &str) -> Exchange {
    let mut exchange = exchange.clone();
    let scene = judge(&exchange).scene;
    let mut headers = Headers::new();
    headers.push("access-control-allow-origin", &scene.origin);
    headers.push("access-control-allow-credentials", "true");
    headers.push("location", location);
    exchange.hops.push(Hop {
        url: scene.url,
        preflight: None,
        response: Some(Answer {
            status: 302,
            headers,
        }),
    });
    exchange
}
