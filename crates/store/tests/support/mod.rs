//! Traffic with the skew of real pages, reproducible from a seed, and the loader's arithmetic on it.
#![allow(dead_code, reason = "each test binary uses a part")]

pub(crate) mod fold;
pub(crate) mod random;
pub(crate) mod sql;
pub(crate) mod traffic;
