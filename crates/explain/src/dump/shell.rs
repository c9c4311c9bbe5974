//! The words of a command line, as the shell that it was copied for takes them apart.

/// A shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shell {
    /// bash and its kin.
    Posix,
    /// The command prompt of Windows.
    Cmd,
    /// PowerShell.
    Pwsh,
    /// fish, which escapes within single quotes too.
    Fish,
}

impl Shell {
    /// The shell that a command was written for, by how its lines go on and what it quotes with.
    pub(super) fn of(command: &str) -> Self {
        let ends = |mark: char| command.lines().any(|line| line.trim_end().ends_with(mark));
        if ends('^') || command.contains("^\"") {
            Self::Cmd
        } else if ends('`') || command.contains("@{") {
            Self::Pwsh
        } else if is_fish(command) {
            Self::Fish
        } else {
            Self::Posix
        }
    }
}

/// Whether every quote of a command has its end.
pub(super) fn is_closed(command: &str) -> bool {
    let (posix, fish) = (
        quotes(command, &Rules::POSIX),
        quotes(command, &Rules::FISH),
    );
    posix.closed || fish.closed
}

/// What the quotes of a command look like under some rules.
struct Quotes {
    closed: bool,
    /// A text within single quotes ends with a backslash, which no one means in bash.
    ends_with_backslash: bool,
}

fn quotes(command: &str, rules: &Rules) -> Quotes {
    let mut open = None;
    let mut ends_with_backslash = false;
    let mut rest = command.chars();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        match open {
            None if c == rules.escape => drop(rest.next()),
            // `$'..'` of bash has escapes.
            None if c == '\'' && before == '$' => open = Some('$'),
            None if matches!(c, '\'' | '"') => open = Some(c),
            Some('"' | '$') if c == '\\' => drop(rest.next()),
            Some('\'') if c == '\\' && rules.escapes_in_single => drop(rest.next()),
            Some('$') if c == '\'' => open = None,
            Some(quote) if c == quote => {
                ends_with_backslash |= quote == '\'' && before == '\\';
                open = None;
            }
            _ => {}
        }
        before = c;
    }
    Quotes {
        closed: open.is_none(),
        ends_with_backslash,
    }
}

/// Whether single quotes are escaped as fish does it.
fn is_fish(command: &str) -> bool {
    let posix = quotes(command, &Rules::POSIX);
    (posix.ends_with_backslash || !posix.closed) && quotes(command, &Rules::FISH).closed
}

/// The words of a command.
pub(super) fn words(command: &str, shell: Shell) -> Vec<String> {
    match shell {
        Shell::Posix => split(command, &Rules::POSIX),
        Shell::Fish => split(command, &Rules::FISH),
        Shell::Cmd => split(&without_carets(command), &Rules::ARGV),
        Shell::Pwsh => split(command, &Rules::POWERSHELL),
    }
}

/// How a command line is taken apart.
struct Rules {
    /// What makes the next character mean itself, outside of quotes.
    escape: char,
    /// The same within double quotes.
    escape_in_double: char,
    /// Whether single quotes quote.
    single: bool,
    /// Whether `\\'` and `\\\\` stand for one character within them.
    escapes_in_single: bool,
}

impl Rules {
    const POSIX: Self = Self {
        escape: '\\',
        escape_in_double: '\\',
        single: true,
        escapes_in_single: false,
    };
    const FISH: Self = Self {
        escapes_in_single: true,
        ..Self::POSIX
    };
    /// The command prompt leaves quotes to the program, which reads them as C does.
    const ARGV: Self = Self {
        escape: '\\',
        escape_in_double: '\\',
        single: false,
        escapes_in_single: false,
    };
    const POWERSHELL: Self = Self {
        escape: '`',
        escape_in_double: '`',
        single: true,
        escapes_in_single: false,
    };
}

/// Takes the carets of the command prompt out: outside of quotes each makes the next character mean
/// itself, and at the end of a line joins the next.
fn without_carets(command: &str) -> String {
    let mut text = String::with_capacity(command.len());
    let mut quoted = false;
    let mut rest = command.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '^' if !quoted => {
                let next = rest.next();
                match next {
                    Some('\r') => {
                        rest.next_if_eq(&'\n');
                    }
                    Some('\n') | None => {}
                    // DevTools write a line feed as `^` and two line ends.
                    Some(other) => text.push(other),
                }
            }
            '"' => {
                quoted = !quoted;
                text.push(c);
            }
            _ => text.push(c),
        }
    }
    text
}

fn split(command: &str, rules: &Rules) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = command.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            _ if c == rules.escape => match rest.next() {
                Some('\n') | None => {}
                Some('\r') => {
                    rest.next_if_eq(&'\n');
                }
                Some(next) => word.get_or_insert_default().push(next),
            },
            '\'' if rules.single => {
                let word = word.get_or_insert_default();
                // `$'..'` of bash: with the escapes of C.
                if rules.escapes_in_single {
                    fish_string(&mut rest, word);
                } else if word.ends_with('$') && rules.escape == '\\' {
                    word.pop();
                    c_string(&mut rest, word);
                } else {
                    word.extend(rest.by_ref().take_while(|c| *c != '\''));
                }
            }
            '"' => double(&mut rest, word.get_or_insert_default(), rules),
            // Pipes and the ends of commands need no blank before them.
            ';' | '|' if rules.escape == '\\' && rules.single => {
                words.extend(word.take());
                words.push(c.to_string());
            }
            _ if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn double(rest: &mut Rest<'_>, word: &mut String, rules: &Rules) {
    while let Some(c) = rest.next() {
        match c {
            '"' => return,
            _ if c == rules.escape_in_double => match rest.next() {
                Some('\n') | None => {}
                Some(next) if matches!(next, '"' | '\\' | '$' | '`') || rules.escape == '`' => {
                    word.push(next);
                }
                Some(next) => word.extend([c, next]),
            },
            _ => word.push(c),
        }
    }
}

fn fish_string(rest: &mut Rest<'_>, word: &mut String) {
    while let Some(c) = rest.next() {
        match c {
            '\'' => return,
            '\\' => match rest.next_if(|next| matches!(next, '\'' | '\\')) {
                Some(next) => word.push(next),
                None => word.push(c),
            },
            _ => word.push(c),
        }
    }
}

fn c_string(rest: &mut Rest<'_>, word: &mut String) {
    while let Some(c) = rest.next() {
        match c {
            '\'' => return,
            '\\' => match rest.next() {
                Some('n') => word.push('\n'),
                Some('r') => word.push('\r'),
                Some('t') => word.push('\t'),
                Some('u') => code(rest, 4, word),
                Some('x') => code(rest, 2, word),
                Some(next) => word.push(next),
                None => return,
            },
            _ => word.push(c),
        }
    }
}

fn code(rest: &mut Rest<'_>, digits: usize, word: &mut String) {
    let mut number = String::new();
    while number.len() < digits
        && let Some(digit) = rest.next_if(char::is_ascii_hexdigit)
    {
        number.push(digit);
    }
    word.extend(
        u32::from_str_radix(&number, 16)
            .ok()
            .and_then(char::from_u32),
    );
}
