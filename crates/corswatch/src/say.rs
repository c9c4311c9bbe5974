//! Lines for people on standard output.

/// Like `println!`, but whoever reads may go away: a closed pipe ends no process.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}
