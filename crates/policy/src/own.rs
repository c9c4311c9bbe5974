//! The own form: a list of rules in TOML, of which the first that is about a request answers.

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::ask::Ask;
use crate::form::Answers;
use crate::grant::{Grant, Kind};
use crate::origin::Pattern;
use crate::place::{EntryUrl, Problem, SourceLocation, problem};
use crate::prediction::{Line, PredictedResponse, Prediction, Upstream};
use crate::source::Source;
use crate::template::Path;

/// A rule as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    #[serde(default)]
    hosts: Vec<Spanned<String>>,
    #[serde(default)]
    paths: Vec<Spanned<String>>,
    origins: Vec<Spanned<String>>,
    #[serde(default)]
    methods: Vec<Spanned<String>>,
    #[serde(default)]
    headers: Vec<Spanned<String>>,
    #[serde(default)]
    expose: Vec<Spanned<String>>,
    #[serde(default)]
    credentials: Option<Spanned<bool>>,
    max_age: Option<Spanned<u32>>,
}

/// A rule.
#[derive(Debug)]
struct Rule {
    hosts: Vec<String>,
    paths: Vec<Path>,
    origins: Vec<(Pattern, SourceLocation)>,
    methods: List,
    headers: List,
    expose: List,
    credentials: Option<SourceLocation>,
    max_age: Option<(u32, SourceLocation)>,
    place: SourceLocation,
}

/// How exactly a rule is about something: by host, by path.
type Rank = (usize, (usize, Vec<u8>));

/// Names with their lines.
type List = Vec<(String, SourceLocation)>;

/// The rules of a file.
#[derive(Debug, Default)]
pub(crate) struct Rules(Vec<Rule>);

/// Reads the rules; each that cannot be read is reported and left out.
pub(crate) fn read(source: &Source<'_>, problems: &mut Vec<Problem>) -> Rules {
    let text = source.text;
    let place = |at: usize| {
        let before = &text.as_bytes()[..at.min(text.len())];
        source.place(1 + before.iter().filter(|byte| **byte == b'\n').count())
    };
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let at = error.span().unwrap_or_default().start;
        problem(problems, &place(at), error.message().replace('\n', " "));
    }
    if !errors.is_empty() {
        return Rules::default();
    }
    let mut table = root.into_inner();
    let rules = match table.remove("rule").map(Spanned::into_inner) {
        Some(DeValue::Array(rules)) => rules,
        Some(_) => {
            problem(
                problems,
                &place(0),
                "`rule` is a list of tables: `[[rule]]`",
            );
            return Rules::default();
        }
        None => Default::default(),
    };
    for (key, _) in &table {
        let reason = format!(
            "unknown field `{}`: only `[[rule]]` stands here",
            key.get_ref()
        );
        problem(problems, &place(key.span().start), reason);
    }
    let mut read = Vec::new();
    for rule in rules {
        let start = rule.span().start;
        let written = RawRule::deserialize(ValueDeserializer::from(rule)).map_err(|error| {
            let at = error.span().map_or(start, |span| span.start);
            (at, error.message().replace('\n', " "))
        });
        match written {
            Ok(written) => read.extend(Rule::of(written, place(start), &place, problems)),
            Err((at, reason)) => problem(problems, &place(at), reason),
        }
    }
    Rules(read)
}

impl Rule {
    fn of(
        written: RawRule,
        start: SourceLocation,
        place: &impl Fn(usize) -> SourceLocation,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let before = problems.len();
        let names = |list: Vec<Spanned<String>>, what: &str, problems: &mut Vec<Problem>| -> List {
            let mut names = List::new();
            for name in list {
                let at = place(name.span().start);
                if name.get_ref() != "*" && !web::is_token(name.get_ref().as_bytes()) {
                    problem(problems, &at, format!("`{}` is not {what}", name.get_ref()));
                }
                names.push((name.into_inner(), at));
            }
            names
        };
        let methods = names(written.methods, "a method", problems);
        let headers = names(written.headers, "the name of a header", problems);
        let expose = names(written.expose, "the name of a header", problems);
        let mut origins = Vec::new();
        for origin in &written.origins {
            match Pattern::read(origin.get_ref()) {
                Ok(pattern) => origins.push((pattern, place(origin.span().start))),
                Err(reason) => problem(problems, &place(origin.span().start), reason),
            }
        }
        let mut paths = Vec::new();
        for path in &written.paths {
            match Path::read(path.get_ref()) {
                Ok(path) => paths.push(path),
                Err(reason) => {
                    let reason = format!("`{}` is not a path: {reason}", path.get_ref());
                    problem(problems, &place(path.span().start), reason);
                }
            }
        }
        for host in written
            .hosts
            .iter()
            .filter(|host| host.get_ref().contains(['/', ':']))
        {
            let reason = format!("`{}` is not the name of a host", host.get_ref());
            problem(problems, &place(host.span().start), reason);
        }
        let rule = Self {
            hosts: written
                .hosts
                .iter()
                .map(|host| host.get_ref().to_ascii_lowercase())
                .collect(),
            paths,
            origins,
            methods,
            headers,
            expose,
            credentials: written
                .credentials
                .filter(|credentials| *credentials.get_ref())
                .map(|credentials| place(credentials.span().start)),
            max_age: written
                .max_age
                .map(|age| (*age.get_ref(), place(age.span().start))),
            place: start,
        };
        (problems.len() == before).then_some(rule)
    }

