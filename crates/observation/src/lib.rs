//! The one domain fact: *n* requests of one shape with one outcome, reported by one source at one time.
//!
//! **Promises.** Every stage speaks in these words. This crate holds the vocabulary (closed enums whose `as_str`
//! is the label, the JSON value and the column value), the identities, and the versioned envelope
//! in which observations travel through the journal: what [`Entry::encode`] writes, every later build reads or
//! refuses with a [`DeadLetterReason`].
//!
//! ```
//! use observation::{BeaconId, Chunk, DecodeError, Entry, Latency, Outcome, bucket_of_ms};
//!
//! assert_eq!(Outcome::Blocked.as_str(), "blocked");
//! let beacon: BeaconId = "AAECAwQFBgcICQoL".parse()?;
//! assert_eq!(beacon.to_string(), "AAECAwQFBgcICQoL");
//! assert!(beacon.partition(8) < 8);
//! assert_eq!(Chunk::of(2500, 1000).start(1000), 2000);
//! let latency = Latency::from_pairs([(bucket_of_ms(120.0), 3)]);
//! assert_eq!(latency.pairs().len(), 1);
//! assert!(Entry::decode(b"written by something else").is_err());
//! # Ok::<(), observation::ParseIdError>(())
//! ```
//!
//! **Never.** It does no I/O, reads no clock, and knows neither HTTP nor SQL.
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
