//! Commands that make a request: `curl` and PowerShell's `Invoke-WebRequest`, as DevTools copy them
//! and as people type them, HTTPie and wget.

use super::curl::curl;
pub(super) use super::draft::Command;
use super::draft::Draft;
use super::powershell::powershell;
use super::shell::{Shell, words};
use super::typed::{httpie, wget};

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
    if shell == Shell::Pwsh {
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
