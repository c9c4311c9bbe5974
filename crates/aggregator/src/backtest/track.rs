//! An objective's events over time, so that any window is two look-ups.

use std::collections::BTreeMap;

use observation::UnixMillis;
use slo::Ratio;

/// Bad events and all events of one objective, or of one group of it, in order of time.
#[derive(Debug, Default)]
pub(crate) struct Track {
    /// Starts of the minutes or hours that hold events, in milliseconds.
    starts: Vec<i64>,
    /// What was counted before each of them, and at the end what was counted in all.
    before: Vec<Ratio>,
}

/// The whole objective and its groups.
#[derive(Debug, Default)]
pub(crate) struct Tracks {
    pub(crate) whole: Track,
    pub(crate) groups: BTreeMap<String, Track>,
    /// Groups beyond the limit, which are not replayed.
    pub(crate) left_out: usize,
}

impl Track {
    /// Adds what was counted in the minute or hour that begins at `start`; not before the last one.
    pub(crate) fn push(&mut self, start: UnixMillis, more: Ratio) {
        if more.is_empty() {
            return;
        }
        let total = self.before.last().copied().unwrap_or_default() + more;
        if self.starts.last() == Some(&start.0) {
            self.before.pop();
        } else {
            if self.before.is_empty() {
                self.before.push(Ratio::default());
            }
            self.starts.push(start.0);
        }
        self.before.push(total);
    }

    /// What was counted in `[from, to)`.
    pub(crate) fn between(&self, from: UnixMillis, to: UnixMillis) -> Ratio {
        let (first, last) = (self.at(self.index(from)), self.at(self.index(to)));
        Ratio::new(
            last.bad.saturating_sub(first.bad),
            last.total.saturating_sub(first.total),
        )
    }

    /// The start of the first minute from `from` on that holds a bad event.
    pub(crate) fn next_bad(&self, from: UnixMillis) -> Option<UnixMillis> {
        let first = self.index(from);
        let before = self.at(first).bad;
        let known = self.before.get(first..)?;
        let at = first + known.partition_point(|sum| sum.bad <= before);
        let start = self.starts.get(at.checked_sub(1)?)?;
        Some(UnixMillis(*start))
    }

    pub(crate) fn total(&self) -> Ratio {
        self.before.last().copied().unwrap_or_default()
    }

    fn index(&self, at: UnixMillis) -> usize {
        self.starts.partition_point(|start| *start < at.0)
    }

    fn at(&self, index: usize) -> Ratio {
        self.before.get(index).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_window_is_the_sum_of_what_lies_in_it() {
        let mut track = Track::default();
        assert_eq!(track.next_bad(UnixMillis(0)), None);
        for (start, bad, total) in [
            (60, 0, 5),
            (120, 2, 4),
            (120, 1, 1),
            (180, 0, 0),
            (300, 0, 7),
            (360, 1, 1),
        ] {
            track.push(UnixMillis(start), Ratio::new(bad, total));
        }
        for (from, to, bad, total) in [
            (0, 60, 0, 0),
            (0, 61, 0, 5),
            (60, 180, 3, 10),
            (121, 360, 0, 7),
            (0, 1000, 4, 18),
            (500, 1000, 0, 0),
        ] {
            let got = track.between(UnixMillis(from), UnixMillis(to));
            assert_eq!(got, Ratio::new(bad, total), "{from}..{to}");
        }
        for (from, next) in [
            (0, Some(120)),
            (120, Some(120)),
            (121, Some(360)),
            (361, None),
        ] {
            assert_eq!(
                track.next_bad(UnixMillis(from)),
                next.map(UnixMillis),
                "{from}"
            );
        }
        assert_eq!(track.total(), Ratio::new(4, 18));
    }
}
