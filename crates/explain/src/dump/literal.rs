//! Literals of JavaScript as pages call `fetch` with them: JSON, and what people write instead.

use serde_json::{Map, Value};

/// Stands for what only running the script would tell.
pub(super) const NOT_SHOWN: &str = "(not shown)";

/// The text ended before the value did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut;

/// Reads a value that ends before one of the closing characters `,`, `)`, `}` or `]`. Of an expression that is no
/// literal, the text is kept behind [`NOT_SHOWN`].
pub(super) fn value(rest: &mut &str) -> Result<Value, Cut> {
    skip(rest)?;
    // `new Headers({..})` is what is in it.
    if let Some(inner) = rest.strip_prefix("new Headers(") {
        *rest = inner;
        let made = value(rest)?;
        skip(rest)?;
        *rest = rest.strip_prefix(')').unwrap_or(rest);
        return Ok(made);
    }
    match rest.chars().next().ok_or(Cut)? {
        '{' => object(rest),
        '[' => list(rest),
        quote @ ('"' | '\'' | '`') => {
            let text = quoted(rest, quote)?;
            skip(rest)?;
            if rest.starts_with([',', ')', '}', ']']) {
                return Ok(Value::String(text));
            }
            // `'Bearer ' + token`
            expression(rest)?;
            Ok(Value::String(format!("{text}{NOT_SHOWN}")))
        }
        _ => {
            let text = expression(rest)?;
            Ok(match text.as_str() {
                "null" | "undefined" => Value::Null,
                text => Value::String(format!("{NOT_SHOWN}{text}")),
            })
        }
    }
}

/// Passes blanks and comments.
pub(super) fn skip(rest: &mut &str) -> Result<(), Cut> {
    loop {
        *rest = rest.trim_start();
        if rest.starts_with("//") {
            *rest = &rest[rest.find('\n').ok_or(Cut)?..];
        } else if rest.starts_with("/*") {
            *rest = &rest[rest.find("*/").ok_or(Cut)? + 2..];
        } else {
            return Ok(());
        }
    }
}

fn object(rest: &mut &str) -> Result<Value, Cut> {
    let mut members = Map::new();
    *rest = &rest[1..];
    loop {
        skip(rest)?;
        let first = rest.chars().next().ok_or(Cut)?;
        let name = match first {
            '}' => {
                *rest = &rest[1..];
                return Ok(Value::Object(members));
            }
            ',' => {
                *rest = &rest[1..];
                continue;
            }
            quote @ ('"' | '\'') => quoted(rest, quote)?,
            _ => word(rest)?,
        };
        skip(rest)?;
        match rest.strip_prefix(':') {
            Some(behind) => {
                *rest = behind;
                members.insert(name, value(rest)?);
            }
            // `{ headers }`, `...options`, a method: nothing that is written here.
            None => {
                expression(rest)?;
                members.insert(name, Value::Null);
            }
        }
    }
}

fn list(rest: &mut &str) -> Result<Value, Cut> {
    let mut elements = Vec::new();
    *rest = &rest[1..];
    loop {
        skip(rest)?;
        match rest.chars().next().ok_or(Cut)? {
            ']' => {
                *rest = &rest[1..];
                return Ok(Value::Array(elements));
            }
            // A bracket of another kind is none of a list.
            ',' | ')' | '}' => *rest = &rest[1..],
            _ => elements.push(value(rest)?),
        }
    }
}

/// The name of a member.
fn word(rest: &mut &str) -> Result<String, Cut> {
    let is_of_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '[' | ']');
    let end = rest.find(|c| !is_of_word(c)).ok_or(Cut)?;
    // What is no name is passed, so that reading goes on.
    let end = end.max(rest.chars().next().map_or(0, char::len_utf8));
    let name = rest[..end].to_owned();
    *rest = &rest[end..];
    Ok(name)
}

fn quoted(rest: &mut &str, quote: char) -> Result<String, Cut> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => {
                *rest = &rest[at + c.len_utf8()..];
                return Ok(text);
            }
            '\\' => match chars.next().ok_or(Cut)?.1 {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'u' => {
                    let digits: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                    let code = u32::from_str_radix(&digits, 16).ok();
                    text.push(
                        code.and_then(char::from_u32)
                            .unwrap_or(char::REPLACEMENT_CHARACTER),
                    );
                }
                other => text.push(other),
            },
            _ => text.push(c),
        }
    }
    Err(Cut)
}

/// Passes an expression up to the comma or bracket behind it.
fn expression(rest: &mut &str) -> Result<String, Cut> {
    let start = *rest;
    let mut depth = 0_usize;
    loop {
        let c = rest.chars().next().ok_or(Cut)?;
        match c {
            '"' | '\'' | '`' => {
                quoted(rest, c)?;
                continue;
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' | ',' if depth == 0 => {
                return Ok(start[..start.len() - rest.len()].trim().to_owned());
            }
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        *rest = &rest[c.len_utf8()..];
    }
}
