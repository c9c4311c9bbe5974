//! What command line tools printed: `curl -i`, `-v`, `-iv`, `-L`, HTTPie, `wget -S`, PowerShell's
//! `Invoke-WebRequest`; and the commands themselves, as DevTools copy them.

mod command;
mod console;
mod curl;
mod draft;
mod error;
mod fetch;
mod headless;
mod literal;
mod messages;
mod panel;
mod powershell;
mod reported;
mod request;
mod shell;
mod typed;
mod variables;
mod windows;

use cors::{Answer, Exchange, Hop, Origin, Request, Ruling, Stage, judge};

use crate::decode;
use command::Command;
pub use error::{BadDump, Given};
use messages::{Body, Message, Sent, Stream};

/// What a dump holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dump {
    /// The request with the answers where the browser would have asked for them.
    pub exchange: Exchange,
    /// Why it was blocked in the browser's words, where the exchange has an answer that only they tell of.
    pub explanation: Option<String>,
    /// What in the dump may mislead.
    pub notes: Vec<String>,
}

/// An answer with the request that it belongs to, where the dump has that.
#[derive(Debug)]
struct DumpedResponse {
    line: usize,
    to: Option<Sent>,
    answer: Answer,
}

/// Reads a dump.
///
/// # Errors
/// Where it holds nothing that can be read, or does not tell what was asked.
pub fn read(dump: &[u8], given: &Given) -> Result<Dump, BadDump> {
    let text = plain(&decode::text(dump));
    let (console, text) = console::take(&without_fences(&text));
    console.as_ref().map_or(Ok(()), reported::is_of_cors)?;
    let (commands, rest) = command::take(&text);
    let mut messages = messages::read(&rest)?;
    tunnelled(&messages)?;
    let mut assumed = None;
    let is_answer = |message: &Message| matches!(message.body, Body::Answer { .. });
    if !messages.iter().any(is_answer) {
        let shown = panel::read(&rest);
        if let Some(panel) = shown {
            assumed = panel.is_assumed.then_some(headless::NOTE);
            messages = panel.messages;
        }
    }
    if messages.is_empty() {
        messages = windows::read(&rest)?;
    }
    if messages.is_empty() && console.is_none() {
        refused(&rest, &commands)?;
        if let Some(message) = headless::read(&text, &rest)? {
            messages.push(message);
            assumed = Some(headless::NOTE);
        } else if commands.is_empty() {
            return Err(BadDump::NoAnswer);
        }
    }
    let requests = requests(&commands, &messages);
    let (request, notes) = request::of(given, &requests, &commands, console.as_ref(), &rest)?;
    let mut dump = lay(request, replies(&commands, messages))?;
    dump.notes.extend(notes);
    dump.notes.extend(assumed.map(str::to_owned));
    Ok(match &console {
        Some(message) => reported::as_the_browser_says(message, dump),
        None => dump,
    })
}

