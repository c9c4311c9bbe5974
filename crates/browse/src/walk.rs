//! The walk of a browser: preflight where the engine says that one is needed, the request itself,
//! and the same again at every redirect.

use std::net::SocketAddr;

use cors::{Exchange, Headers, Hop, Message, Mode, Request, Stage};
use explain::Verdict;

use crate::client::{Call, Client, Timing};
use crate::error::CallError;

/// What the prober calls itself.
pub const USER_AGENT: &str = concat!(
    "Mozilla/5.0 (compatible; corswatch-prober/",
    env!("CARGO_PKG_VERSION"),
    ")"
);

/// Which requests are sent. Preflights always are: they change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Methods {
    /// None.
    None,
    /// GET and HEAD.
    Safe,
    /// Whatever the page sends.
    Any,
}

/// Whether the values of the page's own headers are worth sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// They are what the caller means.
    Known,
    /// Only the names are: the preflight asks for them, and the request goes without them rather
    /// than with made-up ones.
    Unknown,
}

/// How far a walk goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrowsePolicy {
    /// Which requests are sent.
    pub methods: Methods,
    /// Whether the headers go with them.
    pub values: Values,
}

/// One message of a walk that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Hop of the redirect chain.
    pub hop: usize,
    /// [`Stage::Preflight`] or [`Stage::Response`].
    pub stage: Stage,
    /// The address that answered.
    pub remote: SocketAddr,
    /// How long it took.
    pub timing: Timing,
}

/// Where a walk ended.
#[derive(Debug)]
pub enum Ending {
    /// The engine has a verdict.
    Decided,
    /// The next message is a request that the [`BrowsePolicy`] does not send. Everything up to there
    /// passed.
    Withheld {
        /// Its hop.
        hop: usize,
        /// Its method.
        method: String,
    },
    /// The next message has no answer.
    Failed {
        /// Its hop.
        hop: usize,
        /// [`Stage::Preflight`] or [`Stage::Response`].
        stage: Stage,
        /// Why.
        error: CallError,
    },
}

/// A walk and what the engine makes of it.
#[derive(Debug)]
pub struct Walk {
    /// What was asked and answered, hop by hop.
    pub exchange: Exchange,
    /// The engine's verdict; incomplete unless [`Ending::Decided`].
    pub verdict: Verdict,
    /// The messages that were answered, in order.
    pub steps: Vec<Step>,
    /// Where it ended.
    pub ending: Ending,
}

/// Does with `request` what a browser does, without cookies: a browser that has none for the target
/// gets the same answers.
pub async fn browse(client: &Client, request: &Request, manner: BrowsePolicy) -> Walk {
    let mut exchange = Exchange {
        request: request.clone(),
        hops: Vec::new(),
    };
    let mut steps = Vec::new();
    let ending = loop {
        let Some(message) = cors::next(&exchange) else {
            break Ending::Decided;
        };
        let hop = message.hop;
        let stage = match message.question {
            Some(_) => Stage::Preflight,
            None => Stage::Response,
        };
        if stage == Stage::Response && !manner.sends(&message.method) {
            let method = message.method;
            break Ending::Withheld { hop, method };
        }
        let headers = headers(&message, request.mode(), manner.values);
        let call = Call {
            method: if stage == Stage::Preflight {
                "OPTIONS"
            } else {
                &message.method
            },
            url: &message.url,
            headers: &headers,
        };
        let reply = match client.call(call).await {
            Ok(reply) => reply,
            Err(error) => break Ending::Failed { hop, stage, error },
        };
        steps.push(Step {
            hop,
            stage,
            remote: reply.remote,
            timing: reply.timing,
        });
        let hop = hop_of(&mut exchange, &message);
        match stage {
            Stage::Preflight => hop.preflight = Some(reply.answer),
            _ => hop.response = Some(reply.answer),
        }
    };
    Walk {
        verdict: explain::explain(&exchange),
        exchange,
        steps,
        ending,
    }
}

impl BrowsePolicy {
    fn sends(self, method: &str) -> bool {
        match self.methods {
            Methods::None => false,
            Methods::Safe => matches!(method, "GET" | "HEAD"),
            Methods::Any => true,
        }
    }
}

fn hop_of<'a>(exchange: &'a mut Exchange, message: &Message) -> &'a mut Hop {
    if exchange.hops.len() == message.hop {
        exchange.hops.push(Hop {
            url: message.url.to_string(),
            preflight: None,
            response: None,
        });
    }
    &mut exchange.hops[message.hop]
}

/// The headers of a message, in Chromium's order. `Access-Control-Request-Headers` is as the engine
/// makes it: lower case, sorted, joined with commas.
fn headers(message: &Message, mode: Mode, values: Values) -> Headers {
    let own = match values {
        Values::Known => message.headers.as_slice(),
        Values::Unknown => &[],
    };
    let mut headers = Headers::new();
    if !own.iter().any(|(name, _)| name == "accept") {
        headers.push("Accept", "*/*");
    }
    if let Some(question) = &message.question {
        headers.push("Access-Control-Request-Method", &question.method);
        if let Some(names) = &question.headers {
            headers.push("Access-Control-Request-Headers", names);
        }
    }
    if let Some(origin) = &message.origin {
        headers.push("Origin", origin);
    }
    headers.push("User-Agent", USER_AGENT);
    headers.push("Sec-Fetch-Mode", mode.as_str());
    headers.push("Sec-Fetch-Dest", "empty");
    for (name, value) in own {
        headers.push(name, value);
    }
    headers
}
