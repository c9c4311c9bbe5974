//! Who asks the server.

use settings::Secret;

/// Who asks, and what that user may do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Login<'a> {
    pub(crate) user: &'a str,
    pub(crate) password: &'a Secret,
}
