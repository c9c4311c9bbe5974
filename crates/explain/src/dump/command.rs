//! Commands that make a request: `curl`, PowerShell's `Invoke-WebRequest` and `fetch`, as DevTools copy them
//! and as people type them, HTTPie and wget.

use super::curl::curl;
pub(super) use super::draft::Command;
use super::draft::Draft;
use super::fetch;
use super::powershell::powershell;
use super::shell::{Shell, is_closed, words};

use super::typed::{httpie, httpie_names_a_target, wget};
use super::variables::Variables;

/// Takes the commands out of a dump; the second value is the rest, with empty lines in their place.
pub(super) fn take(text: &str) -> (Vec<Command>, String) {
    let mut commands = Vec::new();
    let mut rest = String::with_capacity(text.len());
    let mut variables = Variables::default();
    let mut lines = text.lines().enumerate();
    // What stands in the middle of a line may be a script in the body of an answer.
    let mut answered = false;
    while let Some((index, line)) = lines.next() {
        let start = command_of(line).or_else(|| within(line).filter(|_| !answered));
        let Some(start) = start else {
            variables.learn(line);
            let is_status = |text: &str| {
                text.get(..5)
                    .is_some_and(|start| start.eq_ignore_ascii_case("http/"))
            };
            answered |= is_status(line.trim_start_matches(['<', ' ']));
            rest.push_str(line);
            rest.push('\n');
            continue;
        };
        let more = continued(start, lines.clone().map(|(_, line)| line));
        let mut command = start.to_owned();
        for line in &more {
            command.push('\n');
            command.push_str(line);
        }
        rest.push_str(&"\n".repeat(more.len() + 1));
        lines.by_ref().take(more.len()).for_each(drop);
        let command = variables.put_in(
            &command
                .replace(CURLY_SINGLE, "'")
                .replace(CURLY_DOUBLE, "\""),
        );
        commands.extend(read(index + 1, &command, &rest));
    }
    // DevTools put the cookies of PowerShell into a session before the command.
    let session = rest.contains(".Cookies.Add(");
    for command in &mut commands {
        command.has_cookies |= session;
    }
    (commands, rest)
}

/// The lines that a command goes on in; none where a quote or bracket of it has no end in the whole dump.
fn continued<'a>(start: &str, lines: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut command = start.to_owned();
    let mut more = Vec::new();
    let mut lines = lines;
    while goes_on(&command) {
        let Some(line) = lines.next() else {
            let is_marked = start.trim_end().ends_with(['\\', '^', '`']);
            return if is_marked { more } else { Vec::new() };
        };
        // What shells print before a line that goes on: bash, PowerShell, the command prompt.
        let line = ["> ", ">> ", "More? "]
            .iter()
            .find_map(|prompt| line.strip_prefix(prompt))
            .unwrap_or(line);
        command.push('\n');
        command.push_str(line);
        more.push(line);
    }
    more
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

/// Programs whose names are no words of a sentence.
const UNMISTAKABLE: [&str; 7] = [
    "curl.exe",
    "curl",
    "invoke-webrequest",
    "invoke-restmethod",
    "iwr",
    "irm",
    "wget",
];

/// What prompts end with: of bash, of root, of zsh, of PowerShell and the command prompt, of others.
const PROMPTS: [&str; 6] = ["$ ", "# ", "% ", "> ", "\u{276f} ", "~ "];

/// Longer ones are sentences.
const MAX_PROMPT: usize = 80;

/// The command on a line, perhaps behind a prompt: `me@host:~/shop$ curl ..`, `PS C:\> iwr ..`.
fn command_of(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let is_marked = line.starts_with(['<', '>', '*', '{', '}']);
    let behind = PROMPTS
        .iter()
        .filter_map(|end| line.split_once(end))
        .filter(|(prompt, _)| !is_marked && prompt.len() < MAX_PROMPT)
        .map(|(_, rest)| rest.trim_start());
    std::iter::once(line)
        .chain(behind)
        .map(bare)
        .find(|line| is_command(line))
}

