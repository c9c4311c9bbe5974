//! Which beacons were seen before, by the log's own order and time.

use std::collections::{HashMap, VecDeque};

use observation::{BeaconId, UnixMillis};
use store::SeenBeacon;

/// How far back beyond the window ids are kept: append times go back a little when the leader of a
/// partition changes to a broker whose clock is behind.
const SLACK: i64 = 60_000;

/// How long after it was sealed a beacon may be sent again; the edge refuses older ones.
const RETRY_HORIZON: i64 = 300_000;

/// The ids of one partition within the re-send window.
///
/// A beacon is a re-send if and only if the same id is stored from a smaller offset that the log
/// took in at or after the [`Reach`] of the record: a function of the log alone. What memory cannot
/// answer, because it lies further back than what is kept, must be asked of the store.
#[derive(Debug)]
pub(crate) struct ResendWindow {
    span: i64,
    first: HashMap<BeaconId, Sighting>,
    by_age: VecDeque<(UnixMillis, BeaconId)>,
    newest: UnixMillis,
    /// Everything that was stored from at or after this time is known.
    known_since: UnixMillis,
    /// Until when former incarnations of the log took beacons in.
    former_until: UnixMillis,
}

#[derive(Debug, Clone, Copy)]
struct Sighting {
    offset: u64,
    at: UnixMillis,
}

/// The append time from which on an earlier copy counts.
pub(crate) type Reach = UnixMillis;

impl ResendWindow {
    /// A window of `span` milliseconds of append time.
    #[must_use]
    pub(crate) fn new(span: i64) -> Self {
        Self {
            span,
            first: HashMap::new(),
            by_age: VecDeque::new(),
            newest: UnixMillis(i64::MIN),
            known_since: UnixMillis(i64::MIN),
            former_until: UnixMillis(i64::MIN),
        }
    }

    /// Tells until when former incarnations of the log took beacons in: their copies are asked of
    /// the store.
    pub(crate) const fn follow(&mut self, former_until: UnixMillis) {
        self.former_until = former_until;
    }

    /// From when on [`ResendWindow::restore`] wants to know what is stored, when the first record
    /// was appended at `at`.
    #[must_use]
    pub(crate) const fn wanted_since(&self, at: UnixMillis) -> UnixMillis {
        at.plus(-self.span - SLACK)
    }

    /// Takes in what the store knows of the log before the point where reading starts, from `since`
    /// on. Must be called before the first [`ResendWindow::is_resend`].
    pub(crate) fn restore(&mut self, since: UnixMillis, mut seen: Vec<SeenBeacon>) {
        seen.sort_unstable_by_key(|seen| seen.offset);
        for seen in seen {
            self.remember(seen.beacon, seen.offset, seen.append_time);
        }
        self.known_since = since;
    }

    /// How far back copies of a record count that the edge received at `received_at` and the log
    /// took in at `at`. A record that waited long (in a spool, or as a dead letter) reaches back to
    /// before it was received: a copy that went another way may stand there.
    #[must_use]
    pub(crate) const fn reach(&self, at: UnixMillis, received_at: UnixMillis) -> Reach {
        let waited = at.0.saturating_sub(received_at.0);
        if waited > (self.span - RETRY_HORIZON) / 2 {
            received_at.plus(-self.span)
        } else {
            at.plus(-self.span)
        }
    }

    /// Whether the store must be asked for copies of a record with this reach.
    #[must_use]
    pub(crate) fn must_ask(&self, reach: Reach) -> bool {
        reach < self.known_since || reach.0 < self.horizon() || reach <= self.former_until
    }

    /// Whether the beacon at `offset` repeats one at a smaller offset, among those in memory and
    /// `copies` (what the store answered); remembers it if not.
    pub(crate) fn is_resend(
        &mut self,
        id: BeaconId,
        (offset, at): (u64, UnixMillis),
        reach: Reach,
        copies: &[SeenBeacon],
    ) -> bool {
        let in_memory = self.first.get(&id);
        if in_memory.is_some_and(|first| first.offset == offset) {
            return false;
        }
        let repeats = in_memory.is_some_and(|first| first.offset < offset && first.at >= reach)
            || copies
                .iter()
                .any(|copy| copy.beacon == id && copy.append_time >= reach);
        if !repeats {
            self.remember(id, offset, at);
        }
        repeats
    }

