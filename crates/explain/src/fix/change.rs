//! One change of an exchange: as data that can be applied, and in words.

use cors::{
    Answer, Credentials, Exchange, Headers, Hop, Mode, NotAnExchange, Request, RequestParts,
};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Whose answer, or whose code, changes.
    pub on: FixTarget,
    /// The hop whose answer changes; 0 for the page.
    pub hop: usize,
    /// What changes.
    pub action: Action,
    /// The change in words.
    pub change: String,
}

/// What a change does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// One line of this header, in lower case, in place of all that are there.
    Set {
        /// Name, in lower case.
        header: String,
        /// The whole value.
        value: String,
    },
    /// The header is left out.
    Remove {
        /// Name, in lower case.
        header: String,
    },
    /// The status of the answer.
    Status(u16),
    /// The method as the page writes it.
    Method(String),
    /// The request mode that the page asks for.
    Mode(Mode),
    /// The credentials mode that the page asks for.
    Credentials(Credentials),
    /// The URL that the page asks for.
    Url(String),
    /// Nothing that a machine could do.
    Advice,
}

/// Where a change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FixTarget {
    /// The page.
    Page,
    /// The server's answer to OPTIONS.
    Preflight,
    /// The server's redirect.
    Redirect,
    /// The server's answer to the request.
    Response,
}

impl FixTarget {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::Response => "response",
            Self::Redirect => "redirect",
            Self::Page => "page",
        }
    }
}

impl Fix {
    pub(super) fn new(
        on: FixTarget,
        hop: usize,
        action: Action,
        change: impl Into<String>,
    ) -> Self {
        Self {
            on,
            hop,
            action,
            change: change.into(),
        }
    }

    pub(super) fn set(
        on: FixTarget,
        hop: usize,
        header: &str,
        value: String,
        change: impl Into<String>,
    ) -> Self {
        let header = header.to_owned();
        Self::new(on, hop, Action::Set { header, value }, change)
    }

    pub(super) fn page(action: Action, change: impl Into<String>) -> Self {
        Self::new(FixTarget::Page, 0, action, change)
    }

    /// The header that changes, in lower case.
    #[must_use]
    pub fn header(&self) -> Option<&str> {
        match &self.action {
            Action::Set { header, .. } | Action::Remove { header } => Some(header),
            _ => None,
        }
    }

    /// The value to set the header to.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        match &self.action {
            Action::Set { value, .. } => Some(value),
            _ => None,
        }
    }

    /// Makes the change to an exchange. An answer that is not there is made for it.
    ///
    /// # Errors
    /// Where the changed request is one that `fetch` refuses.
    pub fn apply(&self, exchange: &mut Exchange) -> Result<(), NotAnExchange> {
        if self.on == FixTarget::Page {
            exchange.request = match &self.action {
                Action::Credentials(credentials) => exchange.request.with_credentials(*credentials),
                Action::Remove { header } => exchange.request.without_header(header),
                _ => self.changed(&exchange.request)?,
            };
            return Ok(());
        }
        while exchange.hops.len() <= self.hop {
            exchange.hops.push(Hop::default());
        }
        let hop = &mut exchange.hops[self.hop];
        let (answer, status) = match self.on {
            FixTarget::Preflight => (&mut hop.preflight, 204),
            _ => (&mut hop.response, 200),
        };
        let answer = answer.get_or_insert_with(|| Answer {
            status,
            ..Answer::default()
        });
        match &self.action {
            Action::Set { header, value } => answer.headers.set(header, value),
            Action::Remove { header } => answer.headers.remove(header),
            Action::Status(status) => answer.status = *status,
            _ => {}
        }
        Ok(())
    }

    /// The request as the page sends it after the change.
    fn changed(&self, request: &Request) -> Result<Request, NotAnExchange> {
        let mut headers: Headers = request.headers().iter().cloned().collect();
        let (mut url, mut method) = (request.url().as_str(), request.method());
        let mut mode = request.mode();
        match &self.action {
            Action::Set { header, value } => headers.set(header, value),
            Action::Method(changed) => method = changed,
            Action::Mode(changed) => mode = *changed,
            Action::Url(changed) => url = changed,
            Action::Remove { .. } | Action::Credentials(_) | Action::Status(_) | Action::Advice => {
            }
        }
        let changed = Request::new(RequestParts {
            page_origin: request.page_origin().as_str(),
            url,
            method,
            mode,
            credentials: request.credentials(),
            headers,
        })?;
        Ok(match request.is_always_preflighted() {
            true => changed.always_preflighted(),
            false => changed,
        })
    }
}

impl std::fmt::Display for Fix {
    /// The change for a terminal, in one line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.action {
            Action::Set { header, value } => write!(f, "{header}: {value} ({})", self.change),
            _ => f.write_str(&self.change),
        }
    }
}

impl Serialize for Fix {
    /// `on`, `header`, `value` and `change` always; `hop` for answers; `status`, `method`, `mode`,
    /// `credentials` or `url` where that changes.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("on", self.on.as_str())?;
        map.serialize_entry("header", &self.header())?;
        map.serialize_entry("value", &self.value())?;
        map.serialize_entry("change", &self.change)?;
        if self.on != FixTarget::Page {
            map.serialize_entry("hop", &self.hop)?;
        }
        match &self.action {
            Action::Status(status) => map.serialize_entry("status", status)?,
            Action::Method(method) => map.serialize_entry("method", method)?,
            Action::Mode(mode) => map.serialize_entry("mode", mode)?,
            Action::Credentials(credentials) => map.serialize_entry("credentials", credentials)?,
            Action::Url(url) => map.serialize_entry("url", url)?,
            Action::Set { .. } | Action::Remove { .. } | Action::Advice => {}
        }
        map.end()
    }
}
