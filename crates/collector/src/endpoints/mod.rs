//! The endpoints, one file each.

pub(crate) mod script;
pub(crate) mod upload;
