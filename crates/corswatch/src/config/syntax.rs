//! What is told of a file that is not TOML: where, what is wrong, and what to write. The line itself is not shown: it
//! may hold a secret.

/// Marks that editors of texts make of `"` and `'`.
const TYPOGRAPHIC: [char; 8] = ['“', '”', '„', '‟', '‘', '’', '«', '»'];

/// The error of a text as people are told of it.
pub(crate) fn located(text: &str, error: &toml::de::Error) -> String {
    let Place { line, column, .. } = place(text, error);
    format!(
        "is not TOML: line {line}, column {column}: {}",
        what(text, error)
    )
}

/// The same without the place.
pub(crate) fn what(text: &str, error: &toml::de::Error) -> String {
    let said = error.message().lines().collect::<Vec<_>>().join(": ");
    let advice = advice(text, place(text, error).text, &said);
    said + &advice.unwrap_or_default()
}

fn place<'a>(text: &'a str, error: &toml::de::Error) -> Place<'a> {
    Place::of(text, error.span().map_or(0, |span| span.start))
}

struct Place<'a> {
    line: usize,
    column: usize,
    /// The whole line.
    text: &'a str,
}

impl<'a> Place<'a> {
    fn of(text: &'a str, at: usize) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[start..].chars().count() + 1,
            text: text[start..].lines().next().unwrap_or_default(),
        }
    }
}

fn advice(whole: &str, line: &str, said: &str) -> Option<String> {
    let line = line.trim();
    if let Some(mark) = line.chars().find(|mark| TYPOGRAPHIC.contains(mark)) {
        return Some(format!("; `{mark}` is not a quote here: write `\"`"));
    }
    if whole.trim_start().starts_with('{') {
        let list =
            "this is JSON: write `[[apps]]` on a line of its own, and `name = \"shop\"` below";
        return Some(format!("; {list}"));
    }
    if line.starts_with("//") || line.starts_with(';') || line.starts_with("--") {
        return Some("; a comment begins with `#`".to_owned());
    }
    let name = |name: &str| {
        let name = name.trim();
        let is_bare = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
        (!name.is_empty() && name.chars().all(is_bare)).then(|| name.to_owned())
    };
    if let Some(section) = line.strip_prefix('[') {
        let key = name(section.trim_matches(['[', ']']))?;
        let is_entry = section.starts_with('[');
        return Some(match is_entry {
            true => format!("; write `[[{key}]]` on a line of its own"),
            false if said.contains("duplicate key") => {
                format!("; `[{key}]` is written twice: write its settings below the first")
            }
            false => format!("; write `[{key}]` on a line of its own"),
        });
    }
    if let Some((key, value)) = line.split_once('=') {
        let key = name(key)?;
        let value = value.split('#').next().unwrap_or_default().trim();
        return of_value(&key, value, said);
    }
    let (key, value) = line.split_once(':').unwrap_or((line, ""));
    let is_yaml = line.contains(':');
    if let Some(key) = key.strip_prefix('-').and_then(name) {
        return Some(format!(
            "; this is YAML: write `[[..]]`, the name of the list, on a line of its own, and `{key} = \"..\"` below"
        ));
    }
    let key = name(key)?;
    Some(match (is_yaml, value.trim()) {
        (true, "") => format!(
            "; this is YAML: write `[{key}]` on a line of its own, `[[{key}]]` for an entry of a list"
        ),
        (true, _) => format!("; this is YAML: write `{key} = \"..\"`"),
        (false, _) => format!("; write `{key} = ..`, or `[{key}]` for a section"),
    })
}

/// What to write where `name = value` is none.
fn of_value(name: &str, value: &str, said: &str) -> Option<String> {
    if said.contains("duplicate key") {
        return Some("; it is written twice: leave one".to_owned());
    }
    let written = match &*value.to_ascii_lowercase() {
        "" => "\"..\"",
        "true" | "yes" | "on" => "true",
        "false" | "no" | "off" => "false",
        "none" | "null" | "nil" => {
            return Some("; leave the line out: the setting then has its default".to_owned());
        }
        _ if value.starts_with('"') && value.contains('\\') => {
            return Some(format!(
                "; between single quotes a backslash is itself: write `{name} = '..'`"
            ));
        }
        _ if value.starts_with(['"', '\'', '[', '{']) => return None,
        _ => "\"..\"",
    };
    Some(format!("; write `{name} = {written}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text, where it is broken, and what is to be written.
    const BROKEN: &[(&str, &str, &str)] = &[
        (
            "[[apps]]\nname = “shop”\n",
            "line 2, column 8: ",
            "`“` is not a quote here: write `\"`",
        ),
        (
            "keys = ['a', ‘b’]\n",
            "line 1, column 14: ",
            "`‘` is not a quote here: write `\"`",
        ),
        (
            "{\"apps\": [{\"name\": \"shop\"}]}",
            "line 1, column 1: ",
            "this is JSON: write `[[apps]]`",
        ),
        (
            "apps:\n  - name: shop\n",
            "line 1, ",
            "write `[apps]` on a line of its own, `[[apps]]` for",
        ),
        (
            "data: /var/lib/corswatch\n",
            "line 1, ",
            "this is YAML: write `data = \"..\"`",
        ),
        (
            "[[apps]]\n- name: shop\n",
            "line 2, ",
            "`name = \"..\"` below",
        ),
        (
            "// ours\n[[apps]]\n",
            "line 1, ",
            "a comment begins with `#`",
        ),
        (
            "; ours\n[[apps]]\n",
            "line 1, ",
            "a comment begins with `#`",
        ),
        (
            "[[apps]]\nname = shop\n",
            "line 2, ",
            "write `name = \"..\"`",
        ),
        (
            "[demo]\nenabled = True\n",
            "line 2, ",
            "write `enabled = true`",
        ),
        (
            "[demo]\nenabled = no # not yet\n",
            "line 2, ",
            "write `enabled = false`",
        ),
        ("data = none\n", "line 1, ", "leave the line out"),
        ("data =\n", "line 1, ", "write `data = \"..\"`"),
        ("data = \"C:\\data\"\n", "line 1, ", "write `data = '..'`"),
        (
            "data = \"a\"\ndata = \"b\"\n",
            "line 2, ",
            "it is written twice: leave one",
        ),
        (
            "[alert]\n[log]\n[alert]\n",
            "line 3, ",
            "`[alert]` is written twice",
        ),
        (
            "[alert\nqueue = 1\n",
            "line 1, ",
            "write `[alert]` on a line",
        ),
        (
            "collector\n",
            "line 1, ",
            "write `collector = ..`, or `[collector]` for a section",
        ),
        (
            "[[apps]\nname = \"a\"\n",
            "line 1, ",
            "write `[[apps]]` on a line",
        ),
    ];

    #[test]
    fn of_a_file_that_is_not_toml_people_are_told_what_to_write() {
        for (text, place, advice) in BROKEN {
            let error = text.parse::<toml::Table>().expect_err(text);
            let located = located(text, &error);
            let start = format!("is not TOML: {place}");
            assert!(
                located.starts_with(&start) && located.contains(advice),
                "{text}: {located}"
            );
            assert_eq!(located.lines().count(), 1, "{located}");
        }
    }

    #[test]
    fn the_value_of_a_line_is_not_shown() {
        for text in [
            "password = hush\n",
            "password: hush\n",
            "password hush\n",
            "hush: = 1\n",
        ] {
            let error = text.parse::<toml::Table>().expect_err(text);
            let located = located(text, &error);
            let is_named = located.contains("hush:");
            assert!(!located.contains("hush") || is_named, "{located}");
        }
    }
}
