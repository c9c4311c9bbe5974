//! Traffic with the skew of real pages, reproducible from a seed, and the loader's arithmetic on it.
#![allow(dead_code, reason = "each test binary uses a part")]

pub mod fold;
pub mod random;
pub mod traffic;
