//! Policy files against what browsers were seen to ask: `corswatch simulate` and `generate`, and
//! against the rules of `audit`.

mod file;
mod generate;
mod json;
pub(crate) mod lint;
mod seen;
mod simulate;
mod simulated;
mod text;

pub(crate) use generate::run as generate;
pub(crate) use simulate::run as simulate;
