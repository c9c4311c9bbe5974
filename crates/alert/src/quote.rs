//! Text of strangers in what receivers show. Endpoints, origins and header names come from pages and
//! servers; chat systems read `<!channel>`, `<https://evil.test|Click>`, `[Click](https://evil.test)` and `@here` as commands.

use std::collections::BTreeMap;

use crate::Notification;

/// Addresses are percent-encoded where they are made, and have to stay what they are.
const ADDRESSES: &str = "_url";

/// The same notification with nothing in it that a receiver's display would obey. Labels route, so
/// that of them only what no URL, name or origin holds is changed.
pub(crate) fn quoted(mut notification: Notification) -> Notification {
    change(&mut notification.labels, |_, text| unmarked(text));
    // A report is Markdown in which strangers' texts are escaped already, and goes by mail alone, which obeys nothing.
    let markdown = if notification.is_report() {
        "description"
    } else {
        ""
    };
    change(&mut notification.annotations, |name, text| {
        if name.ends_with(ADDRESSES) {
            return printable::line(text);
        }
        let lines = text.split('\n');
        let lines: Vec<_> = if name == markdown {
            lines.map(printable::line).collect()
        } else {
            lines.map(harmless).collect()
        };
        lines.join("\n")
    });
    notification
}

/// One line in which `<` and `>` are characters that look like them and mean nothing, and brackets make no link of
/// Markdown.
fn unmarked(line: &str) -> String {
    printable::line(line)
        .replace('<', "\u{2039}")
        .replace('>', "\u{203a}")
        .replace("](", "] (")
}

/// The same of `|` and `@`, too.
fn harmless(line: &str) -> String {
    unmarked(line)
        .replace('|', "\u{00a6}")
        .replace('@', "\u{ff20}")
}

fn change(texts: &mut BTreeMap<String, String>, to: impl Fn(&str, &str) -> String) {
    for (name, text) in texts {
        *text = to(name, text);
    }
}
