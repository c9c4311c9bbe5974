//! What browsers write to the console of a request that CORS blocked, as people copy it, alone or beside a dump.

use crate::har::failure::{self, Failure};

use super::request::is_method;

/// A message about one request, with what the lines around it tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ConsoleMessage {
    /// The words that name the rule.
    pub(super) text: String,
    pub(super) failure: Failure,
    pub(super) origin: Option<String>,
    pub(super) url: Option<String>,
    /// Where a redirect led, and the message is about that answer.
    pub(super) redirected_to: Option<String>,
    pub(super) method: Option<String>,
    /// Messages about other requests.
    pub(super) others: usize,
}

/// Words by which a line of a console is known.
const SIGNS: [&str; 10] = [
    CHROMIUM,
    FIREFOX,
    WEBKIT,
    NOT_ALLOWED,
    FOR_PREFLIGHT,
    IN_PREFLIGHT,
    "is not allowed by access-control-allow-",
    "preflight response is not successful",
    "cross-origin redirection to",
    "net::err_failed",
];
const CHROMIUM: &str = "has been blocked by cors policy:";
const FIREFOX: &str = "cross-origin request blocked:";
const NOT_ALLOWED: &str = "is therefore not allowed access";
const FOR_PREFLIGHT: &str = "response for preflight";
const IN_PREFLIGHT: &str = "in preflight response.";
const WEBKIT: &str = "due to access control checks";

/// Takes the messages out of a dump; the second value is the rest, with empty lines in their place. The lines of
/// answers have none of the signs: those of headers begin with a name and a colon.
pub(super) fn take(text: &str) -> (Option<ConsoleMessage>, String) {
    let is_message = |line: &&str| {
        let lower = line.to_ascii_lowercase();
        SIGNS.iter().any(|sign| lower.contains(sign))
    };
    // What was copied out of a narrow window is broken into lines.
    let joined = text
        .replace(['\u{2018}', '\u{2019}'], "'")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let lower = joined.to_ascii_lowercase();
    let message = chromium(&joined, &lower)
        .or_else(|| firefox(&joined, &lower))
        .or_else(|| webkit(&joined, &lower))
        .or_else(|| former(&joined, &lower));
    let Some(mut message) = message else {
        return (None, text.to_owned());
    };
    let (method, status) = failed(&joined, message.url.as_deref());
    message.method = method;
    if let Failure::Cors(cors) = &mut message.failure {
        cors.status = cors.status.or(status);
    }
    let blank = |line: &str| match is_message(&line) {
        true => String::new(),
        false => line.to_owned(),
    };
    let rest: Vec<String> = text.lines().map(blank).collect();
    (Some(message), rest.join("\n") + "\n")
}

/// `Access to fetch at 'URL' (redirected from 'URL') from origin 'ORIGIN' has been blocked by CORS policy: ..`
fn chromium(joined: &str, lower: &str) -> Option<ConsoleMessage> {
    let at = lower.find(CHROMIUM)?;
    let (before, behind) = (&joined[..at], &joined[at + CHROMIUM.len()..]);
    let start = before.to_ascii_lowercase().rfind("access to ")?;
    let quoted: Vec<&str> = before[start..].split('\'').skip(1).step_by(2).collect();
    let (origin, urls) = quoted.split_last()?;
    let (asked, redirected_to) = match urls {
        [led_to, asked, ..] => (asked, Some(*led_to)),
        [asked] => (asked, None),
        [] => return None,
    };
    let end = lower[at + CHROMIUM.len()..]
        .find("access to ")
        .unwrap_or(behind.len());
    let rule = sentence(&behind[..end]);
    Some(ConsoleMessage {
        failure: failure::read(Some(&format!("{CHROMIUM} {rule}"))),
        text: rule,
        origin: Some((*origin).to_owned()),
        url: Some((*asked).to_owned()),
        redirected_to: redirected_to.map(str::to_owned),
        method: None,
        others: lower.matches(CHROMIUM).count() - 1,
    })
}

