//! Everything that is printed. What servers, pages and files of others say is among it: no line of it
//! may speak to the terminal, or to the build system that shows it.

use std::io::{BufWriter, Stdout, Write as _};

use printable::{Guard, Notation};

/// Like `println!`, but whoever reads may go away: a closed pipe ends no process.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::output::line(std::io::stdout(), format_args!($($text)*))
    };
}

/// Like `say!`, on standard error.
macro_rules! complain {
    ($($text:tt)*) => {
        $crate::output::line(std::io::stderr(), format_args!($($text)*))
    };
}

/// Prints lines for people.
pub(crate) fn line(output: impl std::io::Write, text: std::fmt::Arguments<'_>) {
    let mut output = Guard::new(output, Notation::Text);
    let _ = writeln!(output, "{text}");
    let _ = output.flush();
}

/// Standard output for an answer in `notation`. What is written last needs a flush.
pub(crate) fn stdout(notation: Notation) -> Guard<BufWriter<Stdout>> {
    Guard::new(BufWriter::new(std::io::stdout()), notation)
}
