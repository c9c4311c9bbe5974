//! Labels of containers in a Compose file, as the tree of the configuration that they stand for.

use crate::yaml::{Node, Value};

/// The configuration that the labels of all services make together.
pub(crate) fn tree(document: &Node) -> Node {
    let mut root = Node {
        place: document.place.clone(),
        value: Value::Map(Vec::new()),
    };
    let services = document
        .get("services")
        .map(Node::members)
        .unwrap_or_default();
    for (_, _, service) in services {
        let of_swarm = service.at(&["deploy", "labels"]);
        for labels in [service.get("labels"), of_swarm].into_iter().flatten() {
            for (name, _, value) in labels.members() {
                put(&mut root, name, value.clone());
            }
            for entry in labels.list() {
                let text = entry.text().unwrap_or_default();
                if let Some((name, value)) = text.split_once('=') {
                    // Compose writes `$` twice where it is meant.
                    let value = Value::Text(value.replace("$$", "$"), false);
                    put(
                        &mut root,
                        name,
                        Node {
                            place: entry.place.clone(),
                            value,
                        },
                    );
                }
            }
        }
    }
    root
}

/// Puts a value under a name such as `traefik.http.routers.api.rule`.
fn put(root: &mut Node, name: &str, value: Node) {
    let Some(name) = name.strip_prefix("traefik.") else {
        return;
    };
    // A list may be written by index.
    let name = name.split('[').next().unwrap_or(name);
    let mut at = root;
    let words: Vec<&str> = name.split('.').collect();
    for (number, word) in words.iter().enumerate() {
        let is_last = number + 1 == words.len();
        let Value::Map(members) = &mut at.value else {
            return;
        };
        let found = members
            .iter()
            .position(|(other, ..)| other.eq_ignore_ascii_case(word));
        let position = found.unwrap_or_else(|| {
            let empty = Node {
                place: value.place.clone(),
                value: Value::Map(Vec::new()),
            };
            members.push(((*word).to_owned(), value.place.clone(), empty));
            members.len() - 1
        });
        at = &mut members[position].2;
        if is_last {
            match (found, at.text(), value.text()) {
                (Some(_), Some(before), Some(more)) => {
                    at.value = Value::Text(format!("{before},{more}"), false);
                }
                _ => *at = value.clone(),
            }
        }
    }
}
