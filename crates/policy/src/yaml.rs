//! YAML as a tree that knows its lines.

use std::collections::HashSet;

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::place::{Problem, SourceLocation, problem};
use crate::source::Source;

/// Nodes stand in nodes this deep.
const DEPTH: usize = 64;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) place: SourceLocation,
    pub(crate) value: Value,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// Text, and whether it stands in quotes.
    Text(String, bool),
    List(Vec<Node>),
    /// Members with the lines of their names.
    Map(Vec<(String, SourceLocation, Node)>),
    /// An alias of another node: no one writes policies with them.
    Alias,
    /// An expression whose value the file does not tell.
    Unresolved(String),
}

impl Node {
    /// The member of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match &self.value {
            Value::Map(members) => members
                .iter()
                .find(|(other, ..)| other == name)
                .map(|(.., node)| node),
            _ => None,
        }
    }

    /// The member of that name, where it is not `null` and not empty: what is shown by an API has them all.
    pub(crate) fn given(&self, name: &str) -> Option<&Self> {
        self.get(name).filter(|found| match &found.value {
            Value::Text(text, false) => !matches!(text.as_str(), "null" | "~" | ""),
            Value::List(list) => !list.is_empty(),
            Value::Map(members) => !members.is_empty(),
            _ => true,
        })
    }

    /// The member of that name, in any case.
    pub(crate) fn any_case(&self, name: &str) -> Option<&Self> {
        let mut members = self.members().iter();
        members
            .find(|(other, ..)| other.eq_ignore_ascii_case(name))
            .map(|(.., node)| node)
    }

    /// The member of that name as protocol buffers have it in JSON: `snake_case` or `camelCase`.
    pub(crate) fn field(&self, name: &str) -> Option<&Self> {
        let mut camel = String::new();
        for word in name.split('_') {
            let (first, rest) = word.split_at(word.len().min(1));
            if camel.is_empty() {
                camel.push_str(first);
            } else {
                camel.push_str(&first.to_ascii_uppercase());
            }
            camel.push_str(rest);
        }
        self.get(name).or_else(|| self.get(&camel))
    }

    /// The text of such a member; empty where there is none.
    pub(crate) fn field_text(&self, name: &str) -> &str {
        self.field(name).and_then(Self::text).unwrap_or_default()
    }

    /// The texts of a list, or of a text with commas, each with its line.
    pub(crate) fn texts(&self) -> Vec<(String, SourceLocation)> {
        let one = |node: &Self| Some((node.text()?.to_owned(), node.place.clone()));
        match &self.value {
            Value::Text(text, _) => text
                .split(',')
                .map(|part| (part.trim().to_owned(), self.place.clone()))
                .filter(|(part, _)| !part.is_empty())
                .collect(),
            _ => self.list().iter().filter_map(one).collect(),
        }
    }

    /// The same with the line of the first for all of them, which is where their header comes from.
    pub(crate) fn listed(&self) -> Vec<(String, SourceLocation)> {
        let mut texts = self.texts();
        if let Some((_, first)) = texts.first().cloned() {
            texts
                .iter_mut()
                .for_each(|(_, place)| *place = first.clone());
        }
        texts
    }

    /// The documents of a Kubernetes file that have this kind, also those in `items`.
    pub(crate) fn of_kind<'a>(documents: &'a [Self], kind: &str) -> Vec<&'a Self> {
        let mut found = Vec::new();
        for document in documents {
            let items = document.get("items").map(Self::list).unwrap_or_default();
            let all = std::iter::once(document).chain(items);
            found.extend(all.filter(|node| node.text_of("kind") == kind));
        }
        found
    }

    /// A member of a member.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, name| node.get(name))
    }

    /// The elements of a list; none of anything else.
    pub(crate) fn list(&self) -> &[Self] {
        match &self.value {
            Value::List(list) => list,
            _ => &[],
        }
    }

    /// The members of a map; none of anything else.
    pub(crate) fn members(&self) -> &[(String, SourceLocation, Self)] {
        match &self.value {
            Value::Map(members) => members,
            _ => &[],
        }
    }

    /// A text or a number as it is written.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text, _) => Some(text),
            _ => None,
        }
    }

    /// `true` or `false` without quotes.
    pub(crate) fn flag(&self) -> Option<bool> {
        match &self.value {
            Value::Text(text, false) => text.parse().ok(),
            _ => None,
        }
    }

    /// The text of a member; empty where there is none.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.get(name).and_then(Self::text).unwrap_or_default()
    }
}

