//! The `cors` plugin.

use fancy_regex::Regex;

use crate::ask::Ask;
use crate::doubt::Doubt;
use crate::grant::{Grant, Kind};
use crate::nginx::{Case, regex};
use crate::place::{Problem, SourceLocation, problem};
use crate::prediction::{PredictedResponse, Upstream};
use crate::sheet::Sheet;
use crate::yaml::Node;

type List = Vec<(String, SourceLocation)>;

/// What it allows where `methods` is left out.
const METHODS: &str = "GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT";

/// Its settings.
#[derive(Debug, Clone)]
pub(crate) struct Plugin {
    origins: Vec<(Origin, SourceLocation)>,
    methods: List,
    headers: List,
    expose: List,
    max_age: Option<(String, SourceLocation)>,
    credentials: Option<SourceLocation>,
    private_network: Option<SourceLocation>,
    passes_preflights: bool,
    pub(crate) place: SourceLocation,
}

/// An entry of `origins`.
#[derive(Debug, Clone)]
enum Origin {
    Any,
    /// As it is written, and without a default port.
    Plain(String, String),
    /// An expression from the first letter to the last, of the host alone where it has no `:`.
    Expression(String, Box<Regex>),
}

const KNOWN: [&str; 9] = [
    "origins",
    "methods",
    "headers",
    "exposed_headers",
    "max_age",
    "credentials",
    "private_network",
    "preflight_continue",
    "allow_origin_absent",
];

/// An origin without a default port (`normalize_origin`).
fn normal(origin: &str) -> &str {
    let end = match origin.split_once("://").map(|(scheme, _)| scheme) {
        Some("http") => ":80",
        Some("https") => ":443",
        _ => return origin,
    };
    origin.strip_suffix(end).unwrap_or(origin)
}

