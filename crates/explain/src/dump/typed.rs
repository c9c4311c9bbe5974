//! Commands that people type: wget and HTTPie.

use super::draft::Draft;

pub(super) fn wget(words: &[String], draft: &mut Draft) {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, glued) = match word.split_once('=') {
            Some((name, value)) if word.starts_with("--") => (name, Some(value)),
            _ => (word.as_str(), None),
        };
        let mut value = || {
            glued
                .map(str::to_owned)
                .or_else(|| words.next().cloned())
                .unwrap_or_default()
        };
        match name {
            "--header" => draft.header(&value()),
            "--spider" => draft.by_itself = Some("HEAD"),
            "--method" => draft.method = Some(value()),
            "--body-data" | "--post-data" | "--body-file" | "--post-file" => {
                value();
                draft.body("application/x-www-form-urlencoded");
            }
            "-O" | "-o" | "-U" | "-t" | "-T" | "-P" => drop(value()),
            name if name.starts_with('-') => {}
            _ => {
                draft.url.get_or_insert_with(|| word.clone());
            }
        }
    }
}

/// `http -v PUT api.test/x X-Tenant:1 a=b`
pub(super) fn httpie(words: &[String], program: &str, draft: &mut Draft) {
    let secure = ["--https", "--default-scheme=https"];
    let is_secure = program == "https" || words.iter().any(|word| secure.contains(&word.as_str()));
    for word in words.iter().filter(|word| !word.starts_with('-')) {
        if draft.url.is_none() {
            let is_method = word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_uppercase());
            if is_method {
                draft.method = Some(word.clone());
                continue;
            }
            let scheme = if is_secure { "https" } else { "http" };
            let url = match word.strip_prefix(':') {
                Some(port) => format!("localhost:{port}"),
                None => word.clone(),
            };
            draft.url = Some(if url.contains("://") {
                url
            } else {
                format!("{scheme}://{url}")
            });
            continue;
        }
        let name_end = word.find([':', '=', '@']).unwrap_or(word.len());
        if word[name_end..].starts_with(":=") || word[name_end..].starts_with(['=', '@']) {
            if !word[name_end..].starts_with("==") {
                draft.body("application/json");
            }
        } else {
            draft.header(word);
        }
    }
}

/// Whether a line that starts with HTTPie's name asks for something: a sentence names no host.
pub(super) fn httpie_names_a_target(line: &str) -> bool {
    let mut words = line.split_whitespace().skip(1);
    words
        .find(|word| !word.starts_with('-') && !word.bytes().all(|byte| byte.is_ascii_uppercase()))
        .is_some_and(|word| {
            word.contains([':', '/'])
                || word.trim_end_matches('.').contains('.')
                || word == "localhost"
        })
}
