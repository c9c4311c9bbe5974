//! Commands that make a request: `curl` and PowerShell's `Invoke-WebRequest`, as DevTools copy them
//! and as people type them, HTTPie and wget.

use cors::Headers;

use super::messages::Sent;
use super::shell::{Shell, words};

/// A command in a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    /// Line at which it starts, from 1.
    pub(super) line: usize,
    pub(super) sent: Sent,
    /// Whether it sends cookies.
    pub(super) has_cookies: bool,
}

/// Takes the commands out of a dump; the second value is the rest, with empty lines in their place.
pub(super) fn take(text: &str) -> (Vec<Command>, String) {
    let mut commands = Vec::new();
    let mut rest = String::with_capacity(text.len());
    let mut lines = text.lines().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        let Some(start) = command_of(line) else {
            rest.push_str(line);
            rest.push('\n');
            continue;
        };
        rest.push('\n');
        let mut command = start.to_owned();
        while goes_on(&command)
            && let Some((_, line)) = lines.next()
        {
            command.push('\n');
            command.push_str(line);
            rest.push('\n');
        }
        commands.extend(read(index + 1, &command));
    }
    // DevTools put the cookies of PowerShell into a session before the command.
    let session = rest.contains(".Cookies.Add(");
    for command in &mut commands {
        command.has_cookies |= session;
    }
    (commands, rest)
}

const PROGRAMS: [&str; 10] = [
    "curl",
    "curl.exe",
    "invoke-webrequest",
    "iwr",
    "invoke-restmethod",
    "irm",
    "http",
    "https",
    "xh",
    "wget",
];

/// The command on a line, behind a prompt.
fn command_of(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = match line.split_once("> ") {
        // `PS C:\> curl ..`, `C:\>`
        Some((prompt, rest)) if prompt.contains(":\\") => rest.trim_start(),
        _ => line,
    };
    let line = line
        .strip_prefix("$ ")
        .or_else(|| line.strip_prefix("# "))
        .unwrap_or(line)
        .trim_start();
    let program = line.split_whitespace().next()?.to_ascii_lowercase();
    // `Invoke-WebRequest : The remote server returned an error`
    let has_more = line[program.len()..]
        .split_whitespace()
        .next()
        .is_some_and(|word| word != ":");
    (PROGRAMS.contains(&program.as_str()) && has_more).then_some(line)
}

/// Whether the next line belongs to the command: a quote or bracket is open, or the line says so.
fn goes_on(command: &str) -> bool {
    let end = command.trim_end_matches([' ', '\t', '\r']);
    if end.ends_with(['\\', '^', '`']) {
        return true;
    }
    let shell = Shell::of(command);
    if shell == Shell::PowerShell {
        return command.matches('{').count() > command.matches('}').count();
    }
    shell == Shell::Posix && command.matches('\'').count() % 2 == 1 && !command.contains("\\'")
}

fn read(line: usize, text: &str) -> Option<Command> {
    let shell = Shell::of(text);
    let program = text.split_whitespace().next()?.to_ascii_lowercase();
    let words = words(text, shell);
    let mut draft = Draft::default();
    match program.as_str() {
        "curl" | "curl.exe" => curl(&words[1..], &mut draft),
        "wget" => wget(&words[1..], &mut draft),
        "http" | "https" | "xh" => httpie(&words[1..], &program, &mut draft),
        _ => powershell(text, &words[1..], &mut draft),
    }
    draft.finish(line)
}

/// What a command says so far.
#[derive(Debug, Default)]
struct Draft {
    method: Option<String>,
    url: Option<String>,
    headers: Headers,
    has_body: bool,
    body_in_url: bool,
    has_cookies: bool,
    /// The type of a body whose type nothing says.
    body_type: Option<&'static str>,
}

impl Draft {
    fn header(&mut self, line: &str) {
        let Some((name, value)) = line.split_once(':') else {
            return;
        };
        let (name, value) = (name.trim(), value.trim());
        match name.to_ascii_lowercase().as_str() {
            "cookie" => self.has_cookies = true,
            // `curl -H 'name:'` takes a header away.
            _ if value.is_empty() => {}
            _ => self.headers.push(name, value),
        }
    }

    fn body(&mut self, kind: &'static str) {
        self.has_body = true;
        self.body_type.get_or_insert(kind);
    }

    fn finish(mut self, line: usize) -> Option<Command> {
        let url = self.url?;
        let url = if url.contains("://") {
            url
        } else {
            format!("http://{url}")
        };
        let sends = self.has_body && !self.body_in_url;
        if let (Some(kind), true) = (self.body_type, sends)
            && self.headers.joined("content-type").is_none()
        {
            self.headers.push("content-type", kind);
        }
        let by_itself = if sends { "POST" } else { "GET" };
        Some(Command {
            line,
            sent: Sent {
                method: self.method.unwrap_or_else(|| by_itself.to_owned()),
                target: url,
                version: String::new(),
                headers: self.headers,
            },
            has_cookies: self.has_cookies,
        })
    }
}

/// Options of curl that take a value and do not matter here.
const CURL_VALUES: [&str; 40] = [
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
    "-T",
    "--upload-file",
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

fn curl(words: &[String], draft: &mut Draft) {
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
            "-A" | "--user-agent" | "-e" | "--referer" => drop(value()),
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
            let name = ["-X", "-H", "-b", "-A", "-e", "-u", "-d", "-F"]
                .into_iter()
                .find(|name| name.ends_with(letter))
                .unwrap_or("-o");
            (name, (!rest.is_empty()).then_some(rest))
        }
    }
}

fn wget(words: &[String], draft: &mut Draft) {
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
fn httpie(words: &[String], program: &str, draft: &mut Draft) {
    for word in words.iter().filter(|word| !word.starts_with('-')) {
        if draft.url.is_none() {
            let is_method = word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_uppercase());
            if is_method {
                draft.method = Some(word.clone());
                continue;
            }
            let scheme = if program == "https" { "https" } else { "http" };
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

fn powershell(text: &str, words: &[String], draft: &mut Draft) {
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
