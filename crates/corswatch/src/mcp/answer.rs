//! Answers that fit into a conversation: whole where they are small, else with the longest lists cut short, and a
//! note of what was left out.

use serde_json::{Value, json};

/// The longest answer, in bytes: about fifteen thousand tokens of a language model.
const MAX_BYTES: usize = 60_000;
/// Where a cut answer says what is missing.
const LEFT_OUT: &str = "left_out";

/// `answer`, at most [`MAX_BYTES`] long as far as its lists make it longer.
pub(super) fn bounded(mut answer: Value) -> Value {
    let mut size = answer.to_string().len();
    let mut cuts: Vec<(String, usize)> = Vec::new();
    while size > MAX_BYTES {
        let Some((pointer, _)) = longest(&answer, String::new()) else {
            break;
        };
        let Some(Value::Array(rows)) = answer.pointer_mut(&pointer) else {
            break;
        };
        let of = rows.len();
        // In proportion, so that a long list is cut once or twice and not row by row.
        let kept = (of * MAX_BYTES / size).min(of - 1);
        rows.truncate(kept);
        if !cuts.iter().any(|(known, _)| *known == pointer) {
            cuts.push((pointer, of));
        }
        size = answer.to_string().len();
    }
    if cuts.is_empty() {
        return answer;
    }
    let cuts = cuts.into_iter().map(|(pointer, of)| {
        let kept = answer.pointer(&pointer).and_then(Value::as_array);
        json!({"list": pointer, "shown": kept.map_or(0, Vec::len), "of": of})
    });
    let cuts: Vec<Value> = cuts.collect();
    let hint = "ask for less: a smaller window, a filter or a limit";
    if let Value::Object(members) = &mut answer {
        members.insert(LEFT_OUT.to_owned(), json!({"lists": cuts, "hint": hint}));
    }
    answer
}

/// The list that takes most room, by JSON pointer (RFC 6901), and its bytes.
fn longest(value: &Value, at: String) -> Option<(String, usize)> {
    let below = match value {
        Value::Array(rows) => {
            let own = (!rows.is_empty()).then(|| (at.clone(), value.to_string().len()));
            let rows = rows.iter().enumerate();
            // A list within rows is cut where it alone is most of the answer.
            let inner = rows
                .filter_map(|(index, row)| longest(row, format!("{at}/{index}")))
                .max_by_key(|(_, size)| *size);
            return match (own, inner) {
                (Some(own), Some(inner)) if inner.1 * 2 > own.1 => Some(inner),
                (own, inner) => own.or(inner),
            };
        }
        Value::Object(members) => members.iter(),
        _ => return None,
    };
    below
        .filter_map(|(name, value)| {
            let name = name.replace('~', "~0").replace('/', "~1");
            longest(value, format!("{at}/{name}"))
        })
        .max_by_key(|(_, size)| *size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_answer_stays_as_it_is() {
        let answer = json!({"rows": [1, 2, 3], "text": "x"});
        assert_eq!(bounded(answer.clone()), answer);
    }

    #[test]
    fn a_long_answer_fits_and_says_of_each_list_what_was_left_out() {
        let row = |n: usize| json!({"n": n, "text": "x".repeat(100)});
        let rows: Vec<Value> = (0..5000).map(row).collect();
        for answer in [
            json!({"rows": rows, "few": [1, 2]}),
            json!({"rows": rows, "more": rows}),
            json!({"outer": [{"a/b": rows}, {"a/b": []}]}),
        ] {
            let cut = bounded(answer);
            assert!(cut.to_string().len() < MAX_BYTES + 1000);
            let lists = cut[LEFT_OUT]["lists"].as_array().expect("said");
            for list in lists {
                let pointer = list["list"].as_str().expect("a pointer");
                let shown = cut.pointer(pointer).and_then(Value::as_array);
                assert_eq!(list["shown"], shown.expect("a list").len());
                assert_eq!(list["of"], 5000);
                assert!(list["shown"].as_u64() > Some(100), "{list}");
            }
            assert!(cut.get("few").is_none_or(|few| *few == json!([1, 2])));
        }
    }
}