/// `Cross-Origin Request Blocked: .. reading the remote resource at URL. (Reason: ..). Status code: 200.`
fn firefox(joined: &str, lower: &str) -> Option<ConsoleMessage> {
    let at = lower.find(FIREFOX)?;
    let behind = &joined[at + FIREFOX.len()..];
    let (_, url) = behind.split_once("remote resource at ")?;
    let (url, rule) = url.split_once(" (Reason: ")?;
    let end = rule.find("Cross-Origin").unwrap_or(rule.len());
    let rule = sentence(&rule[..end]);
    Some(ConsoleMessage {
        failure: failure::read(Some(&rule)),
        text: rule,
        origin: None,
        url: Some(url.trim_end_matches('.').trim_matches('\'').to_owned()),
        redirected_to: None,
        method: None,
        others: lower.matches(FIREFOX).count() - 1,
    })
}

/// `Origin ORIGIN is not allowed by Access-Control-Allow-Origin. Status code: 200`, and a line further on `Fetch API
/// cannot load URL due to access control checks.`
fn webkit(joined: &str, lower: &str) -> Option<ConsoleMessage> {
    let at = lower.find(WEBKIT)?;
    let url = joined[..at].split_whitespace().last()?;
    let (before, _) = joined.split_at(at);
    let start = before.rfind(" cannot load ")?;
    let rule = match before[..start].rfind("[Error] ") {
        Some(last) if last > 0 => &before[..last],
        _ => &before[..start],
    };
    let rule = rule.trim_start_matches("[Error] ");
    let origin = rule
        .split_once("Origin ")
        .and_then(|(_, rest)| rest.split_once(" is not allowed by"))
        .map(|(origin, _)| origin.to_owned());
    Some(ConsoleMessage {
        failure: failure::read(Some(rule)),
        text: rule.trim().to_owned(),
        origin,
        url: Some(url.to_owned()),
        redirected_to: None,
        method: None,
        others: lower.matches(WEBKIT).count() - 1,
    })
}

/// What Chromium wrote until 2018: `XMLHttpRequest cannot load URL. .. Origin 'ORIGIN' is therefore not allowed access.`, and
/// `Failed to load URL: ..`.
fn former(joined: &str, lower: &str) -> Option<ConsoleMessage> {
    let sign = [NOT_ALLOWED, FOR_PREFLIGHT, IN_PREFLIGHT]
        .into_iter()
        .find(|sign| lower.contains(sign))?;
    let at = lower.find(sign)?;
    let start = [" cannot load ", "failed to load "]
        .iter()
        .filter_map(|words| Some(lower[..at].rfind(words)? + words.len()))
        .max()?;
    let (url, rule) = joined[start..].split_once(' ')?;
    let end = rule.find(" cannot load ").unwrap_or(rule.len());
    let rule = sentence(&rule[..end]);
    let origin = rule
        .split_once("Origin '")
        .and_then(|(_, rest)| rest.split_once('\''))
        .map(|(origin, _)| origin.to_owned());
    Some(ConsoleMessage {
        failure: failure::read(Some(&rule)),
        text: rule,
        origin,
        url: Some(url.trim_end_matches(['.', ':']).to_owned()),
        redirected_to: None,
        method: None,
        others: lower.matches(sign).count() - 1,
    })
}

/// The longest message that a browser writes is shorter; what follows is of other lines.
const MAX_MESSAGE: usize = 400;

/// The words of the message without what the console shows behind them.
fn sentence(text: &str) -> String {
    let mut end = text.len();
    for sign in [" net::ERR_", "\u{60}\u{60}\u{60}", " HTTP/"] {
        end = end.min(text.find(sign).unwrap_or(end));
    }
    let words: Vec<&str> = text[..end].split_whitespace().collect();
    let mut kept = String::new();
    for word in words {
        if kept.len() + word.len() > MAX_MESSAGE {
            break;
        }
        kept.push_str(word);
        kept.push(' ');
    }
    kept.trim_end().to_owned()
}

/// Method and status of `GET https://api.test/x net::ERR_FAILED 200 (OK)`.
fn failed(joined: &str, url: Option<&str>) -> (Option<String>, Option<u16>) {
    let words: Vec<&str> = joined.split(' ').collect();
    let Some(at) = words.windows(3).position(|words| {
        is_method(words[0]) && url == Some(words[1]) && words[2].starts_with("net::ERR_FAILED")
    }) else {
        return (None, None);
    };
    let status = words.get(at + 3).and_then(|word| word.parse().ok());
    let status = status.filter(|status| (200..=599).contains(status));
    (Some(words[at].to_owned()), status)
}
