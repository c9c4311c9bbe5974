//! What servers log about requests of pages: one JSON object a line, as `docs/logs.md` describes it.
//!
//! A log holds every request, also those of attackers and of health checks. So there are two kinds of
//! faults. What the server or its shipper writes (no JSON, a status that is a word, a line without a
//! time) refuses the body. What a stranger can bring about (an `Origin` that is none, a path of a
//! megabyte, bytes that are not UTF-8) skips its line alone: no one may silence a log from outside.

mod limits;
mod line;
mod resolve;
mod value;
mod verdict;

use std::borrow::Cow;

use crate::{Accepted, Arrival, LogSource, Refusal, Source};

pub use limits::{MAX_AHEAD_MS, MAX_BEHIND_MS, MAX_LINES};

/// A body of log lines of one kind of server.
#[derive(Debug, Clone, Copy)]
pub struct AccessLog {
    /// Which kind of server logs.
    pub source: LogSource,
}

impl Source for AccessLog {
    fn parse<'a>(
        &self,
        body: &'a [u8],
        arrival: &'a Arrival<'a>,
    ) -> Result<Accepted<Cow<'a, str>>, Refusal> {
        let lines = line::read_all(body)?;
        resolve::resolve(body, lines, *self, arrival)
    }
}