/// The text without the lines that mark code in Markdown.
fn without_fences(text: &str) -> String {
    let is_fence = |line: &str| {
        let line = line.trim();
        let rest = line.trim_start_matches('`');
        line.len() - rest.len() >= 3 && rest.chars().all(char::is_alphanumeric)
    };
    let lines = text
        .lines()
        .map(|line| if is_fence(line) { "" } else { line });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// Whether a proxy let the request through, where all that is shown is how it was asked to.
fn tunnelled(messages: &[Message]) -> Result<(), BadDump> {
    let is_connect = |message: &Message| matches!(&message.body, Body::Request(sent) if sent.method == "CONNECT");
    let is_other = |message: &Message| matches!(&message.body, Body::Request(sent) if sent.method != "CONNECT");
    if !messages.iter().any(is_connect) || messages.iter().any(is_other) {
        return Ok(());
    }
    match messages.last() {
        Some(Message {
            line,
            body: Body::Answer { answer, phrase },
            ..
        }) if !(200..300).contains(&answer.status) => Err(BadDump::Failed {
            line: *line,
            text: format!("the proxy answered CONNECT with {} {phrase}", answer.status)
                .trim_end()
                .to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Whether the tool says that it got no answer.
fn refused(rest: &str, commands: &[Command]) -> Result<(), BadDump> {
    for (line, text) in (1..).zip(rest.lines()) {
        let failed = ["curl: (", "wget: unable", "http: error:", "xh: error:"];
        if failed
            .iter()
            .any(|start| text.trim_start().starts_with(start))
            && !commands.is_empty()
        {
            let text = text.trim().to_owned();
            return Err(BadDump::Failed { line, text });
        }
    }
    Ok(())
}

/// Whether a header is one that answers have.
fn is_of_answers(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("access-control-allow-")
        || matches!(name.as_str(), "vary" | "server" | "x-powered-by")
}

/// The text without the colours that HTTPie and others print.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut parts = text.split("\u{1b}[");
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let end = part
            .find(|c: char| c.is_ascii_alphabetic())
            .map_or(0, |at| at + 1);
        plain.push_str(&part[end..]);
    }
    plain
}

/// The requests that the dump shows, those of commands first.
fn requests<'a>(commands: &'a [Command], messages: &'a [Message]) -> Vec<&'a Sent> {
    let printed = messages.iter().filter_map(|message| match &message.body {
        Body::Request(sent) if sent.method != "CONNECT" => Some(sent),
        _ => None,
    });
    commands
        .iter()
        .map(|command| &command.sent)
        .chain(printed)
        .collect()
}

/// The answers with the requests before them. Those of status 100 to 199 announce another one, and
/// those of a proxy to CONNECT are not the server's.
fn replies(commands: &[Command], messages: Vec<Message>) -> Vec<DumpedResponse> {
    let mut replies = Vec::new();
    let mut commands = commands.iter().peekable();
    let mut current: Option<Sent> = None;
    // How the first answer to the current request is marked.
    let mut answered = None;
    let mut started = 0;
    for message in messages {
        // `curl --next` asks again in the same line, where the one before it has its last answer.
        while let Some(command) = commands.next_if(|command| {
            command.line < message.line
                && (command.line > started || answered.is_some() && is_final(&replies))
        }) {
            started = command.line;
            current = Some(command.sent.clone());
            answered = None;
        }
        match message.body {
            Body::Request(sent) => {
                current = Some(sent);
                answered = None;
            }
            Body::Answer { answer, phrase } => {
                let of_proxy = phrase.eq_ignore_ascii_case("connection established")
                    || current
                        .as_ref()
                        .is_some_and(|sent| sent.method == "CONNECT");
                // What stands unmarked behind marked lines is the output of another command.
                let is_other = answered == Some(Stream::Verbose) && message.stream == Stream::Plain;
                // Whoever answers 407 is a proxy too.
                replies.retain(|reply: &DumpedResponse| reply.answer.status != 407);
                if answer.status >= 200 && !of_proxy {
                    replies.push(DumpedResponse {
                        line: message.line,
                        to: current.clone().filter(|_| !is_other),
                        answer,
                    });
                    answered = answered.or(Some(message.stream));
                }
            }
        }
    }
    replies
}

/// Whether the last answer leads nowhere else.
fn is_final(replies: &[DumpedResponse]) -> bool {
    replies
        .last()
        .is_some_and(|reply| reply.answer.redirect().is_none())
}

/// Lays answers along a request, each where the browser would have asked for it.
fn lay(request: Request, mut replies: Vec<DumpedResponse>) -> Result<Dump, BadDump> {
    let mut notes = notes(&request, &replies);
    let mut exchange = place_all(request, &mut replies);
    // A preflight that the request does not need decides nothing, unless it is all that there is.
    let is_preflight = |reply: &DumpedResponse| reply.to.as_ref().is_some_and(Sent::is_preflight);
    if exchange.hops.is_empty() && replies.iter().any(is_preflight) {
        notes.push(format!(
            "A plain {} with no headers of its own needs no preflight; a browser sends this one only for a page that listens to the progress of an upload. Name the headers that the page sets: `-H 'Access-Control-Request-Headers: content-type'`.",
            exchange.request.method()
        ));
        exchange = place_all(exchange.request.always_preflighted(), &mut replies);
    }
    if let Some(bare) = replies
        .iter()
        .find(|reply| is_bare_options(reply) && !is_complete(&exchange))
    {
        return Err(BadDump::BareOptions {
            line: bare.line,
            origin: exchange.request.page_origin().to_string(),
            method: exchange.request.method().to_owned(),
            url: exchange.request.url().to_string(),
        });
    }
    Ok(Dump {
        exchange,
        explanation: None,
        notes,
    })
}

/// Takes the answers that fit, one after the other.
fn place_all(request: Request, replies: &mut Vec<DumpedResponse>) -> Exchange {
    let mut exchange = Exchange {
        request,
        hops: Vec::new(),
    };
    loop {
        let judgement = judge(&exchange);
        let Some(missing) = judgement
            .scene
            .missing
            .filter(|_| judgement.ruling == Ruling::Incomplete)
        else {
            break;
        };
        let Some(at) = replies.iter().position(|reply| fits(reply, missing)) else {
            break;
        };
        place(&mut exchange, replies.remove(at).answer);
    }
    exchange
}

fn is_complete(exchange: &Exchange) -> bool {
    judge(exchange).ruling != Ruling::Incomplete
}

/// Whether an answer is one to what is missing, as far as the dump tells what it is to.
fn fits(reply: &DumpedResponse, missing: Stage) -> bool {
    match &reply.to {
        None => true,
        Some(sent) if missing == Stage::Preflight => sent.is_preflight(),
        Some(sent) => sent.method != "OPTIONS",
    }
}

fn is_bare_options(reply: &DumpedResponse) -> bool {
    reply
        .to
        .as_ref()
        .is_some_and(|sent| sent.method == "OPTIONS" && !sent.is_preflight())
}

fn place(exchange: &mut Exchange, answer: Answer) {
    let judgement = judge(exchange);
    if exchange.hops.len() <= judgement.hop {
        exchange.hops.push(Hop {
            url: judgement.scene.url,
            ..Hop::default()
        });
    }
    let hop = exchange
        .hops
        .last_mut()
        .expect("pushed where it was missing");
    match judgement.scene.missing {
        Some(Stage::Preflight) => hop.preflight = Some(answer),
        _ => hop.response = Some(answer),
    }
}

/// What in the dump may mislead.
fn notes(request: &Request, replies: &[DumpedResponse]) -> Vec<String> {
    let mut notes = Vec::new();
    for reply in replies {
        let Some(sent) = &reply.to else { continue };
        for name in ["headers", "methods"] {
            let wrong = format!("access-control-allow-{name}");
            if sent.header(&wrong).is_some() {
                notes.push(format!(
                    "The request before line {} sends `{wrong}`, which is a header of answers; a preflight asks with `access-control-request-{}`.",
                    reply.line,
                    name.replace("methods", "method")
                ));
            }
        }
        match sent.header("origin").as_deref() {
            None => notes.push(format!(
                "The request before line {} was sent without Origin; many servers then leave the CORS headers out. Repeat it with `-H 'Origin: {}'`.",
                reply.line,
                request.page_origin()
            )),
            Some(origin) if Origin::parse(origin).as_ref() != Some(request.page_origin()) => {
                notes.push(format!(
                    "The request before line {} was sent with `Origin: {origin}`, not of the page's origin {}.",
                    reply.line,
                    request.page_origin()
                ));
            }
            Some(_) => {}
        }
        let asked = sent.header("access-control-request-method");
        if let Some(asked) = asked.filter(|asked| asked != request.method()) {
            notes.push(format!(
                "The preflight before line {} asked for {asked}, the page for {}.",
                reply.line,
                request.method()
            ));
        }
    }
    notes
}

/// Lays answers along a request, each where the browser would have asked for it: the preflight
/// first where one is needed, then the response, then the same at the next hop of a redirect.
#[must_use]
pub fn exchange(request: Request, answers: impl IntoIterator<Item = Answer>) -> Exchange {
    let mut exchange = Exchange {
        request,
        hops: Vec::new(),
    };
    for answer in answers {
        if is_complete(&exchange) {
            break;
        }
        place(&mut exchange, answer);
    }
    exchange
}
