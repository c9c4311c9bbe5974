//! Directives as steps, in the order in which Caddy runs them.

use super::matcher::Matcher;
use crate::place::SourceLocation;

/// A directive with its matcher.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) matcher: Matcher,
    pub(crate) action: Action,
    pub(crate) place: SourceLocation,
}

/// A change of headers.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) how: How,
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) place: SourceLocation,
}

/// How a header is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Add,
    Set,
    Delete,
}

/// When headers are changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum When {
    /// Before anything answers.
    Now,
    /// As the answer is written.
    Written,
    /// As it is written, where it has none of these.
    Without(Vec<String>),
}

/// What a directive does.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    Header(Vec<Change>, When),
    Respond(u16),
    Redirect(u16, String),
    /// An error of Caddy's own.
    Error(u16),
    /// A server behind, and what is changed of its answer.
    Proxy(Vec<Change>),
    Files,
    /// One of several of its kind; `strips` is the prefix that is taken from the path.
    Handle(Vec<Step>, Option<String>),
    Route(Vec<Step>),
    Rewrite(String),
    /// Asks for a login.
    Login,
    /// Leaves answers as they are.
    Harmless,
    /// Not followed.
    Opaque,
}

/// Where a directive stands among the others (`directiveOrder`).
pub(crate) fn order(name: &str) -> usize {
    const ORDER: [&str; 34] = [
        "tracing",
        "map",
        "vars",
        "root",
        "skip_log",
        "header",
        "copy_response_headers",
        "request_body",
        "redir",
        "method",
        "rewrite",
        "uri",
        "try_files",
        "basicauth",
        "basic_auth",
        "forward_auth",
        "request_header",
        "encode",
        "push",
        "templates",
        "invoke",
        "handle",
        "route",
        "abort",
        "error",
        "copy_response",
        "respond",
        "metrics",
        "reverse_proxy",
        "php_fastcgi",
        "file_server",
        "acme_server",
        "log",
        "tls",
    ];
    let name = if name == "handle_path" {
        "handle"
    } else {
        name
    };
    let found = ORDER.iter().position(|other| *other == name);
    found.unwrap_or(ORDER.len())
}

/// Sorts as Caddy does: by directive, then longer paths first, then those with a matcher. The
/// comparison is not an order in all cases, so steps are inserted one after the other.
pub(crate) fn sort(steps: Vec<Step>) -> Vec<Step> {
    let mut sorted: Vec<Step> = Vec::with_capacity(steps.len());
    for step in steps {
        let mut at = sorted.len();
        while at > 0 && is_before(&step, &sorted[at - 1]) {
            at -= 1;
        }
        sorted.insert(at, step);
    }
    sorted
}

fn is_before(one: &Step, other: &Step) -> bool {
    let (order_one, order_other) = (order(&one.name), order(&other.name));
    if order_one != order_other {
        return order_one < order_other;
    }
    let lengths = (one.matcher.path_length(), other.matcher.path_length());
    if lengths.0 > 0 && lengths.1 > 0 {
        return lengths.0 > lengths.1;
    }
    !one.matcher.all.is_empty() && other.matcher.all.is_empty()
}

/// Calls for every step, also for those in others.
pub(crate) fn each<'a>(steps: &'a [Step], call: &mut impl FnMut(&'a Step)) {
    for step in steps {
        call(step);
        if let Action::Handle(inner, _) | Action::Route(inner) = &step.action {
            each(inner, call);
        }
    }
}

impl Step {
    /// The headers that it writes.
    pub(crate) fn written(&self) -> impl Iterator<Item = (&str, &str, &SourceLocation)> {
        let changes = match &self.action {
            Action::Header(changes, _) | Action::Proxy(changes) => changes.as_slice(),
            _ => &[],
        };
        changes
            .iter()
            .map(|change| (change.name.as_str(), change.value.as_str(), &change.place))
    }
}