/// Reads the documents of a file, each by itself: a document that cannot be read costs no other.
pub(crate) fn documents(source: &Source<'_>, problems: &mut Vec<Problem>) -> Vec<Node> {
    let mut documents = Vec::new();
    let mut start = 0;
    let lines: Vec<&str> = source.text.lines().collect();
    let ends = (1..lines.len())
        .filter(|n| is_mark(lines[*n]))
        .chain([lines.len()]);
    for end in ends {
        let text = lines[start..end].join("\n");
        let mut reader = Reader {
            parser: Parser::new_from_str(&text),
            source,
            offset: start,
        };
        match reader.document() {
            Ok(node) => documents.extend(node),
            Err((line, reason)) => problem(problems, &source.place(line), reason),
        }
        start = end;
    }
    documents
}

fn is_mark(line: &str) -> bool {
    line.strip_prefix("---")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '#']))
}

type Wrong = (usize, String);

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    source: &'a Source<'a>,
    offset: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Option<(Event<'a>, usize)>, Wrong> {
        match self.parser.next() {
            None => Ok(None),
            Some(Ok((event, span))) => Ok(Some((event, span.start.line() + self.offset))),
            Some(Err(error)) => Err((error.marker().line() + self.offset, error.info().to_owned())),
        }
    }

    /// The first value of the text, if there is one.
    fn document(&mut self) -> Result<Option<Node>, Wrong> {
        let mut found = None;
        while let Some((event, line)) = self.next()? {
            match event {
                Event::StreamStart
                | Event::DocumentStart(_)
                | Event::DocumentEnd
                | Event::Nothing => {}
                Event::StreamEnd => break,
                event if found.is_none() => found = Some(self.node(event, line, 0)?),
                _ => return Err((line, "a second value stands in one document".to_owned())),
            }
        }
        Ok(found.filter(|node: &Node| !matches!(&node.value, Value::Text(text, false) if text.is_empty() || text == "~")))
    }

    fn node(&mut self, event: Event<'a>, line: usize, depth: usize) -> Result<Node, Wrong> {
        if depth > DEPTH {
            return Err((line, "values stand too deep in each other".to_owned()));
        }
        let value = match event {
            Event::Scalar(text, style, ..) => {
                Value::Text(text.into_owned(), style != ScalarStyle::Plain)
            }
            Event::SequenceStart(..) => {
                let mut list = Vec::new();
                while let Some((event, line)) = self.next()? {
                    if event == Event::SequenceEnd {
                        break;
                    }
                    list.push(self.node(event, line, depth + 1)?);
                }
                Value::List(list)
            }
            Event::MappingStart(..) => Value::Map(self.members(depth)?),
            _ => Value::Alias,
        };
        Ok(Node {
            place: self.source.place(line),
            value,
        })
    }

    fn members(&mut self, depth: usize) -> Result<Vec<(String, SourceLocation, Node)>, Wrong> {
        let mut members: Vec<(String, SourceLocation, Node)> = Vec::new();
        let mut names = HashSet::new();
        while let Some((event, line)) = self.next()? {
            let name = match event {
                Event::MappingEnd => break,
                Event::Scalar(text, ..) => text.into_owned(),
                _ => return Err((line, "the name of a member is not text".to_owned())),
            };
            if !names.insert(name.clone()) {
                return Err((line, format!("`{name}` is duplicated")));
            }
            let Some((event, at)) = self.next()? else {
                return Err((line, format!("`{name}` has no value")));
            };
            let node = self.node(event, at, depth + 1)?;
            members.push((name, self.source.place(line), node));
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_of_many_members_is_read_in_time_and_a_name_that_is_duplicated_is_found() {
        // With a comparison of each with each this is a matter of minutes.
        let mut text: String = (0..200_000).map(|n| format!("k{n}: v\n")).collect();
        let read = |text: &str| {
            let mut problems = Vec::new();
            let source = Source {
                name: "x.yaml",
                text,
                load: &|_| Ok(Vec::new()),
            };
            (documents(&source, &mut problems).len(), problems)
        };
        assert_eq!(read(&text), (1, vec![]));
        text.push_str("k7: v\n");
        let (_, problems) = read(&text);
        assert!(
            problems[0].reason.contains("`k7` is duplicated"),
            "{problems:?}"
        );
    }

    #[test]
    fn values_know_their_lines_and_a_bad_document_costs_no_other() {
        let text = "a:\n  b: \"true\"\n  c: [1, x]\n---\nbad: [\n---\n# nothing\n---\nd: true\n";
        let source = Source {
            name: "x.yaml",
            text,
            load: &|_| Ok(Vec::new()),
        };
        let mut problems = Vec::new();
        let documents = documents(&source, &mut problems);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!((4..=6).contains(&problems[0].place.line), "{problems:?}");
        assert_eq!(documents.len(), 2, "{documents:?}");
        let b = documents[0].at(&["a", "b"]).expect("a.b");
        assert_eq!((b.text(), b.flag(), b.place.line), (Some("true"), None, 2));
        assert_eq!(
            documents[0].at(&["a", "c"]).map(|c| c.list().len()),
            Some(2)
        );
        let d = documents[1].get("d").expect("d");
        assert_eq!((d.flag(), d.place.line), (Some(true), 9));
    }
}
