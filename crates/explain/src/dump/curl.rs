//! The options of curl.

use super::draft::Draft;

/// Options of curl that take a value and do not matter here.
const CURL_VALUES: [&str; 38] = [
    "-o",
    "--output",
    "-w",
    "--write-out",
    "-x",
    "--proxy",
    "-m",
    "--max-time",
    "--connect-timeout",
    "--retry",
    "--resolve",
    "--cacert",
    "--cert",
    "-E",
    "--key",
    "-c",
    "--cookie-jar",
    "-D",
    "--dump-header",
    "-K",
    "--config",
    "--interface",
    "--connect-to",
    "--max-redirs",
    "--limit-rate",
    "--ciphers",
    "--tls-max",
    "-U",
    "--proxy-user",
    "--noproxy",
    "-r",
    "--range",
    "-z",
    "--time-cond",
    "--unix-socket",
    "--trace",
    "--trace-ascii",
    "--stderr",
];

pub(super) fn curl(words: &[String], draft: &mut Draft) {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, glued) = option(word);
        let mut value = || {
            glued
                .map(str::to_owned)
                .or_else(|| words.next().cloned())
                .unwrap_or_default()
        };
        match name {
            "-X" | "--request" => draft.method = Some(value()),
            "-H" | "--header" => draft.header(&value()),
            "--url" => draft.url = Some(value()),
            "-b" | "--cookie" => {
                value();
                draft.has_cookies = true;
            }
            "-e" | "--referer" => {
                let referer = value();
                draft.header(&format!("referer: {referer}"));
            }
            "-T" | "--upload-file" => {
                value();
                draft.method.get_or_insert_with(|| "PUT".to_owned());
            }
            "-A" | "--user-agent" => drop(value()),
            "-u" | "--user" => {
                value();
                draft.headers.push("authorization", "Basic (not shown)");
            }
            "--oauth2-bearer" => {
                value();
                draft.headers.push("authorization", "Bearer (not shown)");
            }
            "-d" | "--data" | "--data-raw" | "--data-binary" | "--data-ascii"
            | "--data-urlencode" => {
                value();
                draft.body("application/x-www-form-urlencoded");
            }
            "--json" => {
                value();
                draft.has_body = true;
                draft.body_type = Some("application/json");
                draft.headers.push("accept", "application/json");
            }
            "-F" | "--form" | "--form-string" => {
                value();
                draft.body("multipart/form-data; boundary=x");
            }
            "-I" | "--head" => draft.method = Some("HEAD".to_owned()),
            "-G" | "--get" => draft.body_in_url = true,
            name if CURL_VALUES.contains(&name) => drop(value()),
            name if name.starts_with('-') => {}
            _ => {
                draft.url.get_or_insert_with(|| word.clone());
            }
        }
    }
}

/// An option and the value that is glued to it: `-XPUT`, `--request=PUT`. Letters without a value may
/// stand together, as in `-isX PUT`.
fn option(word: &str) -> (&str, Option<&str>) {
    if word.starts_with("--") {
        return match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
    }
    if !word.starts_with('-') || word.len() < 3 {
        return (word, None);
    }
    let takes_value = |letter: char| "XHbAeudFoWwxmcDTKrzEU".contains(letter);
    let at = word
        .char_indices()
        .skip(1)
        .find(|(_, letter)| takes_value(*letter));
    match at {
        None if word.contains('I') => ("-I", None),
        None if word.contains('G') => ("-G", None),
        None => ("-s", None),
        Some((at, letter)) => {
            let rest = &word[at + letter.len_utf8()..];
            let name = ["-X", "-H", "-b", "-A", "-e", "-u", "-d", "-F", "-T"]
                .into_iter()
                .find(|name| name.ends_with(letter))
                .unwrap_or("-o");
            (name, (!rest.is_empty()).then_some(rest))
        }
    }
}