    /// How exactly the rule is about a host and a path, the smaller the better; `None` where it is
    /// not.
    fn rank(&self, host: &str, path: &str) -> Option<Rank> {
        let host =
            self.hosts
                .iter()
                .filter_map(|pattern| match pattern.strip_prefix('*') {
                    Some(end) => (host.len() > end.len() && host.ends_with(end))
                        .then(|| usize::MAX - end.len()),
                    None => (pattern == host).then_some(0),
                });
        let host = if self.hosts.is_empty() {
            Some(usize::MAX)
        } else {
            host.min()
        };
        let path = self
            .paths
            .iter()
            .filter(|pattern| pattern.matches(path))
            .map(Path::vagueness);
        let path = if self.paths.is_empty() {
            Some(Path::everything().vagueness())
        } else {
            path.min()
        };
        Some((host?, path?))
    }

    /// The pattern that admits an origin.
    fn admits(&self, origin: &str) -> Option<&(Pattern, SourceLocation)> {
        self.origins
            .iter()
            .find(|(pattern, _)| pattern.matches(origin))
    }

    fn lines(&self, origin: &str, is_preflight: bool) -> Vec<Line> {
        let Some((pattern, place)) = self.admits(origin) else {
            return Vec::new();
        };
        let line = |name: &str, value: &str, place: &SourceLocation| Line {
            name: name.to_owned(),
            value: value.to_owned(),
            place: Some(place.clone()),
        };
        let is_open = *pattern == Pattern::Any && self.credentials.is_none();
        let value = if is_open { "*" } else { origin };
        let mut lines = vec![line("Access-Control-Allow-Origin", value, place)];
        if let Some(place) = &self.credentials {
            lines.push(line("Access-Control-Allow-Credentials", "true", place));
        }
        let mut list = |name: &str, list: &List| {
            if let Some((_, place)) = list.first() {
                let names: Vec<&str> = list.iter().map(|(name, _)| name.as_str()).collect();
                lines.push(line(name, &names.join(", "), place));
            }
        };
        if is_preflight {
            list("Access-Control-Allow-Methods", &self.methods);
            list("Access-Control-Allow-Headers", &self.headers);
            if let Some((seconds, place)) = &self.max_age {
                lines.push(line("Access-Control-Max-Age", &seconds.to_string(), place));
            }
        } else {
            list("Access-Control-Expose-Headers", &self.expose);
        }
        lines
    }
}

impl Answers for Rules {
    /// Of the rules that are about host and path most exactly, the first that admits the origin
    /// answers; an origin that none of them admits gets nothing.
    fn answer(&self, ask: &Ask<'_>, upstream: &Upstream) -> Prediction {
        let rank = |rule: &Rule| rule.rank(ask.host(), ask.url.path());
        let Some(best) = self.0.iter().filter_map(rank).min() else {
            return Prediction::Uncovered;
        };
        let mut rules = self
            .0
            .iter()
            .filter(|rule| rank(rule).as_ref() == Some(&best))
            .peekable();
        let first = rules.peek().map(|rule| rule.place.clone());
        let admitting = rules.find(|rule| rule.admits(ask.origin()).is_some());
        let is_preflight = ask.is_preflight();
        let mut predicted = PredictedResponse {
            status: 204,
            by: admitting.map(|rule| rule.place.clone()).or(first),
            ..PredictedResponse::default()
        };
        if !is_preflight {
            let answer = upstream.answer(false).unwrap_or_default();
            predicted.status = answer.status;
        }
        predicted.lines.push(Line {
            name: "Vary".to_owned(),
            value: "Origin".to_owned(),
            place: None,
        });
        if let Some(rule) = admitting {
            predicted
                .lines
                .extend(rule.lines(ask.origin(), is_preflight));
        }
        Prediction::Response(predicted)
    }

    fn grants(&self) -> Vec<Grant> {
        let mut grants = Vec::new();
        for rule in &self.0 {
            grants.extend(Grant::origins(&rule.origins, ToString::to_string));
            let lists = [
                (Kind::Method, &rule.methods),
                (Kind::Header, &rule.headers),
                (Kind::Exposed, &rule.expose),
            ];
            for (kind, list) in lists {
                grants.extend(Grant::all(kind, list));
            }
        }
        grants
    }

    fn doors(&self) -> Vec<EntryUrl> {
        let mut doors = Vec::new();
        for rule in &self.0 {
            let hosts: Vec<Option<String>> = if rule.hosts.is_empty() {
                vec![None]
            } else {
                rule.hosts
                    .iter()
                    .map(|host| Some(host.replace("*.", "any.")))
                    .collect()
            };
            let mut paths: Vec<String> = rule
                .paths
                .iter()
                .filter_map(|path| path.stand_ins().into_iter().next())
                .collect();
            if paths.is_empty() {
                paths.push("/".to_owned());
            }
            for host in hosts {
                doors.extend(paths.iter().map(|path| EntryUrl {
                    host: host.clone(),
                    path: path.clone(),
                    place: rule.place.clone(),
                }));
            }
        }
        doors
    }
}