fn origin(text: &str) -> Result<Origin, String> {
    if text == "*" {
        return Ok(Origin::Any);
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".:/-".contains(c);
    if text.chars().all(is_plain) {
        return Ok(Origin::Plain(text.to_owned(), normal(text).to_owned()));
    }
    let inner = text.strip_prefix('^').unwrap_or(text);
    let inner = inner.strip_suffix('$').unwrap_or(inner);
    // `$` stands behind the last alternative, the anchor before every one of them.
    let expression = format!("^(?:{inner}$)");
    Ok(Origin::Expression(
        text.to_owned(),
        Box::new(regex(&expression, Case::Kept)?),
    ))
}

impl Plugin {
    /// Reads the settings; `node` is the plugin with its `config`.
    pub(crate) fn read(node: &Node, problems: &mut Vec<Problem>) -> Self {
        let empty = Node {
            place: node.place.clone(),
            value: crate::yaml::Value::Map(Vec::new()),
        };
        let config = node.given("config").unwrap_or(&empty);
        for (name, place, _) in config.members() {
            if !KNOWN.contains(&name.as_str()) {
                let reason = format!(
                    "unknown field `{name}`: the cors plugin has {}",
                    KNOWN.join(", ")
                );
                problem(problems, place, reason);
            }
        }
        let list = |name: &str| config.given(name).map(Node::listed).unwrap_or_default();
        let set = |name: &str| {
            let found = config.given(name)?;
            (found.flag() == Some(true)).then(|| found.place.clone())
        };
        let mut origins = Vec::new();
        for (text, place) in config.given("origins").map(Node::texts).unwrap_or_default() {
            match origin(&text) {
                Ok(origin) => origins.push((origin, place)),
                Err(reason) => {
                    let reason = format!("Kong takes `{text}` for a regular expression: {reason}");
                    problem(problems, &place, reason);
                }
            }
        }
        let max_age = config.given("max_age");
        Self {
            origins,
            methods: list("methods"),
            headers: list("headers"),
            expose: list("exposed_headers"),
            max_age: max_age
                .and_then(|found| Some((found.text()?.to_owned(), found.place.clone()))),
            credentials: set("credentials"),
            private_network: set("private_network"),
            passes_preflights: set("preflight_continue").is_some(),
            place: node.place.clone(),
        }
    }

    pub(crate) fn answer(
        &self,
        ask: &Ask<'_>,
        upstream: &Upstream,
    ) -> Result<PredictedResponse, Doubt> {
        if ask.is_preflight() && !self.passes_preflights {
            let mut sheet = Sheet::default();
            self.origin(ask, &mut sheet);
            let asked = ask.header("access-control-request-headers");
            let headers = joined(&self.headers);
            if let Some((headers, place)) = headers {
                sheet.set("Access-Control-Allow-Headers", headers, Some(place));
            } else if let Some(asked) = asked.filter(|asked| !asked.is_empty()) {
                sheet.set("Access-Control-Allow-Headers", asked, Some(&self.place));
            }
            let (methods, place) =
                joined(&self.methods).unwrap_or((METHODS.to_owned(), &self.place));
            sheet.set("Access-Control-Allow-Methods", methods, Some(place));
            if let Some((seconds, place)) = &self.max_age {
                sheet.set("Access-Control-Max-Age", seconds, Some(place));
            }
            if let Some(place) = &self.private_network
                && ask.header("access-control-request-private-network") == Some("true")
            {
                sheet.set("Access-Control-Allow-Private-Network", "true", Some(place));
            }
            return Ok(PredictedResponse {
                status: 200,
                lines: sheet.0,
                by: Some(self.place.clone()),
                ..PredictedResponse::default()
            });
        }
        let mut predicted = upstream.passed_on(ask.is_preflight(), "the service", &self.place)?;
        // A preflight that is passed on is left to the service as it is.
        if !ask.is_preflight() && !ask.origin().is_empty() {
            let mut sheet = Sheet(std::mem::take(&mut predicted.lines));
            self.origin(ask, &mut sheet);
            if let Some((names, place)) = joined(&self.expose) {
                sheet.set("Access-Control-Expose-Headers", names, Some(place));
            }
            predicted.lines = sheet.0;
        }
        Ok(predicted)
    }

    /// Allow-Origin and Allow-Credentials (`configure_origin`, `configure_credentials`).
    fn origin(&self, ask: &Ask<'_>, sheet: &mut Sheet) {
        const NAME: &str = "Access-Control-Allow-Origin";
        let mut any = self
            .origins
            .iter()
            .filter(|(origin, _)| matches!(origin, Origin::Any));
        // Without origins it is `*`; with others beside it, `Vary` comes too.
        let all = match any.next() {
            Some((_, place)) => Some(place),
            None => self.origins.is_empty().then_some(&self.place),
        };
        if self.origins.len() > 1 || all.is_none() {
            sheet.add("Vary", "Origin", Some(&self.place));
        }
        if let Some(place) = all {
            sheet.set(NAME, "*", Some(place));
            if let Some(credentials) = &self.credentials {
                sheet.add("Vary", "Origin", Some(place));
                sheet.set(NAME, ask.origin(), Some(place));
                sheet.set(
                    "Access-Control-Allow-Credentials",
                    "true",
                    Some(credentials),
                );
            }
            return;
        }
        match self.origins.as_slice() {
            // One alone is told to everybody.
            [(Origin::Plain(written, _), place)] => sheet.set(NAME, written, Some(place)),
            origins => {
                let own = normal(ask.origin());
                match origins.iter().find(|(origin, _)| origin.admits(own)) {
                    Some((_, place)) => sheet.set(NAME, own, Some(place)),
                    None => sheet.0.retain(|line| !line.name.eq_ignore_ascii_case(NAME)),
                }
            }
        }
        if let Some(place) = &self.credentials {
            sheet.set("Access-Control-Allow-Credentials", "true", Some(place));
        }
    }

    pub(crate) fn grants(&self) -> Vec<Grant> {
        let mut grants: Vec<Grant> = Grant::origins(&self.origins, Origin::written).collect();
        for (kind, list) in [
            (Kind::Method, &self.methods),
            (Kind::Header, &self.headers),
            (Kind::Exposed, &self.expose),
        ] {
            grants.extend(Grant::all(kind, list));
        }
        grants
    }
}

impl Origin {
    fn admits(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Plain(_, own) => own == origin,
            Self::Expression(written, regex) => {
                let subject = if written.contains(':') {
                    origin
                } else {
                    host_of(origin)
                };
                regex.is_match(subject).unwrap_or(false)
            }
        }
    }

    fn written(&self) -> String {
        match self {
            Self::Any => "*".to_owned(),
            Self::Plain(written, _) => written.clone(),
            Self::Expression(written, regex) if written.contains(':') => {
                format!("~{}", regex.as_str())
            }
            Self::Expression(_, regex) => {
                let inner = regex.as_str().trim_start_matches('^');
                let inner = inner.replace('$', r"(?::\d+)?$");
                format!("~^[^:]+://{inner}")
            }
        }
    }
}

fn host_of(origin: &str) -> &str {
    let Some((_, rest)) = origin.split_once("://") else {
        return origin;
    };
    match rest.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => host,
        _ => rest,
    }
}

fn joined(list: &List) -> Option<(String, &SourceLocation)> {
    let names: Vec<&str> = list.iter().map(|(name, _)| name.as_str()).collect();
    list.first().map(|(_, place)| (names.join(","), place))
}
