//! The one domain fact: *n* requests of one shape with one outcome, seen by one source at one time.
//!
//! Every stage speaks in these words. This crate holds the vocabulary (closed enums whose `as_str`
//! is the label, the JSON value and the column value), the identities, and the versioned envelope
//! in which observations travel through the journal. It does no I/O and reads no clock.
#![forbid(unsafe_code)]

mod entry;
mod envelope;
mod id;
mod latency;
mod shape;
mod time;
mod vocabulary;

pub use entry::{DeadLetterReason, DecodeError, Entry};
pub use envelope::{Browser, EdgeReport, Envelope, Origin, Page};
pub use id::{BeaconId, Chunk, ParseIdError, Position, SessionId};
pub use latency::{BUCKETS, Latency, TARGET_BUCKET, bucket_lower_bound_ms, bucket_of_ms};
pub use shape::{Failure, Observation};
pub use time::{MILLIS_PER_HOUR, MILLIS_PER_MINUTE, UnixMillis};
pub use vocabulary::{Confidence, Context, Kind, Outcome, Source, Stage, Standing, UnknownWord};
