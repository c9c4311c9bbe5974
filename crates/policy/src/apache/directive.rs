//! Lines and sections of Apache's configuration.

use crate::place::{Problem, SourceLocation, problem};
use crate::source::Source;

/// Sections stand no deeper in each other, nor do files include each other deeper.
const DEPTH: usize = 32;

/// A directive, or a section with what stands in it.
#[derive(Debug, Clone)]
pub(crate) struct Directive {
    pub(crate) name: String,
    pub(crate) args: Vec<String>,
    /// The arguments as they are written.
    pub(crate) text: String,
    pub(crate) inside: Vec<Self>,
    pub(crate) section: bool,
    pub(crate) place: SourceLocation,
}

impl Directive {
    pub(crate) fn is(&self, name: &str) -> bool {
        !self.section && self.name.eq_ignore_ascii_case(name)
    }

    pub(crate) fn is_section(&self, name: &str) -> bool {
        self.section && self.name.eq_ignore_ascii_case(name)
    }

    pub(crate) fn arg(&self, number: usize) -> &str {
        self.args.get(number).map_or("", String::as_str)
    }
}

/// Reads a file, and those that it includes.
pub(crate) fn read(source: &Source<'_>, problems: &mut Vec<Problem>) -> Vec<Directive> {
    file(source, problems, 0)
}

fn file(source: &Source<'_>, problems: &mut Vec<Problem>, depth: usize) -> Vec<Directive> {
    let mut open: Vec<Directive> = vec![of("", "", false, &source.place(1))];
    let mut lines = source.text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let place = source.place(number + 1);
        let mut text = line.trim().to_owned();
        while text.ends_with('\\') {
            text.pop();
            match lines.next() {
                Some((_, more)) => text.push_str(more.trim_start()),
                None => break,
            }
        }
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if let Some(name) = text.strip_prefix("</") {
            let name = name.trim_end_matches('>').trim();
            match open.pop() {
                Some(closed) if open.last().is_some() && closed.name.eq_ignore_ascii_case(name) => {
                    close(closed, &mut open);
                }
                other => {
                    problem(problems, &place, format!("`</{name}>` closes nothing"));
                    open.extend(other);
                }
            }
            continue;
        }
        let is_section = text.starts_with('<');
        let text = text.trim_start_matches('<');
        let text = if is_section {
            text.trim_end_matches('>')
        } else {
            text
        };
        let (name, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
        let one = of(name, rest.trim(), is_section, &place);
        if is_section && open.len() <= DEPTH {
            open.push(one);
        } else if is_section {
            problem(problems, &place, "sections stand too deep in each other");
        } else if one.is("Include") || one.is("IncludeOptional") {
            let found = included(source, &one, problems, depth);
            if let Some(last) = open.last_mut() {
                last.inside.extend(found);
            }
        } else if let Some(last) = open.last_mut() {
            last.inside.push(one);
        }
    }
    while let Some(one) = open.pop() {
        if open.is_empty() {
            return one.inside;
        }
        problem(
            problems,
            &one.place,
            format!("`<{}>` is not closed", one.name),
        );
        close(one, &mut open);
    }
    Vec::new()
}

/// What stands in `<IfModule>` counts as if it stood outside: modules are there. `!` is the opposite.
fn close(closed: Directive, open: &mut [Directive]) {
    let Some(outer) = open.last_mut() else { return };
    if ["IfModule", "IfDefine", "IfVersion"]
        .iter()
        .any(|name| closed.is_section(name))
    {
        if !closed.arg(0).starts_with('!') {
            outer.inside.extend(closed.inside);
        }
        return;
    }
    outer.inside.push(closed);
}

fn included(
    source: &Source<'_>,
    directive: &Directive,
    problems: &mut Vec<Problem>,
    depth: usize,
) -> Vec<Directive> {
    if depth >= DEPTH {
        problem(
            problems,
            &directive.place,
            "files include each other in a circle",
        );
        return Vec::new();
    }
    match (source.load)(directive.arg(0)) {
        Ok(files) => files
            .iter()
            .flat_map(|(name, text)| {
                let inner = Source {
                    name,
                    text,
                    load: source.load,
                };
                file(&inner, problems, depth + 1)
            })
            .collect(),
        Err(_) if directive.is("IncludeOptional") => Vec::new(),
        Err(reason) => {
            problem(problems, &directive.place, reason);
            Vec::new()
        }
    }
}

fn of(name: &str, text: &str, section: bool, place: &SourceLocation) -> Directive {
    Directive {
        name: name.to_owned(),
        args: words(text),
        text: text.to_owned(),
        inside: Vec::new(),
        section,
        place: place.clone(),
    }
}

/// Words of a line (`ap_getword_conf`): quotes of both kinds, `\"` in them.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start().chars().peekable();
    while let Some(first) = rest.next() {
        let mut word = String::new();
        if first == '"' || first == '\'' {
            while let Some(c) = rest.next() {
                match c {
                    '\\' if rest
                        .peek()
                        .is_some_and(|next| *next == first || *next == '\\') =>
                    {
                        word.extend(rest.next());
                    }
                    c if c == first => break,
                    c => word.push(c),
                }
            }
        } else {
            word.push(first);
            while let Some(c) = rest.next_if(|c| !c.is_whitespace()) {
                word.push(c);
            }
        }
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        words.push(word);
    }
    words
}
