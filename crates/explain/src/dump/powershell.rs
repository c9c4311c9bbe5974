//! PowerShell's `Invoke-WebRequest` and `Invoke-RestMethod`.

use super::draft::Draft;
use super::shell::{Shell, words};

/// Takes over what a command says; `before` is what stands above it, perhaps with variables.
pub(super) fn powershell(text: &str, before: &str, draft: &mut Draft) {
    let mut tables = vec![text];
    // What stands in a table is none of the command's own words.
    let outside = match text.split_once("@{") {
        Some((start, rest)) => format!(
            "{start} {}",
            rest.split_once('}').map_or("", |(_, rest)| rest)
        ),
        None => text.to_owned(),
    };
    let words = words(&outside, Shell::Pwsh);
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().cloned().unwrap_or_default();
        match word.to_ascii_lowercase().as_str() {
            "-uri" => draft.url = Some(value()),
            "-method" | "-custommethod" => draft.method = Some(value().to_ascii_uppercase()),
            "-contenttype" => draft.headers.push("content-type", value()),
            "-headers" => {
                // The table itself was taken out.
                if let Some(name) = outside_variable(&outside) {
                    tables.extend(assigned(before, name));
                }
            }
            "-body" => {
                value();
                draft.body("application/x-www-form-urlencoded");
            }
            word if word.starts_with("http://") || word.starts_with("https://") => {
                // `(iwr https://api.test/x).Headers`
                let url = word.split_once(").").map_or(word, |(url, _)| url);
                draft.url.get_or_insert_with(|| url.to_owned());
            }
            _ => {}
        }
    }
    for (name, value) in tables.into_iter().flat_map(table) {
        draft.header(&format!("{name}: {value}"));
    }
}

/// The variable of `-Headers $name`.
fn outside_variable(text: &str) -> Option<&str> {
    let at = text.to_ascii_lowercase().find("-headers ")?;
    let rest = text[at + "-headers ".len()..].trim_start();
    let name = rest.strip_prefix('$')?;
    let length = name
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(name.len());
    Some(&rest[..=length])
}

/// Where a variable was last given a table: `$name = @{ .. }`.
fn assigned<'a>(before: &'a str, name: &str) -> Option<&'a str> {
    let mut found = None;
    for (at, _) in before.match_indices(name) {
        let rest = before[at + name.len()..].trim_start();
        if rest
            .strip_prefix('=')
            .is_some_and(|rest| rest.trim_start().starts_with("@{"))
        {
            found = Some(rest);
        }
    }
    found
}

/// The pairs of `-Headers @{ "name"="value" ; .. }`.
fn table(text: &str) -> Vec<(String, String)> {
    let Some((_, rest)) = text.split_once("@{") else {
        return Vec::new();
    };
    let mut texts = Vec::new();
    let mut rest = rest.chars().peekable();
    let mut bare = String::new();
    while let Some(c) = rest.next() {
        match c {
            '}' => break,
            '"' | '\'' => {
                let mut value = String::new();
                while let Some(inner) = rest.next() {
                    match inner {
                        '`' if c == '"' => value.extend(rest.next()),
                        _ if inner == c => break,
                        _ => value.push(inner),
                    }
                }
                texts.push(value);
            }
            _ if c.is_ascii_alphanumeric() || c == '-' || c == '_' => bare.push(c),
            // A name may go without quotes: `@{Origin='https://app.test'}`.
            '=' if !bare.is_empty() => texts.push(std::mem::take(&mut bare)),
            ' ' | '\t' => {}
            _ => bare.clear(),
        }
    }
    texts
        .chunks_exact(2)
        .map(|pair| (pair[0].clone(), pair[1].clone()))
        .collect()
}
