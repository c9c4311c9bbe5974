//! Commands for the people who run the product: they do one thing and end.

mod alert_test;
mod dead_letters;
mod demo_data;
mod report;
mod sending;
mod span_of_time;
mod verify;

pub(crate) use alert_test::alert_test;
pub(crate) use dead_letters::dead_letters;
pub(crate) use demo_data::demo_data;
pub(crate) use report::report;
pub(crate) use span_of_time::When;
pub(crate) use verify::verify;
