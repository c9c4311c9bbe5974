//! The endpoints, one file each.

pub(crate) mod beacon;
pub(crate) mod script;
