//! What a command says of the request that it makes.

use cors::{Headers, Mode};

use super::messages::Sent;

/// A command in a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    /// Line at which it starts, from 1.
    pub(super) line: usize,
    pub(super) sent: Sent,
    /// Whether it sends cookies.
    pub(super) has_cookies: bool,
    /// The request mode, where a page's own call tells.
    pub(super) mode: Option<Mode>,
}

/// What a command says so far.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) method: Option<String>,
    /// The method that an option brings along where none is said.
    pub(super) by_itself: Option<&'static str>,
    pub(super) url: Option<String>,
    pub(super) headers: Headers,
    pub(super) has_body: bool,
    /// The body goes into the query.
    pub(super) body_in_url: bool,
    pub(super) has_cookies: bool,
    pub(super) mode: Option<Mode>,
    /// The type of a body whose type nothing says.
    pub(super) body_type: Option<&'static str>,
}

impl Draft {
    pub(super) fn header(&mut self, line: &str) {
        let Some((name, value)) = line.split_once(':') else {
            return;
        };
        let (name, value) = (name.trim(), value.trim());
        match name.to_ascii_lowercase().as_str() {
            "cookie" => self.has_cookies = true,
            // `curl -H 'name:'` takes a header away.
            _ if value.is_empty() => {}
            _ => self.headers.push(name, value),
        }
    }

    pub(super) fn body(&mut self, kind: &'static str) {
        self.has_body = true;
        self.body_type.get_or_insert(kind);
    }

    pub(super) fn finish(mut self, line: usize) -> Option<Command> {
        let url = self.url?;
        let url = if url.contains("://") {
            url
        } else {
            format!("http://{url}")
        };
        let sends = self.has_body && !self.body_in_url;
        if let (Some(kind), true) = (self.body_type, sends)
            && self.headers.joined("content-type").is_none()
        {
            self.headers.push("content-type", kind);
        }
        let by_itself = self.by_itself.unwrap_or(if sends { "POST" } else { "GET" });
        Some(Command {
            line,
            sent: Sent {
                method: self.method.unwrap_or_else(|| by_itself.to_owned()),
                target: url,
                version: String::new(),
                headers: self.headers,
            },
            has_cookies: self.has_cookies,
            mode: self.mode,
        })
    }
}