/// A command anywhere in a line: behind other prompts, or run by another program (`time`, `docker exec`).
fn within(line: &str) -> Option<&str> {
    if line.starts_with(['<', '*', '{', '}']) {
        return None;
    }
    if let Some(at) = line.find("fetch(") {
        let before = line[..at].chars().next_back().unwrap_or(' ');
        if matches!(before, ' ' | '=' | '(' | '.') {
            return Some(&line[at..]);
        }
    }
    let lower = line.to_ascii_lowercase();
    let starts = UNMISTAKABLE.iter().flat_map(|program| {
        let found = lower.match_indices(program);
        found.map(|(at, _)| (at, at + program.len()))
    });
    let begins_one = |(at, end): &(usize, usize)| {
        let before = lower[..*at].chars().next_back().unwrap_or(' ');
        let next = lower[*end..].trim_start();
        let asks = next.starts_with(['-', '\'', '"', '$', '%']) || next.starts_with("http");
        matches!(before, ' ' | '(' | '`' | '>') && lower[*end..].starts_with(' ') && asks
    };
    let (at, _) = starts.filter(begins_one).min()?;
    line.get(at..)
}

/// A command without what PowerShell does with its value: `$r = iwr ..`, `(iwr ..).Headers`.
fn bare(line: &str) -> &str {
    let line = match line.split_once('=') {
        Some((variable, rest)) if variable.starts_with('$') && !variable.trim().contains(' ') => {
            rest.trim_start()
        }
        _ => line,
    };
    line.trim_start_matches('(')
}

fn is_command(line: &str) -> bool {
    if fetch::arguments(line).is_some() {
        return true;
    }
    let mut words = line.split_whitespace();
    let (Some(program), Some(next)) = (words.next(), words.next()) else {
        return false;
    };
    // `Invoke-WebRequest : The remote server returned an error`
    if !PROGRAMS.contains(&program.to_ascii_lowercase().as_str()) || next == ":" {
        return false;
    }
    let is_httpie = ["http", "https", "xh"].contains(&program.to_ascii_lowercase().as_str());
    // `HTTP request sent, awaiting response` is what wget says.
    !is_httpie || program.starts_with(['h', 'x']) && httpie_names_a_target(line)
}

/// Whether the next line belongs to the command: a quote or bracket is open, or the line says so.
fn goes_on(command: &str) -> bool {
    if fetch::arguments(command).is_some() {
        return fetch::goes_on(command);
    }
    let end = command.trim_end_matches([' ', '\t', '\r']);
    if end.ends_with(['\\', '^', '`']) {
        return true;
    }
    let shell = Shell::of(command);
    if shell == Shell::Pwsh {
        return command.matches('{').count() > command.matches('}').count();
    }
    shell != Shell::Cmd && !is_closed(command)
}

/// Quotes as word processors and chats make them.
const CURLY_SINGLE: [char; 2] = ['\u{2018}', '\u{2019}'];
const CURLY_DOUBLE: [char; 2] = ['\u{201c}', '\u{201d}'];

/// Words that end a command.
const AFTER: [&str; 10] = ["|", "||", "&&", "&", ";", ">", ">>", "2>", "2>&1", "#"];

/// The requests of a command; `before` is what stands above it. `curl --next` makes several.
fn read(line: usize, text: &str, before: &str) -> Vec<Command> {
    let mut draft = Draft::default();
    if fetch::arguments(text).is_some() {
        fetch::fetch(text, &mut draft);
        return draft.finish(line).into_iter().collect();
    }
    let mut words = words(text, Shell::of(text));
    // What else the shell does with the command: pipes, redirections, the next command.
    let own = words.iter().position(|word| AFTER.contains(&word.as_str()));
    words.truncate(own.unwrap_or(words.len()));
    let program = words.first().map(|word| word.to_ascii_lowercase());
    let arguments = words.get(1..).unwrap_or_default();
    match program.as_deref().unwrap_or_default() {
        "curl" | "curl.exe" => {
            return arguments
                .split(|word| word == "--next" || word == "-:")
                .filter_map(|part| {
                    let mut draft = Draft::default();
                    curl(part, &mut draft);
                    draft.finish(line)
                })
                .collect();
        }
        "wget" => wget(arguments, &mut draft),
        program @ ("http" | "https" | "xh") => httpie(arguments, program, &mut draft),
        _ => powershell(text, before, &mut draft),
    }
    draft.finish(line).into_iter().collect()
}
