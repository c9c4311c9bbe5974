//! Which beacons were seen before, by the log's own order and time.

use std::collections::{HashMap, VecDeque};

use observation::{BeaconId, UnixMillis};
use store::SeenBeacon;

/// The ids of one partition within the re-send window.
///
/// The answer depends only on the log: on which offsets hold the id and when they were appended.
/// What memory has already let go can only be older than the window.
#[derive(Debug)]
pub struct ResendWindow {
    span: i64,
    first: HashMap<BeaconId, Sighting>,
    by_age: VecDeque<(UnixMillis, BeaconId)>,
    newest: UnixMillis,
}

#[derive(Debug, Clone, Copy)]
struct Sighting {
    offset: u64,
    at: UnixMillis,
}

impl ResendWindow {
    /// A window of `span` milliseconds of append time.
    #[must_use]
    pub fn new(span: i64) -> Self {
        Self {
            span,
            first: HashMap::new(),
            by_age: VecDeque::new(),
            newest: UnixMillis(i64::MIN),
        }
    }

    /// Takes in what the store knows of the log before the point where reading starts. Must be
    /// called before the first [`ResendWindow::is_resend`].
    pub fn restore(&mut self, mut seen: Vec<SeenBeacon>) {
        seen.sort_unstable_by_key(|seen| seen.offset);
        for SeenBeacon {
            beacon,
            offset,
            append_time,
        } in seen
        {
            self.is_resend(beacon, offset, append_time);
        }
    }

    /// Whether the beacon at `offset` repeats one at a smaller offset; remembers it if not.
    pub fn is_resend(&mut self, id: BeaconId, offset: u64, at: UnixMillis) -> bool {
        self.newest = self.newest.max(at);
        self.forget_old();
        match self.first.get(&id) {
            Some(first) if first.offset < offset && at.0 - first.at.0 <= self.span => true,
            Some(first) if first.offset == offset => false,
            _ => {
                self.first.insert(id, Sighting { offset, at });
                self.by_age.push_back((at, id));
                false
            }
        }
    }

    /// How many ids are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.first.len()
    }

    /// Whether no id is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    fn forget_old(&mut self) {
        let horizon = self.newest.0.saturating_sub(self.span);
        while let Some(&(at, id)) = self.by_age.front() {
            if at.0 >= horizon {
                break;
            }
            self.by_age.pop_front();
            if self.first.get(&id).is_some_and(|first| first.at == at) {
                self.first.remove(&id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: i64 = 1000;

    fn id(n: u8) -> BeaconId {
        BeaconId([n; 12])
    }

    #[test]
    fn a_beacon_is_a_resend_only_within_the_window_and_after_a_smaller_offset() {
        // (beacon, offset, append time) -> is a re-send
        let log = [
            ((1, 0, 0), false),
            ((2, 1, 10), false),
            ((1, 2, 900), true),
            ((1, 3, 1000), true),
            ((2, 4, 1011), false),
            ((2, 5, 1500), true),
            ((1, 6, 1600), false),
        ];
        let mut window = ResendWindow::new(SPAN);
        for ((beacon, offset, at), expected) in log {
            let is_resend = window.is_resend(id(beacon), offset, UnixMillis(at));
            assert_eq!(is_resend, expected, "offset {offset}");
        }
    }

    #[test]
    fn restored_from_the_store_it_answers_as_if_it_had_never_stopped() {
        let mut window = ResendWindow::new(SPAN);
        let seen = |n, offset, at| SeenBeacon {
            beacon: id(n),
            offset,
            append_time: UnixMillis(at),
        };
        window.restore(vec![seen(2, 4, 40), seen(1, 3, 30)]);
        assert!(window.is_resend(id(1), 9, UnixMillis(500)));
        assert!(!window.is_resend(id(3), 10, UnixMillis(500)));
        // The record itself is read again after a rewind: it is not its own copy.
        assert!(!window.is_resend(id(2), 4, UnixMillis(40)));
    }

    #[test]
    fn what_is_older_than_the_window_is_let_go() {
        let mut window = ResendWindow::new(SPAN);
        for n in 0..200_u8 {
            window.is_resend(id(n), u64::from(n), UnixMillis(i64::from(n) * 100));
        }
        assert!(window.len() <= 11, "{}", window.len());
    }
}
