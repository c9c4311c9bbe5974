//! A file that holds a policy.

use std::sync::Arc;

use crate::place::SourceLocation;

/// What reads the files that `include` names: a name or a pattern to names and texts.
pub(crate) type Load<'a> = dyn Fn(&str) -> Result<Vec<(String, String)>, String> + 'a;

/// A file to read.
pub struct Source<'a> {
    /// How it is named where something is said about it.
    pub name: &'a str,
    /// What stands in it.
    pub text: &'a str,
    /// Reads what nginx's `include` names: a name or a pattern to names and texts.
    pub load: &'a Load<'a>,
}

impl std::fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Source<'_> {
    /// A line of the file.
    pub(crate) fn place(&self, line: usize) -> SourceLocation {
        SourceLocation {
            file: Arc::from(self.name),
            line,
        }
    }
}
