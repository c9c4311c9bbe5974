//! PowerShell's `Invoke-WebRequest` and `Invoke-RestMethod`.

use super::draft::Draft;

pub(super) fn powershell(text: &str, words: &[String], draft: &mut Draft) {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().cloned().unwrap_or_default();
        match word.to_ascii_lowercase().as_str() {
            "-uri" => draft.url = Some(value()),
            "-method" => draft.method = Some(value().to_ascii_uppercase()),
            "-contenttype" => draft.headers.push("content-type", value()),
            "-body" => {
                value();
                draft.body("application/x-www-form-urlencoded");
            }
            word if word.starts_with("http://") || word.starts_with("https://") => {
                draft.url = Some(word.to_owned());
            }
            _ => {}
        }
    }
    for (name, value) in table(text) {
        draft.header(&format!("{name}: {value}"));
    }
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
            _ => bare.clear(),
        }
    }
    texts
        .chunks_exact(2)
        .map(|pair| (pair[0].clone(), pair[1].clone()))
        .collect()
}
