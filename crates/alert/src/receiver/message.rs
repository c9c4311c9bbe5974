//! What people are told, before it takes the form of a receiver.

use url::Url;

use crate::notification::rfc3339;
use crate::{Notification, Status};

/// The annotation that is the title.
const SUMMARY: &str = "summary";
/// Annotations in the order in which they help; the others follow by name.
const FIRST: [&str; 6] = [
    "description",
    "cause",
    "fix",
    "next_steps",
    "impact",
    "diagnosis",
];
/// Labels in the order in which they help; the others follow by name.
const FACTS: [&str; 8] = [
    "severity",
    "app",
    "service",
    "endpoint",
    "environment",
    "owner",
    "slo",
    "rule",
];
/// Ends the name of an annotation that is an address.
const ADDRESS: &str = "_url";

/// A link of our own making: from the configuration, or built by us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) text: String,
    pub(super) href: String,
}

/// The summary, or the name of an alert that has none.
pub(super) fn summary(notification: &Notification) -> &str {
    let summary = notification.annotations.get(SUMMARY);
    let summary = summary.filter(|text| !text.is_empty());
    summary.map_or_else(|| notification.label("alertname"), String::as_str)
}

/// `FIRING: the summary`.
pub(super) fn title(notification: &Notification) -> String {
    let summary = summary(notification);
    let status = match notification.status {
        Status::Firing => "FIRING",
        Status::Resolved => "RESOLVED",
    };
    format!("{status}: {summary}")
}

/// Name and value of what the alert is about.
pub(super) fn facts(notification: &Notification) -> Vec<(String, String)> {
    let labels = &notification.labels;
    let first = FACTS.iter().filter_map(|&name| labels.get_key_value(name));
    let rest = labels
        .iter()
        .filter(|(name, _)| !FACTS.contains(&name.as_str()));
    let mut facts: Vec<(String, String)> = first
        .chain(rest)
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    facts.push(("since".to_owned(), rfc3339(notification.starts_at)));
    if let Some(at) = notification.ends_at {
        facts.push(("until".to_owned(), rfc3339(at)));
    }
    facts
}

/// Name and text of everything that is said beyond the summary.
pub(super) fn sections(notification: &Notification) -> Vec<(String, String)> {
    let texts = &notification.annotations;
    let first = FIRST.iter().filter_map(|&name| texts.get_key_value(name));
    let rest = texts.iter().filter(|(name, _)| {
        !FIRST.contains(&name.as_str()) && *name != SUMMARY && !name.ends_with(ADDRESS)
    });
    first
        .chain(rest)
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| (name.replace('_', " "), text.clone()))
        .collect()
}

/// Where people go on from here.
pub(super) fn links(notification: &Notification) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let own = [("alert", &notification.generator_url)].into_iter();
    let annotated = notification.annotations.iter();
    let annotated = annotated.filter_map(|(name, text)| Some((name.strip_suffix(ADDRESS)?, text)));
    for (name, text) in annotated.chain(own) {
        let Some(href) = web_address(text) else {
            continue;
        };
        if links.iter().all(|link| link.href != href) {
            let text = name.replace('_', " ");
            links.push(Link { text, href });
        }
    }
    links
}

/// A web address in which nothing is left that a markup would read: `<`, `>`, `|`, quotes and brackets
/// are percent-encoded.
pub(super) fn web_address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let encoded = |character: char| match character {
        '<' | '>' | '|' | '"' | '\'' | '(' | ')' | '`' => format!("%{:02X}", character as u32),
        other => other.to_string(),
    };
    Some(url.as_str().chars().map(encoded).collect())
}

/// At most so many characters; what is cut off ends in an ellipsis.
pub(super) fn clip(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars.saturating_sub(1)).collect();
    format!("{kept}\u{2026}")
}

/// At most so many bytes.
pub(super) fn clip_bytes(text: &str, bytes: usize) -> String {
    const ELLIPSIS: &str = "\u{2026}";
    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes.saturating_sub(ELLIPSIS.len()));
    format!("{}{ELLIPSIS}", &text[..end])
}

/// Text in which mail programs and chats find no address to make a link of.
pub(super) fn unlinked(text: &str) -> String {
    text.replace("://", "[:]//").replace("www.", "www[.]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_characters_and_say_so() {
        assert_eq!(clip("äöü", 3), "äöü");
        assert_eq!(clip("äöüß", 3), "äö…");
        assert_eq!(clip_bytes("äöü", 6), "äöü");
        assert_eq!(clip_bytes("äöüß", 7), "äö…");
        assert_eq!(clip_bytes("äöüß", 6), "ä…");
    }

    #[test]
    fn only_addresses_of_the_web_are_links_and_none_can_leave_its_markup() {
        for (text, href) in [
            ("https://a.test/x", Some("https://a.test/x")),
            (
                "https://a.test/x|y>z(1)",
                Some("https://a.test/x%7Cy%3Ez%281%29"),
            ),
            ("javascript:alert(1)", None),
            ("/relative", None),
            ("", None),
        ] {
            assert_eq!(web_address(text).as_deref(), href, "{text}");
        }
    }
}
