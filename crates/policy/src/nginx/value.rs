//! What stands in variables.

use super::run::Run;
use super::text::{Part, Text};
use crate::doubt::Doubt;
use crate::place::SourceLocation;

/// Maps may look at each other this deep.
const DEPTH: usize = 16;

/// A browser's name, for those who look at it.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

impl Run<'_> {
    /// The value of a text.
    pub(crate) fn value(&mut self, text: &Text) -> Result<String, Doubt> {
        self.value_in(text, 0)
    }

    fn value_in(&mut self, text: &Text, depth: usize) -> Result<String, Doubt> {
        let mut value = String::new();
        for part in &text.0 {
            match part {
                Part::Literal(literal) => value.push_str(literal),
                Part::Variable(name) => value.push_str(&self.variable(name, depth)?),
                Part::Capture(number) => {
                    value.push_str(self.captures.get(*number).map_or("", String::as_str));
                }
            }
        }
        Ok(value)
    }

    fn variable(&mut self, name: &str, depth: usize) -> Result<String, Doubt> {
        if let Some(value) = self.set.get(name) {
            return value.clone();
        }
        if let Some(value) = self.mapped.get(name) {
            return value.clone();
        }
        if self.config.maps.contains_key(name) {
            if depth >= DEPTH {
                return Err(Doubt::new(format!("`${name}` depends on itself")));
            }
            let value = self.map(name, depth);
            self.mapped.insert(name.to_owned(), value.clone());
            return value;
        }
        self.built_in(name)
    }

    fn map(&mut self, name: &str, depth: usize) -> Result<String, Doubt> {
        let Some(map) = self.config.maps.get(name) else {
            return Ok(String::new());
        };
        let source = self.value_in(&map.source, depth + 1)?;
        let (entry, regex) = map.find(&source);
        if let Some(regex) = regex {
            self.capture(regex, &source);
        }
        self.value_in(&entry.value, depth + 1)
    }

    /// The line of a map that a value comes from, where it is nothing but a variable of one.
    pub(crate) fn line_of(&mut self, text: &Text) -> Option<SourceLocation> {
        let [Part::Variable(name)] = text.0.as_slice() else {
            return None;
        };
        let map = self.config.maps.get(name)?;
        let source = self.value(&map.source).ok()?;
        Some(map.find(&source).0.place.clone())
    }

    fn built_in(&self, name: &str) -> Result<String, Doubt> {
        let url = self.ask.url;
        let port = url.port_or_known_default().unwrap_or(80);
        let query = || if self.args.is_empty() { "" } else { "?" };
        let value = match name {
            "request_method" => self.ask.method.to_owned(),
            "host" => self.ask.host().to_owned(),
            "http_host" => match url.port() {
                Some(port) => format!("{}:{port}", self.ask.host()),
                None => self.ask.host().to_owned(),
            },
            "uri" | "document_uri" => self.uri.clone(),
            "request_uri" => match url.query() {
                Some(query) => format!("{}?{query}", url.path()),
                None => url.path().to_owned(),
            },
            "args" | "query_string" => self.args.clone(),
            "is_args" => query().to_owned(),
            "scheme" => url.scheme().to_owned(),
            "https" if url.scheme() == "https" => "on".to_owned(),
            "https" => String::new(),
            "server_port" => port.to_string(),
            "server_name" => self.server.first_name().to_owned(),
            "content_type" => return self.header("content-type"),
            _ => return self.named(name),
        };
        Ok(value)
    }

    fn named(&self, name: &str) -> Result<String, Doubt> {
        if let Some(header) = name.strip_prefix("http_") {
            return self.header(&header.replace('_', "-"));
        }
        if let Some(arg) = name.strip_prefix("arg_") {
            let pairs = self.args.split('&').filter_map(|pair| pair.split_once('='));
            let mut found = pairs.filter(|(name, _)| name.eq_ignore_ascii_case(arg));
            return Ok(found.next().map_or("", |(_, value)| value).to_owned());
        }
        if name.starts_with("cookie_") && self.ask.header("cookie") == Some("") {
            return Ok(String::new());
        }
        if self.config.declared.contains(name) {
            return Ok(String::new());
        }
        Err(Doubt::new(format!(
            "the file does not tell what `${name}` is"
        )))
    }

    fn header(&self, name: &str) -> Result<String, Doubt> {
        match self.ask.header(name) {
            Some(value) => Ok(value.to_owned()),
            None if name == "user-agent" => Ok(USER_AGENT.to_owned()),
            None => Err(Doubt::new(format!(
                "the value of the request header `{name}` is not known"
            ))),
        }
    }
}
