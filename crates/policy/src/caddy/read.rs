//! Reads Caddyfiles.

use std::collections::HashMap;

use super::matcher::Matcher;
use super::step::{Action, Change, How, Step, When, sort};
use super::token::{Line, tree};
use super::{Address, Site, Sites};
use crate::place::{Problem, problem};
use crate::source::Source;

/// Snippets import no deeper, and files no more lines.
const IMPORTS: usize = 16;

pub(crate) fn read(source: &Source<'_>, problems: &mut Vec<Problem>) -> Sites {
    if super::json::is_json(source.text) {
        return super::json::read(source, problems);
    }
    let mut lines = tree(source, problems);
    // Options for everything.
    if lines
        .first()
        .is_some_and(|line| line.words.is_empty() && line.block.is_some())
    {
        lines.remove(0);
    }
    let mut snippets = HashMap::new();
    lines.retain(|line| {
        let name = line
            .word(0)
            .strip_prefix('(')
            .and_then(|name| name.strip_suffix(')'));
        if let Some(name) = name {
            snippets.insert(name.to_owned(), line.inside().to_vec());
        }
        name.is_none()
    });
    let mut reader = Reader {
        source,
        snippets,
        problems,
    };
    let lines = reader.imported(&lines, IMPORTS);
    let is_site = |line: &Line| line.block.is_some() && is_address(line.word(0));
    let place = source.place(1);
    let mut sites = Vec::new();
    if lines.iter().any(is_site) {
        for line in lines {
            let steps = reader.steps(line.inside(), &HashMap::new());
            sites.push(Site {
                addresses: addresses(&line.words),
                steps: sort(steps),
                place: line.place,
            });
        }
    } else {
        // One site without braces, or a piece of a site.
        let has_address = lines.first().is_some_and(|line| is_address(line.word(0)));
        let (words, body) = if has_address {
            (lines[0].words.clone(), &lines[1..])
        } else {
            (Vec::new(), lines.as_slice())
        };
        let steps = reader.steps(body, &HashMap::new());
        sites.push(Site {
            addresses: addresses(&words),
            steps: sort(steps),
            place,
        });
    }
    Sites(sites)
}

/// Whether the first word of a line is the address of a site, not a directive.
fn is_address(word: &str) -> bool {
    !word.starts_with('@')
        && (word.contains("://")
            || word.starts_with(':')
            || word.contains('.')
            || word.trim_end_matches(',') == "localhost"
            || word.starts_with("localhost:")
            || word.starts_with('['))
}

fn addresses(words: &[String]) -> Vec<Address> {
    let mut found = Vec::new();
    for word in words
        .iter()
        .flat_map(|word| word.split(','))
        .filter(|word| !word.is_empty())
    {
        let (scheme, rest) = word
            .split_once("://")
            .map_or((None, word), |(s, rest)| (Some(s), rest));
        let rest = rest.split('/').next().unwrap_or_default();
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
            _ => (rest, None),
        };
        let of_scheme = match scheme {
            Some("http") => Some(80),
            Some("https") => Some(443),
            _ => None,
        };
        found.push(Address {
            host: host.to_ascii_lowercase(),
            port: port.or(of_scheme),
        });
    }
    if found.is_empty() {
        found.push(Address::default());
    }
    found
}

struct Reader<'a, 'b> {
    source: &'a Source<'a>,
    snippets: HashMap<String, Vec<Line>>,
    problems: &'b mut Vec<Problem>,
}

type Matchers = HashMap<String, Matcher>;

impl Reader<'_, '_> {
    /// The lines with what `import` stands for.
    fn imported(&mut self, lines: &[Line], left: usize) -> Vec<Line> {
        let mut found = Vec::new();
        for line in lines {
            let mut line = line.clone();
            if line.word(0) == "import" {
                if left == 0 {
                    problem(self.problems, &line.place, "`import` leads in a circle");
                    continue;
                }
                let name = line.word(1).to_owned();
                let args = line.words.get(2..).unwrap_or_default().to_vec();
                let body = match self.snippets.get(&name) {
                    Some(body) => body.clone(),
                    None => self.file(&name, &line),
                };
                let body: Vec<Line> = body.iter().map(|line| filled(line, &args)).collect();
                found.extend(self.imported(&body, left - 1));
                continue;
            }
            if let Some(block) = &line.block {
                line.block = Some(self.imported(block, left));
            }
            found.push(line);
        }
        found
    }

