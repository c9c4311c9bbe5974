//! Origins that a careful server does not trust, and what trusting each of them means.

use cors::Origin;
use findings::Rule;
use url::Url;
use web::PublicSuffix;

use crate::rules;

/// A domain that belongs to no one (RFC 2606), for the attacker's part.
const EVIL: &str = "corswatch-audit.example";

/// What an attacker puts before a trusted name.
const EVIL_BEFORE: &str = "evil";

/// Characters that some browser has let into a host name.
const SPECIALS: [char; 14] = [
    '!', '$', '&', '\'', '(', ')', '*', '+', ',', ';', '=', '~', '{', '|',
];

/// Places where anybody can publish a page.
const SHARED: [&str; 8] = [
    "https://codepen.io",
    "https://jsfiddle.net",
    "https://corswatch-audit.github.io",
    "https://corswatch-audit.gitlab.io",
    "https://corswatch-audit.herokuapp.com",
    "https://corswatch-audit.netlify.app",
    "https://corswatch-audit.vercel.app",
    "https://corswatch-audit.pages.dev",
];

/// One origin to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trial {
    /// What trusting it breaks.
    pub(crate) rule: &'static Rule,
    /// The `Origin` header.
    pub(crate) origin: String,
}

impl Trial {
    /// Whether trust in this origin is why the other, a look-alike of the same name, is trusted.
    pub(crate) fn explains(&self, other: &Self) -> bool {
        let above = |origin: &str| origin.split_once('.').map(|(_, parent)| parent.to_owned());
        let is_neighbour = [rules::SUBDOMAINS, rules::PUBLIC_SUFFIX].contains(&self.rule)
            && [rules::SUFFIX, rules::SUBSTRING].contains(&other.rule)
            && above(&self.origin) == above(&other.origin);
        // `appxexample.com` ends with `example.com` like any other name that does.
        let same_end = |end: &str| other.origin.ends_with(end);
        let is_end = self.rule == rules::SUFFIX
            && other.rule == rules::UNESCAPED_DOT
            && self
                .origin
                .split_once(EVIL_BEFORE)
                .is_some_and(|(_, end)| same_end(end));
        // Whoever compares only the start takes every character behind it.
        let stops = [rules::UNDERSCORE, rules::BACKTICK, rules::SPECIAL].contains(&other.rule);
        let is_start = self.rule == rules::PREFIX
            && stops
            && self
                .origin
                .split_once(&format!(".{EVIL}"))
                .is_some_and(|(start, _)| other.origin.starts_with(start));
        is_neighbour || is_end || is_start
    }
}

fn trial(rule: &'static Rule, origin: impl Into<String>) -> Trial {
    Trial {
        rule,
        origin: origin.into(),
    }
}

/// The one that tells most: no one has ever heard of it.
pub(crate) fn stranger() -> String {
    format!("https://{EVIL}")
}

/// Origins that have nothing to do with any trusted one.
pub(crate) fn unrelated() -> Vec<Trial> {
    let mut trials = vec![
        trial(rules::NULL, "null"),
        trial(rules::LOCALHOST, format!("https://localhost.{EVIL}")),
        trial(rules::LOCALHOST, "http://localhost"),
        trial(rules::LOCALHOST, "http://localhost:3000"),
        trial(rules::LOCALHOST, "http://127.0.0.1"),
    ];
    trials.extend(SHARED.map(|origin| trial(rules::THIRD_PARTY, origin)));
    trials
}

/// Look-alikes of a trusted origin. Those of one rule stand together; one that is trusted is enough.
pub(crate) fn look_alikes(trusted: &str) -> Vec<Trial> {
    let Some((scheme, rest)) = trusted.split_once("://") else {
        return Vec::new();
    };
    let Some(host) = Url::parse(trusted)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
    else {
        return Vec::new();
    };
    let port = rest.strip_prefix(host.as_str()).unwrap_or_default();
    let at = |host: &str| format!("{scheme}://{host}{port}");
    let mut trials = vec![
        trial(rules::PREFIX, at(&format!("{host}.{EVIL}"))),
        trial(rules::SUFFIX, at(&format!("{EVIL_BEFORE}{host}"))),
        trial(rules::SUBSTRING, at(&format!("evil-{host}.{EVIL}"))),
        trial(rules::UNDERSCORE, at(&format!("{host}_.{EVIL}"))),
        trial(rules::BACKTICK, at(&format!("{host}`.{EVIL}"))),
        trial(rules::BACKTICK, at(&format!("{host}%60.{EVIL}"))),
    ];
    trials.extend(SPECIALS.map(|c| trial(rules::SPECIAL, at(&format!("{host}{c}.{EVIL}")))));
    let is_name = host.contains('.') && host.parse::<std::net::IpAddr>().is_err();
    if is_name {
        // Who means `.example.com` and compares with `example.com`.
        if let Some(domain) = registrable(&host).filter(|domain| *domain != host) {
            trials.push(trial(rules::SUFFIX, at(&format!("{EVIL_BEFORE}{domain}"))));
        }
        // The part of a name is a stranger's name too, where someone looked for it in a list.
        let part: String = host.chars().skip(1).collect();
        if !part.starts_with('.') {
            trials.push(trial(rules::SUBSTRING, at(&part)));
        }
        for (dot, _) in host.match_indices('.') {
            let mut changed = host.clone();
            changed.replace_range(dot..=dot, "x");
            if changed.contains('.') || host.matches('.').count() == 1 {
                trials.push(trial(rules::UNESCAPED_DOT, at(&changed)));
            }
        }
        // A company's customers get one name each and none below it.
        if !PublicSuffix::above(&host).is_some_and(|suffix| suffix.is_private) {
            trials.push(trial(
                rules::SUBDOMAINS,
                at(&format!("corswatch-audit.{host}")),
            ));
        }
    }
    if scheme == "https" {
        trials.push(trial(rules::INSECURE, format!("http://{host}{port}")));
    }
    trials
}

/// The part of a host name that someone registered: `example.co.uk` of `app.example.co.uk`. Where the list of
/// suffixes does not know the last label, it is taken for one.
fn registrable(host: &str) -> Option<&str> {
    let suffix = match PublicSuffix::above(host) {
        Some(suffix) => suffix.name,
        None => host.rsplit('.').next()?,
    };
    let label = host.strip_suffix(suffix)?.strip_suffix('.')?;
    let start = label.rfind('.').map_or(0, |dot| dot + 1);
    Some(&host[start..])
}

/// A neighbour of a trusted origin, one level above it: `corswatch-audit.example.com` of
/// `app.example.com`. Asked before the look-alikes, because it explains some of them.
pub(crate) fn siblings(trusted: &str) -> Option<Trial> {
    let url = Url::parse(trusted).ok()?;
    let host = url.host_str()?;
    let (_, parent) = host.split_once('.')?;
    let suffix = PublicSuffix::above(host).map(|suffix| suffix.name);
    let rule = if !parent.contains('.') {
        return None;
    } else if suffix == Some(parent) {
        rules::PUBLIC_SUFFIX
    } else if host.parse::<std::net::IpAddr>().is_err() {
        rules::SUBDOMAINS
    } else {
        return None;
    };
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    let origin = format!("{}://corswatch-audit.{parent}{port}", url.scheme());
    Some(trial(rule, origin))
}

/// Whether browsers write origins like this.
pub(crate) fn is_written_well(value: &str) -> bool {
    // The URL standard lets an asterisk into a host; who writes one means a pattern.
    let is_origin = || Origin::parse(value).is_some_and(|origin| origin.as_str() == value);
    value == "null" || !value.contains('*') && is_origin()
}
