//! A message of Slack. Everything that a page, a server or a label brings is `plain_text`, which Slack
//! reads no markup in; the only `mrkdwn` is the line of our own links.

use serde_json::{Value, json};

use crate::receiver::message::{self, clip, unlinked};
use crate::{Notification, Status};

/// Characters of a section's text; Slack permits 3,000.
const MAX_SECTION: usize = 2_900;
/// Characters of a header block.
const MAX_HEADER: usize = 150;
/// Fields of a section; Slack permits 10 of 2,000 characters.
const MAX_FIELDS: usize = 10;
const MAX_FIELD: usize = 300;
/// Characters of a message. More than about 13,000 are refused as `msg_blocks_too_long`, which no
/// documentation names.
const MAX_TOTAL: usize = 10_000;
/// Characters of one address; longer ones are left out.
const MAX_ADDRESS: usize = 1_000;
const MAX_LINKS: usize = 4;

/// The text for notifications and screen readers, in which nothing is markup.
pub(super) fn fallback(notification: &Notification) -> String {
    let text = unlinked(&message::title(notification));
    escaped(&clip(&text, MAX_SECTION))
}

/// The blocks of a message: title, facts, texts while there is room, links.
pub(super) fn blocks(notification: &Notification) -> Vec<Value> {
    let mut left = MAX_TOTAL;
    let title = clip(&message::title(notification), MAX_HEADER);
    left -= title.chars().count();
    let mut blocks = vec![json!({ "type": "header", "text": plain(&title) })];
    let links = links(notification);
    left = left.saturating_sub(links.chars().count());
    let fields: Vec<Value> = message::facts(notification)
        .into_iter()
        .take(MAX_FIELDS)
        .map(|(name, text)| clip(&format!("{name}: {text}"), MAX_FIELD))
        .inspect(|text| left = left.saturating_sub(text.chars().count()))
        .map(|text| plain(&text))
        .collect();
    blocks.push(json!({ "type": "section", "fields": fields }));
    for (name, text) in message::sections(notification) {
        let text = clip(&format!("{name}: {text}"), MAX_SECTION.min(left));
        if text.chars().count() < 2 {
            break;
        }
        left -= text.chars().count();
        blocks.push(json!({ "type": "section", "text": plain(&text) }));
    }
    if !links.is_empty() {
        let links = json!({ "type": "mrkdwn", "text": links, "verbatim": true });
        blocks.push(json!({ "type": "context", "elements": [links] }));
    }
    // Fifty blocks are permitted; annotations are few, but nothing above bounds their number.
    if blocks.len() > 50 {
        let last = blocks.pop();
        blocks.truncate(49);
        blocks.extend(last);
    }
    blocks
}

/// The colour beside a message.
pub(super) const fn color(notification: &Notification) -> &'static str {
    match notification.status {
        Status::Firing => "#c0392b",
        Status::Resolved => "#2e8b57",
    }
}

fn links(notification: &Notification) -> String {
    message::links(notification)
        .into_iter()
        .filter(|link| link.href.len() <= MAX_ADDRESS)
        .take(MAX_LINKS)
        .map(|link| {
            format!(
                "<{}|{}>",
                escaped(&link.href),
                escaped(&clip(&link.text, 50))
            )
        })
        .collect::<Vec<_>>()
        .join("  ")
}

fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text, "emoji": false })
}

/// Slack's three control characters (<https://docs.slack.dev/messaging/formatting-message-text>).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
