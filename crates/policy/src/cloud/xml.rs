//! XML as the same tree as YAML: an element is a map of its elements, those of one name a list.

use roxmltree::{Document, Node as Element};

use crate::place::{Problem, problem};
use crate::source::Source;
use crate::yaml::{Node, Value};

/// Elements stand no deeper in each other.
const DEPTH: usize = 64;

/// Reads a document; what cannot be read is reported.
pub(super) fn document(source: &Source<'_>, problems: &mut Vec<Problem>) -> Option<Node> {
    match Document::parse(source.text) {
        Ok(document) => {
            let root = document.root_element();
            let inner = node(source, &document, root, 0);
            Some(Node {
                place: inner.place.clone(),
                value: Value::Map(vec![(
                    root.tag_name().name().to_owned(),
                    inner.place.clone(),
                    inner,
                )]),
            })
        }
        Err(error) => {
            let line = usize::try_from(error.pos().row).unwrap_or(1);
            problem(problems, &source.place(line), error.to_string());
            None
        }
    }
}

fn node(
    source: &Source<'_>,
    document: &Document<'_>,
    element: Element<'_, '_>,
    depth: usize,
) -> Node {
    let row = document.text_pos_at(element.range().start).row;
    let place = source.place(usize::try_from(row).unwrap_or(1));
    let mut members: Vec<(String, _, Node)> = Vec::new();
    for inner in element
        .children()
        .filter(|inner| inner.is_element() && depth < DEPTH)
    {
        let name = inner.tag_name().name().to_owned();
        let one = node(source, document, inner, depth + 1);
        match members.iter_mut().find(|(other, ..)| *other == name) {
            Some((.., before)) => match &mut before.value {
                Value::List(list) => list.push(one),
                _ => {
                    let first = before.clone();
                    before.value = Value::List(vec![first, one]);
                }
            },
            None => members.push((name, one.place.clone(), one)),
        }
    }
    let value = if members.is_empty() {
        Value::Text(element.text().unwrap_or_default().trim().to_owned(), true)
    } else {
        Value::Map(members)
    };
    Node { place, value }
}
