//! What a journal record holds: a version byte, then one [`Entry`].

use serde::{Deserialize, Serialize};

use crate::{EdgeReport, Envelope};

/// The content of one journal record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry<S = String> {
    /// An accepted beacon.
    Beacon(Envelope<S>),
    /// What one edge process has counted so far.
    EdgeReport(EdgeReport),
}

const VERSION: u8 = 4;
/// Room for most entries, so that writing one seldom has to move it.
const USUAL_BYTES: usize = 512;

/// A journal record that this build cannot read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The record is empty.
    #[error("the record is empty")]
    Empty,
    /// The record was written by another build: roll out the loader first, the collector last.
    #[error("this build reads records of version {VERSION}, not {0}")]
    Version(u8),
    /// The bytes are not an entry.
    #[error("the bytes are not an entry")]
    Malformed(#[source] postcard::Error),
}

/// Why a record became a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadLetterReason {
    /// The record is empty: what was damaged on disk is passed on so.
    Empty,
    /// A newer build wrote it; one that is as new can read it.
    NewerVersion,
    /// An older build wrote it, in a form that is not read anymore.
    OlderVersion,
    /// The bytes are not an entry.
    Malformed,
    /// The store refuses its rows.
    RefusedByStore,
}

impl DeadLetterReason {
    /// Every reason.
    pub const ALL: [Self; 5] = [
        Self::Empty,
        Self::NewerVersion,
        Self::OlderVersion,
        Self::Malformed,
        Self::RefusedByStore,
    ];

    /// The word in tables and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NewerVersion => "newer_version",
            Self::OlderVersion => "older_version",
            Self::Malformed => "malformed",
            Self::RefusedByStore => "refused_by_store",
        }
    }

    /// The reason that a word stands for.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

impl DecodeError {
    /// The reason under which a dead letter is filed.
    #[must_use]
    pub const fn reason(&self) -> DeadLetterReason {
        match self {
            Self::Empty => DeadLetterReason::Empty,
            Self::Version(version) if *version > VERSION => DeadLetterReason::NewerVersion,
            Self::Version(_) => DeadLetterReason::OlderVersion,
            Self::Malformed(_) => DeadLetterReason::Malformed,
        }
    }
}

impl<S: Serialize> Entry<S> {
    /// The bytes of this entry: a version byte, then postcard.
    ///
    /// # Panics
    /// Never: an entry holds only types that postcard can write.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(USUAL_BYTES);
        bytes.push(VERSION);
        postcard::to_extend(self, bytes).expect("an entry is always encodable")
    }
}

impl Entry {
    /// Reads what [`Entry::encode`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`] for bytes that are empty, newer or malformed: dead letters.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        match bytes {
            [] => Err(DecodeError::Empty),
            [VERSION, rest @ ..] => postcard::from_bytes(rest)
                .or_else(|error| short_report(rest).ok_or(error))
                .map_err(DecodeError::Malformed),
            [version, ..] => Err(DecodeError::Version(*version)),
        }
    }
}

/// A report of a build that did not count [`EdgeReport::shed_by`]: it reads as one with none.
fn short_report(bytes: &[u8]) -> Option<Entry> {
    // The number of elements comes first (postcard's wire format, "seq").
    const NONE: u8 = 0;
    let whole = [bytes, &[NONE]].concat();
    match postcard::take_from_bytes(&whole) {
        Ok((report @ Entry::EdgeReport(_), [])) => Some(report),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        BeaconId, Browser, Confidence, Context, Failure, Kind, Latency, Observation, Origin,
        Outcome, Page, SessionId, Source, Stage, Standing, UnixMillis,
    };

    fn envelope() -> Envelope {
        Envelope {
            beacon: BeaconId([7; 12]),
            received_at: UnixMillis(1_700_000_000_000),
            origin: Origin {
                app: "shop".into(),
                environment: "production".into(),
                release: "1.2.3".into(),
                source: Source::Browser,
                page: Some(Page {
                    origin: "https://shop.test".into(),
                    context: Context::Page,
                    session: SessionId(5),
                    network: 9,
                    browser: Browser {
                        family: "chrome".into(),
                        major: 156,
                    },
                    lab: false,
                }),
            },
            observations: vec![Observation {
                kind: Kind::Request,
                at: UnixMillis(1_699_999_999_000),
                page_origin: None,
                target_origin: "https://api.test".into(),
                endpoint: "/cart/:id".into(),
                service: String::new(),
                method: "PUT".into(),
                credentialed: true,
                preflighted: true,
                parameter: "x-tenant".into(),
                status: 0,
                outcome: Outcome::Blocked,
                failure: Some(Failure {
                    stage: Stage::Preflight,
                    cause: String::new(),
                    confidence: Confidence::Proven,
                    evidence: "A+P".into(),
                }),
                count: 1,
                standing: Standing::Undisputed,
                latency: Latency::from_pairs([(64, 1)]),
                preflight_latency: Latency::default(),
            }],
        }
    }

    #[test]
    fn an_entry_reads_back_as_written() {
        let entry = Entry::Beacon(envelope());
        assert_eq!(Entry::decode(&entry.encode()).expect("own bytes"), entry);
    }

    #[test]
    fn a_report_of_a_build_that_did_not_count_reasons_of_shedding_reads_as_one_without() {
        let report = EdgeReport {
            process: [3; 12],
            at: UnixMillis(5),
            received: 9,
            shed: 4,
            refused: vec![("unknown_key".into(), 5)],
            ..EdgeReport::default()
        };
        let entry = <Entry>::EdgeReport(report);
        let mut earlier = entry.encode();
        assert_eq!(earlier.pop(), Some(0), "the number of reasons");
        assert_eq!(Entry::decode(&earlier).expect("read"), entry);
        earlier.pop();
        assert!(Entry::decode(&earlier).is_err(), "cut short");
        let mut beacon = Entry::Beacon(envelope()).encode();
        beacon.pop();
        assert!(
            Entry::decode(&beacon).is_err(),
            "no other entry is completed"
        );
    }

    #[test]
    fn foreign_bytes_are_told_apart_by_what_to_do_about_them() {
        assert!(matches!(Entry::decode(&[]), Err(DecodeError::Empty)));
        assert!(matches!(
            Entry::decode(&[9, 1, 2]),
            Err(DecodeError::Version(9))
        ));
        let reason = |version| DecodeError::Version(version).reason();
        assert_eq!(reason(9), DeadLetterReason::NewerVersion);
        assert_eq!(reason(1), DeadLetterReason::OlderVersion);
        let mut cut = Entry::Beacon(envelope()).encode();
        cut.truncate(cut.len() / 2);
        assert!(matches!(
            Entry::decode(&cut),
            Err(DecodeError::Malformed(_))
        ));
    }
}
