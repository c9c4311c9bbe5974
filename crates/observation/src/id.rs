//! Identities: of a beacon, of a page load, and of a place in the log.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// An identity that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} characters of base64url (A-Z a-z 0-9 - _), without padding")]
pub struct ParseIdError {
    /// How many characters the identity has.
    pub expected: usize,
}

/// 96 random bits that name a sealed beacon; every re-send carries the same. On the wire 16
/// characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BeaconId(pub [u8; 12]);

impl BeaconId {
    /// The partition of the journal that every copy of this beacon goes to.
    #[must_use]
    pub fn partition(&self, partitions: u32) -> u32 {
        let b = self.0;
        u32::from_be_bytes([b[0], b[1], b[2], b[3]]) % partitions.max(1)
    }
}

impl std::str::FromStr for BeaconId {
    type Err = ParseIdError;
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        decode(text).map(Self)
    }
}

impl std::fmt::Display for BeaconId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl std::fmt::Debug for BeaconId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BeaconId({self})")
    }
}

/// 48 random bits that name one page load. Kept in memory of the page only. On the wire 8
/// characters of base64url.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub struct SessionId(pub u64);

impl std::str::FromStr for SessionId {
    type Err = ParseIdError;
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let b: [u8; 6] = decode(text)?;
        Ok(Self(u64::from_be_bytes([
            0, 0, b[0], b[1], b[2], b[3], b[4], b[5],
        ])))
    }
}

impl std::fmt::Display for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(&self.0.to_be_bytes()[2..]))
    }
}

fn decode<const N: usize>(text: &str) -> Result<[u8; N], ParseIdError> {
    let error = ParseIdError {
        expected: (N * 4).div_ceil(3),
    };
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| error)?;
    bytes.try_into().map_err(|_| error)
}

/// A place in the log. `epoch` names an incarnation of the log: it changes only when offsets start
/// again (a new topic, a new disk journal, another partition count).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Incarnation of the log.
    pub epoch: u32,
    /// Partition within the log.
    pub partition: u32,
    /// Offset within the partition.
    pub offset: u64,
}

/// The number of a fixed run of offsets of one partition; rollups are partial sums of chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Chunk(pub u64);

impl Chunk {
    /// The chunk that holds `offset`, when chunks have `size` offsets.
    #[must_use]
    pub const fn of(offset: u64, size: u64) -> Self {
        Self(offset / size)
    }

    /// The first offset of the chunk.
    #[must_use]
    pub const fn start(self, size: u64) -> u64 {
        self.0 * size
    }

    /// The offset after the last of the chunk.
    #[must_use]
    pub const fn end(self, size: u64) -> u64 {
        (self.0 + 1) * size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_as_written() {
        let id = BeaconId([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 254, 255]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().len(), 16);
        let session = SessionId(0x0000_1234_5678_9abc);
        assert_eq!(session.to_string().parse(), Ok(session));
    }

    #[test]
    fn what_is_not_an_id_says_how_one_looks() {
        for text in [
            "",
            "short",
            "AAAAAAAAAAAAAAA=",
            "AAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAA AAAAAAA",
        ] {
            let error = text.parse::<BeaconId>().expect_err(text);
            assert!(error.to_string().contains("16 characters"), "{error}");
        }
    }

    #[test]
    fn all_copies_of_a_beacon_go_to_one_partition() {
        let id = BeaconId([0, 0, 0, 9, 7, 7, 7, 7, 7, 7, 7, 7]);
        assert_eq!(id.partition(4), 1);
        assert_eq!(id.partition(0), 0);
    }
}
