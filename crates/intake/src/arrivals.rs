//! Rates of any number of senders, without locks and in a fixed amount of memory.

use std::sync::atomic::{AtomicU64, Ordering};

/// Places of one bucket: a cache line.
const WAYS: usize = 8;
/// Buckets: 8,192 x 64 bytes, for 65,536 senders that are below their full allowance at the same time.
const BUCKETS: usize = 8_192;
/// A place holds 20 bits that tell senders apart, and 44 bits of time.
const TIME_BITS: u32 = 44;
const TIME_MASK: u64 = (1 << TIME_BITS) - 1;

/// When each sender would be back to its full allowance: the "theoretical arrival times" of the
/// generic cell rate algorithm, by a keyed hash of the sender. Who uses it says what a tick is, and
/// when an arrival is one too many.
///
/// A sender that is back to its full allowance needs no place, and where all places of a bucket are
/// taken, the one nearest to its full allowance gives way. A flood of senders makes the table forget,
/// never grow.
#[derive(Debug)]
pub struct ArrivalTable(Box<[[AtomicU64; WAYS]]>);

impl Default for ArrivalTable {
    fn default() -> Self {
        Self((0..BUCKETS).map(|_| Default::default()).collect())
    }
}

impl ArrivalTable {
    /// A time as far as a place holds it.
    #[must_use]
    pub const fn time(ticks: u64) -> u64 {
        ticks & TIME_MASK
    }

    /// The theoretical arrival time of a sender; 0 where it is not known.
    #[must_use]
    pub fn get(&self, sender: u64) -> u64 {
        let (bucket, mark) = self.bucket(sender);
        time_of(choose(bucket, mark).1, mark)
    }

    /// Moves a sender's theoretical arrival time on; false where `next` does not.
    pub fn update(&self, sender: u64, next: impl Fn(u64) -> Option<u64>) -> bool {
        let (bucket, mark) = self.bucket(sender);
        loop {
            let (place, found) = choose(bucket, mark);
            let Some(next) = next(time_of(found, mark)) else {
                return false;
            };
            let next = mark | (next & TIME_MASK);
            let put =
                place.compare_exchange_weak(found, next, Ordering::Relaxed, Ordering::Relaxed);
            if put.is_ok() {
                return true;
            }
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the lowest bits of a hash are a place"
    )]
    fn bucket(&self, sender: u64) -> (&[AtomicU64; WAYS], u64) {
        (&self.0[sender as usize % BUCKETS], sender & !TIME_MASK)
    }
}

/// The time of a place, where it is the sender's.
const fn time_of(found: u64, mark: u64) -> u64 {
    if found & !TIME_MASK == mark {
        found & TIME_MASK
    } else {
        0
    }
}

/// The sender's place, or else the one nearest to its full allowance.
fn choose(bucket: &[AtomicU64; WAYS], mark: u64) -> (&AtomicU64, u64) {
    let mut best = (&bucket[0], bucket[0].load(Ordering::Relaxed));
    for place in bucket {
        let found = place.load(Ordering::Relaxed);
        if found != 0 && found & !TIME_MASK == mark {
            return (place, found);
        }
        if found & TIME_MASK < best.1 & TIME_MASK {
            best = (place, found);
        }
    }
    best
}