    fn file(&mut self, name: &str, line: &Line) -> Vec<Line> {
        match (self.source.load)(name) {
            Ok(files) => {
                let mut found = Vec::new();
                for (name, text) in files {
                    let source = Source {
                        name: &name,
                        text: &text,
                        load: self.source.load,
                    };
                    found.extend(tree(&source, self.problems));
                }
                found
            }
            Err(reason) => {
                problem(self.problems, &line.place, reason);
                Vec::new()
            }
        }
    }

    fn steps(&mut self, lines: &[Line], outer: &Matchers) -> Vec<Step> {
        let mut matchers = outer.clone();
        for line in lines.iter().filter(|line| line.word(0).starts_with('@')) {
            let mut matcher = Matcher::everything(&line.place);
            let inline = line.words.get(1..).unwrap_or_default();
            let mut read = Ok(());
            if !inline.is_empty() {
                read = matcher.add(inline, line.inside());
            } else {
                for inner in line.inside() {
                    read = read.and_then(|()| matcher.add(&inner.words, inner.inside()));
                }
            }
            match read {
                Ok(()) => {
                    matchers.insert(line.word(0).to_owned(), matcher);
                }
                Err(reason) => problem(self.problems, &line.place, reason),
            }
        }
        let mut steps = Vec::new();
        for line in lines.iter().filter(|line| !line.word(0).starts_with('@')) {
            self.step(line, &matchers, &mut steps);
        }
        steps
    }

    fn step(&mut self, line: &Line, matchers: &Matchers, steps: &mut Vec<Step>) {
        let name = line.word(0).to_owned();
        let mut args = line.words.get(1..).unwrap_or_default();
        let mut matcher = Matcher::everything(&line.place);
        let first = args.first().map_or("", String::as_str);
        let takes_paths = name != "root" || args.len() > 1;
        if first.starts_with('@') {
            match matchers.get(first) {
                Some(found) => matcher = found.clone(),
                None => {
                    problem(
                        self.problems,
                        &line.place,
                        format!("there is no matcher `{first}`"),
                    );
                    return;
                }
            }
            args = &args[1..];
        } else if first == "*" {
            args = &args[1..];
        } else if first.starts_with('/') && takes_paths {
            let words = ["path".to_owned(), first.to_owned()];
            // A path is always understood.
            let _ = matcher.add(&words, &[]);
            args = &args[1..];
        }
        let step = |action: Action| Step {
            name: name.clone(),
            matcher: matcher.clone(),
            action,
            place: line.place.clone(),
        };
        let action = match name.as_str() {
            "header" => {
                steps.extend(headers(line, args).into_iter().map(step));
                return;
            }
            "handle" | "handle_errors" => {
                Action::Handle(sort(self.steps(line.inside(), matchers)), None)
            }
            "handle_path" => Action::Handle(
                sort(self.steps(line.inside(), matchers)),
                matcher.paths().into_iter().next(),
            ),
            "route" => Action::Route(self.steps(line.inside(), matchers)),
            name => simple(name, line, args),
        };
        steps.push(step(action));
    }
}

fn filled(line: &Line, args: &[String]) -> Line {
    let fill = |word: &String| {
        let mut word = word.clone();
        for (number, arg) in args.iter().enumerate() {
            for mark in [format!("{{args.{number}}}"), format!("{{args[{number}]}}")] {
                word = word.replace(&mark, arg);
            }
        }
        word
    };
    Line {
        words: line.words.iter().map(fill).collect(),
        block: line
            .block
            .as_ref()
            .map(|block| block.iter().map(|line| filled(line, args)).collect()),
        place: line.place.clone(),
    }
}