    /// How many ids are remembered.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.first.len()
    }

    fn remember(&mut self, id: BeaconId, offset: u64, at: UnixMillis) {
        self.newest = self.newest.max(at);
        self.first.insert(id, Sighting { offset, at });
        self.by_age.push_back((at, id));
        self.forget_old();
    }

    const fn horizon(&self) -> i64 {
        self.newest.0.saturating_sub(self.span + SLACK)
    }

    fn forget_old(&mut self) {
        let horizon = self.horizon();
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

    const MINUTE: i64 = 60_000;
    const SPAN: i64 = 15 * MINUTE;

    fn id(n: u8) -> BeaconId {
        BeaconId([n; 12])
    }

    fn seen(n: u8, offset: u64, at: i64) -> SeenBeacon {
        SeenBeacon {
            beacon: id(n),
            offset,
            append_time: UnixMillis(at),
        }
    }

    /// Asks memory alone, for a record that did not wait.
    fn ask(window: &mut ResendWindow, n: u8, offset: u64, at: i64) -> bool {
        let at = UnixMillis(at);
        let reach = window.reach(at, at);
        window.is_resend(id(n), (offset, at), reach, &[])
    }

    #[test]
    fn a_beacon_is_a_resend_only_within_the_window_and_after_a_smaller_offset() {
        // (beacon, offset, minute of the append) -> is a re-send
        let log = [
            ((1, 0, 0), false),
            ((2, 1, 1), false),
            ((1, 2, 14), true),
            ((1, 3, 15), true),
            ((2, 4, 17), false),
            ((2, 5, 20), true),
            ((1, 6, 21), false),
        ];
        let mut window = ResendWindow::new(SPAN);
        for ((beacon, offset, minute), expected) in log {
            let is_resend = ask(&mut window, beacon, offset, minute * MINUTE);
            assert_eq!(is_resend, expected, "offset {offset}");
        }
    }

    #[test]
    fn restored_from_the_store_it_answers_as_if_it_had_never_stopped() {
        let mut window = ResendWindow::new(SPAN);
        let since = window.wanted_since(UnixMillis(40));
        window.restore(since, vec![seen(2, 4, 40), seen(1, 3, 30)]);
        assert!(ask(&mut window, 1, 9, 500));
        assert!(!ask(&mut window, 3, 10, 500));
        // The record itself is read again after a rewind: it is not its own copy.
        assert!(!ask(&mut window, 2, 4, 40));
    }

    #[test]
    fn what_is_older_than_the_window_is_let_go() {
        let mut window = ResendWindow::new(SPAN);
        for n in 0..200_u8 {
            ask(&mut window, n, u64::from(n), i64::from(n) * MINUTE);
        }
        assert!(window.len() <= 17, "{}", window.len());
    }

    #[test]
    fn a_record_that_waited_in_a_spool_reaches_back_to_when_it_was_received() {
        let mut window = ResendWindow::new(SPAN);
        let hours = 180 * MINUTE;
        ask(&mut window, 1, 0, 0);
        ask(&mut window, 9, 1, hours - MINUTE);
        let (at, received) = (UnixMillis(hours), UnixMillis(2 * MINUTE));
        let reach = window.reach(at, received);
        assert!(window.must_ask(reach), "memory let it go long ago");
        assert!(window.is_resend(id(1), (2, at), reach, &[seen(1, 0, 0)]));
        assert!(!window.is_resend(id(2), (3, at), reach, &[seen(1, 0, 0)]));
    }

    #[test]
    fn the_store_is_asked_only_where_memory_may_not_know() {
        let mut window = ResendWindow::new(SPAN);
        window.follow(UnixMillis(-10 * MINUTE));
        let fresh = |window: &ResendWindow, minute: i64| {
            let at = UnixMillis(minute * MINUTE);
            window.must_ask(window.reach(at, at.plus(-MINUTE)))
        };
        assert!(fresh(&window, 4), "the former log may hold a copy");
        assert!(!fresh(&window, 6), "it took nothing in so late");
        ask(&mut window, 1, 0, 60 * MINUTE);
        assert!(!fresh(&window, 59), "append times go back a little");
        assert!(fresh(&window, 50), "but this far is forgotten");
    }
}