fn simple(name: &str, line: &Line, args: &[String]) -> Action {
    let arg = |n: usize| args.get(n).map_or("", String::as_str);
    let status = |text: &str| text.parse::<u16>().ok().filter(|_| text.len() == 3);
    match name {
        "respond" => {
            let given = match args {
                [one] => status(one),
                [_, two, ..] => status(two),
                [] => None,
            };
            let is_open = args
                .last()
                .is_some_and(|last| args.len() > 1 && status(last).is_none());
            if is_open || line.inside().iter().any(|line| line.word(0) == "close") {
                return Action::Opaque;
            }
            Action::Respond(given.unwrap_or(200))
        }
        "error" => {
            let given = args.iter().find_map(|arg| status(arg));
            Action::Error(given.unwrap_or(500))
        }
        "redir" => {
            let status = match arg(1) {
                "" | "temporary" => Some(302),
                "permanent" => Some(301),
                code => status(code),
            };
            status.map_or(Action::Opaque, |status| {
                Action::Redirect(status, arg(0).to_owned())
            })
        }
        "reverse_proxy" | "php_fastcgi" => {
            let mut changes = Vec::new();
            for inner in line.inside() {
                match inner.word(0) {
                    "header_down" => {
                        if inner.words.len() > 3 {
                            return Action::Opaque;
                        }
                        changes.push(change(inner, inner.word(1), inner.word(2)));
                    }
                    word if word == "handle_response" || word.starts_with('@') => {
                        return Action::Opaque;
                    }
                    _ => {}
                }
            }
            Action::Proxy(changes)
        }
        "file_server" => Action::Files,
        "rewrite" => Action::Rewrite(arg(0).to_owned()),
        "basicauth" | "basic_auth" => Action::Login,
        "try_files" | "encode" | "log" | "tls" | "root" | "request_header" | "templates"
        | "push" | "tracing" | "skip_log" | "log_skip" | "request_body" | "map" | "vars"
        | "bind" | "metrics" => Action::Harmless,
        _ => Action::Opaque,
    }
}

fn change(line: &Line, field: &str, value: &str) -> Change {
    let field = field.trim_end_matches(':');
    let (how, name) = match field.chars().next() {
        Some('+') => (How::Add, &field[1..]),
        Some('-') => (How::Delete, &field[1..]),
        Some('?' | '>') => (How::Set, &field[1..]),
        _ => (How::Set, field),
    };
    Change {
        how,
        name: name.to_owned(),
        value: value.to_owned(),
        place: line.place.clone(),
    }
}

/// The changes of a `header` directive: those that wait and those that do not. One that takes a header
/// away makes all of its directive wait; those with `?` are apart, and wait for an answer that has none
/// of their headers.
fn headers(line: &Line, args: &[String]) -> Vec<Action> {
    let mut lines: Vec<(&Line, &str, &str, usize)> = Vec::new();
    let mut waits = false;
    if let [field, rest @ ..] = args {
        lines.push((
            line,
            field,
            rest.first().map_or("", String::as_str),
            rest.len(),
        ));
    }
    for inner in line.inside() {
        match inner.word(0) {
            "defer" => waits = true,
            field => lines.push((inner, field, inner.word(1), inner.words.len() - 1)),
        }
    }
    let mut plain = Vec::new();
    let mut defaults = Vec::new();
    for (line, field, value, values) in lines {
        if values > 1 {
            // A value and its replacement.
            return vec![Action::Opaque];
        }
        let change = change(line, field, value);
        waits |= field.starts_with(['-', '>']);
        if field.starts_with('?') {
            defaults.push(change);
        } else {
            plain.push(change);
        }
    }
    let mut actions = Vec::new();
    if !plain.is_empty() {
        let when = if waits { When::Written } else { When::Now };
        actions.push(Action::Header(plain, when));
    }
    if !defaults.is_empty() {
        let names = defaults.iter().map(|change| change.name.clone()).collect();
        actions.push(Action::Header(defaults, When::Without(names)));
    }
    actions
}
